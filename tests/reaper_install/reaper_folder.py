"""A resource folder as REAPER leaves it, a set of scripts to install, and a REAPER that is open
or closed as the test says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxmend.paths import Paths
from voxmend.reaper.running import Sighting
from voxmend.reaper.scene import Scene

DATA = Path(__file__).resolve().parents[1] / "reaper" / "data"

SCRIPTS = (
    "voxmend_Diagnose selected items.lua",
    "voxmend_Jobs panel.lua",
    "voxmend_Mend a vocal with its song.lua",
    "voxmend_Restore vocals of selected items (Python).py",
    "voxmend_Restore vocals of selected items (choose preset).lua",
    "voxmend_Restore vocals of selected items.lua",
    "voxmend_Set up right-click menu.lua",
)

# Bytes of a western code page among UTF-8: REAPER files have both.
KEYMAP = (
    b'ACT 1 0 "cafe0123" "Custom: Gl\xfcck" _RSother 40001\r\n'
    b'SCR 4 0 RSother "Custom: gl\xfcck.lua" "gl\xfcck.lua"\r\n'
    b"SCR 4 32060 RS7d3c_0123 \"Script: z\xc3\xb6.lua\" 'x y/z\xc3\xb6.lua'\r\n"
    b"KEY 9 86 40057 0\t\t # Main : Ctrl+V\r\n"
)

MENU = (
    b"[Floating toolbar 1]\r\nicon_0=text\r\nicon_1=text_wide\r\nitem_0=40001 Gl\xfcck\r\n"
    b"item_1=-1\r\ntbf_0=1\r\ntitle=Mine\r\n\r\n"
    b"[Media item context]\r\ndefault=2bcb4157b56ed885\r\n"
    b"item_0=40009 Item properties...\r\nitem_1=-1\r\nitem_2=-2 Gl\xfcck\r\n"
    b"item_3=_SWS_ITEMCOLOR z\xc3\xb6\r\nitem_4=-4 only words\r\nitem_5=-3\r\n"
    b"item_6=40012 Split\r\ntitle=My items\r\n\r\n"
    b"[Track control panel context]\r\nitem_0=40001 Insert track\r\n\r\n"
)


def knowledge(name: str) -> Any:
    """Facts about REAPER."""
    return json.loads((DATA / name).read_bytes())


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its hash; links with where they lead."""
    return {
        path.relative_to(folder).as_posix(): (
            f"-> {path.readlink()}"
            if path.is_symlink()
            else hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def write_scripts(folder: Path, mark: str = "", names: tuple[str, ...] = SCRIPTS) -> Path:
    """Scripts that a release could have; the mark makes one release differ from another."""
    (folder / "lib").mkdir(parents=True, exist_ok=True)
    for name in (*names, "lib/flow.lua", "lib/json.lua"):
        (folder / name).write_text(f"-- {name} {mark}\n")
    (folder / "LEDGER.md").write_text("not for REAPER\n")
    (folder / "lib" / "notes.txt").write_text("nor this\n")
    return folder


@dataclass
class Machine:
    """A user's machine: one REAPER, one voxmend."""

    root: Path
    seen: list[Sighting] = field(default_factory=lambda: [Sighting(False)])
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("Scripts/other", "Data", "Effects"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "reaper.ini").write_bytes(b"[REAPER]\r\n")
        (self.folder / "reaper-kb.ini").write_bytes(KEYMAP)
        (self.folder / "reaper-menu.ini").write_bytes(MENU)
        (self.folder / "Scripts" / "other" / "a.lua").write_text("-- of somebody else\n")
        write_scripts(self.source)

    @property
    def folder(self) -> Path:
        """REAPER's resource folder."""
        return self.root / "Zoë" / "REAPER"

    @property
    def source(self) -> Path:
        """Where scripts come from."""
        return self.root / "daw_scripts"

    @property
    def installed(self) -> Path:
        """Where they go."""
        return self.folder / "Scripts" / "voxmend" / "Vocals"

    @property
    def keymap(self) -> Path:
        """What REAPER knows of actions."""
        return self.folder / "reaper-kb.ini"

    @property
    def menu(self) -> Path:
        """What REAPER knows of menus."""
        return self.folder / "reaper-menu.ini"

    def scene(self, wait: bool = False) -> Scene:
        """What install and uninstall work with. What is seen of REAPER is taken from the list in
        order; the last stays."""
        return Scene(
            self.folder,
            Paths(self.root / "home", self.root / "config", self.root / "cache"),
            lambda: self.seen.pop(0) if len(self.seen) > 1 else self.seen[0],
            wait,
            self.told.append,
            lambda _: None,
        )
