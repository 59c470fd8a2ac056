"""The list of what an installation made: a line of it can be broken, or worse."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmend.installation.manifest import Entry, read


def lines(tmp_path: Path, *told: str) -> tuple[Entry, ...]:
    file = tmp_path / "manifest"
    file.write_text("\n".join(told), "utf-8")
    return read(file)


def test_a_line_that_is_none_is_left_out(tmp_path: Path) -> None:
    good = f"tree\t{tmp_path / 'state'}"
    odd = f"file\t{tmp_path}/a\u2028b"
    found = lines(tmp_path, good, "tree\tstate", "tree", "link\t/x", "tree\t/a\0b", odd, "")
    assert found == (Entry("tree", tmp_path / "state"), Entry("file", tmp_path / "a\u2028b"))


@pytest.mark.parametrize("kind", ["tree", "mine"])
def test_no_line_takes_the_home_folder_away(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "users" / "anna"
    (home / "voxmend").mkdir(parents=True)
    (tmp_path / "way").symlink_to(home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for place in ("/", tmp_path, home.parent, home, f"{home}/voxmend/..", tmp_path / "way"):
        assert lines(tmp_path, f"{kind}\t{place}") == ()
    assert len(lines(tmp_path, f"{kind}\t{home / 'voxmend'}", f"dir\t{home}")) == 2
