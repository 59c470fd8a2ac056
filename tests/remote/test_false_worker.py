"""A machine that is paired, and answers what no honest one would: lies, nonsense, or nothing."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import zmq
from remote.studio import paths_of
from waiting import PATIENCE_S

from voxmend import build
from voxmend.engine import orders
from voxmend.remote import forms, keys
from voxmend.remote.gate import Gate
from voxmend.remote.link import Link, LinkLost
from voxmend.remote.peers import Server
from voxmend.supervisor.errands.errand import LOOK_S, Errand
from voxmend.supervisor.errands.songs import filled
from voxmend.version import __version__
from voxmend_protocol.errors import TooManyFiles
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, ErrorBody, Output, Stem

JOB = "00000001-0000-0000-0000-000000000000"
PLAN = '{"name": "fake", "input": "mixture", "block": [{"name": "testing.fake"}]}'
WELCOME = forms.Welcome(__version__, forms.FORM, 1, 0, 10**9, build.mark())
HELD = Stem("vocals", "vocals.wav", 0, 1, 8000, 1, 0.0)
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

Says = Callable[[forms.Question], forms.Answer]


class False_:  # noqa: N801  the word is taken
    """Stands where a link would, and answers as a test says. Remembers what it was asked."""

    def __init__(self, says: Says, welcome: forms.Welcome = WELCOME) -> None:
        self._says, self._welcome = says, welcome
        self.asked: list[forms.Question] = []

    def dial(self, *_: object) -> False_:
        return self

    def __enter__(self) -> False_:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass

    def call(self, asked: forms.Question) -> forms.Answer:
        self.asked.append(asked)
        if isinstance(asked, forms.Hello):
            return self._welcome
        return forms.Gone() if isinstance(asked, forms.Drop) else self._says(asked)

    def send(self, asked: forms.Question, data: bytes | None = None) -> int:
        self.asked.append(asked)
        return len(self.asked) - 1

    def hear(self, number: int) -> tuple[forms.Answer, bytes]:
        return self._says(self.asked[number]), b""

    @property
    def dropped(self) -> list[str]:
        return [asked.job for asked in self.asked if isinstance(asked, forms.Drop)]


def ordered(folder: Path, name: str = "song.wav") -> orders.Run:
    """A job of one song, claimed as the supervisor does."""
    file = folder / name
    file.write_bytes(b"a song" * 100)
    partial = folder / "out.partial"
    partial.mkdir()
    (partial / "job.json").write_text(json.dumps({"job": JOB}))
    submit = Submit(JOB, Clip(str(file)), "fake", Output(str(folder)))
    found = os.stat(file)
    return orders.Run(
        JOB, submit, PLAN, found.st_size, str(found.st_mtime_ns), str(partial),
        "2026-01-01T00:00:00Z",
    )  # fmt: skip


def errand(order: orders.Run, folder: Path, false: False_) -> Errand:
    """The errand of a job to that machine."""
    server = Server("box", "tcp://127.0.0.1:1", "0" * 64)
    return Errand(
        order, server, paths_of(folder / "home"), lambda _: None, 1.0,
        false.dial,  # type: ignore[arg-type]
    )  # fmt: skip


def failure(done: orders.Done | orders.Failed) -> ErrorBody:
    assert isinstance(done, orders.Failed), done
    return done.error


@pytest.mark.parametrize("name", ["../stolen", "/stolen", "bass"])
def test_a_stem_that_was_not_asked_for_makes_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "stolen.wav").write_bytes(b"mine")
    stems = (replace(HELD, name=name),)
    results = tuple(forms.Result(each, NOTHING, 0) for each in (name, "manifest"))
    false = False_(lambda _: forms.State(JOB, "ready", stems=stems, results=results))
    order = ordered(tmp_path)
    order = replace(
        order, submit=replace(order.submit, output=Output(str(tmp_path), files="{stem}"))
    )
    error = failure(errand(order, tmp_path, false).do())
    assert error.code == "remote_differs"
    assert "other results" in error.message
    assert (tmp_path / "stolen.wav").read_bytes() == b"mine"
    assert os.listdir(order.partial) == ["job.json"]


def test_what_fails_here_is_wanted_there_no_more(tmp_path: Path) -> None:
    """Else a machine that works for others keeps, or does, what nobody will ask for again."""
    order = ordered(tmp_path)

    def says(asked: forms.Question) -> forms.Answer:
        if isinstance(asked, forms.Chunk):
            return forms.Took(asked.sha256, 600)
        sha = next(each for each in false.asked if isinstance(each, forms.Order)).sources[0].sha256
        return forms.State(JOB, "wanted", wants=(forms.Want(sha, 0),))

    false = False_(says)
    errands = errand(order, tmp_path, false)
    assert failure(errands.do()).code == "input_changed"
    assert not false.dropped
    errands.give_up()
    assert false.dropped == [JOB]


def test_a_job_that_is_over_there_is_dropped_once(tmp_path: Path) -> None:
    error = ErrorBody("out_of_memory", "Too much.", False)
    false = False_(lambda _: forms.State(JOB, "failed", error=error))
    errands = errand(ordered(tmp_path), tmp_path, false)
    assert failure(errands.do()).code == "out_of_memory"
    errands.give_up()
    assert false.dropped == [JOB]


def test_a_machine_that_wants_nothing_and_begins_nothing_is_not_asked_without_end(
    tmp_path: Path,
) -> None:
    false = False_(lambda _: forms.State(JOB, "wanted"))
    errands = errand(ordered(tmp_path), tmp_path, false)
    threading.Timer(3 * LOOK_S, errands.cancelled.set).start()
    assert failure(errands.do()).code == "cancelled"
    assert len(false.asked) <= 8


def test_a_machine_whose_connections_are_used_up_is_asked_again(tmp_path: Path) -> None:
    """Whoever has no key can take all of them for ten seconds; that is no reason to fail."""
    error = ErrorBody("out_of_memory", "Far enough.", False)

    def says(_: forms.Question) -> forms.Answer:
        if sum(isinstance(asked, forms.Order) for asked in false.asked) < 3:
            raise TooManyFiles("There are too many.")
        return forms.State(JOB, "failed", error=error)

    false = False_(says)
    assert failure(errand(ordered(tmp_path), tmp_path, false).do()).code == "out_of_memory"


def test_another_build_of_the_same_version_gets_no_order(tmp_path: Path) -> None:
    false = False_(lambda _: forms.Gone(), replace(WELCOME, build="0" * 16))
    error = failure(errand(ordered(tmp_path), tmp_path, false).do())
    assert error.code == "remote_differs"
    assert error.message.startswith(f"box has another build of voxmend {__version__}")
    assert [type(asked) for asked in false.asked] == [forms.Hello]


def test_two_parts_of_a_job_may_be_one_file(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    order = replace(order, submit=replace(order.submit, mixture=order.submit.clip))
    error = ErrorBody("out_of_memory", "Far enough.", False)
    false = False_(lambda _: forms.State(JOB, "failed", error=error))
    assert failure(errand(order, tmp_path, false).do()).code == "out_of_memory"
    (asked,) = [asked for asked in false.asked if isinstance(asked, forms.Order)]
    assert [source.role for source in asked.sources] == ["clip", "mixture"]


def test_an_empty_file_is_named_and_not_sent(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    Path(order.submit.clip.path).write_bytes(b"")
    found = os.stat(order.submit.clip.path)
    false = False_(lambda _: forms.Gone())
    order = replace(order, size=0, mtime_ns=str(found.st_mtime_ns))
    error = failure(errand(order, tmp_path, false).do())
    assert error.code == "input_unreadable"
    assert "song.wav" in error.message
    assert not false.asked


def test_a_song_may_be_called_by_the_words_that_stand_for_others() -> None:
    submit = Submit(
        JOB, Clip("/a/{name} {voice}.wav"), "fake", Output("/out"), voice=Clip("/a/{clip}.wav")
    )
    told = {"path": "{clip}", "said": ["{voice's name} on {name}, {what}"]}
    assert filled(told, submit, "box") == {
        "path": "/a/{name} {voice}.wav", "said": ["{clip}.wav on box, {what}"],
    }  # fmt: skip


@contextmanager
def listening(folder: Path) -> Iterator[tuple[zmq.Socket[bytes], Server, keys.Pair]]:
    """A socket with a key that is pinned, and lets in who comes."""
    own, other = (keys.own(paths_of(folder / name)) for name in ("here", "there"))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    gate = Gate(context, lambda _: True)
    socket = context.socket(zmq.ROUTER)
    socket.rcvtimeo, socket.linger = round(PATIENCE_S * 1000), 0
    Gate.guard(socket, other)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    try:
        yield socket, Server("box", f"tcp://127.0.0.1:{port}", other.public), own
    finally:
        socket.close()
        context.term()
        gate.wait_closed()


def test_a_handshake_is_no_answer(tmp_path: Path) -> None:
    """A machine whose loop hangs still shakes hands: it must be gone after ``remote.wait_min``."""
    heard: list[float] = []
    with (
        listening(tmp_path) as (_, server, own),
        Link(server, own, lambda: heard.append(time.monotonic()), silence_s=0.2) as link,
        pytest.raises(LinkLost, match="has said nothing"),
    ):
        link.call(forms.Hello(__version__))
    assert not heard


@pytest.mark.parametrize("numbers", [(0, 1), (2,), (1, 1)], ids=["nobody's", "of later", "twice"])
def test_an_answer_that_nobody_waits_for_ends_the_connection(
    tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    """Else one machine could keep a job waiting for ever, with an answer every second."""
    with listening(tmp_path) as (socket, server, own), Link(server, own, silence_s=5.0) as link:
        link.send(forms.Hello(__version__))
        peer, _ = socket.recv_multipart()
        for number in numbers:
            socket.send_multipart([peer, forms.dump(forms.Gone(), number)])
        if numbers[0] == 1:
            assert link.hear(1) == (forms.Gone(), b"")
            link.send(forms.Hello(__version__))
        with pytest.raises(LinkLost, match="answers what was not asked"):
            link.hear(1 + (numbers[0] == 1))
