"""The bundle as someone would send it: after jobs that went well, failed and broke."""

from __future__ import annotations

import dataclasses
import getpass
import json
import zipfile
from pathlib import Path

import pytest
import sounds
from house import House, printed, run_cli

from voxmend import paths
from voxmend.doctor import checks, folders
from voxmend.doctor.finding import Case
from voxmend.support.bundle import MOST_OF_A_LOG, write

SECRET = "Zoë Überlauf"


def test_a_bundle_has_what_helps_and_names_nobody(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "alice-of-wonderland"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "alice-of-wonderland")
    song = sounds.write(home / f"{SECRET} (take 2).wav", sounds.tone(0.2))
    (house.root / "config" / "voxmend.toml").write_text(
        f'[restore]\npreset = "fake"\nfolder = "{home}/Client Smith"\n', "utf-8"
    )
    house.start()
    run = run_cli("restore", song, "--preset", "fake")
    assert run.returncode == 0, run.stderr
    failing = ("--set", "testing.fails=input_unreadable")
    assert run_cli("restore", song, "--preset", "fake", *failing).returncode == 1
    log = house.root / "logs" / "cli-defect.log"
    log.write_text(f"voxmend 0.1.0 ['restore', '{SECRET}.wav']\nTraceback:\n  {song}\n", "utf-8")
    file = tmp_path / "bundle.zip"
    run = run_cli("support-bundle", "--quick", "--out", file, "--json")
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    assert printed(run) == {"file": str(file), "members": list(members)}
    assert {"doctor.json", "versions.json", "jobs.json", "settings/voxmend.toml"} <= set(members)
    assert {"logs/worker.log", "logs/cli-defect.log"} <= set(members)
    for name, text in members.items():
        for word in (
            "alice", "wonderland", "Zoë", "Überlauf", "(take 2)", "Smith", str(tmp_path),
            f"/{getpass.getuser()}/", "\\xeb", "\\u00eb",
        ):  # fmt: skip
            assert word not in text, (name, word)
    jobs = json.loads(members["jobs.json"])
    assert [job["state"] for job in jobs] == ["failed", "succeeded"]
    assert jobs[0]["clip"]["path"].endswith(".wav")
    assert "torch" in json.loads(members["versions.json"])["packages"]
    assert {item["id"] for item in json.loads(members["doctor.json"])} >= {"python", "worker"}
    assert 'preset = "fake"' in members["settings/voxmend.toml"]
    assert not [name for name in members if Path(name).suffix in (".wav", ".flac")]


def test_a_bundle_is_written_where_nothing_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "voxmend.toml").write_text("[worker\n")
    (home / "jobs.sqlite3").write_text("this is no list of jobs")
    (home / "logs").mkdir()
    (home / "logs" / "worker.log").write_text("x" * (MOST_OF_A_LOG + 5))
    monkeypatch.setenv("VOXMEND_HOME", str(home))
    monkeypatch.setattr(checks, "CHECKS", (folders.settings,))
    file = tmp_path / "bundle.zip"
    case = Case(paths.find(), 0.0)
    write(case.paths, file, lambda: map(dataclasses.asdict, checks.examine(case)))
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("jobs.json")) == []
        assert len(archive.read("logs/worker.log")) == MOST_OF_A_LOG
        health = {item["id"]: item["health"] for item in json.loads(archive.read("doctor.json"))}
    assert health["settings"] == "fail"


def test_a_place_that_cannot_be_written_is_one_sentence(house: House, tmp_path: Path) -> None:
    run = run_cli("support-bundle", "--quick", "-o", tmp_path / "no" / "b.zip")
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
    assert str(tmp_path / "no") in run.stderr
