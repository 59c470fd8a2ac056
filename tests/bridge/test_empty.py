"""``voxmend bridge BOX --empty``: folders that a REAPER on Windows emptied and cannot remove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bridge.host import Host
from house import run_cli


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "REAPER" / "box" / "one")


def test_empty_folders_go_and_what_holds_anything_stays(host: Host, tmp_path: Path) -> None:
    empty, full, link = tmp_path / "ä", tmp_path / "full", tmp_path / "link"
    for folder in (empty, full, tmp_path / "aim"):
        folder.mkdir()
    (full / "vocals.wav").touch()
    link.symlink_to(tmp_path / "aim")
    places = [str(place) for place in (empty, full, link, full / "vocals.wav", tmp_path / "none")]
    host.put("empty.json", {"folders": [*places, 7, "a\0b"]})
    assert run_cli("bridge", host.box, "--empty").returncode == 0
    assert not empty.exists()
    assert (full / "vocals.wav").exists()
    assert link.is_symlink()
    assert not (host.box / "empty.json").exists()


@pytest.mark.parametrize("ask", [{"folders": "all"}, {}, ["x"], None])
def test_what_names_no_folders_removes_none(host: Host, ask: Any) -> None:
    if ask is not None:
        host.put("empty.json", ask)
    assert run_cli("bridge", host.box, "--empty").returncode == 0
