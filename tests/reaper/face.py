"""REAPER's Python face over the stand-in: ``RPR_*`` functions as reaper_python gives them.

Pointers are strings that name their kind; a function with out-arguments gives a tuple of its result
and all its arguments. The stand-in runs in the Lua that lupa brings; deferred code is run by its
ticks.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import types
from pathlib import Path
from typing import Any

from reaper.lua_run import DATA, HERE, SCRIPTS, give_popen, literal, write_data

API = json.loads((DATA / "reascript_api.json").read_text("utf-8"))
KINDS = ("MediaItem_Take", "MediaItem", "MediaTrack", "PCM_source", "ReaProject")
NULL = "0x0000000000000000"


class Face:
    """One REAPER whose scripts are Python. ``lua`` evaluates Lua beside it."""

    def __init__(self, folder: Path, version: str = "5.4") -> None:
        module: Any = importlib.import_module(f"lupa.lua{version.replace('.', '')}")
        self.lua: Any = module.LuaRuntime(unpack_returned_tuples=True)
        give_popen(self.lua)
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in (
            ("HERE", f"{HERE}/"), ("SCRIPTS", f"{SCRIPTS}/"), ("TMP", f"{folder}/"),
        ):  # fmt: skip
            self.lua.execute(f"{name} = {literal(value)}")
        self.lua.execute(f"API_DATA = dofile({literal(str(write_data(folder)))})")
        self.lua.execute(
            "package.path = SCRIPTS .. 'lib/?.lua;' .. HERE .. '?.lua;' .. package.path"
        )
        self.pointers: dict[str, Any] = {}
        self.deferred: list[str] = []
        self.space: dict[str, Any] = {}

    def pointer(self, kind: str, handle: Any) -> str:
        """The string Python sees for an object."""
        if handle is None:
            return f"({kind}*){NULL}"
        address = int(re.search(r"0x([0-9a-f]+)", self.lua.globals().tostring(handle))[1], 16)  # type: ignore[index]
        text = f"({kind}*)0x{address:016X}"
        self.pointers[text] = handle
        return text

    def call(self, name: str, *given: Any) -> Any:
        """One function, by REAPER's rules for Python."""
        entry = API[name]
        signature = entry.get("python", "")
        listed = re.search(r"^\((.*?)\) = ", signature)
        inputs = [self.pointers.get(v, v) if isinstance(v, str) else v for v in given]
        wanted = len(entry["args"])
        inside = signature.rpartition("(")[2].rstrip(")")
        names = [part.split()[-1] for part in inside.split(", ") if part]
        # Out-buffers and their sizes are no arguments in Lua.
        pairs = zip(inputs, names, strict=False)
        kept = [v for v, n in pairs if "Out" not in n and not n.endswith("_sz")]
        results = self.lua.globals().reaper[name](*kept[:wanted])
        values = list(results) if isinstance(results, tuple) else [results]
        values += [None] * (len(entry["returns"]) - len(values))
        for index, kind in enumerate(entry["returns"]):
            if kind in KINDS:
                values[index] = self.pointer(kind, values[index])
        if not listed:
            return values[0] if values else None
        out = []
        for part in listed[1].split(", "):
            label = part.split()[-1]
            if label == "retval" or ("Out" in label and not label.endswith("_sz")):
                out.append(values.pop(0))
            elif label in names:
                at = names.index(label)
                out.append(values.pop(0) if label.endswith("NeedBig") else given[at])
        return tuple(out)

    def run(self, script: Path, context: bool = True) -> None:
        """Run a Python ReaScript. REAPER gives it no ``__file__``; its folder comes first on
        ``sys.path``, and get_action_context knows its path, unless ``context`` is false."""
        module = types.ModuleType("reaper_python")
        for name in API:
            if name.isidentifier():
                setattr(module, f"RPR_{name}", lambda *a, _name=name: self.call(_name, *a))
        module.RPR_defer = self.deferred.append  # type: ignore[attr-defined]
        path = str(script) if context else ""
        module.RPR_get_action_context = lambda: (False, path, 0, 0, 0, 0, 0.0, "")  # type: ignore[attr-defined]
        sys.modules["reaper_python"] = module
        self.space = {"__name__": "__main__"}
        sys.path.insert(0, str(script.parent))
        try:
            exec(compile(script.read_text("utf-8"), str(script), "exec"), self.space)
        finally:
            sys.path.remove(str(script.parent))
            del sys.modules["reaper_python"]

    def tick(self) -> None:
        """What Python deferred runs once."""
        jobs, self.deferred[:] = list(self.deferred), []
        for job in jobs:
            exec(job, self.space)
