"""Scripts that ReaPack has installed are ReaPack's: install leads them here and leaves them, and so
does uninstall."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from reaper_install.reaper_folder import KEYMAP, SCRIPTS, Machine, tree
from reaper_install.test_install import IDS, put

from voxmend.reaper import keymap
from voxmend.reaper import status as states
from voxmend.reaper.uninstall import uninstall
from voxmend_protocol.errors import EnvironmentProblem


def registry(machine: Machine, *paths: str) -> Path:
    """ReaPack's register, with the tables that ReaPack makes."""
    file = machine.folder / "ReaPack" / "registry.db"
    file.parent.mkdir(exist_ok=True)
    with sqlite3.connect(file) as database:
        database.executescript(
            "CREATE TABLE entries (id INTEGER PRIMARY KEY, remote TEXT NOT NULL, category TEXT NOT"
            " NULL, package TEXT NOT NULL, desc TEXT NOT NULL, type INTEGER NOT NULL, version TEXT"
            " NOT NULL, author TEXT NOT NULL, pinned INTEGER DEFAULT 0, UNIQUE(remote, category,"
            " package));"
            "CREATE TABLE files (id INTEGER PRIMARY KEY, entry INTEGER NOT NULL, path TEXT UNIQUE"
            " NOT NULL, main INTEGER NOT NULL, type INTEGER NOT NULL, FOREIGN KEY(entry) REFERENCES"
            " entries(id));"
            "INSERT INTO entries VALUES(7, 'x', 'Vocals', 'y.lua', '', 1, '0.0.9', 'z', 0);"
        )
        database.executemany("INSERT INTO files VALUES(NULL, 7, ?, 1, 0)", [(p,) for p in paths])
    database.close()
    return file


def test_what_reapack_has_installed_is_reapacks(machine: Machine) -> None:
    file = registry(machine, "Scripts/other/a.lua", f"Scripts/voxmend/Vocals/{SCRIPTS[0]}")
    before = tree(machine.folder)
    done = put(machine, with_menu=True)
    assert "ReaPack has installed the scripts" in done.notes[0]
    assert any("The scripts are version 0.0.9" in note for note in done.notes)
    new = set(tree(machine.folder)) - set(before)
    assert new == {"Data/voxmend/install.json"}
    assert machine.keymap.read_bytes() == KEYMAP
    assert "Browse packages" in uninstall(machine.scene()).notes[0]
    assert tree(machine.folder) == before
    file.unlink()
    registry(machine, "Scripts/other/a.lua")
    put(machine)


def test_scripts_by_reapack_find_this_voxmend_and_status_says_so(machine: Machine) -> None:
    registry(machine, f"Scripts/voxmend/Vocals/{SCRIPTS[0]}")
    assert states.of(machine.scene(), "named").pointer.endswith("is not there")
    put(machine)
    found = states.of(machine.scene(), "named")
    assert (found.owner, found.pointer) == ("reapack", "")


def test_a_locked_register_is_read_all_the_same(machine: Machine) -> None:
    file = registry(machine, f"Scripts/voxmend/Vocals/{SCRIPTS[0]}")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert "ReaPack has installed the scripts" in put(machine).notes[0]
    assert not machine.installed.exists()
    holder.close()


def test_an_unreadable_register_stands_in_the_way_only_of_unknown_scripts(
    machine: Machine,
) -> None:
    file = machine.folder / "ReaPack" / "registry.db"
    file.parent.mkdir()
    file.write_bytes(b"no database" * 100)
    put(machine)
    put(machine)
    uninstall(machine.scene())
    machine.installed.mkdir(parents=True)
    with pytest.raises(EnvironmentProblem, match="cannot be read"):
        put(machine)


def test_files_that_reapack_took_over_stay_at_an_uninstall(machine: Machine) -> None:
    put(machine)
    registry(machine, *(f"Scripts/voxmend/Vocals/{name}" for name in SCRIPTS))
    done = uninstall(machine.scene())
    assert set(tree(machine.installed)) == set(SCRIPTS)
    assert keymap.registered(machine.keymap.read_bytes()) >= IDS
    assert any("ReaPack has the scripts now" in note for note in done.notes)
