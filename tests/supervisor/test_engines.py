"""The engines of a worker: each is made for its first job, and what they say is told apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_engines import deaf, repeats
from waiting import until

from voxmend.engine import orders
from voxmend.supervisor.engine_host import EngineHost
from voxmend.supervisor.engines import Engines
from voxmend.supervisor.events import EngineDied
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, LoadedModel, Output

RUN = orders.Run(
    "j", Submit("00000001-0000-0000-0000-000000000000", Clip("/a.wav"), "quick", Output("/out")),
    "{}", 1, "2", "/out/x.partial", "2026-01-01T00:00:00Z",
)  # fmt: skip


@pytest.fixture
def engines() -> Iterator[Engines]:
    """The first repeats what it hears, the second hears nothing."""
    made = Engines(
        lambda seat: EngineHost((repeats, deaf)[seat], orders.Configure("cpu", "fp32", 60.0))
    )
    yield made
    made.close()


def hear(engines: Engines, count: int) -> list[object]:
    """The next so many messages."""
    heard: list[object] = []
    until(lambda: len(heard) >= count, meanwhile=lambda: heard.extend(engines.heard()))
    return heard


def test_an_engine_is_there_once_it_has_a_job_and_hears_only_what_is_its_own(
    engines: Engines,
) -> None:
    engines.tell(0, orders.Cancel("j"))
    engines.tell_all(orders.Release())
    engines.kill(1)
    assert (engines.pid(0), engines.pid(1)) == (None, None)
    engines.start(1, RUN)
    assert engines.pid(0) is None
    engines.start(0, RUN)
    assert engines.pid(0) not in (None, engines.pid(1))
    engines.tell_all(orders.Stand(True))
    codes = [m.code for m in hear(engines, 4) if isinstance(m, orders.Warning)]
    assert sorted(codes) == ["Configure", "Run", "Stand", "deaf"]


def test_a_death_names_its_seat_and_leaves_the_others(engines: Engines) -> None:
    for seat in (0, 1):
        engines.start(seat, RUN)
    other = engines.pid(0)
    hear(engines, 3)
    engines.kill(1)
    assert hear(engines, 1) == [EngineDied("signal SIGKILL", seat=1)]
    assert (engines.pid(0), engines.pid(1)) == (other, None)


class Says:
    """A host that has said this."""

    pid = 1

    def __init__(self, *said: object) -> None:
        self._said = said

    def send(self, order: object) -> None:
        """Nothing."""

    def heard(self) -> Iterator[object]:
        yield from self._said

    def kill(self) -> None:
        """Nothing."""


def test_what_an_engine_holds_where_it_sits_and_how_it_behaves_is_known_by_its_seat() -> None:
    held = LoadedModel("htdemucs", 84, "cpu", None, 600.0)
    manners = orders.Manners("nice 15", 1, None)
    said = (manners, orders.Holding((held,)), orders.Places("cuda:1", ("cuda:0", "cuda:1")))
    hosts = [Says(), Says(*said)]
    engines = Engines(lambda seat: hosts[seat])  # type: ignore[arg-type, return-value]
    for seat in (0, 1):
        engines.start(seat, RUN)
    assert list(engines.heard()) == [
        orders.Holding((held,), 1), orders.Places("cuda:1", ("cuda:0", "cuda:1"), 1),
    ]  # fmt: skip
    assert engines.manners == {1: manners}
