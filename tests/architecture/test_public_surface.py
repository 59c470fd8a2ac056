"""A package that names its public face in ``__all__`` keeps it sorted and complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("voxmend", "voxmend_protocol")


def order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """The order ruff keeps (RUF022): constants, classes, the rest; numbers count as numbers."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    pieces = re.findall(r"\d+|\D+", name)
    return kind, [(int(p), "") if p.isdigit() else (-1, p) for p in pieces]


def bound(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Names a module binds at its top level, each with whether it is of our own making."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            ours = node.level > 0 or (node.module or "").split(".")[0] in OURS
            yield from ((alias.asname or alias.name, ours) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name.split(".")[0], False) for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, True
        elif isinstance(node, ast.Assign):
            yield from ((name.id, True) for name in node.targets if isinstance(name, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, True


def faults(source: str) -> list[str]:
    """What is wrong with the ``__all__`` of a source text; nothing if it has none."""
    tree = ast.parse(source)
    exported: list[str] | None = None
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            exported = list(ast.literal_eval(node.value))
    if exported is None:
        return []
    names = dict(bound(tree))
    public = {name for name, ours in names.items() if ours and not name.startswith("_")}
    found = [f"{name} is missing" for name in sorted(public - set(exported))]
    if "__getattr__" not in names:  # with it, names may be made on demand
        found += [f"{name} does not exist" for name in sorted(set(exported) - names.keys())]
    if exported != sorted(set(exported), key=order):
        found.append("not sorted, or a name twice")
    return found


def packages() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT))
        for base in ("worker", "protocol")
        for path in (ROOT / base).rglob("__init__.py")
    )


@pytest.mark.parametrize("package", packages())
def test_the_public_face_is_sorted_and_complete(package: str) -> None:
    assert faults((ROOT / package).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from .a import b, c\n__all__ = ['b']", "c is missing"),
        ("from voxmend.a import b\n__all__ = []", "b is missing"),
        ("def f(): ...\n__all__ = []", "f is missing"),
        ("X: int = 1\n__all__ = []", "X is missing"),
        ("__all__ = ['gone']", "gone does not exist"),
        ("from .a import b, c\n__all__ = ['c', 'b']", "not sorted, or a name twice"),
        ("from .a import b\n__all__ = ['b', 'b']", "not sorted, or a name twice"),
        ("from .a import Bar, FOO\n__all__ = ['Bar', 'FOO']", "not sorted, or a name twice"),
    ],
)
def test_a_planted_fault_is_found(source: str, fault: str) -> None:
    assert faults(source) == [fault]


@pytest.mark.parametrize(
    "source",
    [
        "from .a import anything",
        "import sys\nfrom typing import Any\nfrom .a import _b\n__all__ = []",
        "def __getattr__(name): ...\n__all__ = ['late']",
        "from .a import FOO, Bar, baz2, baz10\n__all__ = ['FOO', 'Bar', 'baz2', 'baz10']",
    ],
)
def test_a_good_face_passes(source: str) -> None:
    assert faults(source) == []
