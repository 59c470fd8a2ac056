"""A name of a manifest is one thing inside its folder, by the rules of every system at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from voxmend.foreign import ForeignError
from voxmend.plain_names import absolute, fault, fault_of_path, folder_name, stem_name, within

GOOD = (
    *("vocals.wav", "Größe & co (1).wav", "歌.flac", ".hidden", "a b", "con1", "null", "auxiliary"),
    *("COM.wav", "com10.wav", "console.txt", "a'b", "x~1", "[x]", "ﬁ", "e\u0301", "%2e%2e", "-rf"),
)
BAD: tuple[Any, ...] = (
    *("", ".", "..", "/", "/x", "a/b", "a\\b", "..\\x", "C:", "C:x", "C:\\x", "\\\\host\\share"),
    *("x.wav:stream", "x:$DATA", "a*", "a?", 'a"', "<", ">", "|", "a.", "a ", "...", "a. ."),
    *("NUL", "nul", "NUL.txt", "con.tar.gz", "CON .x", "Aux", "PRN.", "COM1", "com9.wav", "LPT0"),
    *("COM¹.wav", "lpt²", "CONIN$", "conout$.x", "CLOCK$"),
    *("a\0b", "a\nb", "a\rb", "a\tb", "\x1b[2J", "\x7f", "\x85", "\x9b", "\ud800", "\udcff"),
    *("a" * 256, "ä" * 128, None, 3, True, b"x", ["x"], {"x": 1}),
)


@pytest.mark.parametrize("name", GOOD)
def test_a_plain_name_is_taken(name: str, tmp_path: Path) -> None:
    assert fault(name) == ""
    assert within(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plain_name_on_some_system_is_none_on_any(name: Any, tmp_path: Path) -> None:
    assert fault(name)
    if name != "a/b":
        with pytest.raises(ForeignError):
            within(tmp_path, name)
        assert not isinstance(name, str) or fault_of_path(f"lib/{name}/x")


def test_a_path_of_plain_names_is_taken() -> None:
    assert fault_of_path("lib/deep/a.lua") == ""
    for path in ("lib//a", "/lib/a", "lib/a/", "./a", "a/../b", "a/NUL/b", "a\\b/c"):
        assert fault_of_path(path)


def test_no_link_is_followed_out_of_the_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "job", tmp_path / "jobs"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").touch()
    (root / "file").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    (root / "dangling").symlink_to("/nonexistent/x")
    (root / "round").symlink_to(root / "real")
    (root / "real").touch()
    for name in ("file", "folder/secret", "dangling"):
        with pytest.raises(ForeignError, match="leads out of the folder"):
            within(root, name)
    assert within(root, "round")
    (tmp_path / "way").symlink_to(root)  # the folder itself may be reached by one
    assert within(tmp_path / "way", "real")


@pytest.mark.parametrize(
    ("path", "posix", "windows"),
    [
        ("/songs/a.wav", True, False),
        ("C:\\songs\\a.wav", False, True),
        ("c:/songs/a.wav", False, True),
        ("\\\\host\\share\\a.wav", False, True),
        ("//host/share/a.wav", True, True),
        ("C:songs", False, False),
        ("C:", False, False),
        ("\\songs", False, False),
        ("songs", False, False),
        ("", False, False),
        ("~/songs", False, False),
        ("\\\\.\\NUL", False, False),
        ("\\\\?\\C:\\x", False, False),
        ("\\\\host", False, False),
        ("C:\\x.wav:stream", False, False),
        ("1:\\x", False, False),
    ],
)
def test_a_whole_path_is_one_by_the_rules_of_the_system_it_is_for(
    path: str, posix: bool, windows: bool
) -> None:
    assert (absolute(path, windows=False), absolute(path, windows=True)) == (posix, windows)


@pytest.mark.parametrize(
    ("pattern", "song", "name"),
    [
        ("{stem}", "song", "vocals"),
        ("{song} - {stem}", "song", "song - vocals"),
        ("{preset}_{stem}_{song}", "a{stem}b", "quick_vocals_a{stem}b"),
        ("{song}{stem}", 'a/b:c*"d\n', "a_b_c__d_vocals"),
        ("{song}.{stem}", "con", "_con.vocals"),
        ("{song} {stem}", "ä" * 300, "ä" * 96 + " vocals"),
    ],
)
def test_a_stem_s_name_is_a_plain_one_whatever_the_song_is_called(
    pattern: str, song: str, name: str
) -> None:
    made = stem_name(pattern, song, "vocals", "quick")
    assert made == name
    assert fault(f"{made}.wav") == ""


def test_a_folder_s_name_leaves_room_for_its_number() -> None:
    assert folder_name("song", "quick") == "song_quick"
    long = folder_name("x" * 300, "quick")
    assert long.endswith("x_quick")
    assert len(f"{long}_9999.partial") == 255
