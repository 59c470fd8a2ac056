"""Desktop notifications: the right program, and no name that could become a command."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from waiting import until

from voxmend.watch import notify
from voxmend.watch.notify import command

NASTY = '$(touch x); `touch x` & \'touch x\' "; do shell script "touch x" <b>x</b>.wav'


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the three systems' programs: each writes its arguments down."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("notify-send", "osascript", "powershell"):
        file = folder / name
        file.write_text(f'#!/bin/sh\nwhile [ ! -e "{tmp_path}/go" ]; do sleep 0.05; done\n'
                        f'printf "%s\\n" "$@" > "{tmp_path}/said.new"\n'
                        f'mv "{tmp_path}/said.new" "{tmp_path}/said"\n')  # fmt: skip
        file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    return tmp_path


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_title_and_text_are_the_last_arguments_each_as_one(platform: str, programs: Path) -> None:
    words = command("voxmend", NASTY, platform)
    assert words is not None
    wanted = NASTY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert words[-2:] == ["voxmend", wanted if platform == "linux" else NASTY]
    assert not any(NASTY in word for word in words[:-1])
    assert shutil.which(words[0]) == words[0]


def test_it_is_shown_and_nobody_waits_for_it(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(programs)
    notify.notify("voxmend", NASTY)
    assert not (programs / "said").exists(), "it was waited for"
    (programs / "go").touch()
    said = programs / "said"
    until(said.exists)
    assert said.read_text().splitlines()[-2] == "voxmend"
    assert not (programs / "x").exists()


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_where_there_is_no_such_program_there_is_silence(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command("voxmend", "text", platform) is None


def test_without_a_session_there_is_silence(programs: Path) -> None:
    assert command("voxmend", "text", "linux", {}) is None


def test_a_program_that_hangs_or_fails_harms_nobody(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "_WITHIN_S", 0.1)
    notify._run(["sleep", "5"])
    notify._run([str(programs / "none")])
    notify._run(["false"])
    notify._run(["echo", "a\0b"])


def test_the_toast_takes_its_texts_as_parameters_and_text_nodes() -> None:
    script = notify._TOAST.read_text("utf-8")
    assert "param([string]$Title, [string]$Text)" in script
    assert "CreateTextNode($Text)" in script
    assert "LoadXml" not in script
    assert "Invoke-Expression" not in script


@pytest.mark.skipif(not shutil.which("pwsh"), reason="no PowerShell here")
def test_the_toast_is_valid_powershell() -> None:
    check = (
        "$e=$null;[void][System.Management.Automation.Language.Parser]::ParseFile("
        f"'{notify._TOAST}',[ref]$null,[ref]$e);exit $e.Count"
    )
    assert subprocess.run(["pwsh", "-NoProfile", "-Command", check], check=False).returncode == 0
