"""Where stems go: a shared folder, and buckets of S3 and of Google's kind, which run here."""

from __future__ import annotations

import json
import os
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from voxmend.cluster.bucket import Bucket
from voxmend.cluster.messages import Task
from voxmend.cluster.outputs import abandon, output
from voxmend_protocol.errors import BadRequest, EnvironmentProblem, OutputUnwritable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

JOB, OTHER = (f"00000000-0000-4000-8000-{number:012d}" for number in (1, 2))


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """An S3 of this machine."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An address in it; nothing is there yet."""
    for key, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    with urllib.request.urlopen(f"{s3_server}/moto-api/reset", b""):
        pass  # what an earlier test has put there is in this process still
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("archive")
    yield "s3://archive/stems"
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(scope="module")
def gs_server() -> Iterator[str]:
    """A Google storage of this machine."""
    from gcp_storage_emulator.server import create_server

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="archive")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def gs(gs_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An address in it that no other test has."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gs_server)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "test")
    import gcsfs

    gcsfs.GCSFileSystem.clear_instance_cache()
    yield f"gs://archive/{tmp_path.name}"
    gcsfs.GCSFileSystem.clear_instance_cache()


@pytest.fixture(params=["disk", "s3", "gs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for stems, of each kind."""
    if request.param == "disk":
        return str(tmp_path / "out")
    return str(request.getfixturevalue(request.param))


def task(place: str, tmp_path: Path, job: str = JOB, attempt: int = 1, created: str = "t1") -> Task:
    song = tmp_path / "song.wav"
    song.write_bytes(b"RIFF")
    store, folder = "", place
    if "://" in place:
        bucket = Bucket.of(place)
        store, folder = bucket.store, bucket.folder(place)
    submit = Submit(job, Clip(str(song)), "quick", Output(folder))
    return Task(submit, 4, 1, 0o644, created, attempt, store)


def fill(task: Task, partial: Path, state: str = "succeeded") -> None:
    """What an engine leaves in a folder."""
    (partial / "vocals.wav").write_bytes(b"RIFF....")
    told = {"job": task.job, "state": state, "created": task.created, "stems": []}
    (partial / "job.json").write_text(json.dumps(told))


def names(place: str) -> list[str]:
    if "://" in place:
        bucket = Bucket.of(place)
        return sorted(bucket.names(bucket.folder(place)))
    return sorted(os.listdir(place)) if os.path.isdir(place) else []


def told(folder: str) -> dict[str, Any]:
    if "://" in folder:
        bucket = Bucket.of(folder)
        return bucket.manifest(bucket.folder(folder))
    return dict(json.loads(Path(folder, "job.json").read_text()))


def test_a_result_is_kept_whole_and_the_next_of_its_name_gets_a_number(
    place: str, tmp_path: Path
) -> None:
    for job, name in ((JOB, "song_quick"), (OTHER, "song_quick_2")):
        asked = task(place, tmp_path, job)
        with output(asked) as claimed:
            assert claimed.before is None
            fill(asked, claimed.partial)
            assert claimed.keep() == f"{place}/{name}"
        assert told(f"{place}/{name}")["job"] == job
    assert names(place) == ["song_quick", "song_quick_2"]
    assert names(f"{place}/song_quick") == ["job.json", "vocals.wav"]


def test_what_fails_leaves_nothing(place: str, tmp_path: Path) -> None:
    asked = task(place, tmp_path)
    with output(asked) as claimed:
        fill(asked, claimed.partial)
    assert names(place) == []


def test_a_claim_whose_engine_died_is_taken_up_by_the_same_job_and_by_no_other(
    place: str, tmp_path: Path
) -> None:
    asked = task(place, tmp_path)
    claim = output(asked)
    fill(asked, claim.__enter__().partial, "running")  # and there it dies
    with output(task(place, tmp_path, OTHER)) as other:
        fill(task(place, tmp_path, OTHER), other.partial)
        assert other.keep() == f"{place}/song_quick_2"
    with output(task(place, tmp_path, attempt=2)) as again:
        assert not (again.partial / "vocals.wav").exists()
        fill(asked, again.partial)
        assert again.keep() == f"{place}/song_quick"
    assert names(place) == ["song_quick", "song_quick_2"]
    assert told(f"{place}/song_quick")["state"] == "succeeded"


def test_what_nobody_begins_anew_is_taken_away_and_nothing_else(place: str, tmp_path: Path) -> None:
    kept = task(place, tmp_path, OTHER)
    with output(kept) as claimed:
        fill(kept, claimed.partial)
        claimed.keep()
    asked = task(place, tmp_path)
    claim = output(asked)
    fill(asked, claim.__enter__().partial, "running")  # and there it dies
    assert len(names(place)) == 2
    abandon(task(place, tmp_path, OTHER.replace("2", "3")))  # a third one's: there is nothing of it
    assert len(names(place)) == 2
    abandon(asked)
    assert names(place) == ["song_quick"]
    abandon(asked)
    abandon(kept)  # it is done
    assert told(f"{place}/song_quick")["state"] == "succeeded"


def test_an_engine_that_died_after_the_last_step_has_done_it(place: str, tmp_path: Path) -> None:
    asked = task(place, tmp_path)
    with output(asked) as claimed:
        fill(asked, claimed.partial)
        claimed.keep()
    with output(task(place, tmp_path, attempt=2)) as again:
        assert again.before is not None
        assert again.keep() == f"{place}/song_quick"
    assert names(place) == ["song_quick"]
    with output(task(place, tmp_path, attempt=2, created="t2")) as later:  # another batch
        assert later.before is None
        fill(asked, later.partial)
        assert later.keep() == f"{place}/song_quick_2"


def test_a_bucket_is_read_as_a_disk_is(s3: str, tmp_path: Path) -> None:
    bucket = Bucket.of(s3)
    assert (bucket.store, bucket.folder(s3)) == ("s3://archive", "/stems")
    assert bucket.address("/stems/a") == f"{s3}/a"
    assert bucket.folder("s3://archive") == "/"
    assert bucket.names("/stems") == []
    assert bucket.manifest("/stems/none") == {}
    asked = task(s3, tmp_path)
    with output(asked) as claimed:
        fill(asked, claimed.partial)
        claimed.keep()
    assert bucket.size("/stems/song_quick/vocals.wav") == 8
    with pytest.raises(FileNotFoundError):
        bucket.size("/stems/song_quick/none.wav")


@pytest.mark.parametrize("address", ["ftp://host/x", "s3://", "gs:///"])
def test_an_address_of_no_bucket_is_refused(address: str) -> None:
    with pytest.raises(BadRequest, match="--out"):
        Bucket.of(address)


def test_a_bucket_that_is_not_there_is_refused_in_a_sentence(s3: str, tmp_path: Path) -> None:
    asked = task("s3://nobody-s/stems", tmp_path)
    with pytest.raises(OutputUnwritable, match="s3://nobody-s"), output(asked):
        pass


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(kind: str, **_: object) -> SimpleNamespace:
        raise ImportError

    monkeypatch.setattr("fsspec.filesystem", gone)
    with pytest.raises(EnvironmentProblem, match=r"voxmend\[ray,gs\]"):
        Bucket.of("gs://archive")
