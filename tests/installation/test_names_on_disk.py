"""Names that stand on a user's disk, or in another program's settings, and must lead somewhere.

An installation is replaced, and what it wrote outside its own folder stays: REAPER's pointer, units
of the system's autostart, the command. Version 0.1.0 wrote the lines below. They name one module,
``voxmend`` itself; all else that it calls by name lies in its own environment and goes with it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from voxmend.paths import Paths
from voxmend.reaper import pointer
from voxmend.service import system
from voxmend.service.part import WATCH, WORKER

ROOT = Path(__file__).resolve().parents[2]

OF_0_1_0 = {
    "the worker's unit": ["-m", "voxmend", "worker", "run", "--log-file", "--stay"],
    "the watch folder's unit": ["-m", "voxmend", "watch", "run", "--stay"],
    "REAPER's scripts": ["-m", "voxmend", "bridge", "BOX"],
    "REAPER's scripts, for a report": ["-m", "voxmend", "bridge", "BOX", "--report", "JOB"],
}


@pytest.mark.parametrize("who", OF_0_1_0)
def test_a_line_of_0_1_0_is_still_understood(who: str) -> None:
    run = subprocess.run(
        [sys.executable, *OF_0_1_0[who], "--help"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "Usage" in run.stdout


def test_what_is_written_today_names_voxmend_and_nothing_inside_it(tmp_path: Path) -> None:
    assert pointer.wanted(tmp_path, tmp_path)["command"][1:] == ["-m", "voxmend"]
    paths = Paths(tmp_path, tmp_path, tmp_path)
    for name, part in (("the worker's unit", WORKER), ("the watch folder's unit", WATCH)):
        for platform in ("linux", "darwin", "win32"):
            plan = system.plan(paths, {}, platform, tmp_path, "user", part)
            said = plan.text.decode("utf-16" if platform == "win32" else "utf-8")
            words = re.findall(r"[\w.-]*voxmend[\w.-]*|--?[\w-]+", said)
            assert "-m" in words, said
            assert words[words.index("-m") + 1] == OF_0_1_0[name][1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"voxmend": "voxmend.cli.app:main"}


def called() -> dict[str, str]:
    """Every module of ours that something calls by its name, and one place where it does."""
    found = {}
    for folder in ("installers", "worker", "protocol", "daw_scripts", "docs", "Makefile"):
        for path in [ROOT / folder] if (ROOT / folder).is_file() else (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".sh", ".ps1", ".lua", ".md", ""} and path.is_file():
                text = path.read_text("utf-8", "replace")
                for name in re.findall(r"-m[\"', `]+(voxmend[\w.]*\w)", text):
                    found[name] = str(path.relative_to(ROOT))
    return found


@pytest.mark.parametrize("name", called())
def test_a_module_that_is_called_by_its_name_can_be_run(name: str) -> None:
    places = [ROOT / base / name.replace(".", "/") for base in ("worker", "protocol")]
    files = [f for place in places for f in (place / "__main__.py", place.with_suffix(".py"))]
    there = [file for file in files if file.is_file()]
    assert there, f"{called()[name]} calls {name}"
    assert there[0].name == "__main__.py" or "__main__" in there[0].read_text("utf-8")
