"""``voxmend update``: the sources are brought forward, and their own installer runs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from installation.fake_tools import Ground

from voxmend.installation import update
from voxmend.installation.program import Program
from voxmend_protocol.errors import BadRequest, EnvironmentProblem

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    run = subprocess.run(
        ["git", *who, "-C", str(folder), *words], check=True, capture_output=True, text=True
    )
    return run.stdout.strip()


def commit(folder: Path, version: str) -> None:
    """Sources of a version, as a commit."""
    (folder / "installers").mkdir(parents=True, exist_ok=True)
    (folder / "installers" / "install.sh").write_text("#!/bin/sh\n")
    (folder / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", version)


@pytest.fixture
def ours(tmp_path: Path) -> tuple[Program, Path, Path]:
    """An installation from a checkout, the checkout, and what it follows."""
    above, checkout = tmp_path / "above", tmp_path / "checkout"
    above.mkdir()
    git(above, "init", "-q", "-b", "main")
    commit(above, "1.0")
    subprocess.run(["git", "clone", "-q", str(above), str(checkout)], check=True)
    program = Program(tmp_path / "program", "linux")
    environment = program.versions / "1.0-1"
    environment.mkdir(parents=True)
    program.current.symlink_to(Path("versions") / "1.0-1")
    (environment / "device.txt").write_text("cpu")
    update.note(environment, checkout)
    return program, checkout, above


def planned(program: Program, named: Path | None = None, again: bool = False) -> list[str] | None:
    return update.plan(program, named, again, lambda _: None)


@needs_git
def test_nothing_new_is_nothing_to_do_unless_it_is_asked_for(
    ours: tuple[Program, Path, Path],
) -> None:
    program, checkout, _ = ours
    assert planned(program) is None
    assert planned(program, again=True) == [
        "sh", f"{checkout}/installers/install.sh", "--no-models", "--no-reaper", "--no-autostart",
        "--device", "cpu",
    ]  # fmt: skip


@needs_git
def test_a_newer_commit_is_fetched_and_installed(ours: tuple[Program, Path, Path]) -> None:
    program, checkout, above = ours
    commit(above, "2.0")
    assert planned(program) is not None
    assert '"2.0"' in (checkout / "pyproject.toml").read_text()


@needs_git
def test_changes_of_the_user_s_own_are_installed_and_never_written_over(
    ours: tuple[Program, Path, Path],
) -> None:
    program, checkout, above = ours
    (checkout / "pyproject.toml").write_text('[project]\nversion = "mine"\n')
    assert planned(program) is not None  # what lies there is not what was installed
    commit(above, "2.0")
    with pytest.raises(EnvironmentProblem, match=r"cannot be brought up to date: git says"):
        planned(program)
    assert "mine" in (checkout / "pyproject.toml").read_text()


@needs_git
def test_sources_that_are_gone_or_were_never_noted_can_be_named(
    ours: tuple[Program, Path, Path], tmp_path: Path
) -> None:
    program, checkout, above = ours
    shutil.rmtree(checkout)
    with pytest.raises(EnvironmentProblem, match=r"is gone.*--from FOLDER"):
        planned(program)
    assert planned(program, above) is None  # the same commit
    assert planned(program, above, again=True) is not None
    with pytest.raises(BadRequest, match="--from"):
        planned(program, tmp_path)
    active = program.active()
    assert active is not None
    for text in (None, "x", "[]"):
        (active / update.NOTE).unlink(missing_ok=True)
        if text is not None:
            (active / update.NOTE).write_text(text)
        with pytest.raises(EnvironmentProblem, match="not written down"):
            planned(program)


def test_sources_without_git_are_installed_as_they_are(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "installers").mkdir(parents=True)
    (source / "installers" / "install.sh").touch()
    (source / "pyproject.toml").touch()
    told: list[str] = []

    def never(words: Sequence[str]) -> update.Said:
        raise AssertionError(words)

    program = Program(tmp_path / "program", "linux")
    program.versions.mkdir(parents=True)
    update.note(program.versions, source, never)
    (program.versions / "1-1").mkdir()
    shutil.copy(program.versions / update.NOTE, program.versions / "1-1")
    program.current.symlink_to(Path("versions") / "1-1")
    assert update.plan(program, None, False, told.append, never) is not None
    assert "as it lies there" in told[0]


def test_a_prepared_folder_is_opened_by_its_own_installer(tmp_path: Path) -> None:
    folder = tmp_path / "prepared"
    folder.mkdir()
    for name in ("bundle.json", "install.sh", "install.ps1"):
        (folder / name).touch()
    program = Program(tmp_path / "program", "linux")
    command = planned(program, folder)
    assert command is not None
    assert command[:2] == ["sh", f"{folder}/install.sh"]
    assert command[-2:] == ["--offline", str(folder)]
    assert "--device" not in command  # it is for one
    windows = update.plan(Program(tmp_path, "win32"), folder, False, lambda _: None)
    assert windows is not None
    assert windows[-6].endswith("install.ps1")


def test_an_installation_notes_where_it_came_from(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    assert ground.installer("--device", "cpu").returncode == 0
    active = Program(ground.program).active()
    assert active is not None
    found = update.origin(active)
    assert found is not None
    assert found.folder == str(ground.root / "source-1.0")


def test_hints_of_the_installer_are_typed_as_the_command_will_be(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    run = ground.installer("--device", "cpu")
    assert f"later: {ground.launcher} models pull" in run.stderr
    ground.env["PATH"] = f"{ground.launcher.parent}:/usr/bin:/bin"
    assert "later: voxmend models pull" in ground.installer("--device", "cpu").stderr


def test_a_machine_without_a_session_is_not_asked_for_a_start_at_log_in(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    text = (ground.root / "voxmend").read_text()
    text = text.replace('{\\"installed\\": ', '{\\"possible\\": false, \\"installed\\": ')
    (ground.root / "voxmend").write_text(text)
    run = ground.installer("--yes", "--device", "cpu", "--no-models", "--no-reaper")
    assert run.returncode == 0
    assert "voxmend service install" not in ground.calls
    assert "on a server: " in run.stderr
