"""One laptop never has anything of another's, and none takes more than it may: whatever a key that
is let in asks for."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from remote.studio import paths_of

from voxmend import build, presets
from voxmend.config import Remote
from voxmend.remote import forms, keys
from voxmend.remote.guests import MOST_LIVE, WANTED_S, Guests, folder_of
from voxmend.remote.peers import Guest, clear_strangers
from voxmend.remote.task import Around
from voxmend.testing import FAKE, FakeClock
from voxmend.version import __version__
from voxmend_protocol import Client
from voxmend_protocol.errors import (
    BadRequest,
    DiskFull,
    ModelMissing,
    QueueFull,
    RemoteDiffers,
    UnknownJob,
    WorkerUnreachable,
)

ANN, BEN = Guest("ann", "a" * 64), Guest("ben", "b" * 64)
SONG = b"a song of ann's" * 1000
SHA = hashlib.sha256(SONG).hexdigest()


def plan(name: str = "preview") -> str:
    return presets.find(name, Path("/nowhere")).dump()


def asks(
    song: bytes = SONG, size: int | None = None, job: str = "", **changes: object
) -> forms.Order:
    """An order that needs no model."""
    source = forms.Source(
        "clip", hashlib.sha256(song).hexdigest(), len(song) if size is None else size
    )
    asked = forms.Order(
        __version__, job or str(uuid.uuid4()), 1, FAKE_PLAN, ("vocals",), "wav", (source,),
        build=build.mark(),
    )  # fmt: skip
    return replace(asked, **changes)  # type: ignore[arg-type]


FAKE_PLAN = '{"name": "fake", "input": "mixture", "block": [{"name": "testing.fake"}]}'


class Machine:
    """The machine's side, without a socket and without a worker."""

    def __init__(self, home: Path, share_gb: float = 1.0) -> None:
        self.free = 10_000_000_000
        self.clock = FakeClock(time.time())
        self.paths = paths_of(home)
        around = Around(lambda job: self.paths.state / job, self._connect, lambda: self.free)
        settings = Remote(share_gb=share_gb)
        self.guests = Guests(self.paths, settings, around, lambda: (1, 0), clock=self.clock)

    @staticmethod
    def _connect() -> Client:
        raise WorkerUnreachable("No worker runs.")

    def ask(self, guest: Guest, asked: forms.Question, data: bytes = b"") -> forms.Answer:
        return self.guests.answer(guest, asked, data)[0]

    def state(self, guest: Guest, asked: forms.Question) -> forms.State:
        found = self.ask(guest, asked)
        assert isinstance(found, forms.State)
        return found

    def ended(self, guest: Guest, job: str) -> forms.State:
        """Wait for the end of a job."""
        for _ in range(1000):
            state = self.state(guest, forms.Look(job))
            if state.phase in ("failed", "ready", "wanted"):
                return state
            time.sleep(0.01)
        raise AssertionError(state)

    def files(self, guest: Guest) -> list[str]:
        folder = folder_of(self.paths, guest.key)
        return sorted(file.name for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "studio")


def test_who_knows_a_hash_has_not_got_the_song(machine: Machine) -> None:
    first = asks()
    machine.state(ANN, first)
    machine.ask(ANN, forms.Chunk(SHA, 0), SONG)
    assert machine.ended(ANN, first.job).phase == "failed"  # there is no worker
    assert machine.files(ANN) == [SHA]
    assert machine.state(BEN, asks()).wants == (forms.Want(SHA, 0),)
    assert machine.state(ANN, asks()).wants == ()


def test_a_job_of_another_is_not_there(machine: Machine) -> None:
    asked = asks()
    machine.state(ANN, asked)
    for question in (forms.Look(asked.job), forms.Fetch(asked.job, "vocals", 0)):
        with pytest.raises(UnknownJob):
            machine.ask(BEN, question)
    machine.ask(BEN, forms.Drop(asked.job))
    assert machine.state(ANN, forms.Look(asked.job)).phase == "wanted"
    assert machine.state(BEN, asked).phase == "wanted"  # its own, under the same id


