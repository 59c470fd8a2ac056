"""Install and uninstall: what comes, what goes, and what is never touched."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from reaper_install.reaper_folder import KEYMAP, MENU, SCRIPTS, Machine, tree, write_scripts

import voxmend_protocol
from voxmend import __version__
from voxmend.reaper import keymap, menu
from voxmend.reaper.actions import SET_UP, actions_of
from voxmend.reaper.install import install
from voxmend.reaper.running import Sighting
from voxmend.reaper.scene import Outcome
from voxmend.reaper.uninstall import uninstall
from voxmend_protocol.errors import EnvironmentProblem

OPEN, CLOSED, UNKNOWN = Sighting(True), Sighting(False), Sighting(None)
ACTIONS = [action for action in actions_of(SCRIPTS) if not action.on_demand]
IDS = {action.id for action in ACTIONS}
PYTHON = next(action for action in actions_of(SCRIPTS) if action.on_demand)


def put(machine: Machine, with_menu: bool = False, wait: bool = False) -> Outcome:
    return install(machine.scene(wait), with_menu, machine.source)


def test_every_script_comes_and_nothing_else(machine: Machine) -> None:
    done = put(machine)
    protocol = Path(voxmend_protocol.__file__).parent
    wanted = {*SCRIPTS, "lib/flow.lua", "lib/json.lua"}
    wanted |= {f"voxmend_protocol/{file.name}" for file in protocol.glob("*.py")}
    assert set(tree(machine.installed)) == wanted
    assert done.files == len(wanted)
    for place in wanted - {f"voxmend_protocol/{file.name}" for file in protocol.glob("*.py")}:
        assert (machine.installed / place).read_bytes() == (machine.source / place).read_bytes()
    assert (done.actions, done.menu, done.notes) == ("added", "untouched", ())
    assert machine.menu.read_bytes() == MENU


@pytest.mark.parametrize("with_menu", [False, True])
def test_what_came_goes_and_every_byte_is_as_before(machine: Machine, with_menu: bool) -> None:
    before = tree(machine.folder)
    put(machine, with_menu)
    assert tree(machine.folder) != before
    done = uninstall(machine.scene())
    assert tree(machine.folder) == before
    assert not (machine.folder / "Scripts" / "voxmend").exists()
    assert not (machine.folder / "Data" / "voxmend").exists()
    assert (done.actions, done.menu) == ("removed", "removed" if with_menu else "none")


def test_the_python_action_comes_on_demand_stays_over_upgrades_and_goes(machine: Machine) -> None:
    before = tree(machine.folder)
    put(machine)
    assert PYTHON.id not in keymap.registered(machine.keymap.read_bytes())
    old = machine.keymap.read_bytes()
    machine.keymap.write_bytes(old + keymap.scr_line(PYTHON) + b"\r\n")
    put(machine)
    assert PYTHON.id in keymap.registered(machine.keymap.read_bytes())
    uninstall(machine.scene())
    assert tree(machine.folder) == before


def test_lines_by_which_reaper_asks_are_renewed_where_it_is_closed(machine: Machine) -> None:
    put(machine)
    now = machine.keymap.read_bytes()
    kept = f"SCR 516 0 {ACTIONS[0].id}".encode()
    mine = f"SCR 260 0 {ACTIONS[0].id}".encode()  # the user told REAPER once and for all
    old = now.replace(b"SCR 516 0 RS", b"SCR 4 0 RS").replace(b"SCR 260 0 RS", b"SCR 4 0 RS")
    machine.keymap.write_bytes(old.replace(kept.replace(b"516", b"4"), mine))
    machine.seen = [OPEN]
    put(machine)
    assert machine.keymap.read_bytes() == old.replace(kept.replace(b"516", b"4"), mine)
    machine.seen = [CLOSED]
    put(machine)
    assert machine.keymap.read_bytes() == now.replace(kept, mine)


def test_files_without_a_last_line_end_come_back_too(machine: Machine) -> None:
    machine.keymap.write_bytes(KEYMAP.rstrip())
    machine.menu.write_bytes(MENU.split(b"title=My items")[0].rstrip())
    before = tree(machine.folder)
    put(machine, with_menu=True)
    put(machine, with_menu=True)
    uninstall(machine.scene())
    assert tree(machine.folder) == before


def test_a_key_map_is_made_where_there_was_none_and_removed_again(machine: Machine) -> None:
    machine.keymap.unlink()
    before = tree(machine.folder)
    put(machine)
    assert keymap.registered(machine.keymap.read_bytes()) == IDS
    uninstall(machine.scene())
    assert tree(machine.folder) == before


def test_the_pointer_leads_to_this_voxmend(machine: Machine) -> None:
    put(machine)
    data = machine.folder / "Data" / "voxmend"
    assert json.loads((data / "install.json").read_bytes()) == {
        "schema": 1,
        "version": __version__,
        "command": [sys.executable, "-m", "voxmend"],
        "data": str(data),
        "home": str(machine.root / "home"),
    }


def test_while_reaper_runs_its_files_are_left_alone_and_the_way_is_told(machine: Machine) -> None:
    machine.seen = [OPEN]
    done = put(machine, with_menu=True)
    assert machine.installed.is_dir()
    assert machine.keymap.read_bytes() == KEYMAP
    assert machine.menu.read_bytes() == MENU
    assert (done.actions, done.menu) == ("later", "later")
    assert str(machine.installed / SET_UP) in done.notes[0]
    assert "Load ReaScript" in done.notes[0]
    assert "Media item context" in done.notes[1]
    machine.seen = [CLOSED]
    assert put(machine, with_menu=True).menu == "added"


def test_the_program_is_named_where_it_is_found(machine: Machine) -> None:
    program = machine.folder / "reaper"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    machine.seen = [Sighting(True, program)]
    assert f'"{program}" -nonewinst "{machine.installed / SET_UP}"' in put(machine).notes[0]


def test_where_it_cannot_be_seen_reaper_counts_as_running(machine: Machine) -> None:
    machine.seen = [UNKNOWN]
    assert "cannot be seen" in put(machine, wait=True).notes[0]
    assert machine.keymap.read_bytes() == KEYMAP


def test_with_wait_the_rest_is_done_once_reaper_is_closed(machine: Machine) -> None:
    machine.seen = [OPEN, OPEN, OPEN, CLOSED]
    done = put(machine, with_menu=True, wait=True)
    assert (done.actions, done.menu) == ("added", "added")
    assert machine.told == ["Waiting for REAPER to be closed … (Ctrl-C ends this)"]


def test_nothing_is_waited_for_when_reaper_knows_the_actions_already(machine: Machine) -> None:
    put(machine)
    machine.seen = [OPEN]
    done = put(machine, wait=True)
    assert done.actions == "there"
    assert machine.told == []


def test_a_menu_of_reapers_own_is_not_replaced_and_the_four_clicks_are_told(
    machine: Machine,
) -> None:
    for data in (None, b"", b"[Main toolbar]\r\nitem_0=40001 x\r\n"):
        machine.menu.unlink(missing_ok=True)
        if data is not None:
            machine.menu.write_bytes(data)
        done = put(machine, with_menu=True)
        assert done.menu == "factory"
        assert "4. Close" in done.notes[0]
        assert (machine.menu.read_bytes() if machine.menu.exists() else None) == data


def test_a_menu_with_gaps_is_left_alone_and_said_so(machine: Machine) -> None:
    machine.menu.write_bytes(MENU.replace(b"item_6=", b"item_9="))
    before = machine.menu.read_bytes()
    done = put(machine, with_menu=True)
    assert done.menu == "unsound"
    assert "gaps" in done.notes[0]
    assert machine.menu.read_bytes() == before


def test_entries_come_once(machine: Machine) -> None:
    put(machine, with_menu=True)
    once = tree(machine.folder)
    done = put(machine, with_menu=True)
    assert (done.actions, done.menu) == ("there", "there")
    assert tree(machine.folder) == once


def test_what_others_wrote_since_stays_and_ours_goes(machine: Machine) -> None:
    put(machine, with_menu=True)
    more = b"KEY 1 65 40001 0\r\n"
    machine.keymap.write_bytes(machine.keymap.read_bytes() + more)
    machine.menu.write_bytes(machine.menu.read_bytes().replace(b"item_0=40009", b"item_0=40010"))
    uninstall(machine.scene())
    assert machine.keymap.read_bytes() == KEYMAP + more
    assert machine.menu.read_bytes() == MENU.replace(b"item_0=40009", b"item_0=40010")


def test_the_last_bytes_before_an_edit_are_kept_while_it_lasts(machine: Machine) -> None:
    put(machine, with_menu=True)
    copies = (machine.folder / "Data" / "voxmend" / "backup").iterdir()
    assert {copy.read_bytes() for copy in copies} == {KEYMAP, MENU}


def test_uninstall_while_reaper_runs_leaves_the_rest_for_later(machine: Machine) -> None:
    before = tree(machine.folder)
    put(machine, with_menu=True)
    machine.seen = [OPEN]
    done = uninstall(machine.scene())
    assert (done.actions, done.menu) == ("later", "later")
    assert "Close it" in done.notes[-1]
    assert not machine.installed.exists()
    assert keymap.registered(machine.keymap.read_bytes()) >= IDS
    machine.seen = [OPEN, CLOSED]
    done = uninstall(machine.scene(wait=True))
    assert (done.actions, done.menu) == ("removed", "removed")
    assert tree(machine.folder) == before


def test_a_changed_script_stays_with_its_action_and_is_named(machine: Machine) -> None:
    put(machine)
    mine = machine.installed / SCRIPTS[0]
    mine.write_text("-- mine\n")
    (machine.installed / "lib" / "json.lua").write_text("-- mine too\n")
    done = uninstall(machine.scene())
    assert set(done.kept) == {SCRIPTS[0], "lib/json.lua"}
    assert set(tree(machine.installed)) == {SCRIPTS[0], "lib/json.lua"}
    assert f"You have changed {mine}; it stays." in done.notes
    kept = actions_of(SCRIPTS[:1])[0].id
    assert keymap.registered(machine.keymap.read_bytes()) & IDS == {kept}


def test_a_changed_script_is_copied_before_the_next_version_replaces_it(machine: Machine) -> None:
    put(machine)
    mine = machine.installed / SCRIPTS[0]
    mine.write_text("-- mine\n")
    write_scripts(machine.source, "newer")
    done = put(machine)
    assert "newer" in mine.read_text()
    assert len(done.kept) == 1
    assert Path(done.kept[0]).read_text() == "-- mine\n"
    assert done.kept[0] in done.notes[0]


def test_files_of_the_users_own_are_carried_along(machine: Machine) -> None:
    put(machine)
    own = machine.installed / "lib" / "mine.lua"
    own.write_text("-- mine\n")
    (machine.installed / "link.lua").symlink_to(own)
    (machine.installed / "voxmend_protocol" / "__pycache__").mkdir()
    (machine.installed / "voxmend_protocol" / "__pycache__" / "x.pyc").write_bytes(b"")
    write_scripts(machine.source, "newer")
    put(machine)
    assert own.read_text() == "-- mine\n"
    assert (machine.installed / "link.lua").is_symlink()
    assert not (machine.installed / "voxmend_protocol" / "__pycache__").exists()
    uninstall(machine.scene())
    assert set(tree(machine.installed)) == {"lib/mine.lua", "link.lua"}


def test_python_leaves_nothing_behind_after_an_uninstall(machine: Machine) -> None:
    before = tree(machine.folder)
    put(machine)
    for folder in (machine.installed, machine.installed / "voxmend_protocol"):
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "x.pyc").write_bytes(b"")
    uninstall(machine.scene())
    assert tree(machine.folder) == before


def test_scripts_that_a_new_version_lacks_go_with_their_actions(machine: Machine) -> None:
    put(machine)
    for name in (SCRIPTS[0], "lib/json.lua"):
        (machine.source / name).unlink()
    machine.seen = [OPEN]
    assert put(machine).actions == "later"
    machine.seen = [CLOSED]
    put(machine)
    assert SCRIPTS[0] not in tree(machine.installed)
    gone = actions_of(SCRIPTS[:1])[0].id
    assert keymap.registered(machine.keymap.read_bytes()) & IDS == IDS - {gone}


@pytest.mark.parametrize("broken", [False, True])
def test_a_chain_of_versions_is_taken_back_to_its_beginning(machine: Machine, broken: bool) -> None:
    machine.keymap.write_bytes(KEYMAP.rstrip())
    (machine.source / SCRIPTS[0]).rename(machine.root / "later.lua")
    put(machine)
    if broken:  # an upgrade that was killed after it had written down what it was about to do
        file = machine.folder / "Data" / "voxmend" / "scripts.json"
        data = json.loads(file.read_bytes())
        data["keymap"]["after"] = "0" * 64
        file.write_text(json.dumps(data))
    (machine.root / "later.lua").rename(machine.source / SCRIPTS[0])
    put(machine)
    assert keymap.registered(machine.keymap.read_bytes()) >= IDS
    uninstall(machine.scene())
    left = machine.keymap.read_bytes()
    assert left.rstrip() == KEYMAP.rstrip()
    assert broken or left == KEYMAP.rstrip()


def test_scripts_put_there_by_hand_are_copied_before_they_are_replaced(machine: Machine) -> None:
    machine.installed.mkdir(parents=True)
    (machine.installed / SCRIPTS[0]).write_text("-- by hand\n")
    done = put(machine)
    assert Path(done.kept[0]).read_text() == "-- by hand\n"


def test_settings_and_tickets_outlive_an_uninstall(machine: Machine) -> None:
    put(machine)
    ticket = machine.folder / "Data" / "voxmend" / "tickets" / "1.json"
    ticket.parent.mkdir()
    ticket.write_text("{}")
    uninstall(machine.scene())
    assert tree(machine.folder / "Data" / "voxmend") == {
        "tickets/1.json": tree(ticket.parent)["1.json"]
    }


def test_linked_folders_and_ini_files_stay_links(machine: Machine) -> None:
    elsewhere = machine.root / "dotfiles"
    elsewhere.mkdir()
    shutil.move(machine.folder / "Scripts", elsewhere / "Scripts")
    (machine.folder / "Scripts").symlink_to(elsewhere / "Scripts")
    shutil.move(machine.keymap, elsewhere / "kb.ini")
    machine.keymap.symlink_to(elsewhere / "kb.ini")
    before = tree(machine.folder), tree(elsewhere)
    put(machine)
    assert machine.keymap.is_symlink()
    assert keymap.registered((elsewhere / "kb.ini").read_bytes()) >= IDS
    uninstall(machine.scene())
    assert (tree(machine.folder), tree(elsewhere)) == before


def test_a_link_in_the_place_of_the_scripts_is_the_users(machine: Machine) -> None:
    machine.installed.parent.mkdir(parents=True)
    machine.installed.symlink_to(machine.source)
    before = tree(machine.source)
    with pytest.raises(EnvironmentProblem, match="Remove the link"):
        put(machine)
    assert tree(machine.source) == before


def test_uninstall_without_an_install_removes_nothing(machine: Machine) -> None:
    machine.installed.mkdir(parents=True)
    (machine.installed / SCRIPTS[0]).write_text("-- by hand\n")
    before = tree(machine.folder)
    done = uninstall(machine.scene())
    assert tree(machine.folder) == before
    assert "installed nothing" in done.notes[0]


@pytest.mark.parametrize("bad", ["../../../reaper.ini", "/etc/hostname", ""])
def test_a_receipt_that_leads_out_of_the_folder_is_not_followed(machine: Machine, bad: str) -> None:
    put(machine)
    file = machine.folder / "Data" / "voxmend" / "scripts.json"
    data = json.loads(file.read_bytes())
    ini = machine.folder / "reaper.ini"
    data["files"] = {bad: tree(machine.folder)[ini.name]}
    file.write_text(json.dumps(data))
    uninstall(machine.scene())
    assert ini.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 2}', '{"schema": 1}', "null"])
def test_a_broken_receipt_counts_as_none(machine: Machine, text: str) -> None:
    put(machine)
    (machine.folder / "Data" / "voxmend" / "scripts.json").write_text(text)
    before = tree(machine.installed)
    uninstall(machine.scene())
    assert tree(machine.installed) == before
    assert put(machine).kept == ()


def test_the_users_menu_entries_for_our_actions_are_not_doubled(machine: Machine) -> None:
    command = actions_of(SCRIPTS)[0].command
    own = MENU.replace(b"item_6=40012", f"item_6={command}".encode())
    machine.menu.write_bytes(own)
    assert put(machine, with_menu=True).menu == "there"
    uninstall(machine.scene())
    assert machine.menu.read_bytes() == own
    assert menu.shown(own, [command]) == {command}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_the_rights_of_an_ini_file_stay(machine: Machine) -> None:
    machine.keymap.chmod(0o640)
    put(machine)
    assert machine.keymap.stat().st_mode & 0o777 == 0o640
