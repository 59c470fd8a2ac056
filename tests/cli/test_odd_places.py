"""Places that a command line or the surroundings may name and that cannot be used: each is refused
with a sentence, and none is closed, opened or emptied for it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import another_user
import pytest
from another_user import as_other, needs_root, shared_by_all
from house import House, run_cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")

LONG = "a" * 300
COMMANDS = [
    ("worker", "stop"),
    ("worker", "start"),
    ("worker", "logs"),
    ("presets", "list"),
    ("models", "list"),
    ("watch", "list"),
    ("cache", "status"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_home_whose_name_is_too_long_is_no_defect(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / LONG))
    run = run_cli(*command)
    assert "defect" not in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("report", LONG),
        ("report", f"x/{LONG}"),
        ("report", ".", "--out", LONG),
        ("models", "import", LONG),
        ("diagnose", "x.wav", "--plot", f"{LONG}.png"),
        ("support-bundle", "--quick", "--out", LONG),
    ],
    ids=lambda command: f"{command[0]} {len(command)} {command[1][:2]}",
)
def test_a_path_whose_name_is_too_long_is_no_defect(
    command: tuple[str, ...], house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house.root)
    try:
        run = run_cli(*command)
    finally:
        run_cli("worker", "stop")  # a name that could be a job's is asked of one
    assert run.returncode in (1, 2, 4), run.stderr
    assert "defect" not in run.stderr


def test_a_home_that_is_named_from_here_on_is_one_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOXMEND_HOME", "its/home")
    try:
        assert run_cli("worker", "start").returncode == 0
        assert (tmp_path / "its" / "home" / "jobs.sqlite3").exists()
        assert not (tmp_path / "its" / "home" / "its").exists()
    finally:
        run_cli("worker", "stop")


def test_a_relative_xdg_folder_is_ignored(tmp_path: Path) -> None:
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("XDG", "VOXMEND"))
    }
    code = "from voxmend import paths; p = paths.find(); print(p.config, p.cache)"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**env, "HOME": "/h", "XDG_CONFIG_HOME": "rel", "XDG_CACHE_HOME": "rel"},
    ).stdout  # fmt: skip
    if sys.platform == "linux":
        assert told.split() == ["/h/.config/voxmend", "/h/.cache/voxmend"]
    assert "rel" not in told


@pytest.mark.parametrize("command", ["start", "run"])
def test_a_folder_that_holds_other_things_is_not_closed(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "all"
    (shared / "run").mkdir(parents=True)
    (shared / "music").mkdir()
    shared.chmod(0o755)
    monkeypatch.setenv("VOXMEND_HOME", str(shared))
    run = run_cli("worker", command)
    assert run.returncode == 4, run.stderr
    assert f"VOXMEND_HOME={shared}/voxmend" in run.stderr
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert sorted(os.listdir(shared)) == ["music", "run"]


@needs_root
def test_what_is_written_goes_through_no_link_that_another_user_laid_in_its_place(
    house: House,
) -> None:
    shared = shared_by_all(house.root.parent / "shared")
    secret = house.root.parent / "mine.html"
    secret.write_text("mine")
    as_other(another_user.link, shared / "page.html", secret)
    job = house.root / "job"
    job.mkdir()
    for command in (
        ("report", str(job), "--force", "--out", str(shared / "page.html")),
        ("support-bundle", "--quick", "--out", str(shared / "page.html")),
    ):
        run = run_cli(*command)
        assert run.returncode == 1, run.stderr
        assert "is a link that another user made" in run.stderr
    assert secret.read_text() == "mine"


@pytest.mark.parametrize("place", ["/dev/null", "/tmp"])
def test_nothing_that_all_share_is_advised_to_be_closed(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", place)
    for command in ("start", "run"):
        run = run_cli("worker", command)
        assert run.returncode == 4, run.stderr
        assert "chmod" not in run.stderr
