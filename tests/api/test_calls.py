"""restore and restore_many over a real worker with the fake engine: results, errors, cancelling."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from ctrl_c import HEARS
from house import House, results
from waiting import PATIENCE_S

import voxmend
from voxmend_protocol import JobRecord
from voxmend_protocol.errors import BadRequest, Cancelled, InputMissing, OutOfMemory


@dataclass
class Desk:
    """A worker that the tests share, and what is one test's own."""

    house: House
    place: Path
    temporary: Path

    @property
    def out(self) -> Path:
        return self.place / "out"

    @property
    def gate(self) -> Path:
        return self.place / "gate"

    @property
    def gated(self) -> dict[str, Any]:
        """The parameters of a job that waits for the gate."""
        return {"testing.until": str(self.gate)}

    def clip(self, name: str = "clip.wav") -> Path:
        """A file that is there; the fake engine never opens it."""
        (self.place / name).write_bytes(b"RIFF")
        return self.place / name

    def records(self) -> list[JobRecord]:
        """Of the test's own files, the first one first."""
        every = self.house.client().records()
        return [record for record in every if record.clip.path.startswith(str(self.place))][::-1]

    def states(self) -> list[str]:
        return [record.state for record in self.records()]


@pytest.fixture
def worker(started: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desk]:
    """A worker at work; temporary files go into a folder of the test's."""
    desk = Desk(started, tmp_path / "songs", tmp_path / "temporary")
    desk.place.mkdir()
    desk.temporary.mkdir()
    monkeypatch.setenv("VOXMEND_HOME", str(started.root))
    monkeypatch.setattr(tempfile, "tempdir", str(desk.temporary))
    yield desk
    desk.gate.touch()  # what a test that failed has left holds up no other


def test_a_file_comes_back_as_paths_of_its_stems(worker: Desk) -> None:
    song = worker.clip()
    found = voxmend.restore(song, preset="fake")
    assert found.vocals == song.parent / "voxmend" / "clip_fake" / "vocals.wav"
    assert list(found.stems) == ["vocals", "vocals_raw", "instrumental"]
    assert found.instrumental == found.stems["instrumental"]
    assert all(path.is_file() for path in found.stems.values())
    assert (found.rate, found.path, found.ok, found.preset) == (8000, song, True, "fake")
    assert soundfile.info(found.vocals).samplerate == found.rate
    assert repr(found).startswith("<Result clip.wav: vocals, vocals_raw, instrumental in ")


