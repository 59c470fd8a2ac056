"""The Python of a checkout as a parser sees it: who imports whom, and what an import loads.

Sources are parsed, never imported, so a question about torch costs no torch. For the import rules
of ``tests/architecture``, and for the drawing beside this.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


def inside(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these packages or lies in one."""
    return any(name == package or name.startswith(package + ".") for package in packages)


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, absolute: ``from .a import b`` in ``p.m`` is ``p.a.b``.

    ``loads`` is false where importing the module does not run it: in functions, and under
    ``if TYPE_CHECKING``.
    """

    name: str
    line: int
    loads: bool


def imports_of(source: str, module: str, is_package: bool) -> Iterator[Import]:
    """All imports of a source text, at any depth."""
    package = module.split(".") if is_package else module.split(".")[:-1]

    def visit(node: ast.AST, loads: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, loads)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = start if alias.name == "*" else f"{start}.{alias.name}"
                yield Import(name, node.lineno, loads)
        elif isinstance(node, ast.If) and is_type_checking(node.test):
            for child in node.body:
                yield from visit(child, False)
            for child in node.orelse:
                yield from visit(child, loads)
        else:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                loads = False
            for inner in ast.iter_child_nodes(node):
                yield from visit(inner, loads)

    yield from visit(ast.parse(source), True)


def is_type_checking(test: ast.expr) -> bool:
    """``TYPE_CHECKING`` or ``typing.TYPE_CHECKING``."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


class Tree:
    """The Python of a checkout, by module name. Folders that are not there hold nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = {
            self._name(path, base): path
            for base in (root / "worker", root / "protocol", root)
            for path in sorted((root / "daw_scripts" if base == root else base).rglob("*.py"))
        }

    @staticmethod
    def _name(path: Path, base: Path) -> str:
        parts = path.relative_to(base).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        """Each module's own imports."""
        return {
            module: list(imports_of(path.read_text("utf-8"), module, path.name == "__init__.py"))
            for module, path in self.files.items()
        }

    def loaded_by(self, name: str) -> list[str]:
        """Our modules that run when a name is imported: its packages, then the module itself."""
        parts = name.split(".")
        prefixes = (".".join(parts[: end + 1]) for end in range(len(parts)))
        return [prefix for prefix in prefixes if prefix in self.files]

    def loads(self, module: str) -> dict[str, tuple[str, ...]]:
        """All that importing a module loads, ours and others', each with the way there."""
        ways: dict[str, tuple[str, ...]] = {name: (name,) for name in self.loaded_by(module)}
        queue = deque(ways)
        while queue:
            here = queue.popleft()
            for found in self.imports[here]:
                if not found.loads:
                    continue
                for name in self.loaded_by(found.name) or [found.name]:
                    if name not in ways:
                        ways[name] = (*ways[here], name)
                        if name in self.files:
                            queue.append(name)
        return ways
