"""Which Python runs the worker: this one, that of the installation, or one on PATH."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from voxmend import launch
from voxmend.installation import worker_python
from voxmend.installation.program import WINDOWS, Program
from voxmend.paths import Paths
from voxmend_protocol.errors import EnvironmentProblem


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """This Python has voxmend without the worker's packages."""
    monkeypatch.setattr(worker_python, "here", lambda: False)


def environment(root: Path, *packages: str, platform: str = "linux") -> Path:
    """An environment with a voxmend and these packages."""
    windows = platform == WINDOWS
    site = root / ("Lib/site-packages" if windows else "lib/python3.12/site-packages")
    programs = root / ("Scripts" if windows else "bin")
    for folder in (programs, *(site / name for name in packages)):
        folder.mkdir(parents=True)
    for name in ("voxmend", "python"):
        (programs / (f"{name}.exe" if windows else name)).touch(mode=0o755)
    return root


def asked(path: Path | str = "", program: Path | None = None) -> dict[str, str]:
    """The surroundings of a search."""
    return {"PATH": str(path), "VOXMEND_PROGRAM": str(program or "/nowhere")}


WHOLE = worker_python.PACKAGES


def test_a_python_that_has_the_packages_runs_the_worker_itself(tmp_path: Path) -> None:
    assert worker_python.here()
    other = environment(tmp_path / "other", *WHOLE)
    assert worker_python.find(asked(other / "bin")) == sys.executable


def test_one_that_lacks_torch_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not worker_python.here()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("platform", ["linux", "darwin", WINDOWS])
def test_the_installation_comes_first(platform: str, tmp_path: Path) -> None:
    program = Program(tmp_path / "program", platform)
    current = environment(program.versions / "1-1", *WHOLE, platform=platform)
    if platform == WINDOWS:
        program.current.write_text("1-1")
    else:
        program.current.symlink_to(Path("versions") / "1-1")
    other = environment(tmp_path / "other", *WHOLE, platform=platform)
    places = other / ("Scripts" if platform == WINDOWS else "bin")
    found = worker_python.find(asked(places, program.root), platform)
    assert found == str(program.executable(current, "python"))


@pytest.mark.usefixtures("bare")
def test_else_the_first_whole_one_on_the_path(tmp_path: Path) -> None:
    half = environment(tmp_path / "half", "torch")
    whole = environment(tmp_path / "whole", *WHOLE)
    path = os.pathsep.join(map(str, ("", tmp_path / "gone", half / "bin", whole / "bin")))
    assert worker_python.find(asked(path)) == str(whole / "bin" / "python")


@pytest.mark.usefixtures("bare")
def test_a_command_that_is_a_link_leads_to_its_environment(tmp_path: Path) -> None:
    whole = environment(tmp_path / "whole", *WHOLE)
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "voxmend").symlink_to(whole / "bin" / "voxmend")
    found = worker_python.find(asked(tmp_path / "commands"))
    assert found == str(whole / "bin" / "python")


@pytest.mark.usefixtures("bare")
def test_where_there_is_none_the_sentence_says_how_to_get_one(tmp_path: Path) -> None:
    half = environment(tmp_path / "half", "torch")
    with pytest.raises(EnvironmentProblem, match=r"without torch.*sh installers/install\.sh"):
        worker_python.find(asked(half / "bin"))


@pytest.mark.usefixtures("bare")
def test_who_has_no_worker_of_his_own_takes_any(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def read(*_: object) -> Any:
        raise AssertionError("it was compared with this installation")

    monkeypatch.setattr("voxmend_protocol.discovery.read", read)
    assert not launch.foreign()


@pytest.mark.usefixtures("bare")
def test_the_worker_of_another_python_is_started_with_its_own_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = environment(tmp_path / "whole", *WHOLE)
    monkeypatch.setenv("PATH", str(whole / "bin"))
    monkeypatch.setenv("VOXMEND_PROGRAM", str(tmp_path / "none"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    monkeypatch.setenv("VOXMEND_HOME", "home")
    seen: dict[str, Any] = {}

    def start(command: list[str], **how: Any) -> str:
        seen.update(how, command=command)
        return "a process"

    monkeypatch.setattr("subprocess.Popen", start)
    launch._spawn(Paths(tmp_path, tmp_path, tmp_path))
    assert seen["command"][0] == str(whole / "bin" / "python")
    assert "PYTHONPATH" not in seen["env"]
    assert seen["env"]["VOXMEND_HOME"] == str(tmp_path)


def test_a_worker_of_this_python_keeps_its_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "mine")
    found = launch._surroundings(Paths(tmp_path, tmp_path, tmp_path), sys.executable)
    assert found["PYTHONPATH"] == "mine"


@pytest.mark.usefixtures("bare")
def test_no_worker_anywhere_is_one_error_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import voxmend

    for name, value in asked(program=tmp_path / "none").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    with pytest.raises(voxmend.VoxmendError, match="There is no worker") as failed:
        voxmend.restore(tmp_path / "song.wav")
    assert failed.value.code == "environment"
