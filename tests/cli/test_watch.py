"""``voxmend watch add | list | remove``, and what ``run`` says where there is nothing to run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from voxmend.cli.app import app
from voxmend.watch import notify as notifier
from voxmend.watch import run as watcher
from voxmend.watch.event import Event


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Type a command in an empty home; what came of it."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["watch", *map(str, words)])


def test_a_folder_is_made_and_listed_and_removed(typed: Any, tmp_path: Path) -> None:
    folder = tmp_path / "süße Lieder"
    added = typed("add", folder, "--preset", "mend", "--done", "--json")
    assert added.exit_code == 0, added.stderr
    assert json.loads(added.stdout)["preset"] == "mend"
    assert sorted(f.name for f in folder.iterdir()) == ["Errors", "Restored"]
    assert "voxmend watch run" in added.stderr
    assert "voxmend models pull --preset mend" in added.stderr
    (item,) = json.loads(typed("list", "--json").stdout)["items"]
    assert (item["path"], item["done"], item["poll"]) == (str(folder), True, False)
    assert str(folder) in typed("list").stdout
    assert typed("remove", folder).exit_code == 0
    assert json.loads(typed("list", "--json").stdout)["items"] == []
    assert "Add one: voxmend watch add" in typed("list").stderr


def test_without_a_preset_it_is_the_one_of_the_settings(
    typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_RESTORE_PRESET", "mend")
    assert json.loads(typed("add", tmp_path / "a", "--json").stdout)["preset"] == "mend"


def test_sub_folders_are_made_for_every_preset_where_that_is_asked_for(
    typed: Any, tmp_path: Path
) -> None:
    typed("add", tmp_path / "a", "--sub-folders")
    made = {f.name for f in (tmp_path / "a").iterdir()}
    assert {"quick", "restore", "studio", "mend", "Restored", "Errors"} <= made
    assert not {"preview", "light"} & made


def test_a_folder_added_under_an_old_name_gets_the_new_one_and_one_from_before_is_told_of(
    typed: Any, tmp_path: Path
) -> None:
    said = "preview has been replaced by quick"
    added = typed("add", tmp_path / "a", "--preset", "preview", "--json")
    assert (added.exit_code, json.loads(added.stdout)["preset"]) == (0, "quick")
    assert added.stderr.count(said) == 1
    assert said not in typed("list").stderr
    file = tmp_path / "home" / "config" / "watch.json"
    file.write_text(file.read_text().replace("quick", "preview"))
    listed = typed("list")
    assert f"{tmp_path / 'a'}: The preset {said}" in listed.stderr
    refused = typed("add", tmp_path / "b", "--preset", "light", "--set", "bandwidth.strength=0.3")
    assert refused.exit_code == 2
    assert "light has been replaced by quick" in refused.stderr
    assert "It has: denoise.caution, denoise.strength, separate.speeds." in refused.stderr


def test_a_second_way_to_a_folder_is_the_same_folder(typed: Any, tmp_path: Path) -> None:
    typed("add", tmp_path / "a", "--preset", "quick")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    typed("add", tmp_path / "b", "--preset", "mend")
    (item,) = json.loads(typed("list", "--json").stdout)["items"]
    assert (item["path"], item["preset"]) == (str(tmp_path / "a"), "mend")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "a", "--preset", "karaoke"), 2, "There is no preset"),
        (("add", "a", "--set", "denoise.loudness=3"), 2, "has no parameter"),
        (("add", "a", "--set", "denoise.strength=2"), 2, "give a number from 0 to 1"),
        (("add", "a", "--set", "denoise.strength=0,5"), 2, "Write a fraction with a point"),
        (("add", ""), 2, "is empty"),
        (("add", "a", "--format", "ogg"), 2, "write one of"),
        (("add", "/"), 2, "Make a folder for it"),
        (("remove", "a"), 2, "voxmend watch list"),
        (("run",), 2, "voxmend watch add FOLDER"),
        (("add", "file/a"), 1, "voxmend watch add FOLDER"),
    ],
)
def test_a_mistake_is_a_sentence_with_the_next_command(
    words: tuple[str, ...], code: int, said: str, typed: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    run = typed(*words)
    assert run.exit_code == code
    assert said in run.stderr
    assert not (tmp_path / "home" / "config" / "watch.json").exists()


def test_notifications_can_be_switched_off_in_the_settings(
    typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(notifier, "notify", lambda title, text: shown.append(text))

    def run(self: watcher.Watcher, once: bool, stay: bool) -> None:
        self._tell(Event("done", "a.wav: done", file="a.wav"))
        self._each_turn(0.0)

    monkeypatch.setattr(watcher.Watcher, "run", run)
    monkeypatch.setattr(watcher, "stop_on_sigterm", lambda: None)
    assert typed("run").exit_code == 0
    config = tmp_path / "home" / "config" / "voxmend.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[watch]\nnotify = false\n")
    assert typed("run").exit_code == 0
    assert shown == ["Mended: a.wav"]
