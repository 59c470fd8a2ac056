"""Every command of the pages on installing and on trouble is one that voxmend has, and runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import sounds
from house import House, run_cli

from voxmend.desktop.installation import command

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("install.md", "troubleshooting.md")
NOT_HERE = {
    "voxmend service install": "it would change the account of whoever runs the tests",
    "voxmend service uninstall": "the same",
    "voxmend bundle voxmend-offline": "several GB; its parts have tests of their own",
    "voxmend uninstall": "there is no installation; the first hour's test has one",
    "voxmend models pull --preset restore": "it asks before it fetches, and there is nobody here",
}
"""Commands that only have to be spelled rightly."""


def blocks(page: str) -> list[str]:
    """The lines of a page's code blocks."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    found = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in found for line in block.splitlines() if line.strip()]


def mentioned(page: str) -> list[str]:
    """Commands in running text."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(r"`(voxmend [a-z][^`…]*)`", text)


COMMANDS = sorted({line for page in PAGES for line in blocks(page)})
IN_TEXT = sorted({words for page in PAGES for words in mentioned(page)} - set(COMMANDS))


def test_there_are_commands_and_the_exceptions_are_among_them() -> None:
    assert len(COMMANDS) > 15
    assert set(NOT_HERE) <= set(COMMANDS)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("sh ")])
def test_an_installers_line_names_a_script_and_switches_that_exist(line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "sh"
    assert (ROOT / words[1]).is_file()
    command._parser().parse_args(words[2:])


@pytest.mark.parametrize("line", [*NOT_HERE, *IN_TEXT])
def test_a_command_that_is_not_run_here_is_spelled_rightly(line: str) -> None:
    words = shlex.split(line)[1:]
    path = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)][:2]
    while path:
        run = run_cli(*path, "--help")
        if run.returncode == 0:
            break
        path.pop()
    assert path, line
    for option in (word for word in words if word.startswith("--")):
        assert option in run.stdout, (line, option)


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory, real_house: House) -> Path:
    """A folder with a song in it, and a worker that runs."""
    folder = tmp_path_factory.mktemp("desk")
    sounds.write(folder / "SONG.wav", sounds.tone(1.0))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [line for line in COMMANDS if line.startswith("voxmend ") and line not in NOT_HERE]
)
def test_a_command_runs(line: str, at_home: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "voxmend", *shlex.split(line)[1:]],
        cwd=at_home, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        timeout=110,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