def test_bytes_that_no_job_waits_for_are_not_taken(machine: Machine) -> None:
    with pytest.raises(UnknownJob):
        machine.ask(ANN, forms.Chunk(SHA, 0), SONG)
    machine.state(ANN, asks())
    with pytest.raises(UnknownJob):
        machine.ask(BEN, forms.Chunk(SHA, 0), SONG)
    assert machine.files(ANN) == machine.files(BEN) == []


def test_what_comes_out_of_order_says_where_to_go_on(machine: Machine) -> None:
    asked = asks()
    machine.state(ANN, asked)
    assert machine.ask(ANN, forms.Chunk(SHA, 0), SONG[:100]) == forms.Took(SHA, 100)
    assert machine.ask(ANN, forms.Chunk(SHA, 0), SONG[:100]) == forms.Took(SHA, 100)
    assert machine.ask(ANN, forms.Chunk(SHA, 500), SONG[500:600]) == forms.Took(SHA, 100)
    assert machine.state(ANN, forms.Look(asked.job)).wants == (forms.Want(SHA, 100),)
    with pytest.raises(BadRequest, match="More bytes"):
        machine.ask(ANN, forms.Chunk(SHA, 100), SONG)


def test_other_bytes_than_were_said_are_asked_for_again(machine: Machine) -> None:
    asked = asks()
    machine.state(ANN, asked)
    machine.ask(ANN, forms.Chunk(SHA, 0), bytes(len(SONG)))
    assert machine.ended(ANN, asked.job).wants == (forms.Want(SHA, 0),)
    assert machine.files(ANN) == []


def test_a_song_that_was_half_sent_waits_for_its_rest_also_after_a_restart(
    machine: Machine, tmp_path: Path
) -> None:
    machine.state(ANN, asks())
    machine.ask(ANN, forms.Chunk(SHA, 0), SONG[:700])
    again = Machine(tmp_path / "studio")
    assert again.state(ANN, asks()).wants == (forms.Want(SHA, 700),)


def test_the_disk_is_asked_before_anything_is_sent(machine: Machine) -> None:
    machine.free = len(SONG) - 1
    with pytest.raises(DiskFull, match=r"The disk of \{name\} is full"):
        machine.state(ANN, asks())


def test_what_was_promised_to_one_is_not_promised_to_another(machine: Machine) -> None:
    machine.free = len(SONG) + 100
    machine.state(ANN, asks())
    with pytest.raises(DiskFull):
        machine.state(BEN, asks())
    machine.ask(ANN, forms.Drop(next(iter(_jobs(machine, ANN)))))
    assert machine.state(BEN, asks()).phase == "wanted"


def _jobs(machine: Machine, guest: Guest) -> list[str]:
    return [job for job, _ in machine.guests._rooms[guest.key].tasks]


def test_a_disk_that_fills_in_the_middle_says_so_and_keeps_what_it_has(machine: Machine) -> None:
    asked = asks()
    machine.state(ANN, asked)
    machine.ask(ANN, forms.Chunk(SHA, 0), SONG[:500])
    machine.free = 100
    with pytest.raises(DiskFull):
        machine.ask(ANN, forms.Chunk(SHA, 500), SONG[500:])
    machine.free = 10**9
    assert machine.ask(ANN, forms.Chunk(SHA, 500), SONG[500:]) == forms.Took(SHA, len(SONG))


def test_a_share_is_a_share_and_old_songs_go_for_new_ones(tmp_path: Path) -> None:
    machine = Machine(tmp_path, share_gb=2.5 * len(SONG) / 1e9)
    shas = []
    for number in range(3):
        song = bytes([number]) * len(SONG)
        asked = asks(song)
        shas.append(hashlib.sha256(song).hexdigest())
        machine.clock.now += 10
        machine.state(ANN, asked)
        machine.ask(ANN, forms.Chunk(shas[-1], 0), song)
        machine.ended(ANN, asked.job)
    assert machine.files(ANN) == sorted(shas[1:])
    with pytest.raises(DiskFull, match=r"raise remote\.share_gb there"):
        machine.state(ANN, asks(size=3 * len(SONG)))


