"""Client: jobs that go on, seen from several threads and processes."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import pytest
from house import House
from waiting import PATIENCE_S

import voxmend
from voxmend_protocol.errors import BadRequest, UnknownJob, UnsupportedVersion
from voxmend_protocol.features import VOICE


@pytest.fixture
def song(started: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there."""
    monkeypatch.setenv("VOXMEND_HOME", str(started.root))
    (tmp_path / "song.wav").write_bytes(b"RIFF")
    return tmp_path / "song.wav"


def test_a_job_is_submitted_seen_and_waited_for(song: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with voxmend.Client() as client:
        job = client.submit(song, "fake", set={"testing.until": str(gate)})
        assert job.state in ("queued", "running")
        assert job.id in repr(job)
        assert client.jobs()[0].id == job.id
        assert client.job(job.id).record().clip.path == str(song)
        gate.touch()
        heard: list[voxmend.Progress] = []
        found = job.wait(on_progress=heard.append)
        assert found.vocals == tmp_path / "voxmend" / "song_fake" / "vocals.wav"
        assert heard[-1].fraction == 1.0
        assert job.state == "succeeded"
        assert job.id in {each.id for each in client.jobs("succeeded")}
        assert job.id not in {each.id for each in client.jobs("failed")}
        assert {"fake", "quick"} <= {preset.name for preset in client.presets()}
        assert client.status().clients >= 1


def test_who_stops_waiting_cancels_nothing(song: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with voxmend.Client() as client:
        job = client.submit(song, "fake", set={"testing.until": str(gate)})
        with pytest.raises(TimeoutError, match="has not ended within 0 s"):
            job.wait(timeout=0)
        assert not job.record().terminal
    gate.touch()
    with voxmend.Client() as client:
        assert client.job(job.id).wait().ok


def test_a_cancelled_job_raises_when_it_is_waited_for(song: Path, tmp_path: Path) -> None:
    with voxmend.Client() as client:
        job = client.submit(song, "fake", set={"testing.until": str(tmp_path / "gate")})
        job.cancel()
        with pytest.raises(voxmend.VoxmendError) as failed:
            job.wait()
        assert (failed.value.code, failed.value.job) == ("cancelled", job.id)
        job.cancel()
        assert job.state == "cancelled"


def test_a_job_that_nobody_knows_is_told(song: Path) -> None:
    with voxmend.Client() as client, pytest.raises(UnknownJob):
        client.job("0f0e0d0c-0b0a-4908-8706-050403020100")


def test_one_client_serves_many_threads_and_keeps_its_connections(song: Path) -> None:
    found: list[voxmend.Result[Path]] = []
    with voxmend.Client() as client:

        def one() -> None:
            found.append(client.restore(song, "fake"))

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert len({result.folder for result in found}) == 4
        assert 1 <= len(client._links._idle) <= 4
        client.restore(song, "fake")
        assert 1 <= len(client._links._idle) <= 4
    assert client._links._idle == []


def test_a_closed_client_says_so(song: Path) -> None:
    client = voxmend.Client()
    client.close()
    client.close()
    with pytest.raises(BadRequest, match="closed"):
        client.restore(song, "fake")


def test_a_client_that_nobody_closes_lets_its_connections_go_when_it_goes(song: Path) -> None:
    client = voxmend.Client()
    (link,) = client._links._idle
    client.me = client  # type: ignore[attr-defined]  # a circle, as a traceback makes one
    del client
    gc.collect()
    assert link._link is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_after_a_fork_the_child_has_connections_of_its_own(song: Path) -> None:
    with voxmend.Client() as client:
        before = list(client._links._idle)
        client._links._process = (os.getpid()) + 1  # as it stands in a child
        assert client.restore(song, "fake").ok
        assert len(client._links._idle) == 1
        assert not {*map(id, before)} & {*map(id, client._links._idle)}
        for link in before:
            link.close()


def test_a_voice_is_not_sent_to_a_worker_that_would_take_the_song_for_it(
    song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with voxmend.Client() as client:
        (link,) = client._links._idle
        assert VOICE in link.welcome.features
        monkeypatch.setattr("voxmend_protocol.features.VOICE", "a later one")
        with pytest.raises(UnsupportedVersion, match="earlier version and cannot"):
            client.submit(song, "fake", voice=song)
        with pytest.raises(UnsupportedVersion, match="earlier version and cannot"):
            client.restore(song, "fake", voice=song)
