"""The stand-in reads and writes what REAPER wrote for others: their projects, loaded and saved
again, mean the same to a reader that is not ours (PyPI's ``rpp``)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import rpp
from reaper.lua_run import HERE, VERSIONS, run

COUNT = 25


def same(a: str, b: str) -> bool:
    """Numbers by value, all else letter by letter."""
    if a == b:
        return True
    try:
        return abs(float(a) - float(b)) <= 1e-9 * max(1.0, abs(float(a)))
    except ValueError:
        return False


def flat(node: Any) -> list[Any]:
    """A node as nested lists of words. The order of lines within an item or track carries no
    meaning, that of repeated lines does."""
    if isinstance(node, rpp.Element):
        children = sorted((flat(child) for child in node.children), key=lambda c: str(c[0]))
        return [node.tag, *map(str, node.attrib), *children]
    if isinstance(node, str):
        return [node.strip()]
    return [str(word) for word in node]


def differences(a: Any, b: Any, where: str = "") -> list[str]:
    """Where two trees differ."""
    if isinstance(a, str) and isinstance(b, str):
        return [] if same(a, b) else [f"{where}: {a!r} became {b!r}"]
    if isinstance(a, str) or isinstance(b, str) or len(a) != len(b):
        return [f"{where}: {str(a)[:200]} became {str(b)[:200]}"]
    found: list[str] = []
    for index, (one, other) in enumerate(zip(a, b, strict=True)):
        found += differences(one, other, f"{where}/{a[0]}{index}")
    return found


def read(path: Path) -> Any:
    return flat(rpp.loads(path.read_bytes().decode("utf-8", "surrogateescape")))


@pytest.fixture(scope="module", params=VERSIONS)
def saved(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: Any) -> dict[Path, Path]:
    """Each project and what became of it."""
    folder = tmp_path_factory.mktemp("saved")
    projects = sorted((shared / "reaper" / "projects").iterdir())
    pairs = {project: folder / project.name for project in projects}
    arguments = [str(path) for pair in pairs.items() for path in pair]
    ran = run(request.param, HERE / "scenarios" / "load_and_save.lua", folder / "lua", *arguments)
    assert ran.returncode == 0, ran.stderr
    return pairs


def test_projects_of_others_keep_their_meaning(saved: dict[Path, Path]) -> None:
    assert len(saved) == COUNT
    found = {old.name: differences(read(old), read(new))[:3] for old, new in saved.items()}
    assert {name: some for name, some in found.items() if some} == {}


def test_a_number_that_changed_would_show(saved: dict[Path, Path]) -> None:
    old = next(path for path in saved if path.name == "rppp_audio-file-x4.RPP")
    text = saved[old].read_text("utf-8")
    changed = re.sub(r"LENGTH (\d+)", lambda m: f"LENGTH {int(m[1]) + 1}", text, count=1)
    assert changed != text
    saved[old].with_suffix(".changed").write_text(changed, "utf-8")
    assert differences(read(old), read(saved[old].with_suffix(".changed")))
