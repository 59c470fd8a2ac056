"""Hints name the command as it was typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from house import House, run_cli

from voxmend import typed
from voxmend.cli.app import app

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("program", "python", "words"),
    [
        ("/x/voxmend/__main__.py", "python3", "python3 -m voxmend"),
        ("/x/voxmend/__main__.py", "/my envs/bin/python", "'/my envs/bin/python' -m voxmend"),
        ("{bin}/voxmend", "/usr/bin/python", "voxmend"),
        ("/elsewhere/bin/voxmend", "/usr/bin/python", "/elsewhere/bin/voxmend"),
        ("./.venv/bin/voxmend", "python", "./.venv/bin/voxmend"),
        ("/x/pytest/__main__.py", "python", "voxmend"),
        ("voxmend", "", "voxmend"),
    ],
)
def test_the_command_is_named_as_it_was_typed(
    program: str, python: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "voxmend").write_text("#!/bin/sh\n")
    (tmp_path / "voxmend").chmod(0o755)
    env = {"PATH": str(tmp_path)}
    assert typed.found(program.format(bin=tmp_path), python, env, "posix") == words


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Start one: voxmend worker start", "Start one: X worker start"),
        ("See: voxmend models list. Or (voxmend doctor).", "See: X models list. Or (X doctor)."),
        ("voxmend needs 7 GB, and voxmend reports it", None),
        ("/music/voxmend models/a.wav cannot be read", None),
        ("a folder made by voxmend bundle", "a folder made by X bundle"),
        ("my voxmend demo.wav is missing", None),
        ("voxmend workers are many; voxmend worker-like", None),
    ],
)
def test_a_hint_is_rewritten_and_a_sentence_or_a_path_is_not(
    text: str, becomes: str | None
) -> None:
    assert typed.rewritten(text, "X") == (text if becomes is None else becomes)


def test_every_command_can_stand_in_a_hint() -> None:
    group = typer.main.get_command(app)
    shown = {name for name, one in group.commands.items() if not one.hidden}  # type: ignore[attr-defined]
    assert set(typed.COMMANDS) == shown


def test_a_wrapper_says_what_was_typed_and_children_do_not_hear_it(house: House) -> None:
    run = run_cli("worker", "status", VOXMEND_TYPED="sh installers/run.sh")
    assert "Start one: sh installers/run.sh worker start" in run.stderr
    run = run_cli("--nonsense", VOXMEND_TYPED="sh installers/run.sh")
    assert run.stderr.startswith("Usage: sh installers/run.sh ")
    run = run_cli("worker", "status", "--json")
    assert f"{sys.executable} -m voxmend worker start" in run.stdout


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
@pytest.mark.parametrize(
    ("folder", "words"), [("plain", "sh {}/run.sh"), ("a b", "sh '{}/run.sh'")]
)
def test_the_checkout_s_script_passes_on_how_it_was_called(
    folder: str, words: str, tmp_path: Path
) -> None:
    place = tmp_path / folder
    (place / "installers").mkdir(parents=True)
    script = (ROOT / "installers" / "run.sh").read_text()
    (place / "installers" / "run.sh").write_text(script)
    (place / "installers" / "uv.sh").write_text("prepare() { uv=$root/uv; }\n")
    (place / "uv").write_text('#!/bin/sh\necho "$VOXMEND_TYPED"\n')
    (place / "uv").chmod(0o755)
    run = subprocess.run(
        ["sh", str(place / "installers" / "run.sh"), "demo"], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert run.stdout.strip() == words.format(place / "installers")
