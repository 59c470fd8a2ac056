"""The pictures of ``bench songs --plot``: drawn, named, and into a new folder only."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from voxmend.bench.songs import plot
from voxmend.bench.songs.measure import Sounds
from voxmend.bench.songs.multitrack import Multitrack
from voxmend_protocol.errors import OutputUnwritable

RATE = 8000


def sounds() -> Sounds:
    random = torch.Generator().manual_seed(1)
    truth = 0.1 * torch.randn(2, 4 * RATE, generator=random)
    truth[:, RATE : 2 * RATE] = 0
    raw = truth + 0.01 * torch.randn(2, 4 * RATE, generator=random)
    final = raw.clone()
    final[:, RATE : 2 * RATE] *= 0.25
    return Sounds(raw, final, truth)


def colours(picture: Image.Image) -> set[str]:
    found = picture.getcolors(1 << 20)
    assert found is not None
    return {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in found}  # type: ignore[misc]


def test_a_picture_shows_the_three_levels_the_gain_and_where_somebody_sings() -> None:
    drawn = colours(plot.picture("song", sounds(), RATE))
    assert {plot.TRUTH, plot.RAW, plot.FINAL, plot.SUNG} <= drawn


def test_a_gain_that_does_nothing_is_a_level_line() -> None:
    same = sounds()
    still = plot.picture("song", Sounds(same.raw, same.raw, same.truth), RATE)
    moved = plot.picture("song", same, RATE)
    panel = (0, plot.TOP + plot.LEVELS + plot.BETWEEN, plot.WIDTH, still.height - plot.BOTTOM)

    def rows(picture: Image.Image) -> int:
        pixels = picture.crop(panel).convert("RGB")
        wanted = tuple(int(plot.FINAL[n : n + 2], 16) for n in (1, 3, 5))
        return sum(
            any(pixels.getpixel((x, y)) == wanted for x in range(0, pixels.width, 7))
            for y in range(pixels.height)
        )

    assert rows(still) <= 3
    assert rows(moved) > 20


def test_each_excerpt_has_a_file_and_a_folder_that_is_there_is_refused(tmp_path: Path) -> None:
    draw = plot.into(tmp_path / "new")
    given = sounds()
    song = Multitrack("my song", given.truth, given.raw, RATE, start_s=20.0)
    draw(song, 0, "quick", given)
    draw(song, 50, "quick", given)
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == [
        "my_song_from_20_s_quick.png",
        "my_song_from_20_s_quick_50_%_towards_the_true_voice.png",
    ]
    with pytest.raises(OutputUnwritable, match="Name a new folder"):
        plot.into(tmp_path / "new")
