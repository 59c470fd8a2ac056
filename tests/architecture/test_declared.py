"""Every package that voxmend's own code imports is one that pyproject.toml asks for by name, and
the two sets for the worker ask for the same."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

OURS = {"voxmend", "voxmend_protocol"}

BY_DEVICE = {"audio-separator", "onnxruntime", "onnxruntime-gpu"}
"""What ``worker`` and ``worker-gpu`` ask for each in its own form."""


def project() -> dict[str, list[str]]:
    """Requirements by set: the base under "", each extra under its name."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {"": told["dependencies"], **told["optional-dependencies"]}


def plain(name: str) -> str:
    """A distribution's name in its one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(requirements: list[str]) -> set[str]:
    """The distributions that are named."""
    return {plain(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements}


def imported(source: str) -> Iterator[str]:
    """The top names of what a source text imports, in functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@functools.cache
def owners_of_packages() -> Mapping[str, list[str]]:
    """What is installed: the distributions that bring each top name."""
    return metadata.packages_distributions()


def undeclared(root: Path, declared: set[str]) -> list[str]:
    """Each import of a foreign package that nothing declared brings, and where it stands."""
    owners = owners_of_packages()
    return [
        f"{file.relative_to(root)}: {top}"
        for file in sorted(root.rglob("*.py"))
        for top in sorted({*imported(file.read_text("utf-8"))} - OURS - sys.stdlib_module_names)
        if not declared & {plain(owner) for owner in owners.get(top, [top])}
    ]


def test_every_foreign_import_is_declared() -> None:
    declared = set().union(*(asked(requirements) for requirements in project().values()))
    assert undeclared(ROOT / "worker" / "voxmend", declared) == []


@pytest.mark.parametrize(
    "source", ["import yaml", "def f():\n    from yaml.nodes import Node", "import nowhere"]
)
def test_a_planted_import_is_found(source: str, tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "planted.py").write_text(f"import json, voxmend\nimport numpy\n{source}\n")
    (found,) = undeclared(tmp_path, {"numpy"})
    assert found in ("room/planted.py: yaml", "room/planted.py: nowhere")
    assert undeclared(tmp_path, {"numpy", "pyyaml", "nowhere"}) == []


def test_both_sets_for_the_worker_ask_for_the_same() -> None:
    sets = project()
    one, other = (
        {line for line in sets[name] if not asked([line]) & BY_DEVICE}
        for name in ("worker", "worker-gpu")
    )
    assert one == other
    versions = [
        re.sub(r"\[\w+\]| ;.*", "", line)
        for name in ("worker", "worker-gpu")
        for line in sets[name]
        if asked([line]) & {"audio-separator"}
    ]
    assert versions[0] == versions[1]
