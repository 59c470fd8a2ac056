"""From version 0.1.0 to this tree, and off again, with nothing faked: its own sources out of the
history, its own installer, an empty home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installers.newcomer import ROOT, Newcomer, tree, warm_cache

COMMIT = "0d27155"
"""The last one whose packages lay in ``voxmend.desktop``."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(sys.platform != "linux", reason="it compares the folders that Linux has"),
]
QUIET = ("--yes", "--no-models", "--no-autostart", "--device", "cpu")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of 0.1.0."""
    folder = tmp_path_factory.mktemp("sources") / "first"
    folder.mkdir()
    packed = subprocess.run(
        ["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False
    ).stdout  # fmt: skip
    if not packed:
        pytest.skip("this checkout has no history")
    subprocess.run(["tar", "x", "-C", str(folder)], input=packed, check=True)
    return folder


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    """An empty home, but for what REAPER's first start leaves."""
    made = Newcomer(tmp_path / "home")
    reaper = made.home / ".config" / "REAPER"
    for name in ("Data", "Scripts"):
        (reaper / name).mkdir(parents=True)
    (reaper / "reaper.ini").write_text("[REAPER]\nlastproject=\n")
    return made


def script(newcomer: Newcomer, sources: Path, *words: str) -> str:
    """Run the installer of some sources; what it said."""
    run = subprocess.run(
        ["sh", str(sources / "installers" / "install.sh"), *words], text=True, check=False,
        env=newcomer.env(UV_CACHE_DIR=warm_cache()), cwd=newcomer.home, timeout=900,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    return run.stdout


def package(newcomer: Newcomer) -> Path:
    """Where the voxmend in use has its code."""
    (found,) = (newcomer.program / "current").glob("lib/python*/site-packages/voxmend")
    return found


def pointer(newcomer: Newcomer) -> list[str]:
    """The command by which REAPER's scripts start voxmend."""
    (file,) = (newcomer.home / ".config" / "REAPER" / "Data").rglob("install.json")
    command: list[str] = json.loads(file.read_text("utf-8"))["command"]
    return command


def works(newcomer: Newcomer, command: list[str]) -> str:
    """What a command says."""
    run = subprocess.run(
        command, env=newcomer.env(), cwd=newcomer.home, text=True, capture_output=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("way", ["by its command", "by 0.1.0's script"])
def test_what_0_1_0_left_works_after_an_upgrade_and_all_of_it_goes(
    newcomer: Newcomer, first: Path, way: str
) -> None:
    before = tree(newcomer.home)
    script(newcomer, first, *QUIET)
    assert (package(newcomer) / "desktop").is_dir()
    old = pointer(newcomer)
    # As its services do: a worker that was started through `current` and lives on meanwhile.
    worker = subprocess.Popen(
        [*old, "worker", "run", "--log-file", "--stay"], env=newcomer.env(), cwd=newcomer.home,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    said = script(newcomer, ROOT, *QUIET)
    assert "Over 0.1.0" in said
    assert worker.wait(30) == 0  # it was asked to make room for the new one

    assert not (package(newcomer) / "desktop").exists()
    assert (package(newcomer) / "installation" / "__main__.py").is_file()
    assert pointer(newcomer) == old
    assert works(newcomer, [*old, "--version"]).startswith("voxmend ")
    assert json.loads(works(newcomer, [*old, "worker", "status", "--json"]))["pid"] != worker.pid
    doctor = newcomer.types("doctor", "--json")
    items = {item["id"]: item for item in json.loads(doctor.stdout)["items"]}
    assert items["reaper"]["health"] == "ok", items["reaper"]
    assert newcomer.types("demo", "--out", "demo").returncode == 0

    if way == "by its command":
        gone = newcomer.types("uninstall", "--yes")
        assert gone.returncode == 0, gone.stderr
    else:
        script(newcomer, first, "uninstall", "--yes")
    shutil.rmtree(newcomer.home / "demo")
    assert tree(newcomer.home) == before
    assert not os.path.lexists(newcomer.command)


def test_this_script_takes_off_what_0_1_0_installed(newcomer: Newcomer, first: Path) -> None:
    before = tree(newcomer.home)
    script(newcomer, first, *QUIET)
    assert newcomer.types("demo", "--out", "demo").returncode == 0
    script(newcomer, ROOT, "uninstall", "--yes")
    shutil.rmtree(newcomer.home / "demo")
    assert tree(newcomer.home) == before