def test_relative_paths_out_set_and_stems_are_as_the_command_has_them(
    worker: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(worker.clip().parent)
    values: dict[str, Any] = {"testing.warns": np.int64(2)}
    found = voxmend.restore("clip.wav", "fake", out="there", set=values, stems=["vocals"])
    assert found.folder == worker.clip().parent / "there" / "clip_fake"
    assert list(found.stems) == ["vocals"]
    assert [warned.code for warned in found.warnings] == ["warning_0", "warning_1"]
    with pytest.raises(BadRequest, match=r"no stem instrumental: this job wrote vocals\."):
        _ = found.instrumental


def test_where_no_preset_and_no_folder_is_named_the_settings_hold(
    worker: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_RESTORE_PRESET", "fake")
    monkeypatch.setenv("VOXMEND_RESTORE_FOLDER", str(worker.out))
    assert voxmend.restore(worker.clip()).folder == worker.out / "clip_fake"


def test_a_job_that_fails_raises_its_error_with_code_and_job(worker: Desk) -> None:
    with pytest.raises(voxmend.VoxmendError, match="Failed as asked") as failed:
        voxmend.restore(worker.clip(), "fake", set={"testing.fails": "out_of_memory"})
    assert isinstance(failed.value, OutOfMemory)
    assert failed.value.code == "out_of_memory"
    assert failed.value.job == worker.records()[-1].job


def test_what_never_became_a_job_raises_with_its_code_and_no_job(worker: Desk) -> None:
    with pytest.raises(InputMissing) as failed:
        voxmend.restore(worker.place / "gone.wav", "fake")
    assert (failed.value.code, failed.value.job) == ("input_missing", None)
    with pytest.raises(voxmend.VoxmendError) as unknown:
        voxmend.restore(worker.clip(), "preveiw")
    assert unknown.value.code == "unknown_preset"


def test_progress_never_falls_and_ends_at_one_only_with_the_stems(worker: Desk) -> None:
    heard: list[voxmend.Progress] = []
    found = voxmend.restore(
        worker.clip(), "fake", set={"testing.seconds": 0.2}, on_progress=heard.append
    )
    fractions = [news.fraction for news in heard]
    assert fractions == sorted(fractions)
    assert [news.fraction == 1.0 for news in heard] == [news.state == "succeeded" for news in heard]
    assert heard[-1].state == "succeeded"
    assert {news.job for news in heard} == {found.job}
    assert str(heard[-1]).startswith("clip.wav: 100 %, succeeded")


class StopItError(Exception):
    """What a caller raises in ``on_progress``."""


def test_an_exception_in_on_progress_cancels_the_job_and_comes_out(worker: Desk) -> None:
    def stop(news: voxmend.Progress) -> None:
        if news.state == "running":
            raise StopItError

    with pytest.raises(StopItError):
        voxmend.restore(worker.clip(), "fake", set=worker.gated, on_progress=stop)
    assert worker.states() == ["cancelled"]
    assert results(worker.clip().parent / "voxmend") == []


def test_while_nothing_is_new_on_progress_is_called_all_the_same(worker: Desk) -> None:
    calls = 0

    def third_time(news: voxmend.Progress) -> None:
        nonlocal calls
        calls += news.state == "queued"
        if calls == 3:
            raise StopItError

    with voxmend.Client() as client:
        first = client.submit(worker.clip("first.wav"), "fake", set=worker.gated)
        with pytest.raises(StopItError):
            voxmend.restore(worker.clip(), "fake", on_progress=third_time)
        worker.gate.touch()
        assert first.wait().ok
    assert worker.states() == ["succeeded", "cancelled"]


WAITS = """
import sys, voxmend
voxmend.restore(sys.argv[1], "fake", set={"testing.until": sys.argv[2]},
                on_progress=lambda news: print(news.state, flush=True))
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process")
def test_ctrl_c_cancels_the_job(worker: Desk) -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(worker.clip()), str(worker.gate)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=HEARS,
    )  # fmt: skip
    assert waiting.stdout is not None
    while "running" not in waiting.stdout.readline():
        assert waiting.poll() is None
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=PATIENCE_S)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert worker.states() == ["cancelled"]


def test_a_job_that_another_client_cancels_raises_so(worker: Desk) -> None:
    def cancel(news: voxmend.Progress) -> None:
        with voxmend.Client() as client:
            client.job(news.job).cancel()

    with pytest.raises(Cancelled) as failed:
        voxmend.restore(worker.clip(), "fake", set=worker.gated, on_progress=cancel)
    assert failed.value.job is not None


def test_several_threads_each_get_their_own_result(worker: Desk) -> None:
    songs = [worker.clip(f"song {n}.wav") for n in range(4)]
    found: dict[Path, voxmend.Result[Path]] = {}

    def one(song: Path) -> None:
        found[song] = voxmend.restore(song, "fake", out=worker.out)

    threads = [threading.Thread(target=one, args=(song,)) for song in songs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert {song: result.path for song, result in found.items()} == {song: song for song in songs}
    assert len({result.vocals for result in found.values()}) == 4


def test_many_songs_come_as_they_are_done_and_a_failure_stays_in_its_own_result(
    worker: Desk,
) -> None:
    songs = [worker.clip(), worker.place / "gone.wav", worker.clip()]
    found = list(voxmend.restore_many(songs, "fake", out=worker.out))
    assert {result.index: result.ok for result in found} == {0: True, 1: False, 2: True}
    (failed,) = (result for result in found if not result.ok)
    assert failed.error is not None
    assert failed.error.code == "input_missing"
    assert failed.stems == {}
    assert repr(failed).startswith("<Result gone.wav: input_missing: There is no file ")
    with pytest.raises(InputMissing):
        _ = failed.vocals
    assert len(results(worker.out)) == 2
    groups = {record.group for record in worker.records()}
    assert len(groups) == 1
    assert groups != {None}


def test_a_job_that_fails_among_many_has_its_code_and_its_job(worker: Desk) -> None:
    (found,) = voxmend.restore_many(
        [worker.clip()], "fake", set={"testing.fails": "unsupported_audio"}
    )
    assert found.error is not None
    assert (found.error.code, found.error.job) == ("unsupported_audio", found.job)


def test_of_many_songs_two_wait_and_no_more_are_even_asked_for(worker: Desk) -> None:
    asked = 0

    def songs() -> Iterator[Path]:
        nonlocal asked
        for _ in range(9):
            asked += 1
            yield worker.clip()

    seen: list[tuple[int, int]] = []

    def look(news: voxmend.Progress) -> None:
        now = worker.states()
        seen.append((now.count("queued"), asked))
        if asked == 3 and now.count("running"):
            worker.gate.touch()

    done = list(
        voxmend.restore_many(songs(), "fake", out=worker.out, set=worker.gated, on_progress=look)
    )
    assert len(done) == asked == 9
    assert max(waiting for waiting, _ in seen) <= 2
    assert min(number for _, number in seen) == 2


def test_who_leaves_the_loop_cancels_what_is_open(worker: Desk) -> None:
    songs = [worker.clip(name) for name in ("a.wav", "b.wav", "c.wav", "d.wav")]
    running = voxmend.restore_many(songs, "fake", out=worker.out, set={"testing.seconds": 0.2})
    assert next(running).ok
    running.close()  # type: ignore[attr-defined]
    assert set(worker.states()) <= {"succeeded", "cancelled"}
    assert "cancelled" in worker.states()


def test_an_error_of_the_callers_own_list_cancels_and_comes_out(worker: Desk) -> None:
    def songs() -> Iterator[Path]:
        yield worker.clip()
        raise StopItError

    with pytest.raises(StopItError):
        list(voxmend.restore_many(songs(), "fake", set=worker.gated))
    assert worker.states() == ["cancelled"]


def test_samples_come_back_as_samples_and_no_file_stays(worker: Desk) -> None:
    flat = voxmend.restore(np.zeros(800), "fake", rate=8000)
    assert flat.vocals.shape == (800,)
    assert (flat.vocals.dtype, flat.rate) == (np.dtype("float32"), 8000)
    assert (flat.folder, flat.path) == (None, None)
    found = voxmend.restore((np.zeros((800, 1), "float32"), 8000), "fake")
    assert {name: stem.shape for name, stem in found.stems.items()} == dict.fromkeys(
        ("vocals", "vocals_raw", "instrumental"), (800, 1)
    )
    assert repr(found) == "<Result song 0: vocals, vocals_raw, instrumental>"
    assert list(worker.temporary.iterdir()) == []


def test_samples_whose_job_fails_or_is_cancelled_leave_no_file(worker: Desk) -> None:
    def stop(news: voxmend.Progress) -> None:
        assert len(list(worker.temporary.iterdir())) == 1
        if news.state == "running":
            raise StopItError

    song = np.zeros((80, 2)), 8000
    with pytest.raises(StopItError):
        voxmend.restore(song, "fake", set=worker.gated, on_progress=stop)
    with pytest.raises(voxmend.VoxmendError):
        voxmend.restore(song, "fake", set={"testing.fails": "internal"})
    with pytest.raises(voxmend.VoxmendError):
        voxmend.restore(song, "no such preset")
    assert list(worker.temporary.iterdir()) == []


def test_samples_with_a_folder_leave_their_stems_there(worker: Desk) -> None:
    found = voxmend.restore(np.zeros((80, 2)), "fake", rate=8000, out=worker.out)
    assert found.folder == worker.out / "song_fake"
    assert (found.folder / "vocals.wav").is_file()
    assert found.vocals.shape == (800, 1)
    assert list(worker.temporary.iterdir()) == []


def test_files_and_samples_may_be_mixed_among_many(worker: Desk) -> None:
    songs: list[Any] = [worker.clip(), (np.zeros((80, 2)), 8000), (np.zeros(0), 8000)]
    found = {result.index: result for result in voxmend.restore_many(songs, "fake")}
    assert isinstance(found[0].vocals, Path)
    assert found[1].vocals.shape == (800, 1)
    assert found[2].error is not None
    assert found[2].error.code == "unsupported_audio"
    assert list(worker.temporary.iterdir()) == []


def test_a_song_whose_job_was_cleared_meanwhile_is_told_among_many(
    worker: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voxmend_protocol import Client
    from voxmend_protocol.errors import UnknownJob

    def unknown(*_: Any, **__: Any) -> Any:
        raise UnknownJob("The worker knows no such job.")

    monkeypatch.setattr(Client, "follow", unknown)
    monkeypatch.setattr(Client, "job", unknown)
    (found,) = voxmend.restore_many([worker.clip()], "fake")
    assert found.error is not None
    assert found.error.code == "unknown_job"
    assert found.error.job is not None


def test_a_worker_that_is_not_there_is_started(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from voxmend import launch

    song = tmp_path / "clip.wav"
    song.write_bytes(b"RIFF")
    started = []

    def start() -> bool:
        started.append(1)
        house.start()
        return True

    monkeypatch.setattr(launch, "start", start)
    assert voxmend.restore(song, "fake").ok
    assert voxmend.restore(song, "fake").ok
    assert started == [1]


def test_a_job_goes_on_with_the_next_worker_where_one_ends_meanwhile(
    house: House, tmp_path: Path
) -> None:
    from voxmend_protocol.messages import Ack, Shutdown

    ended = threading.Event()

    def again(news: voxmend.Progress) -> None:
        if news.state != "running" or ended.is_set():
            return
        ended.set()
        house.client().request(Shutdown(), Ack)
        house.wait_dead()
        house.start()
        house.let_go()

    song = tmp_path / "clip.wav"
    song.write_bytes(b"RIFF")
    house.start()
    found = voxmend.restore(song, "fake", set={"testing.until": house.gate}, on_progress=again)
    assert found.ok
    assert [record.state for record in house.client().records()] == ["succeeded"]
