"""The actions that REAPER's action list shows, and their command ids.

REAPER names the action of a script file by a hash of where the file lies under its Scripts
folder, so the same file at the same place has the same name on every machine. ReaPack puts the
package of the repository ``voxmend``, category ``Vocals``, at this very place: shortcuts and
menu entries survive a change from one way of installing to the other.
Rule and vectors: tests/reaper/data/reascript_command_id.json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

PLACE = "voxmend/Vocals"
"""Where the scripts lie under Scripts."""

MENU_LABEL = "Vocals (voxmend)"

# Menu label of each action that the right-click menu shows, in order. File names are what
# command ids are made of: a renamed file is another action.
MENU = {
    "voxmend_Restore vocals of selected items.lua": "Restore vocals",
    "voxmend_Restore vocals of selected items (choose preset).lua": "Restore vocals with preset...",
    "voxmend_Mend a vocal with its song.lua": "Mend a vocal with its song...",
    "voxmend_Diagnose selected items.lua": "Diagnose vocals",
    "voxmend_Jobs panel.lua": "Jobs",
}

SET_UP = "voxmend_Set up right-click menu.lua"

_TOGGLES = ("voxmend_Jobs panel.lua", "voxmend_Settings.lua")

_WITH_PYTHON = ".py"
"""REAPER takes these only where the user has switched its Python on; a dead action elsewhere, so
“Set up right-click menu” adds it when it is asked to."""


@dataclass(frozen=True, slots=True)
class Action:
    """One script of the action list's main section."""

    file: str

    @property
    def path(self) -> str:
        """Where it lies, relative to Scripts."""
        return f"{PLACE}/{self.file}"

    @property
    def toggles(self) -> bool:
        """Whether a second click closes it."""
        return self.file in _TOGGLES

    @property
    def on_demand(self) -> bool:
        """Whether it becomes an action only when the user asks for it."""
        return self.file.endswith(_WITH_PYTHON)

    @property
    def id(self) -> str:
        """Its id, as SCR lines have it."""
        return command_id(self.path)

    @property
    def command(self) -> str:
        """Its named command, as menus have it."""
        return f"_{self.id}"


def command_id(path: str, section: int = 0) -> str:
    """REAPER's id for a script.

    Args:
        path: relative to Scripts; absolute where the file lies elsewhere.
        section: of the action list; 0 is the main one.
    """
    # Only ASCII letters are raised: REAPER compares file names byte by byte.
    raised = path.replace("\\", "/").encode("utf-8", "surrogateescape").upper()
    within = f"{section:x}_" if section else ""
    return f"RS{within}{hashlib.sha1(raised).hexdigest()}"


def actions_of(files: Iterable[str]) -> list[Action]:
    """The actions among installed files: what stands in the top folder and bears our name."""
    return [
        Action(file)
        for file in sorted(files)
        if "/" not in file and file.startswith("voxmend_") and file.endswith((".lua", ".py"))
    ]


def menu_of(actions: Iterable[Action]) -> list[tuple[str, str]]:
    """Command and label of each menu entry, for the actions that are there."""
    there = {action.file: action.command for action in actions}
    return [(there[file], label) for file, label in MENU.items() if file in there]
