"""The pictures of REAPER's windows in the pages show what is drawn now."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from reaper import window_pictures


def test_each_picture_is_what_is_drawn_now_and_there_is_no_other(tmp_path: Path) -> None:
    now = {
        name: window_pictures.svg(one) for name, one in window_pictures.recorded(tmp_path).items()
    }
    there = {
        file.stem: file.read_text("utf-8") for file in window_pictures.FOLDER.glob("reaper_*.svg")
    }
    assert there.keys() == now.keys()
    for name, text in now.items():
        assert there[name] == text, f"{name}: make them anew: make pictures"
        ElementTree.fromstring(text)
        assert len(text) < 30_000
        assert not re.search(r"/tmp|/root|/home|href|url\(", text)
