"""What a reader may rely on in every file: sizes, names, and that README and CI say the same."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MOST_LINES = 400

EMPTY_NAMES = {
    *("base", "bases", "common", "helper", "helpers", "manager", "managers", "misc"),
    *("util", "utils"),
}
"""Words that say where something was put, not what it is."""

# The lists below are made of pieces, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("crates", "io"),
        ("anaconda", "org"),
        ("download", "pytorch", "org"),
        ("luarocks", "org"),
    )
)
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")

NOT_OURS = {"build", "dist", "node_modules", "venv", "voxmend-demo", "uv.lock"}


def walked(root: Path) -> Iterator[Path]:
    """The files of a source archive: all but what tools leave behind."""
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if name in {".ci", ".github"}
            or not (name in NOT_OURS or name.startswith((".", "__")) or name.endswith(".egg-info"))
        ]
        yield from (Path(folder, name) for name in files if name not in NOT_OURS)


def tracked(root: Path) -> list[Path]:
    """The files git knows, or would take; in a source archive, all that is there."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return sorted(walked(root))
    paths = (root / os.fsdecode(name) for name in listed.split(b"\0") if name)
    return sorted({path for path in paths if path.is_file()}) or sorted(walked(root))


def text(path: Path) -> str:
    """A file's text; nothing for sound and pictures."""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode("utf-8", "replace")


def too_long(root: Path, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(root)}: {lines} lines"
        for path in paths
        if path.suffix == ".py" and path.relative_to(root).parts[0] in {"worker", "protocol"}
        if (lines := text(path).count("\n")) > MOST_LINES
    ]


def badly_named(root: Path, paths: list[Path]) -> list[str]:
    return [
        str(name)
        for path in paths
        if (name := path.relative_to(root)).suffix in {".py", ".lua", ".sh", ".toml"}
        if EMPTY_NAMES & {word for part in name.parts for word in re.split(r"[._-]", part.lower())}
    ]


def holding_registries(root: Path, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(root)}: {host}"
        for path in paths
        for host in REGISTRIES
        if host in text(path)
    ]


def unfinished(root: Path, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(root)}:{number}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if UNFINISHED.search(line)
    ]


Check = Callable[[Path, list[Path]], list[str]]

CHECKS: list[Check] = [too_long, badly_named, holding_registries, unfinished]


@pytest.mark.parametrize("check", CHECKS)
def test_the_repository_keeps_this_rule(check: Check) -> None:
    assert check(ROOT, tracked(ROOT)) == []


@pytest.mark.parametrize(
    ("check", "name", "content"),
    [
        (too_long, "worker/voxmend/long.py", "\n" * (MOST_LINES + 1)),
        (badly_named, "worker/voxmend/audio_utils.py", ""),
        (badly_named, "worker/voxmend/common/levels.py", ""),
        (badly_named, "daw_scripts/reaper/lib/base.lua", ""),
        (holding_registries, "docs/install.md", f"from https://{REGISTRIES[0]}/simple"),
        (unfinished, "worker/voxmend/half.py", "# " + "TO" + "DO: the rest"),
    ],
)
def test_a_planted_fault_is_found(check: Check, name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(content, "utf-8")
    (tmp_path / "uv.lock").write_text(REGISTRIES[0], "utf-8")
    assert len(check(tmp_path, tracked(tmp_path))) == 1


def test_a_file_name_may_hold_a_word_that_only_resembles_an_empty_one(tmp_path: Path) -> None:
    assert badly_named(tmp_path, [tmp_path / "database.py", tmp_path / "baseline.py"]) == []


def readme_test_command(readme: str) -> str:
    """The one command in the code block under the heading "Test"."""
    block = re.search(r"^## Test\n.*?^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert block, "README.md has no code block under '## Test'"
    return block[1].strip()


def test_ci_runs_the_test_command_of_the_readme_word_for_word() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == [readme_test_command((ROOT / "README.md").read_text("utf-8"))]


def test_scripts_that_are_run_by_name_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
