"""The commands and the bridge beside a later worker: what it says is shown as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bridge.host import Host
from house import printed, run_cli
from later_worker import BROKEN, JOB, PARKED, PAUSED, LaterWorker, running

from voxmend_protocol import discovery, messages


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LaterWorker]:
    """One that is found by its file."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    file = discovery.worker_file()
    file.parent.mkdir(parents=True)
    file.parent.chmod(0o700)
    with running(LaterWorker(), file) as made:
        yield made


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A file that only the worker would read."""
    file = tmp_path / "song.wav"
    file.write_bytes(b"RIFF")
    return file


def test_restore_follows_to_the_end_and_prints_every_stem(worker: LaterWorker, song: Path) -> None:
    run = run_cli("restore", song, "--preset", "quick")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["/out/vocals.wav", "/out/drums.wav"]
    assert "song.wav: paused: dream.deep" in run.stderr
    assert "warning: The moon is full. [moon_is_full]" in run.stderr


def test_restore_tells_an_end_that_it_has_no_word_for(worker: LaterWorker, song: Path) -> None:
    worker.news = (PAUSED, PARKED)
    run = run_cli("restore", song, "--preset", "quick", "--json")
    assert run.returncode == 1
    assert printed(run)["items"][0]["state"] == "parked"
    assert "song.wav: parked" in run.stderr.splitlines()


def test_a_last_record_that_cannot_be_read_is_an_error_with_its_reason(
    worker: LaterWorker, song: Path
) -> None:
    worker.news = (PAUSED, BROKEN)
    run = run_cli("restore", song, "--preset", "quick")
    assert run.returncode != 0
    assert "stems[0].rate must be an integer" in run.stderr
    assert "[internal]" in run.stderr


def test_lists_show_states_and_stems_as_they_are(worker: LaterWorker) -> None:
    run = run_cli("jobs", "list")
    assert [line.split()[1] for line in run.stdout.splitlines()] == ["succeeded", "paused"]
    shown = run_cli("jobs", "show", JOB).stdout
    assert "drums: drums.wav" in shown
    assert "The moon is full. [moon_is_full]" in shown
    assert printed(run_cli("jobs", "show", JOB, "--json"))["stems"][1]["name"] == "drums"
    assert "engine   dreaming" in run_cli("worker", "status").stdout


def test_the_bridge_passes_them_on(worker: LaterWorker, tmp_path: Path) -> None:
    host = Host(tmp_path / "boxes" / "one")
    try:
        host.start()
        assert host.answer(host.ask(messages.Watch(jobs=(JOB,))))["count"] == 1
        host.until(lambda: host.state(JOB) == "succeeded")
        record = host.read(f"record/{JOB}.json")
        assert [stem["name"] for stem in record["stems"]] == ["vocals", "drums"]
        assert record["warnings"][0]["code"] == "moon_is_full"
        page = host.answer(host.ask({"type": "jobs"}))
        assert [one["state"] for one in page["items"]] == ["succeeded", "paused"]
        worker.news = (BROKEN,)
        refused = host.answer(host.ask({"type": "job", "job": JOB}))
        assert refused["type"] == "error"
        assert "rate must be an integer" in refused["message"]
        log = (discovery.home() / "logs" / "bridge.log").read_text("utf-8")
        assert "message_unreadable" in log, json.dumps(log)
    finally:
        host.close()


def test_a_voice_goes_to_no_worker_that_does_not_say_that_it_heeds_one(
    worker: LaterWorker, song: Path
) -> None:
    run = run_cli("restore", song, "--voice", song, "--preset", "quick")
    assert run.returncode != 0
    assert "earlier version and cannot do this" in run.stderr
    assert "voxmend worker restart" in run.stderr
    assert not [ask for ask in worker.asked if ask["type"] == "submit"]
