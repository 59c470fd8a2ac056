"""The protocol lives inside other programs' Python: it brings nothing along."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import voxmend_protocol

PACKAGE = Path(voxmend_protocol.__file__).parent

PROBE = """
import importlib, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import voxmend_protocol
for found in pkgutil.iter_modules(voxmend_protocol.__path__):
    importlib.import_module("voxmend_protocol." + found.name)
loaded = {name: getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before}
print(json.dumps([loaded, sys.path]))
"""


def loaded(python: str) -> dict[str, str | None]:
    """Modules that importing the whole package loads, with their files."""
    run = subprocess.run(
        [python, "-I", "-S", "-B", "-W", "error", "-c", PROBE, str(PACKAGE.parent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found, path = json.loads(run.stdout)
    assert not [entry for entry in path if "site-packages" in entry]
    return dict(found)


def foreign(modules: dict[str, str | None]) -> list[str]:
    """Those that are neither ours nor of the standard library (which, with -S, is all the rest)."""
    names = sys.stdlib_module_names
    return sorted(
        name
        for name, file in modules.items()
        if not (file or "").startswith(str(PACKAGE))
        if name.partition(".")[0] not in names
    )


def test_the_package_loads_only_the_standard_library() -> None:
    modules = loaded(sys.executable)
    assert {f"voxmend_protocol.{path.stem}" for path in PACKAGE.glob("[a-z]*.py")} <= set(modules)
    assert foreign(modules) == []


def test_it_loads_in_python_39_too(python_39: str) -> None:
    assert foreign(loaded(python_39)) == []


def test_a_foreign_module_would_be_seen() -> None:
    assert foreign({"json": "/usr/lib/json.py", "zmq": "/site/zmq.py"}) == ["zmq"]


def test_a_second_life_in_one_process_is_harmless() -> None:
    """A host that re-initialises Python imports the package anew."""
    again = "for n in [n for n in sys.modules if n.startswith('voxmend')]: del sys.modules[n]\n"
    check = "import voxmend_protocol.client as c; assert c.Client and c.from_code('internal', '')\n"
    code = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\n{check}{again}{check}"
    run = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], check=False)
    assert run.returncode == 0


@pytest.mark.parametrize("name", ["zmq", "numpy", "torch"])
def test_heavy_names_stand_nowhere_in_its_sources(name: str) -> None:
    assert not [
        path for path in PACKAGE.glob("*.py") if f"import {name}" in path.read_text("utf-8")
    ]
