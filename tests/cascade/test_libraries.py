"""The cache's key names every library that makes sound: read from the imports, none imported."""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import pytest

import voxmend
from voxmend.cascade.naming import LIBRARIES
from voxmend.cascade.naming import OURS as ROOMS

HOUSE = Path(voxmend.__file__).parent

OURS = ("voxmend", "voxmend_protocol")

UPSTREAM = ("audio_separator", "demucs")
"""Packages whose networks' classes are run as they are."""

KEYED = ("torch",)
"""In every stage's key by itself."""

MUTE = ("diffq", "omegaconf", "packaging", "tqdm", "xformers")
"""What upstream's networks import and make no sound with here: training, settings, progress bars,
and a kind of attention that no published network has."""


def imports(file: Path) -> Iterator[str]:
    """Every module a file asks for, in functions too, by its whole name."""
    tree = ast.parse(file.read_text("utf-8"))
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
        elif isinstance(node, ast.Call) and _called(node) in ("find_spec", "import_module"):
            (name,) = node.args
            found = constants.get(name.id) if isinstance(name, ast.Name) else None
            if isinstance(name, ast.Constant):
                found = name.value
            if isinstance(found, str):
                yield found


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def foreign(file: Path) -> set[str]:
    """The top names of what is neither ours nor Python's."""
    tops = {name.partition(".")[0] for name in imports(file)}
    return tops - {*OURS, *sys.stdlib_module_names}


def unnamed(tops: set[str]) -> set[str]:
    """Those whose distribution the key does not name."""
    known = {library.lower() for library in LIBRARIES}
    return {
        top
        for top in tops - {*KEYED}
        if not known & {owner.lower() for owner in owners().get(top, [top])}
    }


@functools.cache
def owners() -> Mapping[str, list[str]]:
    """From what is imported to what was installed."""
    return metadata.packages_distributions()


@pytest.mark.parametrize("room", ROOMS)
def test_each_library_that_a_room_of_sound_imports_is_in_the_key(room: str) -> None:
    files = sorted((HOUSE / room).rglob("*.py")) or [HOUSE / room]
    assert files
    found = {f"{file.name}: {top}" for file in files for top in unnamed(foreign(file))}
    assert found == set()


def test_what_upstreams_networks_are_made_of_is_in_the_key_too() -> None:
    """Followed through their own files, from the modules that our blocks name."""
    todo = {
        name
        for room in ("blocks", "networks")
        for file in (HOUSE / room).rglob("*.py")
        for name in imports(file)
        if name.partition(".")[0] in UPSTREAM
    }
    assert todo
    seen: set[str] = set()
    found: set[str] = set()
    while todo:
        name = todo.pop()
        file = source(name)
        if file is not None and name not in seen:
            seen.add(name)
            found |= unnamed(foreign(file) - {*MUTE})
            todo |= {other for other in near(name, file) if other.partition(".")[0] in UPSTREAM}
    assert len(seen) > 5
    assert found == set()


def near(name: str, file: Path) -> Iterator[str]:
    """What a module imports, relative names made whole."""
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    yield from imports(file)
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            start = package[: len(package) - node.level + 1]
            asked = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (".".join([*start, each]) for each in asked)


def source(name: str) -> Path | None:
    """The file of a module of an installed package, which is not run."""
    top, *rest = name.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        return None
    place = Path(next(iter(spec.submodule_search_locations))).joinpath(*rest)
    return next((f for f in (place.with_suffix(".py"), place / "__init__.py") if f.is_file()), None)
