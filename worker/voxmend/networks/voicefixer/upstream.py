"""The network classes of the package voicefixer 0.1.3, without what importing it does.

Its packages download weights the moment they are imported, unchecked and into the user's home; its
modules set an environment variable and load matplotlib and librosa for functions that are not
needed here. So its files are run in a room of their own: the packages' own code is left out, what
they ask for and do not use is an empty stand-in, and nothing is left in ``sys.modules`` or in the
environment. Two rooms share nothing, not even upstream's global settings.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import warnings
from collections.abc import Mapping, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from voxmend_protocol.errors import EnvironmentProblem

PACKAGE = "voicefixer"

UNUSED = ("librosa", "matplotlib", "scipy", "soundfile", "torchlibrosa")
"""What its files import for drawing, reading, writing and training."""


class Room:
    """Upstream's modules by name, run on first use."""

    def __init__(self) -> None:
        """Find the package.

        Raises:
            EnvironmentProblem: it is not installed.
        """
        found = importlib.util.find_spec(PACKAGE)  # finds it and does not run it
        if found is None or not found.submodule_search_locations:
            raise EnvironmentProblem("The package voicefixer is not installed. See: voxmend doctor")
        self._folder = Path(found.submodule_search_locations[0])
        self._modules: dict[str, ModuleType] = {name: _Empty(name) for name in UNUSED}
        self._modules["os"] = _system()
        self._builtins = {**vars(builtins), "__import__": self._import}

    def module(self, name: str) -> Any:
        """One of its modules: "vocoder.config" is ``voicefixer/vocoder/config.py``."""
        with warnings.catch_warnings():  # its text is not the user's to mend
            warnings.simplefilter("ignore")
            return self._load(f"{PACKAGE}.{name}")

    def _load(self, name: str) -> ModuleType:
        if name in self._modules:
            return self._modules[name]
        module = self._modules[name] = ModuleType(name)
        place = self._folder.joinpath(*name.split(".")[1:])
        if not place.is_dir():  # of a package nothing is run
            file = str(place.with_suffix(".py"))
            module.__dict__.update(__file__=file, __builtins__=self._builtins)
            code = SourceFileLoader(name, file).get_code(name)
            exec(code, module.__dict__)  # type: ignore[arg-type]
        return module

    def _import(
        self,
        name: str,
        names: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """What ``import`` means in here; upstream always writes whole names."""
        top = name.partition(".")[0]
        if top == PACKAGE:
            return self._load(name)
        if top in self._modules:
            return self._modules[top]
        return builtins.__import__(name, names, local, wanted or (), level)


class _Empty(ModuleType):
    """A module in which every name is there and is nothing."""

    def __getattr__(self, name: str) -> _Empty:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def _system() -> ModuleType:
    """``os``, with an environment that nobody else reads."""
    made = ModuleType("os")
    made.__dict__.update(path=os.path, environ={})
    return made
