"""``voxmend reaper`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from house import printed, run_cli
from reaper_install.reaper_folder import SCRIPTS, Machine, tree

from voxmend import __version__
from voxmend.reaper.actions import actions_of
from voxmend.reaper.running import Sighting


def data(result: Any) -> Any:
    assert result.stdout, result.stderr
    return json.loads(result.stdout)


def test_status_follows_an_install_and_an_uninstall(machine: Machine, typed: Any) -> None:
    fresh = data(typed("status", "--json"))
    assert fresh["version"] == __version__
    assert fresh["items"][0]["owner"] == ""
    assert typed("install", "--menu").exit_code == 0
    item = data(typed("status", "--json"))["items"][0]
    assert item["owner"] == "voxmend"
    assert (item["version"], item["current"], item["menu"]) == (__version__, True, "entry")
    assert (item["changed"], item["missing"], item["pointer"]) == ([], [], "")
    assert item["reaper"] == "closed"
    assert item["actions"] == [
        {"file": action.file, "command": action.command, "registered": True}
        for action in actions_of(SCRIPTS)
        if not action.on_demand
    ]
    (machine.installed / SCRIPTS[0]).write_text("-- mine\n")
    (machine.installed / "lib" / "flow.lua").unlink()
    item = data(typed("status", "--json"))["items"][0]
    assert (item["changed"], item["missing"]) == ([SCRIPTS[0]], ["lib/flow.lua"])
    words = typed("status").stdout
    assert f"changed by you: {SCRIPTS[0]}" in words
    assert "6 of 6 in the action list" in words
    done = data(typed("uninstall", "--json"))
    assert done["kept"] == [SCRIPTS[0]]
    assert data(typed("status", "--json"))["items"][0]["owner"] == "hand"


def test_status_tells_of_scripts_of_another_version(machine: Machine, typed: Any) -> None:
    typed("install")
    receipt = machine.folder / "Data" / "voxmend" / "scripts.json"
    receipt.write_text(receipt.read_text().replace(__version__, "0.0.1"))
    assert "bring it up to date: voxmend reaper install" in typed("status").stdout


def test_after_half_an_uninstall_status_tells_what_reaper_still_lists(
    machine: Machine, typed: Any
) -> None:
    typed("install")
    machine.seen = [Sighting(True)]
    assert "Close it and type: voxmend reaper uninstall" in typed("uninstall").stderr
    item = data(typed("status", "--json"))["items"][0]
    assert (item["owner"], item["files"], item["reaper"]) == ("", 0, "running")
    assert sum(action["registered"] for action in item["actions"]) == 6


def test_looking_changes_nothing(machine: Machine, typed: Any) -> None:
    typed("install")
    before = tree(machine.root)
    typed("status")
    assert tree(machine.root) == before


def test_words_are_on_stderr_and_end_with_what_happened(machine: Machine, typed: Any) -> None:
    run = typed("install", "--menu")
    assert run.stdout == ""
    assert f"is in {machine.folder}" in run.stderr
    assert "right-click menu of items has them" in run.stderr
    assert "gone from the action list" in typed("uninstall").stderr
    assert "installed nothing" in typed("uninstall").stderr


def test_errors_are_a_code_and_a_sentence(tmp_path: Path) -> None:
    env = {"VOXMEND_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "XDG_CONFIG_HOME": ""}
    run = run_cli("reaper", "install", "--json", **env)
    assert (run.returncode, printed(run)["error"]["code"]) == (4, "environment")
    run = run_cli("reaper", "install", "--resource", tmp_path / "no", "--json", **env)
    assert (run.returncode, printed(run)["error"]["code"]) == (2, "bad_request")
    run = run_cli("reaper", "status", "--json", **env)
    assert (run.returncode, printed(run)["items"]) == (0, [])
    for folder in (".config/REAPER", ".var/app/fm.reaper.Reaper/config/REAPER"):
        (tmp_path / folder / "Scripts").mkdir(parents=True)
    run = run_cli("reaper", "install", **env)
    assert run.returncode == 2
    assert "--resource FOLDER" in run.stderr
    assert "Traceback" not in run.stderr
    items = printed(run_cli("reaper", "status", "--json", **env))["items"]
    assert [item["origin"] for item in items] == ["default", "flatpak"]


@pytest.mark.parametrize("words", [(), ("install",), ("uninstall",), ("status",)])
def test_every_screen_of_help_fits(words: tuple[str, ...]) -> None:
    run = run_cli("reaper", *words, "--help")
    assert run.returncode == 0
    assert len(run.stdout.splitlines()) < 40
