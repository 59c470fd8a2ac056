"""Whether REAPER runs: by name, and yes where nobody can tell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import until

from voxmend.reaper import running
from voxmend.reaper.running import Sighting, is_reaper, of_names, of_proc, program


@pytest.mark.parametrize(
    "name", ["reaper", "REAPER", "reaper.exe", "REAPER64.exe", "REAPER-ARM", " reaper\n"]
)
def test_reaper_is_known_by_its_names(name: str) -> None:
    assert is_reaper(name)


@pytest.mark.parametrize(
    "name", ["oom_reaper", "reaper_host_x86_64", "reaper_host32.exe", "greaper", "reaperd", ""]
)
def test_its_relatives_and_others_are_not_reaper(name: str) -> None:
    assert not is_reaper(name)


def process(proc: Path, number: str, name: str, command: bytes = b"x\0") -> Path:
    folder = proc / number
    folder.mkdir(parents=True)
    (folder / "comm").write_text(f"{name}\n")
    (folder / "cmdline").write_bytes(command)
    return folder


def test_a_process_list_of_linux_is_read(tmp_path: Path) -> None:
    assert of_proc(tmp_path) == Sighting(None)
    assert of_proc(tmp_path / "none") == Sighting(None)
    process(tmp_path, "1", "init")
    (tmp_path / "2").mkdir()  # one that has ended meanwhile
    process(tmp_path, "3", "reaper", b"/steam/reaper\0SteamLaunch\0AppId=1\0")
    assert of_proc(tmp_path) == Sighting(False)
    folder = process(tmp_path, "4", "reaper")
    assert of_proc(tmp_path) == Sighting(True)
    (folder / "exe").symlink_to("/opt/REAPER/reaper")
    assert of_proc(tmp_path) == Sighting(True, Path("/opt/REAPER/reaper"))


def test_process_names_of_the_other_systems_are_read() -> None:
    assert of_names(None) == Sighting(None)
    assert of_names(["explorer.exe", "reaper.exe"]).runs is True
    assert of_names(["launchd", "Finder"]).runs is False
    assert Sighting(None).closed is False
    assert Sighting(False).closed is True


def test_a_list_that_cannot_be_had_tells_nothing(tmp_path: Path) -> None:
    assert running._listed([str(tmp_path / "none")]) is None
    assert running._listed([sys.executable, "-c", "raise SystemExit(1)"]) is None
    assert running._listed([sys.executable, "-c", ""]) is None
    table = '"System","4"\n"reaper.exe","5"\n'
    said = [sys.executable, "-c", f"print({table!r})"]
    assert running._listed(said, first_column=True) == ["System", "reaper.exe"]


@pytest.mark.skipif(sys.platform != "linux", reason="a program of that name is made from sleep")
def test_a_real_process_of_that_name_is_seen_and_its_end_too(tmp_path: Path) -> None:
    if running.look().runs:
        pytest.skip("REAPER runs on this machine")
    copy = tmp_path / "reaper"
    shutil.copy(os.path.realpath(shutil.which("sleep") or ""), copy)
    child = subprocess.Popen([copy, "3600"])
    try:
        until(lambda: running.look() == Sighting(True, copy))
    finally:
        child.kill()
        child.wait()
    assert running.look() == Sighting(False)


def test_the_program_is_the_one_that_runs_then_the_portable_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    one, other = tmp_path / "opt" / "REAPER" / "reaper", tmp_path / "portable" / "reaper"
    for file in (one, other):
        file.parent.mkdir(parents=True)
        file.write_text("")
        file.chmod(0o755)
    assert program(other.parent, Sighting(True, one), "linux") == one
    assert program(other.parent, Sighting(None), "linux") == other
    assert program(tmp_path, Sighting(None), "linux") == one
    monkeypatch.setenv("ProgramFiles", str(tmp_path / "programs"))
    monkeypatch.delenv("ProgramW6432", raising=False)
    windows = tmp_path / "programs" / "REAPER (x64)" / "reaper.exe"
    windows.parent.mkdir(parents=True)
    windows.write_text("")
    windows.chmod(0o755)
    assert program(tmp_path, Sighting(None), "win32") == windows
