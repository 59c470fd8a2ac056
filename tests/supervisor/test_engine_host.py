"""The engine as a child behind a pipe: started by the first job, its death heard once."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from house import lives
from small_engines import deaf, repeats
from waiting import PATIENCE_S, until

from voxmend.engine import orders
from voxmend.supervisor.engine_host import EngineHost
from voxmend.supervisor.events import EngineDied
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

CONFIGURE = orders.Configure("cpu", "fp32", 60.0)
RUN = orders.Run(
    "j", Submit("00000001-0000-0000-0000-000000000000", Clip("/a.wav"), "quick", Output("/out")),
    "{}", 1, "2", "/out/x.partial", "2026-01-01T00:00:00Z",
)  # fmt: skip


Start = Callable[[Callable[..., None]], EngineHost]


@pytest.fixture
def start() -> Iterator[Start]:
    """Hosts that end with the test."""
    made: list[EngineHost] = []

    def host(target: Callable[..., None]) -> EngineHost:
        made.append(EngineHost(target, CONFIGURE))
        return made[-1]

    yield host
    for each in made:
        each.close()


def hear(host: EngineHost, count: int) -> list[Any]:
    """The next so many messages, in short."""
    heard: list[Any] = []
    until(lambda: len(heard) >= count, meanwhile=lambda: heard.extend(host.heard()))
    return [said.code if isinstance(said, orders.Warning) else said for said in heard]


def test_there_is_no_engine_before_the_first_job_and_its_settings_come_first(start: Start) -> None:
    host = start(repeats)
    host.send(orders.Release())
    host.send(orders.Cancel("j"))
    assert host.pid is None
    host.send(RUN)
    assert hear(host, 2) == ["Configure", "Run"]
    assert host.pid is not None


def test_its_death_is_heard_once_with_its_reason_and_the_next_job_starts_another(
    start: Start,
) -> None:
    host = start(repeats)
    host.send(RUN)
    first = host.pid
    host.send(orders.Cancel("j"))
    assert hear(host, 4) == ["Configure", "Run", "Cancel", EngineDied("exit code 70")]
    assert host.pid is None
    assert list(host.heard()) == []
    host.send(RUN)
    assert host.pid not in (None, first)
    assert hear(host, 2) == ["Configure", "Run"]


def test_one_that_is_killed_says_by_which_signal(start: Start) -> None:
    host = start(deaf)
    host.send(RUN)
    assert hear(host, 1) == ["deaf"]
    host.kill()
    assert hear(host, 1) == [EngineDied("signal SIGKILL")]


@pytest.mark.parametrize(
    ("printed", "short"),
    [
        ("terminate called after throwing an instance of 'std::bad_alloc'", True),
        ("cannot allocate memory for thread-local data: ABORT", True),
        ("Segmentation fault", False),
    ],
)
def test_one_that_dies_for_want_of_memory_is_known_by_its_last_words(
    printed: str, short: bool, start: Start
) -> None:
    host = start(deaf)
    host.last_words = lambda: printed
    host.send(RUN)
    assert hear(host, 1) == ["deaf"]
    host.kill()
    assert hear(host, 1) == [EngineDied("signal SIGKILL", short)]


def test_who_waits_for_it_is_woken_through_a_socket(start: Start) -> None:
    host = start(deaf)
    host.send(RUN)
    assert select.select([host.wake], [], [], PATIENCE_S)[0] == [host.wake]
    assert hear(host, 1) == ["deaf"]
    assert select.select([host.wake], [], [], 0)[0] == [], "heard() takes the call away"


def test_one_that_does_not_read_blocks_nobody_and_releases_are_not_piled_up(start: Start) -> None:
    host = start(deaf)
    host.send(RUN)
    assert hear(host, 1) == ["deaf"]
    large = orders.Cancel("x" * 1_000_000)  # more than a pipe holds
    host.send(large)
    until(host._orders.empty)  # its thread has it, and hangs
    for _ in range(100):
        host.send(orders.Release())
    assert host._orders.qsize() == 1


def test_it_ends_with_its_host(start: Start) -> None:
    host = start(deaf)
    host.send(RUN)
    assert hear(host, 1) == ["deaf"]
    pid = host.pid
    assert pid is not None
    host.close()
    assert not lives(pid)


def test_a_system_that_starts_no_process_is_an_error_and_leaves_none(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = start(repeats)

    def refused(_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(host._spawn.Process, "start", refused)
        with pytest.raises(OSError, match="unavailable"):
            host.send(RUN)
    assert host.pid is None
    host.send(RUN)
    assert hear(host, 2) == ["Configure", "Run"]
