"""The pictures of the command line are what its commands print, fetch nothing and are small."""

from __future__ import annotations

import html
import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from voxmend_bench import pictures

MOST_BYTES = 30_000


def words(svg: str) -> str:
    """The text of a picture."""
    found = re.findall(r"<text class=\"[\w-]+-r\d+\"[^>]*>(.*?)</text>", svg, re.DOTALL)
    return html.unescape("".join(found)).replace("\xa0", " ")


def test_each_picture_is_there_and_no_other() -> None:
    there = {file.stem for file in pictures.FOLDER.iterdir()}
    there -= {name for name in there if name.startswith("reaper_")}  # tests/reaper draws those
    assert there == set(pictures.PICTURES)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_small_and_fetches_nothing_and_names_no_machine(name: str) -> None:
    svg = (pictures.FOLDER / f"{name}.svg").read_text("utf-8")
    Xml.fromstring(svg)
    assert len(svg) < MOST_BYTES
    assert not re.search(r"url\((?!#)|href|<script|/tmp|/home|/root", svg)
    assert f"$ voxmend {' '.join(pictures.PICTURES[name])}" in words(svg)


def test_colours_of_the_terminal_are_drawn() -> None:
    assert pictures.drawn("\x1b[32mok\x1b[0m", "a") != pictures.drawn("ok", "a")
    assert words(pictures.drawn("\x1b[32mok\x1b[0m  å", "a")).split() == ["ok", "å"]


def test_the_picture_of_the_presets_shows_what_there_is_now(tmp_path: Path) -> None:
    now = pictures.drawn(pictures.shown("presets", tmp_path), "presets")
    drawn = (pictures.FOLDER / "presets.svg").read_text("utf-8")
    assert words(now) == words(drawn), "make them anew: make pictures"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["diagnose", "doctor"])
def test_a_picture_shows_what_its_command_says_now(name: str, tmp_path: Path) -> None:
    now = words(pictures.drawn(pictures.shown(name, tmp_path), name))
    drawn = words((pictures.FOLDER / f"{name}.svg").read_text("utf-8"))
    if name == "doctor":  # what it found is about one machine; what it looked at is not
        assert titles(now) == titles(drawn)
    else:
        assert now == drawn


def titles(text: str) -> list[str]:
    """What the doctor looked at."""
    return re.findall(r"^(?:ok|warn|fail) +(.*?)  ", text, re.MULTILINE)
