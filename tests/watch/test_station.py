"""A folder over time: locked, lost, found again, and scanned though no notice comes."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sounds
from filelock import FileLock
from watch.world import World

from voxmend.testing import FakeClock
from voxmend.watch import mounts
from voxmend.watch import station as stations
from voxmend.watch.event import Event
from voxmend.watch.registry import Watched
from voxmend.watch.station import AWAY_S, POLL_S, RESCAN_S, Station


class Silent:
    """A source of notices of which none ever comes."""

    def __init__(self, root: str, wake: Callable[[], None]) -> None:
        self.wake, self.alive = wake, True

    def close(self) -> None:
        self.alive = False


class Bench:
    """Stations on a real disk, a worker in memory, a clock of their own."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "Mend"
        self.folder.mkdir()
        self.watched = Watched(str(self.folder), "quick")
        self.state = root / "state"
        self.clock = FakeClock()
        self.world = World(root / "unused", job_s=0)
        self.events: list[Event] = []
        self.sources: list[Silent] = []
        self.stations: list[Station] = []

    def station(self, notices: Callable[..., Silent] | None = None) -> Station:
        def give(root: str, wake: Callable[[], None]) -> Silent:
            self.sources.append((notices or Silent)(root, wake))
            return self.sources[-1]

        made = Station(self.watched, self.state, lambda: ("quick",), self.events.append, give)
        self.stations.append(made)
        return made

    def live(self, station: Station, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.clock.forward(1)
            self.world.now = self.clock()
            station.turn(self.clock())
            if station.busy(self.clock()):
                station.work(self.clock(), self.world, 2)

    def said(self, kind: str) -> list[str]:
        return [event.message for event in self.events if event.kind == kind]

    def drop(self, name: str, seed: int = 0) -> Path:
        return sounds.write(self.folder / name, sounds.tone(0.2, seed=seed))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for station in made.stations:
        station.close()


def test_a_file_is_mended_though_every_notice_of_it_was_lost(bench: Bench) -> None:
    station = bench.station()
    bench.live(station, 2)
    bench.drop("a.wav")
    bench.live(station, RESCAN_S - 5)
    assert bench.said("taken") == []
    bench.live(station, 15)
    assert len(bench.said("done")) == 1


def test_with_a_notice_it_is_mended_in_a_few_seconds(bench: Bench) -> None:
    station = bench.station()
    bench.live(station, 2)
    bench.drop("a.wav")
    bench.sources[0].wake()
    bench.live(station, 6)
    assert len(bench.said("done")) == 1


def test_a_notice_too_many_does_nothing(bench: Bench) -> None:
    bench.drop("a.wav")
    station = bench.station()
    for _ in range(30):
        station.notice()
        bench.live(station, 1)
    assert len(bench.world.runs) == 1


@pytest.mark.parametrize("why", ["poll", "share", "no notices", "notices end"])
def test_where_no_notices_come_the_clock_does_it(
    why: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(root: str, wake: Callable[[], None]) -> Silent:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    if why == "poll":
        bench.watched = replace(bench.watched, poll=True)
    if why == "share":
        monkeypatch.setattr(mounts, "is_remote", lambda path: True)
    station = bench.station(none_left if why == "no notices" else None)
    bench.live(station, 2)
    if why == "notices end":
        bench.sources[0].alive = False
        station.notice()
        bench.live(station, 2)
    bench.drop("a.wav")
    bench.live(station, POLL_S + 16)
    assert len(bench.said("done")) == 1
    remarks = bench.said("remark")
    assert all("is looked at every 10 s instead" in remark for remark in remarks)
    assert len(remarks) == (why in ("no notices", "notices end"))


def test_one_watcher_has_a_folder_and_the_next_gets_it_when_the_first_ends(bench: Bench) -> None:
    first, second = bench.station(), bench.station()
    bench.live(first, 1)
    bench.live(second, 1)
    assert second.away
    assert "Another watcher has" in bench.said("away")[0]
    bench.live(second, 20)
    assert len(bench.said("away")) == 1
    first.close()
    bench.live(second, AWAY_S + 1)
    assert not second.away


def test_a_share_that_goes_and_comes_back_loses_nothing_and_repeats_nothing(bench: Bench) -> None:
    bench.drop("a.wav")
    station = bench.station()
    bench.live(station, 10)
    away = bench.folder.with_name("disconnected")
    bench.folder.rename(away)
    bench.live(station, RESCAN_S + 2)
    assert station.away
    assert "Connect its drive" in bench.said("away")[0]
    bench.folder.mkdir()  # the empty mount point
    bench.live(station, 60)
    assert "is empty" in bench.said("away")[1]
    assert os.listdir(bench.folder) == []
    bench.folder.rmdir()
    away.rename(bench.folder)
    bench.drop("b.wav", seed=1)
    bench.live(station, AWAY_S + 10)
    assert not station.away
    assert len(bench.world.runs) == 2
    assert sorted(e.file or "" for e in bench.events if e.kind == "done") == ["a.wav", "b.wav"]
    assert len(bench.said("away")) == 2


def test_a_folder_deleted_and_made_anew_is_watched_again(bench: Bench) -> None:
    bench.drop("a.wav")
    station = bench.station()
    bench.live(station, 10)
    shutil.rmtree(bench.folder)
    bench.folder.mkdir()
    bench.drop("b.wav", seed=1)
    bench.live(station, RESCAN_S + AWAY_S + 10)
    assert len(bench.world.runs) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "Give your account the right"),
        (OSError(errno.EROFS, "Read-only file system"), "Give your account the right"),
        (OSError(errno.ENOSPC, "No space left on device"), "Free some"),
        (OSError(errno.EIO, "Input/output error"), "Connect its drive"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told_once_and_tried_again(
    error: OSError, said: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def acquire(self) -> None:
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(stations, "FileLock", Refusing)
        station = bench.station()
        bench.live(station, 60)
    assert len(bench.said("away")) == 1
    assert said in bench.said("away")[0]
    bench.live(station, AWAY_S + 1)
    assert not station.away


def test_a_disk_without_locks_is_guarded_by_one_beside_the_memory(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FileLock

    def lock(path: str | Path, **options: object) -> object:
        if Path(path).parent == bench.folder:

            class Refusing:
                def acquire(self) -> None:
                    raise OSError(errno.ENOLCK, "No locks available")

            return Refusing()
        return real(path, timeout=0)

    monkeypatch.setattr(stations, "FileLock", lock)
    first, second = bench.station(), bench.station()
    bench.live(first, 3)
    bench.live(second, 3)
    assert not first.away
    assert second.away


def test_a_state_folder_that_cannot_be_used_is_a_sentence(bench: Bench) -> None:
    bench.state.write_text("a file")
    station = bench.station()
    bench.live(station, 10)
    assert "VOXMEND_HOME" in bench.said("away")[0]


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_clock_that_jumps_delays_no_scan_for_long(jump: float, bench: Bench) -> None:
    station = bench.station()
    bench.live(station, 2)
    bench.clock.forward(jump)
    bench.drop("a.wav")
    bench.live(station, 12)
    assert len(bench.world.runs) == 1
