"""How REAPER stands to voxmend, folder by folder: nothing is changed by looking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voxmend_protocol.errors import OutputError

from ..version import __version__
from . import edits, keymap, menu, pointer, proof, reapack, receipt, running, scripts
from .actions import MENU, PLACE, Action, actions_of
from .scene import Scene


@dataclass(frozen=True, slots=True)
class Registered:
    """An action and whether REAPER's action list has it."""

    file: str
    command: str
    registered: bool


@dataclass(frozen=True, slots=True)
class Status:
    """One resource folder.

    Attributes:
        owner: ``voxmend``, ``reapack``, ``hand`` (scripts there that neither knows) or empty.
        version: of the scripts, where it is known; ``current``: it is this voxmend's.
        changed, missing: files that are not as installed.
        menu: ``entry``, ``own`` (a menu of the user's without ours) or ``factory``.
        pointer: why the scripts would not find this voxmend; empty if they would.
        reaper: ``running``, ``closed`` or ``unknown``.
        proved: what REAPER's self-test found on this machine, in one line.
    """

    resource: str
    origin: str
    owner: str
    version: str
    current: bool
    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    actions: tuple[Registered, ...]
    menu: str
    pointer: str
    reaper: str
    proved: str


def of(scene: Scene, origin: str) -> Status:
    """The state of one resource folder."""
    last = receipt.read(scene.data)
    owned = reapack.owned(scene.folder)
    target = scene.scripts / PLACE
    there = {file.name for file in target.glob("voxmend_*")} if target.is_dir() else set()
    owner, version, files = "", "", len(there)
    state = scripts.State()
    if owned.files:
        owner, version, files = "reapack", owned.version, len(owned.files)
    elif last is not None and there:
        owner, version, files = "voxmend", last.version, len(last.files)
        state = scripts.compare(scene.scripts, last.files)
    elif there:
        owner = "hand"
    names = there | set(last.files if last else ())
    known = keymap.registered(_bytes(scene, keymap.FILE))
    return Status(
        str(scene.folder),
        origin,
        owner,
        version,
        version == __version__,
        files,
        state.changed,
        state.missing,
        tuple(
            Registered(one.file, one.command, one.id in known)
            for one in actions_of(names)
            if one.id in known or not one.on_demand
        ),
        _menu(_bytes(scene, menu.FILE)),
        pointer.problem(scene.data, scene.paths.state) if owner else "",
        _reaper(scene.look),
        proof.line(scene.data),
    )


def _menu(data: bytes) -> str:
    if menu.shown(data, [Action(file).command for file in MENU]):
        return "entry"
    return "own" if menu.customised(data) else "factory"


def _bytes(scene: Scene, name: str) -> bytes:
    try:
        return edits.content(scene.folder / name)
    except OutputError:  # what cannot be read is as good as not there
        return b""


def _reaper(look: Callable[[], running.Sighting]) -> str:
    return {True: "running", False: "closed", None: "unknown"}[look().runs]
