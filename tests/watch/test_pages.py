"""The commands in the pages about the watch folder, run as they stand."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from house import run_cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/watch-folder.md", "daw_scripts/watch_folder/README.md")


def commands(page: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line]


def run(command: str, home: Path) -> None:
    """Run one command; a watcher that would go on for ever is ended as by Ctrl-C."""
    program, *words = shlex.split(command)
    assert program == "voxmend"
    words = [re.sub("^~", str(home), word) for word in words]
    if words == ["watch", "run"]:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "voxmend", *words], stderr=subprocess.PIPE, text=True
        )
        assert watcher.stderr is not None
        assert watcher.stderr.readline().startswith("Watching")
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(20) == 0
        watcher.stderr.close()
        return
    done = run_cli(*words)
    assert done.returncode == 0, f"{command}: {done.stderr}"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_does_what_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    listed = commands(page)
    assert listed
    for command in listed:
        run(command, tmp_path)
    assert (tmp_path / "Mend" / "preview").is_dir()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_named_in_passing_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"`voxmend ([a-z]+(?: [a-z]+)?)", text))
    assert named or page != PAGES[0]
    for words in sorted(named):
        assert run_cli(*words.split(), "--help").returncode == 0, words


def test_the_pages_name_figures_that_are_in_force() -> None:
    from voxmend.watch import holds, names, run, settle, station

    text = (ROOT / PAGES[0]).read_text("utf-8")
    said = (
        f"for {settle.LOCAL.settle_s:.0f} seconds; on a network share for "
        f"{settle.POLLED.settle_s:.0f}",
        f"waits for {settle.LOCAL.doubt_s:.0f} seconds",
        f"every {station.POLL_S:.0f} seconds",
    )
    for words in said:
        assert words in text, words
    assert settle.LOCAL.unfinished_s == 120
    assert station.RESCAN_S == holds.FIRST_S == 60
    assert holds.MOST_S == 15 * 60
    assert run.IN_FLIGHT == 2
    for folder in (names.RESTORED, names.ERRORS, names.DONE):
        assert f"/{folder}/" in text


def test_each_daw_has_a_row_that_says_where_it_is_known_from() -> None:
    text = (ROOT / PAGES[1]).read_text("utf-8")
    for daw in (
        "Pro Tools", "Logic Pro", "Cubase", "Ableton Live", "Studio One", "FL Studio",
        "Bitwig Studio", "Ardour",
    ):  # fmt: skip
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {daw}")]
        assert "unverified" in row or "manual" in row
