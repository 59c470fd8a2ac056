"""A shell completes presets, jobs and models, and no start file of the user's is changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from house import House, run_cli
from typer._click.shell_completion import get_completion_class
from typer.testing import CliRunner

from voxmend import launch, paths
from voxmend.cli import completion, proposals
from voxmend.cli.app import app
from voxmend.installation import shells
from voxmend.supervisor import glimpse


def completed(*words: str) -> list[str]:
    """What is proposed for the last word."""
    completer = get_completion_class("bash")
    assert completer is not None
    root = typer.main.get_command(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMP_WORDS", " ".join(("voxmend", *words)))
        patch.setenv("COMP_CWORD", str(len(words)))
        return completer(root, {}, "voxmend", shells.VARIABLE).complete().split("\n")


@pytest.fixture(autouse=True)
def prepared() -> None:
    completion.prepare()


def test_presets_models_and_words_of_a_kind_are_completed(house: House) -> None:
    assert completed("restore", "a.wav", "--preset", "qu") == ["quick"]
    assert "fake" in completed("models", "pull", "--preset", "")
    assert completed("models", "path", "htdem")[0] == "htdemucs"
    assert completed("restore", "a.wav", "--format", "wav") == ["wav", "wav24"]
    assert completed("jobs", "list", "--state", "f") == ["failed"]
    assert completed("restore", "a.wav", "-p", "quick", "--set", "denoise.s") == [
        "denoise.strength="
    ]  # fmt: skip


def test_jobs_are_completed_whether_a_worker_runs_or_not(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client)
    house.finish(client, job)
    assert completed("jobs", "show", "") == [job[:8]]
    assert proposals.jobs(job[:9]) == [(job, "succeeded clip.wav")]
    house.close()
    assert completed("jobs", "show", job[:2]) == [job[:8]]
    assert not launch.running()  # and none was started


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_a_list_of_jobs_that_cannot_be_read_proposes_none(
    content: bytes | None, house: House
) -> None:
    database = paths.find().database
    if content is not None:
        database.write_bytes(content)
    assert glimpse.newest(database, 5) == []
    assert proposals.jobs("") == []


def test_what_is_broken_proposes_nothing_and_says_nothing(house: House) -> None:
    (house.root / "config" / "voxmend.toml").write_text("[nonsense]\n")
    (house.root / "config" / "models.toml").write_text("x")
    assert completed("models", "path", "htdem") == [""]
    assert completed("restore", "a.wav", "--set", "den") == [""]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_by_the_script_that_is_printed(house: House, tmp_path: Path) -> None:
    command = tmp_path / "voxmend"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m voxmend "$@"\n')
    command.chmod(0o755)
    script = run_cli("completion", "bash").stdout
    (tmp_path / "script").write_text(script)
    run = subprocess.run(
        ["bash", "--norc", "-c", f"""
            source {tmp_path}/script
            COMP_WORDS=(voxmend presets show qu); COMP_CWORD=3
            _voxmend_completion voxmend; echo "${{COMPREPLY[@]}}" """],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert run.stdout.strip() == "quick"


@pytest.mark.parametrize("shell", shells.SHELLS)
def test_every_shell_has_a_script(shell: str) -> None:
    assert shells.VARIABLE in completion.script(shell)


def test_it_is_put_where_shells_look_and_taken_away_again(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HOME": str(tmp_path), "SHELL": "/bin/bash"}.items():
        monkeypatch.setenv(name, value)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)

    def typed(*words: str) -> tuple[int, str]:
        run = CliRunner().invoke(app, ["completion", *words])
        return run.exit_code, run.output

    (tmp_path / ".bashrc").write_text("mine\n")
    assert typed("--install")[0] == typed("fish", "--install")[0] == 0
    places = [shells.place(shell, {}, tmp_path) for shell in ("bash", "fish")]
    assert all(place is not None and place.is_file() for place in places)
    code, said = typed("zsh", "--install")
    assert code == 2
    assert "source <(" in said
    assert typed("csh")[0] == 2
    assert typed("--remove")[0] == 0
    assert not any(place is not None and place.exists() for place in places)
    assert (tmp_path / ".bashrc").read_text() == "mine\n"


@pytest.mark.parametrize("before", ["", "mine\n", "mine", "a\n\nb\n"])
@pytest.mark.parametrize("later", ["", "added later\n"])
def test_the_line_of_an_earlier_release_is_taken_out_of_bashrc(
    before: str, later: str, tmp_path: Path
) -> None:
    from typer._completion_shared import install_bash

    (tmp_path / ".bashrc").write_text(before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path))
        install_bash(prog_name="voxmend", complete_var=shells.VARIABLE, shell="bash")
    with open(tmp_path / ".bashrc", "a") as file:
        file.write(later)
    gone = shells.remove({}, tmp_path)
    assert (tmp_path / ".bashrc").read_text() == before + later
    assert tmp_path / ".bashrc" in gone
    assert not (tmp_path / ".bash_completions").exists()


def test_a_file_of_another_s_making_stays(tmp_path: Path) -> None:
    place = shells.place("bash", {}, tmp_path)
    assert place is not None
    place.parent.mkdir(parents=True)
    place.write_text("# mine\n")
    (tmp_path / ".bashrc").write_text("source '/elsewhere/voxmend.sh'\n")
    assert shells.remove({}, tmp_path) == []
    assert place.read_text() == "# mine\n"
