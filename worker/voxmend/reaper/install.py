"""Install into REAPER: the order of the steps, and what they come to.

Scripts may be copied while REAPER runs; its ini files are only touched while it is closed. The
receipt is written before each of them, so an install that breaks off can be repeated or taken
back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from .. import disk, safe_files
from ..version import __version__
from . import edits, icons, keymap, menu, pointer, reapack, receipt, resource, running, scripts
from .actions import MENU_LABEL, PLACE, SET_UP, Action, actions_of, menu_of
from .edits import Edit
from .receipt import Receipt
from .scene import Outcome, Scene

FOUR_CLICKS = (
    "The right-click menu is as REAPER brings it, and adding to it from outside would hide "
    "entries of REAPER and its extensions. In REAPER: 1. Options > Customize menus/toolbars… and "
    "choose “Media item context”; 2. Add… > Action…, find “voxmend_Restore vocals” and Select; "
    "3. Save; 4. Close."
)


def install(scene: Scene, with_menu: bool, source: Path | None = None) -> Outcome:
    """Bring REAPER to this version.

    Where ReaPack keeps the scripts, only the way to this voxmend is written: the scripts, and the
    actions they are, stay ReaPack's.

    Raises:
        EnvironmentProblem: what stands there cannot be told apart from ReaPack's, or the scripts
            are not part of this installation, or others can write REAPER's folder.
        OutputError: something cannot be written.
    """
    with disk.safely():  # whoever can write there has REAPER run what he likes
        for folder in (scene.folder, scene.scripts, scene.data):
            if folder.is_dir():
                safe_files.insist_mine(folder)
    owned = reapack.owned(scene.folder)
    if owned.files:
        return _beside_reapack(scene, owned, with_menu)
    _refuse_unknown(scene, owned)
    place = source or scripts.source()
    files = scripts.contents(place)
    last = receipt.read(scene.data) or Receipt(__version__)
    hashes, aside = scripts.put(files, scene.scripts, last.files, scene.data)
    pictures = icons.put(icons.contents(place), scene.folder / "Data", last.icons)
    actions = actions_of(hashes)
    later = {action.id for action in actions if action.on_demand}
    actions = [action for action in actions if not action.on_demand]
    ids = {action.id for action in actions}
    gone = set(last.ids) - ids - later
    now = replace(
        last, version=__version__, files=hashes, ids=tuple(sorted(ids | gone | later)),
        icons=pictures,
    )  # fmt: skip
    receipt.write(scene.data, now)
    pointer.write(scene.data, scene.paths.state)
    resource.remember(scene.memory, scene.folder)
    notes = [f"You had changed a script; the copy of yours is {copy}." for copy in aside]
    keys = scene.folder / keymap.FILE
    known = keymap.registered(edits.content(keys))
    lacks = bool(gone & known or ids - known)
    if (lacks or with_menu) and not scene.closed():
        if lacks:
            notes.append(_how_to_register(scene))
        if with_menu:
            notes.append(f"{FOUR_CLICKS} Or close REAPER and type: voxmend reaper install --menu")
        return _outcome(
            scene, now, "later" if lacks else "there", "later" if with_menu else "untouched",
            aside, notes,
        )  # fmt: skip
    renews = lacks or with_menu or scene.look().closed

    def edited(old: bytes) -> bytes:
        new = keymap.add(keymap.remove(old, gone), actions)
        return keymap.renew(new, actions) if renews else new

    planned = edits.plan(keys, edited)
    if planned is not None:
        now = replace(now, keymap=_joined(now.keymap, planned.edit))
        receipt.write(scene.data, now)
        edits.carry_out(planned, scene.data)
    state = "untouched"
    if with_menu:
        state, now = _extend_menu(scene, now, actions, notes)
    return _outcome(scene, now, "added" if planned else "there", state, aside, notes)


def _extend_menu(
    scene: Scene, now: Receipt, actions: list[Action], notes: list[str]
) -> tuple[str, Receipt]:
    file = scene.folder / menu.FILE
    old = edits.content(file)
    items = menu_of(actions)
    if menu.shown(old, [command for command, _ in items]):
        return "there", now
    if not menu.customised(old):
        notes.append(FOUR_CLICKS)
        return "factory", now
    try:
        planned = edits.plan(file, lambda data: menu.add(data, MENU_LABEL, items))
    except EnvironmentProblem as error:
        notes.append(error.message)
        return "unsound", now
    if planned is not None:
        commands = tuple(command for command, _ in items)
        now = replace(now, menu=_joined(now.menu, planned.edit), commands=commands)
        receipt.write(scene.data, now)
        edits.carry_out(planned, scene.data)
    return "added", now


def _beside_reapack(scene: Scene, owned: reapack.Owned, with_menu: bool) -> Outcome:
    """The scripts are there already; what they lack is where this voxmend is."""
    pointer.write(scene.data, scene.paths.state)
    resource.remember(scene.memory, scene.folder)
    notes = [
        f"ReaPack has installed the scripts in {scene.folder} and keeps them up to date: in "
        "REAPER, Extensions > ReaPack > Synchronize packages. They find this voxmend now."
    ]
    if owned.version != __version__:
        notes.append(
            f"The scripts are version {owned.version}, voxmend is {__version__}: synchronize "
            "ReaPack's packages."
        )
    if with_menu:
        notes.append(FOUR_CLICKS)
    return _outcome(scene, Receipt(owned.version), "there", "untouched", (), notes)


def _refuse_unknown(scene: Scene, owned: reapack.Owned) -> None:
    target = scene.scripts / PLACE
    if not owned.readable and target.exists() and receipt.read(scene.data) is None:
        raise EnvironmentProblem(
            f"{scene.folder / reapack.REGISTRY} cannot be read, so ReaPack may have installed "
            f"{target}. Close REAPER, then type it again; or remove that folder first."
        )


def _how_to_register(scene: Scene) -> str:
    seen = scene.look()
    set_up = scene.scripts / PLACE / SET_UP
    runs = "REAPER runs" if seen.runs else "It cannot be seen whether REAPER runs"
    words = (
        f"{runs}, so its action list was left alone. In REAPER: Actions > Show action list > New "
        f"action > Load ReaScript, choose {set_up} and run it; it brings in the others."
    )
    program = running.program(scene.folder, seen)
    if program is not None:
        words += f' Or type: "{program}" -nonewinst "{set_up}"'
    return words


def _joined(old: Edit | None, new: Edit | None) -> Edit | None:
    """Two edits of one file as one, where nobody wrote in between."""
    if new is None:
        return old
    if old is not None and old.after == new.before:
        return Edit(old.before, new.after)
    return new


def _outcome(
    scene: Scene, now: Receipt, actions: str, menu_state: str, kept: Iterable[Path],
    notes: Iterable[str],
) -> Outcome:  # fmt: skip
    return Outcome(
        str(scene.folder), now.version, len(now.files), actions, menu_state,
        tuple(map(str, kept)), tuple(notes),
    )  # fmt: skip
