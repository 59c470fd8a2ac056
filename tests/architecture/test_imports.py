"""Who may import whom. The rules of the design, drawn once and held here.

Two things are judged: what a module names anywhere, in functions and for type checkers too, and
what importing it loads, through as many modules of ours as it takes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from architecture.planted import plant

from voxmend_bench.imports.tree import Tree, inside

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


SOUND = tuple(
    f"voxmend.{part}" for part in ("engine", "cascade", "align", "blocks", "diagnosis", "audio")
)

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
    "a laptop needs no torch to have work done elsewhere": Rule(("voxmend.remote",), never=TORCH),
    "audio has no torch": Rule(("voxmend.audio",), never=TORCH),
    "the watcher is a client like any other": Rule(
        ("voxmend.watch",), never=("voxmend.supervisor", "voxmend.engine", "voxmend.cascade")
    ),
    "scripts in a DAW know nothing of the worker": Rule(("daw_scripts",), never=("voxmend",)),
    "the command line starts without torch": Rule(("voxmend.cli",), never=TORCH, loads_only=True),
    "Ray is loaded by a driver, and never by the command that hears it": Rule(
        ("voxmend.cli", "voxmend.batch", "voxmend.cluster"), never=("ray",), loads_only=True
    ),
    "a cluster is decided on without Ray": Rule(
        tuple(f"voxmend.cluster.{part}" for part in ("dispatch", "seats", "messages", "host")),
        never=("ray",),
    ),
    "the product knows nothing of what lies beside it": Rule(
        ("voxmend", "voxmend_protocol"), never=("voxmend_bench", "voxmend_vectors")
    ),
    "the installer needs nothing that it installs": Rule(
        ("voxmend.installation",),
        never=(),
        but=("voxmend", "voxmend_protocol", "tomllib", *STDLIB),  # never before 3.11
    ),
}


def breaches(tree: Tree, rule: Rule) -> Iterator[str]:
    """Every place where a rule is broken, told so that it can be found."""
    for module, path in tree.files.items():
        if not inside(module, rule.who):
            continue
        named: set[str] = set()
        for found in tree.imports[module]:
            if rule.forbids(found.name) and not rule.loads_only:
                named.add(found.name)
                yield f"{path.relative_to(tree.root)}:{found.line} imports {found.name}"
        for name, way in tree.loads(module).items():
            # The packages around an exempt module load with it: they are judged by what
            # they load, not by their name. The same goes for the packages around `module`.
            around = any(inside(other, (name,)) for other in (*rule.but, module))
            direct = any(inside(other, (name,)) for other in named)
            if rule.forbids(name) and not around and not direct:
                yield f"{path.relative_to(tree.root)} loads {' -> '.join(way[1:])}"


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(ROOT)


@pytest.mark.parametrize("name", RULES)
def test_this_rule_holds(tree: Tree, name: str) -> None:
    assert list(breaches(tree, RULES[name])) == []


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
    "a laptop needs no torch to have work done elsewhere": [
        {"worker/voxmend/remote/link.py": "def f():\n    import torch"},
        {
            "worker/voxmend/remote/task.py": "from ..engine import work",
            "worker/voxmend/engine/work.py": "import torch",
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
    "Ray is loaded by a driver, and never by the command that hears it": [
        {"worker/voxmend/cluster/driver.py": "import ray"},
        {
            "worker/voxmend/cli/app.py": "from ..cluster import host",
            "worker/voxmend/cluster/host.py": "from ray.util import state",
        },
    ],
    "a cluster is decided on without Ray": [
        {"worker/voxmend/cluster/dispatch.py": "def f():\n    import ray"},
    ],
    "the product knows nothing of what lies beside it": [
        {"worker/voxmend/bench/speed.py": "def f():\n    from voxmend_bench import upstream"},
        {"worker/voxmend/cli/bench.py": "import voxmend_bench.upstream"},
        {"protocol/voxmend_protocol/codec.py": "import voxmend_vectors"},
    ],
    "the installer needs nothing that it installs": [
        {"worker/voxmend/installation/uv.py": "def f():\n    import platformdirs"},
        {
            "worker/voxmend/installation/install.py": "from ..paths import find",
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
    found = list(breaches(Tree(tmp_path), RULES[name]))
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
    assert [breach for rule in RULES.values() for breach in breaches(tree, rule)] == []


def test_a_tree_without_folders_breaks_nothing(tmp_path: Path) -> None:
    assert [b for rule in RULES.values() for b in breaches(Tree(tmp_path), rule)] == []