def test_what_was_made_counts_as_what_was_sent(tmp_path: Path) -> None:
    """A laptop that fetches nothing could fill the disk with one song, again and again."""
    machine = Machine(tmp_path, share_gb=2.5 * len(SONG) / 1e9)
    asked = asks()
    machine.state(ANN, asked)
    machine.ask(ANN, forms.Chunk(SHA, 0), SONG)
    machine.ended(ANN, asked.job)
    stem = folder_of(machine.paths, ANN.key) / "jobs" / "one" / "vocals.wav"
    stem.parent.mkdir()
    stem.write_bytes(bytes(3 * len(SONG)))
    with pytest.raises(DiskFull, match=r"raise remote\.share_gb there"):
        machine.state(ANN, asks())


def test_what_jobs_will_make_is_promised(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.state(ANN, asks())
    (task,) = machine.guests._rooms[ANN.key].tasks.values()
    task.due = 900_000_000
    assert machine.state(ANN, asks()).phase == "wanted"
    task.due = 1_000_000_000
    with pytest.raises(DiskFull):
        machine.state(ANN, asks())


def test_stems_that_are_larger_than_the_share_are_not_begun(tmp_path: Path) -> None:
    """Flac of silence: small on its way, and large as stems."""
    machine = Machine(tmp_path, share_gb=0.001)
    soundfile.write(tmp_path / "silence.flac", np.zeros(400_000), 44_100)
    silence = (tmp_path / "silence.flac").read_bytes()
    asked = asks(silence)
    machine.state(ANN, asked)
    machine.ask(ANN, forms.Chunk(asked.sources[0].sha256, 0), silence)
    error = machine.ended(ANN, asked.job).error
    assert error is not None
    assert error.code == "disk_full"
    assert "remote.share_gb" in error.message


def test_a_folder_that_goes_while_it_is_counted_counts_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.state(ANN, asks())
    gone = folder_of(machine.paths, ANN.key) / "jobs" / "gone"
    gone.mkdir()
    before = os.scandir

    def scandir(path: str) -> object:
        if os.fspath(path) == os.fspath(gone):
            gone.rmdir()
        return before(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert isinstance(machine.ask(ANN, forms.Hello(__version__)), forms.Welcome)
    assert not gone.exists()


def test_a_song_may_take_hours_to_come(machine: Machine) -> None:
    asked = asks()
    machine.state(ANN, asked)
    for at in range(0, 4000, 1000):
        machine.clock.now += WANTED_S / 2
        machine.ask(ANN, forms.Chunk(SHA, at), SONG[at : at + 1000])
        machine.guests.sweep([ANN])
    assert machine.state(ANN, forms.Look(asked.job)).wants == (forms.Want(SHA, 4000),)


def test_jobs_that_wait_are_counted(machine: Machine) -> None:
    for _ in range(MOST_LIVE):
        machine.state(ANN, asks())
    with pytest.raises(QueueFull):
        machine.state(ANN, asks())
    assert machine.state(BEN, asks()).phase == "wanted"


def test_the_same_order_is_the_same_job_and_another_one_under_its_id_is_refused(
    machine: Machine,
) -> None:
    asked = asks()
    assert machine.state(ANN, asked) == machine.state(ANN, asked)
    with pytest.raises(BadRequest, match="ordered before, otherwise"):
        machine.state(ANN, replace(asked, stems=("instrumental",)))


def test_songs_and_jobs_that_nobody_asks_about_go(machine: Machine) -> None:
    ended, waits = asks(), asks(b"another" * 100)
    machine.state(ANN, ended)
    machine.ask(ANN, forms.Chunk(SHA, 0), SONG)
    machine.ended(ANN, ended.job)
    machine.state(ANN, waits)
    machine.clock.now += WANTED_S + 1
    machine.guests.sweep([ANN])
    with pytest.raises(UnknownJob):
        machine.state(ANN, forms.Look(waits.job))
    assert machine.files(ANN) == [SHA]
    machine.clock.now += 25 * 3600
    machine.guests.sweep([ANN])
    assert machine.files(ANN) == []


def test_what_a_forgotten_laptop_has_sent_goes(machine: Machine) -> None:
    for guest in (ANN, BEN):
        asked = asks()
        machine.state(guest, asked)
        machine.ask(guest, forms.Chunk(SHA, 0), SONG)
        machine.ended(guest, asked.job)
    machine.guests.sweep([BEN])
    assert not folder_of(machine.paths, ANN.key).exists()
    assert machine.files(BEN) == [SHA]
    clear_strangers(machine.paths, [])
    assert not folder_of(machine.paths, BEN.key).exists()


@pytest.mark.parametrize(
    "name", ["../../key.json", "key.json", SHA[:-1], SHA.upper(), f"{SHA}.part", "", "/etc/passwd"]
)
def test_only_hashes_are_names(name: str) -> None:
    with pytest.raises(BadRequest, match="64 hex digits"):
        forms.Source("clip", name, 1)
    with pytest.raises(BadRequest, match="64 hex digits"):
        forms.Chunk(name, 0)


def test_another_version_is_refused_before_anything_is_sent(machine: Machine) -> None:
    with pytest.raises(RemoteDiffers, match=r"this machine has 9\.9"):
        machine.state(ANN, asks(version="9.9"))


def test_another_build_is_refused_before_anything_is_sent(machine: Machine) -> None:
    with pytest.raises(RemoteDiffers, match="another build of voxmend"):
        machine.state(ANN, asks(build=""))


def test_a_build_is_its_files_and_their_names(tmp_path: Path) -> None:
    file = tmp_path / "voxmend" / "one.py"
    file.parent.mkdir()
    seen = set()
    for content in ("a = 1", "a = 2", "a = 2\n"):
        file.write_text(content)
        seen.add(build.digest(file.parent))
    (file.parent / "preset.toml").write_text("b")
    seen.add(build.digest(file.parent))
    (file.parent / "preset.toml").rename(file.parent / "other.toml")
    seen.add(build.digest(file.parent))
    assert len(seen) == 5
    (file.parent / "one.pyc").write_text("made by Python")
    assert build.digest(file.parent) in seen


def test_other_weights_are_refused_before_anything_is_sent(machine: Machine) -> None:
    with pytest.raises(RemoteDiffers, match="means other weights by htdemucs"):
        machine.state(ANN, asks(models={"htdemucs": "0" * 16}))


def test_weights_that_are_not_there_are_named(machine: Machine) -> None:
    from voxmend.models import catalogue
    from voxmend.remote import same

    known = catalogue.load()
    needed = same.needed(plan("studio"), ("vocals",), False, known)
    models = same.expected(known, needed)
    assert models
    with pytest.raises(ModelMissing, match="not on this machine"):
        machine.state(ANN, asks(plan=plan("studio"), models=models))


@pytest.mark.parametrize(
    "change",
    [
        lambda: asks(plan="{}"),
        lambda: asks(plan='{"name": "x", "block": [{"name": "os.system"}, {"name": 3}]}'),
        lambda: asks(plan="[" * 10_000),
    ],
    ids=["nothing", "no block", "deep"],
)
def test_a_plan_that_is_none_is_refused(
    machine: Machine, change: Callable[[], forms.Order]
) -> None:
    with pytest.raises(BadRequest):
        machine.state(ANN, change())


def test_two_keys_have_two_folders(tmp_path: Path) -> None:
    paths = paths_of(tmp_path)
    assert folder_of(paths, ANN.key) != folder_of(paths, BEN.key)
    assert folder_of(paths, ANN.key).name == keys.mark(ANN.key)


def test_the_fake_preset_is_the_one_of_the_fake_engine() -> None:
    assert "testing.fake" in FAKE
