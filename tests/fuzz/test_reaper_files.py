"""REAPER's own files, spoilt: menus, key maps, ReaPack's register. Ours come and go in them, and
every line that is not ours survives."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz import odd
from reaper_install.reaper_folder import KEYMAP, MENU, SCRIPTS

from voxmend.reaper import keymap, menu, reapack
from voxmend.reaper.actions import MENU_LABEL, actions_of, menu_of

ACTIONS = actions_of(SCRIPTS)
IDS = {action.id for action in ACTIONS}
ITEMS = menu_of(ACTIONS)
COMMANDS = [command for command, _ in ITEMS]

Attempt = Callable[[bytes], object]


def menus(folder: Path) -> tuple[list[bytes], Attempt]:
    def attempt(data: bytes) -> object:
        menu.shown(data, COMMANDS)
        menu.remove(data, COMMANDS)
        made = menu.add(data, MENU_LABEL, ITEMS)
        assert len(made) > len(data)
        assert set(data.splitlines()[:-1]) <= set(made.splitlines())
        assert menu.shown(made, COMMANDS) == set(COMMANDS)
        return menu.remove(made, COMMANDS)

    return [MENU, MENU.replace(b"\r\n", b"\n"), menu.add(MENU, MENU_LABEL, ITEMS)], attempt


def keys(folder: Path) -> tuple[list[bytes], Attempt]:
    def attempt(data: bytes) -> object:
        keymap.bound(data, IDS)
        made = keymap.add(data, ACTIONS)
        assert keymap.registered(made) >= IDS
        assert made.startswith(data)
        return keymap.remove(made, IDS)

    return [KEYMAP, keymap.add(KEYMAP, ACTIONS)], attempt


def registers(folder: Path) -> tuple[list[bytes], Attempt]:
    file = folder / reapack.REGISTRY
    file.parent.mkdir()
    with sqlite3.connect(file) as database:
        database.executescript(
            "CREATE TABLE entries (id INTEGER PRIMARY KEY, version);"
            "CREATE TABLE files (entry, path); INSERT INTO entries VALUES (7, '0.0.9');"
            "INSERT INTO files VALUES (7, 'Scripts/voxmend/a.lua'), (7, 'Scripts/voxmend/b.lua');"
        )
    database.close()
    seed = file.read_bytes()

    def attempt(data: bytes) -> object:
        file.write_bytes(data)
        found = reapack.owned(folder)
        assert isinstance(found.version, str)
        assert all(isinstance(place, str) for place in found.files)
        return found

    return [seed], attempt


@pytest.mark.parametrize(
    ("make", "whole", "short"), [(menus, 3000, 200), (keys, 2000, 150), (registers, 1000, 60)]
)
def test_a_spoilt_file_of_reapers_is_read_or_refused(
    tmp_path: Path, make: Callable[[Path], tuple[list[bytes], Attempt]], whole: int, short: int
) -> None:
    seeds, attempt = make(tmp_path)
    attempt(seeds[0])
    odd.judge(odd.cases(f"reaper_{make.__name__}", seeds, whole, short), attempt)
