"""Uninstall from REAPER: what the receipt names goes, as far as nobody changed it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace

from . import edits, icons, keymap, menu, pointer, reapack, receipt, resource, scripts
from .actions import PLACE, actions_of
from .receipt import Receipt
from .scene import Outcome, Scene


def uninstall(scene: Scene) -> Outcome:
    """Take out what the receipt names, as far as nobody changed it.

    Raises:
        OutputError: something cannot be removed.
    """
    last = receipt.read(scene.data)
    if last is None:
        resource.forget(scene.memory, scene.folder)
        pointer.remove(scene.data)
        return _nothing(scene)
    theirs = reapack.owned(scene.folder).files
    gone, kept = scripts.remove(scene.scripts, last.files, theirs)
    icons.remove(scene.folder / "Data", last.icons, theirs)
    pointer.remove(scene.data)
    notes = [f"You have changed {scene.scripts / PLACE / place}; it stays." for place in kept]
    if theirs:
        notes.append("ReaPack has the scripts now; its files stay.")
    stay = {*kept, *theirs}
    staying = actions_of(stay)
    ids = set(last.ids) - {action.id for action in staying}
    commands = set(last.commands) - {action.command for action in staying}
    keys, right_click = scene.folder / keymap.FILE, scene.folder / menu.FILE
    to_do = bool(ids & keymap.registered(edits.content(keys)))
    entries = bool(menu.shown(edits.content(right_click), commands))

    def outcome(done: str) -> Outcome:
        return Outcome(
            str(scene.folder), last.version, len(gone), done if to_do else "none",
            done if entries else "none", tuple(kept), tuple(notes),
        )  # fmt: skip

    if (to_do or entries) and not scene.closed():
        # What is left to do stays in the receipt, for the next time.
        receipt.write(scene.data, replace(last, files=_left(last, ids), icons={}))
        notes.append(
            "REAPER runs, or it cannot be seen that it does not, so its action list and menu "
            "still name the scripts. Close it and type: voxmend reaper uninstall"
        )
        return outcome("later")
    if to_do:
        if bound := keymap.bound(edits.content(keys), ids):
            notes.append(f"Shortcuts or custom actions of yours that now do nothing: {bound}.")
        edits.take_back(
            keys, scene.data, None if stay else last.keymap, lambda old: keymap.remove(old, ids)
        )
    if entries:
        edits.take_back(
            right_click, scene.data, None if stay else last.menu,
            lambda old: menu.remove(old, commands),
        )  # fmt: skip
    _clear(scene, ids, commands)
    return outcome("removed")


def _left(last: Receipt, ids: set[str]) -> dict[str, str]:
    """The files whose actions are still known to REAPER."""
    files = {action.file for action in actions_of(last.files) if action.id in ids}
    return {place: hash_ for place, hash_ in last.files.items() if place in files}


def _clear(scene: Scene, ids: set[str], commands: set[str]) -> None:
    """Remove the receipt, copies that tell no more than what is there, and empty folders."""
    resource.forget(scene.memory, scene.folder)
    edits.drop_copies(scene.folder / keymap.FILE, scene.data, lambda data: keymap.remove(data, ids))
    edits.drop_copies(
        scene.folder / menu.FILE, scene.data, lambda data: menu.remove(data, commands)
    )
    receipt.remove(scene.data)
    for folder in (scene.data / edits.BACKUP, scene.data):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _nothing(scene: Scene) -> Outcome:
    note = f"voxmend has installed nothing in {scene.folder}."
    if reapack.owned(scene.folder).files:
        note = (
            f"ReaPack has installed the scripts in {scene.folder}: uninstall the package "
            "“voxmend” there, in Extensions > ReaPack > Browse packages. Until then they say that "
            "voxmend is not set up."
        )
    return Outcome(str(scene.folder), "", 0, "none", "none", (), (note,))
