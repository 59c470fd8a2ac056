"""Where REAPER keeps its settings, on each system."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from voxmend.reaper import pointer, resource, scripts
from voxmend.reaper.resource import Found, choose, defaults, find
from voxmend_protocol.errors import BadRequest, EnvironmentProblem


def reaper_at(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "reaper.ini").write_text("[REAPER]\n")
    return folder


@pytest.mark.parametrize(
    ("platform", "env", "wanted"),
    [
        ("win32", {"HOME": "/u", "APPDATA": "/u/Roaming"}, ["/u/Roaming/REAPER"]),
        ("win32", {"HOME": "/u"}, ["/u/AppData/Roaming/REAPER"]),
        ("darwin", {"HOME": "/u"}, ["/u/Library/Application Support/REAPER"]),
        (
            "linux",
            {"HOME": "/u"},
            ["/u/.config/REAPER", "/u/.var/app/fm.reaper.Reaper/config/REAPER"],
        ),
        (
            "linux",
            {"HOME": "/u", "XDG_CONFIG_HOME": "/c"},
            ["/c/REAPER", "/u/.var/app/fm.reaper.Reaper/config/REAPER"],
        ),
        (
            "linux",
            {"HOME": "/u", "XDG_CONFIG_HOME": "relative"},
            ["/u/.config/REAPER", "/u/.var/app/fm.reaper.Reaper/config/REAPER"],
        ),
    ],
)
def test_each_system_has_its_places(platform: str, env: dict[str, str], wanted: list[str]) -> None:
    assert [folder for folder, _ in defaults(env, platform)] == [Path(text) for text in wanted]


def test_one_folder_is_chosen_several_must_be_named_and_none_is_said(tmp_path: Path) -> None:
    memory = tmp_path / "state" / "reaper.json"
    one, other = tmp_path / "one", tmp_path / "zwö"
    places = [(one, "default"), (other, "flatpak")]
    with pytest.raises(EnvironmentProblem, match=f"looked at {one}, {other}"):
        choose(None, memory, places)
    reaper_at(one)
    assert choose(None, memory, places) == one
    reaper_at(other)
    assert find(memory, places) == [Found(one, "default"), Found(other, "flatpak")]
    with pytest.raises(BadRequest, match=rf"{one}, {other}\. Name one of them: --resource"):
        choose(None, memory, places)
    assert choose(str(other), memory, places) == other


def test_a_portable_folder_is_remembered_and_forgotten(tmp_path: Path) -> None:
    memory = tmp_path / "state" / "reaper.json"
    folder = reaper_at(tmp_path / "stick" / "REAPER ü")
    assert resource.remembered(memory) == []
    resource.remember(memory, folder)
    resource.remember(memory, folder)
    assert json.loads(memory.read_bytes())["resources"] == [str(folder)]
    assert find(memory, []) == [Found(folder, "remembered")]
    assert find(memory, [(folder, "default")]) == [Found(folder, "default")]
    resource.forget(memory, folder)
    assert find(memory, []) == []


def test_a_folder_reached_by_two_names_is_one(tmp_path: Path) -> None:
    folder = reaper_at(tmp_path / "real")
    (tmp_path / "link").symlink_to(folder)
    places = [(tmp_path / "link", "default"), (folder, "flatpak")]
    assert len(find(tmp_path / "none", places)) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"resources": 3}', '{"resources": [3]}', "\xff"])
def test_a_broken_memory_is_an_empty_one(tmp_path: Path, text: str) -> None:
    memory = tmp_path / "reaper.json"
    memory.write_text(text, "latin-1")
    assert resource.remembered(memory) == []


def test_a_named_folder_must_be_reapers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = tmp_path / "reaper.json"
    (tmp_path / "empty").mkdir()
    for named in ("empty", "none"):
        with pytest.raises(BadRequest, match="Show REAPER resource path"):
            choose(str(tmp_path / named), memory)
    folder = reaper_at(tmp_path / "REAPER")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert choose("REAPER", memory) == folder
    assert choose("~/REAPER", memory) == folder


def test_a_pointer_tells_why_it_does_not_lead_here(tmp_path: Path) -> None:
    data, home = tmp_path / "Data" / "voxmend", tmp_path / "home"
    file = data / "install.json"
    assert "not there" in pointer.problem(data, home)
    pointer.write(data, home)
    assert pointer.problem(data, home) == ""
    assert "another voxmend" in pointer.problem(data, tmp_path / "other")
    right = file.read_text()
    for old, new, said in (
        ('"0.1.0"', '"0.0.1"', "version 0.0.1"),
        (sys.executable, str(tmp_path / "gone"), "not there any more"),
        ('"command"', '"kommand"', "cannot be read"),
        ("{", "", "cannot be read"),
    ):
        file.write_text(right.replace(old, new))
        assert said in pointer.problem(data, home)


def test_only_windows_needs_short_names() -> None:
    assert pointer.plain("/home/zoë") == "/home/zoë"


def test_the_scripts_of_the_checkout_come_before_an_installed_copy() -> None:
    place = Path(__file__).resolve().parents[2] / "daw_scripts" / "reaper"
    assert scripts.source() == place
    files = scripts.contents(place)
    assert "voxmend_protocol/zmtp.py" in files
    assert all(file.is_file() for file in files.values())
