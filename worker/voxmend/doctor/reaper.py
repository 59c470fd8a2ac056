"""REAPER: whether it is here, and whether its scripts fit this voxmend."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ..paths import Paths
from ..reaper import resource, running, status
from ..reaper.scene import Scene
from .finding import Case, Finding

_LUA_SOCKETS = (
    "Scripts/Mavriq ReaScript Repository/Various/Mavriq-Lua-Sockets",
    "Scripts/Daniel Lumertz Scripts/LUA Sockets",
)
"""Where packages for REAPER put LuaSocket: only the setting ``transport: socket`` needs it."""
_reaper = partial(Finding, "reaper", "REAPER")


def reaper(case: Case) -> Finding:
    """Look at every resource folder."""
    found = resource.find(case.paths.state / "reaper.json")
    states = [_state(one.folder, one.origin, case.paths) for one in found]
    return judge(states)


def judge(states: Sequence[status.Status]) -> Finding:
    """What to say of these resource folders."""
    facts = {
        "folders": [
            {
                "resource": one.resource, "owner": one.owner, "version": one.version,
                "actions": sum(action.registered for action in one.actions), "menu": one.menu,
                "lua_socket": lua_socket(Path(one.resource)),
            }
            for one in states
        ]
    }  # fmt: skip
    if not states:
        return _reaper(
            "ok", "not found; for a portable one: voxmend reaper install --resource FOLDER",
            facts=facts,
        )  # fmt: skip
    for one in states:
        if one.owner == "voxmend" and (not one.current or one.missing):
            return _reaper(
                "warn", f"{one.resource} has scripts of version {one.version or '?'}",
                "Scripts and worker of different versions may not understand each other.",
                "voxmend reaper install", facts,
            )  # fmt: skip
        if one.owner and one.pointer:
            return _reaper(
                "warn", f"{one.resource}: {one.pointer}", "REAPER would not find this voxmend.",
                f'voxmend reaper install --resource "{one.resource}"', facts,
            )  # fmt: skip
    ours = [one for one in states if one.owner]
    if not ours:
        return _reaper(
            "ok", f"{states[0].resource}: voxmend is not in it; to have it there: "
            "voxmend reaper install", facts=facts,
        )  # fmt: skip
    words = [f"{one.resource}: version {one.version}" for one in ours]
    return _reaper("ok", "; ".join(words), facts=facts)


def lua_socket(folder: Path) -> bool:
    """Whether a LuaSocket for REAPER lies where its packages put it."""
    return any((folder / place).is_dir() for place in _LUA_SOCKETS)


def _state(folder: Path, origin: str, paths: Paths) -> status.Status:
    return status.of(Scene(Path(folder), paths, running.look), origin)
