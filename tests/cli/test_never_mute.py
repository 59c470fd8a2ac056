"""No command keeps somebody waiting without a word: something is said before anything heavy."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from house import House
from waiting import PATIENCE_S, until

from voxmend import launch, speech
from voxmend.cli.app import app

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no pty")
HERE = Path(__file__).parent

WORDS = {
    "restore": "restore {clip} --preset fake",
    "batch": "batch {folder} --preset fake",
    "demo": "demo",
    "diagnose": "diagnose {sound}",
    "report": "report {sound}",
    "compare": "compare {sound}",
    "doctor": "doctor --quick",
    "support-bundle": "support-bundle --quick",
    "update": "update",
    "bundle": "bundle {sound}",
    "completion": "completion bash",
    "uninstall": "uninstall",
    "jobs list": "jobs list",
    "jobs show": "jobs show ffff",
    "jobs cancel": "jobs cancel ffff",
    "jobs retry": "jobs retry ffff",
    "jobs next": "jobs next ffff",
    "jobs clear": "jobs clear",
    "presets list": "presets list",
    "presets show": "presets show quick",
    "models list": "models list",
    "models pull": "models pull --preset restore",
    "models verify": "models verify",
    "models import": "models import {sound}",
    "models remove": "models remove htdemucs",
    "models path": "models path htdemucs",
    "worker start": "worker start",
    "worker stop": "worker stop",
    "worker restart": "worker restart",
    "worker status": "worker status",
    "worker pause": "worker pause",
    "worker resume": "worker resume",
    "worker logs": "worker logs",
    "worker run": "worker run",
    "remote pair": "remote pair",
    "remote add": "remote add box localhost {sound}",
    "remote list": "remote list",
    "remote remove": "remote remove box",
    "remote status": "remote status",
    "watch add": "watch add {folder}",
    "watch list": "watch list",
    "watch remove": "watch remove {folder}",
    "watch run": "watch run --once",
    "cache stats": "cache stats",
    "cache clear": "cache clear",
    "service install": "service install --watch",
    "service uninstall": "service uninstall --watch",
    "service unit": "service unit",
    "service status": "service status",
    "reaper install": "reaper install --resource {folder}",
    "reaper uninstall": "reaper uninstall --resource {folder}",
    "reaper status": "reaper status",
    "config show": "config show",
    "config path": "config path",
    "bench speed": "bench speed {sound}",
    "bench songs": "bench songs {folder}",
    "bench quality": "bench quality {sound} {sound}",
}
"""Each command with what is typed behind it. A new command wants a line here."""

LAST = ("worker stop", "worker restart", "worker start")
"""They take the worker away from the others."""


def commands(group: Any, before: str = "") -> Iterator[str]:
    """Every command there is, hidden ones aside: nobody waits for those."""
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


HEAVY = (
    "demo",
    "diagnose",
    "report",
    "compare",
    "doctor",
    "bench speed",
    "restore",
    "models verify",
)


def test_every_command_has_a_line_here() -> None:
    assert sorted(commands(typer.main.get_command(app))) == sorted(WORDS)


@pytest.mark.parametrize("chosen", [HEAVY, pytest.param(tuple(WORDS), marks=pytest.mark.slow)])
def test_a_command_says_something_before_anything_heavy(
    chosen: tuple[str, ...], house: House, tmp_path: Path
) -> None:
    sound = tmp_path / "none.wav"
    sound.write_bytes(b"no sound")
    house.start()
    fill = {"clip": house.clip(), "sound": sound, "folder": tmp_path / "folder"}
    order = sorted(chosen, key=lambda name: LAST.index(name) if name in LAST else -1)
    lines = [WORDS[name].format(**fill).split() for name in order]
    run = subprocess.run(
        [sys.executable, str(HERE / "first_words.py"), str(PATIENCE_S)], input=json.dumps(lines),
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm"},
    )  # fmt: skip
    for name, said in zip(order, json.loads(run.stdout), strict=True):
        assert said.strip(), f"{name} is mute"
        assert not said.lstrip().startswith("<<"), f"{name} waits for {said} without a word"


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_silence_is_broken_by_what_is_being_done(
    term: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(speech, "SILENCE_S", 0.0)
    screen = Screen()
    with speech.Patience(screen):
        speech.doing("asking the worker")
        until(lambda: "Asking the worker" in screen.getvalue())
    assert ("\r" in screen.getvalue()) is (term == "xterm")
    if term == "xterm":
        assert screen.getvalue().endswith("\r\x1b[K")  # nothing stays


def test_its_seconds_are_those_of_what_is_being_done_now(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    screen = Screen()
    with speech.Patience(screen) as patience:
        speech.doing("starting the worker")
        now[0] += 40.0
        patience.show()
        speech.doing("waiting for the job")
        now[0] += 5.0
        patience.show()
    assert "Starting the worker, 40 s" in screen.getvalue()
    assert "Waiting for the job, 5 s" in screen.getvalue()


def test_a_worker_that_has_come_up_is_not_started_any_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "MANNER", speech.Manner())
    house.start()
    started = house.process
    monkeypatch.setattr(launch, "running", iter([False, True]).__next__)
    monkeypatch.setattr(launch, "_spawn", lambda where: started)
    assert launch.start()
    assert speech.MANNER.doing == "asking the worker"


def test_nobody_hears_it_off_a_terminal_or_with_quiet(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "SILENCE_S", 0.0)
    file, screen = io.StringIO(), Screen()
    with speech.Patience(file):
        speech.begin("asking")
        assert not speech._OPEN[-1]._thread
    monkeypatch.setattr(speech.MANNER, "quiet", True)
    with speech.Patience(screen):
        speech.begin("asking")
    assert file.getvalue() == screen.getvalue() == ""


def test_while_somebody_is_asked_nothing_is_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    with speech.Patience(screen), speech.asking():
        before = screen.getvalue()
        speech.begin("asking")
        assert screen.getvalue() == before


def test_plain_the_same_is_said_again_only_after_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(speech.MANNER, "doing", "working")
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    screen = Screen()
    with speech.Patience(screen) as patience:
        for _ in range(70):
            now[0] += 1.0
            patience.show()
    said = [line for line in screen.getvalue().splitlines() if line]
    assert 2 <= len(said) <= 3
    assert all(line.startswith("Working") for line in said)
