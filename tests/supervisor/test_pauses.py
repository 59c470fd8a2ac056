"""Who wants the worker to stand still, on a clock that goes where it is told."""

from __future__ import annotations

import pytest

from voxmend.supervisor.pauses import MOST, Pauses
from voxmend.testing import FakeClock
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.pause import Pause

TODAY = "2026-01-01T00:00:00.000Z"


class Room:
    """Holds and a clock."""

    def __init__(self) -> None:
        self.pauses, self.clock = Pauses(), FakeClock()

    def pause(self, hold: str | None = None, lease_s: float | None = None) -> None:
        self.pauses.pause(Pause(hold, lease_s), "test", self.clock(), TODAY)

    def forward(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self.pauses.tick(self.clock())

    @property
    def names(self) -> list[str]:
        return [hold.hold for hold in self.pauses.holds(self.clock())]


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_lease_ends_ten_seconds_after_its_holder_spoke_last(room: Room) -> None:
    room.pause("reaper", 10)
    for _ in range(20):
        room.forward(3)
        room.pause("reaper", 10)
    assert room.names == ["reaper"]
    room.forward(9.9)
    assert room.names == ["reaper"]
    room.forward(0.1)
    assert room.names == []


def test_a_hold_without_a_lease_outlives_all_of_them(room: Room) -> None:
    room.pause()
    room.pause("reaper", 10)
    room.forward(1e6)
    assert room.names == ["user"]


def test_the_worker_works_again_when_the_last_hold_has_ended(room: Room) -> None:
    room.pause("one", 10)
    room.pause("two", 10)
    room.pauses.resume("one")
    assert room.names == ["two"]
    room.pauses.resume("one")
    assert room.names == ["two"], "ended twice, it takes nobody else's along"
    room.pauses.resume("two")
    assert not room.pauses


def test_who_resumes_is_believed_against_a_lease_that_goes_on_being_asked_for(room: Room) -> None:
    room.pause("take 1", 10)
    room.pauses.resume(None)
    for _ in range(10):
        room.pause("take 1", 10)
        room.forward(3)
        assert room.names == []
    room.pause("take 2", 10)
    assert room.names == ["take 2"], "the next recording is another matter"


def test_an_ended_lease_may_come_back_once_nobody_has_asked_for_it(room: Room) -> None:
    room.pause("take 1", 10)
    room.pauses.resume(None)
    room.forward(10)
    room.pause("take 1", 10)
    assert room.names == ["take 1"]


def test_a_person_who_pauses_under_an_ended_name_is_believed_too(room: Room) -> None:
    room.pause("user", 10)
    room.pauses.resume(None)
    room.pause("user")
    assert room.names == ["user"]
    assert room.pauses.lasting is not None


def test_a_hold_says_since_when_by_whom_and_what_is_left(room: Room) -> None:
    room.pauses.pause(Pause("reaper", 10, "REAPER is recording"), "reaper-lua", room.clock(), TODAY)
    room.forward(4)
    room.pauses.pause(Pause("reaper", 10, "REAPER is recording"), "reaper-lua", room.clock(), "Z")
    room.forward(1)
    (hold,) = room.pauses.holds(room.clock())
    assert (hold.by, hold.since, hold.left_s, hold.why) == (
        "reaper-lua", TODAY, 9.0, "REAPER is recording",
    )  # fmt: skip


def test_holds_are_bounded_and_so_is_what_is_remembered_of_ended_ones(room: Room) -> None:
    for n in range(MOST):
        room.pause(f"hold {n}", 10)
    with pytest.raises(BadRequest, match="voxmend worker resume"):
        room.pause("one more", 10)
    room.pause("hold 0", 10)  # a renewal is no new one
    for take in range(3):
        room.pauses.resume(None)
        for n in range(MOST):
            room.pause(f"again {n} {take}", 10)
    assert len(room.pauses._overruled) <= MOST
