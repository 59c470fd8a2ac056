"""Who may import whom. The rules of the design, drawn once and held here.

Sources are parsed, never imported, so a rule about torch costs no torch. Two things are judged:
what a module names anywhere, in functions and for type checkers too, and what importing it loads,
through as many modules of ours as it takes.
"""

from __future__ import annotations

import ast
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TORCH = ("torch", "torchaudio", "demucs", "audio_separator", "voicefixer", "rotary_embedding_torch")
"""torch, and what imports torch itself."""

NOT_IN_EVERY_PYTHON = {
    *("asynchat", "asyncore", "cgi", "cgitb", "crypt", "distutils", "imp", "lib2to3", "nntplib"),
    *("pipes", "smtpd", "telnetlib", "tomllib", "uu", "xdrlib"),
}
"""Standard library of 3.11 that 3.9 does not have yet or 3.13 has no more."""

STDLIB = tuple(sys.stdlib_module_names - NOT_IN_EVERY_PYTHON)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the picture.

    Attributes:
        who: modules (and all inside them) that the rule binds.
        never: names (and all inside them) that they may not import; empty for "nothing but".
        but: names that they may import all the same.
        loads_only: judge what importing loads, and leave imports inside functions alone.
    """

    who: tuple[str, ...]
    never: tuple[str, ...]
    but: tuple[str, ...] = ()
    loads_only: bool = False

    def forbids(self, name: str) -> bool:
        """Whether this name may not be imported."""
        return (not self.never or inside(name, self.never)) and not inside(name, self.but)


SOUND = tuple(f"voxmend.{part}" for part in ("engine", "cascade", "blocks", "diagnose", "audio"))

RULES = {
    "the protocol imports the standard library only": Rule(
        ("voxmend_protocol",), never=(), but=("voxmend_protocol", *STDLIB)
    ),
    "the supervisor and the watcher never import torch": Rule(
        ("voxmend.supervisor", "voxmend.watch"), never=TORCH
    ),
    "of the engine the supervisor sees only its orders": Rule(
        ("voxmend.supervisor",), never=("voxmend.engine",), but=("voxmend.engine.orders",)
    ),
    "what handles sound knows no socket and no database": Rule(SOUND, never=("zmq", "sqlite3")),
    "audio has no torch": Rule(("voxmend.audio",), never=TORCH),
    "the watcher is a client like any other": Rule(
        ("voxmend.watch",), never=("voxmend.supervisor", "voxmend.engine", "voxmend.cascade")
    ),
    "scripts in a DAW know nothing of the worker": Rule(("daw_scripts",), never=("voxmend",)),
    "the command line starts without torch": Rule(("voxmend.cli",), never=TORCH, loads_only=True),
    "the installer needs nothing that it installs": Rule(
        ("voxmend.desktop.installation",),
        never=(),
        but=("voxmend", "voxmend_protocol", "tomllib", *STDLIB),  # never before 3.11
    ),
}


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

    def breaches(self, rule: Rule) -> Iterator[str]:
        """Every place where a rule is broken, told so that it can be found."""
        for module, path in self.files.items():
            if not inside(module, rule.who):
                continue
            named: set[str] = set()
            for found in self.imports[module]:
                if rule.forbids(found.name) and not rule.loads_only:
                    named.add(found.name)
                    yield f"{path.relative_to(self.root)}:{found.line} imports {found.name}"
            for name, way in self.loads(module).items():
                # The packages around an exempt module load with it: they are judged by what
                # they load, not by their name. The same goes for the packages around `module`.
                around = any(inside(other, (name,)) for other in (*rule.but, module))
                direct = any(inside(other, (name,)) for other in named)
                if rule.forbids(name) and not around and not direct:
                    yield f"{path.relative_to(self.root)} loads {' -> '.join(way[1:])}"


@pytest.mark.parametrize("name", RULES)
def test_this_rule_holds(name: str) -> None:
    assert list(Tree(ROOT).breaches(RULES[name])) == []


def plant(root: Path, files: dict[str, str]) -> None:
    """Write a small tree; every folder of a module becomes a package."""
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.relative_to(root).parents:
            if len(folder.parts) > 1:
                (root / folder / "__init__.py").touch()
        path.write_text(source, "utf-8")


VIOLATIONS = {
    "the protocol imports the standard library only": [
        {"protocol/voxmend_protocol/wire.py": "import zmq"},
        {"protocol/voxmend_protocol/wire.py": "def f():\n    from numpy import array"},
        {"protocol/voxmend_protocol/wire.py": "from voxmend.paths import home"},
        {"protocol/voxmend_protocol/wire.py": "import tomllib"},
    ],
    "the supervisor and the watcher never import torch": [
        {"worker/voxmend/supervisor/run.py": "import torch.nn"},
        {"worker/voxmend/watch/inbox.py": "def f():\n    import demucs.api"},
        {
            "worker/voxmend/supervisor/run.py": "from .. import levels",
            "worker/voxmend/levels.py": "try:\n    from .gain import up\nexcept OSError: ...",
            "worker/voxmend/gain.py": "class A:\n    import torch",
        },
        {
            "worker/voxmend/supervisor/run.py": "import voxmend.engine.orders",
            "worker/voxmend/engine/orders.py": "",
            "worker/voxmend/engine/__init__.py": "from torch import Tensor",
        },
    ],
    "of the engine the supervisor sees only its orders": [
        {"worker/voxmend/supervisor/run.py": "from ..engine import pool"},
        {"worker/voxmend/supervisor/run.py": "from voxmend.engine.pool import ModelPool"},
        {"worker/voxmend/supervisor/run.py": "import voxmend.engine"},
        {"worker/voxmend/supervisor/deep/run.py": "def f():\n    from ...engine import ladder"},
        {
            "worker/voxmend/supervisor/run.py": "import voxmend.status",
            "worker/voxmend/status.py": "from .engine import pool",
            "worker/voxmend/engine/pool.py": "",
        },
    ],
    "what handles sound knows no socket and no database": [
        {"worker/voxmend/blocks/denoise/gate.py": "import zmq"},
        {
            "worker/voxmend/cascade/cache.py": "from ..store import Store",
            "worker/voxmend/store.py": "import sqlite3",
        },
    ],
    "audio has no torch": [
        {"worker/voxmend/audio/read.py": "if TYPE_CHECKING:\n    from torch import Tensor"},
    ],
    "the watcher is a client like any other": [
        {"worker/voxmend/watch/inbox.py": "from voxmend.cascade import plan"},
    ],
    "scripts in a DAW know nothing of the worker": [
        {"daw_scripts/reaper/voxmend_restore.py": "import voxmend.paths"},
    ],
    "the command line starts without torch": [
        {"worker/voxmend/cli/app.py": "import torch"},
        {
            "worker/voxmend/cli/app.py": "from .restore import restore",
            "worker/voxmend/cli/restore.py": "from voxmend.blocks import gate",
            "worker/voxmend/blocks/gate.py": "from torch import Tensor",
        },
    ],
    "the installer needs nothing that it installs": [
        {"worker/voxmend/desktop/installation/uv.py": "def f():\n    import platformdirs"},
        {
            "worker/voxmend/desktop/installation/install.py": "from ...paths import find",
            "worker/voxmend/paths.py": "import platformdirs",
        },
    ],
}


@pytest.mark.parametrize(
    ("name", "files"),
    [(name, files) for name, planted in VIOLATIONS.items() for files in planted],
)
def test_a_planted_violation_is_found(name: str, files: dict[str, str], tmp_path: Path) -> None:
    plant(tmp_path, files)
    found = list(Tree(tmp_path).breaches(RULES[name]))
    assert next(iter(files)) in "\n".join(found)


def test_every_rule_has_a_planted_violation() -> None:
    assert RULES.keys() == VIOLATIONS.keys()


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "protocol/voxmend_protocol/codec.py": "import json\nfrom . import errors\nimport hmac",
            "protocol/voxmend_protocol/errors.py": "from __future__ import annotations",
            "worker/voxmend/supervisor/run.py": "import sqlite3\nfrom ..engine import orders",
            "worker/voxmend/supervisor/host.py": "from ..engine.orders import Run\nimport zmq",
            "worker/voxmend/engine/orders.py": "from voxmend_protocol import codec",
            "worker/voxmend/engine/loop.py": "import torch\nfrom . import orders",
            "worker/voxmend/cli/bench.py": "def speed():\n    import torch",
            "daw_scripts/reaper/voxmend_restore.py": "import voxmend_protocol.zmtp",
        },
    )
    tree = Tree(tmp_path)
    assert [breach for rule in RULES.values() for breach in tree.breaches(rule)] == []


def test_a_tree_without_folders_breaks_nothing(tmp_path: Path) -> None:
    assert [b for rule in RULES.values() for b in Tree(tmp_path).breaches(rule)] == []
