"""The line of a job fits from 20 to 200 columns, and what matters is there."""

from __future__ import annotations

import itertools

import pytest
from rich.cells import cell_len

from voxmend.cli.bar import Row, fitted

NAMES = (
    "a.wav",
    "a long name of a song that nobody can read.flac",
    "歌声の録音第二版.wav",
    "é" * 90,
)


@pytest.mark.parametrize("width", [20, 39, 40, 59, 60, 79, 80, 120, 200])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fraction", [0.0, 0.42, 1.0])
def test_it_is_never_wider_and_always_tells_name_and_percentage(
    width: int, name: str, fraction: float
) -> None:
    row = Row(name, fraction, "separate 2/7", "1 min 03 s left", "AMD EPYC 9B14, 2 threads")
    for encoding in ("utf-8", "ascii"):
        line = fitted(row, width, encoding).plain
        assert cell_len(line) <= width
        assert f"{100 * fraction:3.0f} %" in line
        assert line.startswith(name[:4])


def test_room_goes_to_what_matters_first() -> None:
    row = Row("song.wav", 0.42, "separate 2/7", "12 s left", "cpu")

    def told(width: int) -> set[str]:
        line = fitted(row, width).plain
        signs = {"bar": "━", "left": "12 s left", "stage": "separate", "device": "cpu"}
        return {part for part, sign in signs.items() if sign in line}

    seen = [told(width) for width in range(20, 100)]
    for narrow, wide in itertools.pairwise(seen):
        assert narrow <= wide  # nothing that had room loses it to something else
    assert told(40) >= {"left"}
    assert told(60) >= {"left", "stage", "bar"}
    assert told(99) == {"left", "stage", "bar", "device"}


def test_without_colour_and_unicode_the_bar_still_tells_how_far() -> None:
    line = fitted(Row("a.wav", 0.5), 60, "ascii").plain
    assert "############------------" in line
    assert line.isascii()
