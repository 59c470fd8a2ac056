"""A picture of each excerpt: how loud the true voice is, the stem before and after mending, and the
gain that mending applied, over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ...disk import write_error
from ...dsp.curves import FRAME_S
from .measure import Sounds
from .multitrack import Multitrack
from .readings import level_db, sings

WIDTH, LEVELS, GAIN = 1600, 420, 160
LEFT, RIGHT, TOP, BETWEEN, BOTTOM = 90, 30, 60, 40, 60
DEEPEST_DB, LEAST_GAIN_DB, MOST_GAIN_DB = -70.0, -30.0, 6.0

INK, FAINT, PAPER, SUNG = "#1c1c1c", "#707070", "#ffffff", "#e7efe2"
TRUTH, RAW, FINAL = "#4d8b31", "#9aa0a6", "#b4472e"

Point = tuple[float, float]


def into(folder: Path) -> Callable[[Multitrack, int, str, Sounds], None]:
    """Makes a folder, and draws into it.

    Raises:
        DiskFull, OutputUnwritable: the folder cannot be made, or is there already.
    """
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise write_error(folder, error, "Name a new folder.") from None

    def draw(song: Multitrack, toward: int, name: str, sounds: Sounds) -> None:
        title = f"{song.name}, from {song.start_s:.0f} s, {name}"
        if toward:
            title += f", {toward} % towards the true voice"
        file = folder / f"{title.replace(', ', '_').replace(' ', '_').replace('/', '_')}.png"
        try:
            picture(title, sounds, song.rate).save(file, "PNG", optimize=True)
        except OSError as error:
            raise write_error(file, error, "Name another folder.") from None

    return draw


def picture(title: str, sounds: Sounds, rate: int) -> Image.Image:
    """Draw one excerpt."""
    paper = Image.new("RGB", (WIDTH, TOP + LEVELS + BETWEEN + GAIN + BOTTOM), PAPER)
    pen, small = ImageDraw.Draw(paper), ImageFont.load_default(17)
    truth, raw, final = (level_db(s, rate) for s in (sounds.truth, sounds.raw, sounds.final))
    top = max(float(truth.max()), float(raw.max()))
    seconds = len(truth) * FRAME_S
    sung = sings(sounds.truth, rate)

    def x(frame: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * frame / len(truth)

    def panel(y: float, height: float, low: float, high: float, ticks: Sequence[float]) -> None:
        edges = torch.diff(sung.int(), prepend=torch.zeros(1), append=torch.zeros(1))
        starts, ends = ((edges == way).nonzero()[:, 0].tolist() for way in (1, -1))
        for start, end in zip(starts, ends, strict=True):
            pen.rectangle((x(start), y, x(end), y + height), SUNG)
        pen.rectangle((LEFT, y, WIDTH - RIGHT, y + height), outline=FAINT)
        for tick in ticks:
            place = y + height * (high - tick) / (high - low)
            pen.line([(LEFT - 6, place), (LEFT, place)], INK)
            pen.text((LEFT - 10, place), f"{tick:g}", INK, small, anchor="rm")

    def line(curve: Tensor, y: float, height: float, low: float, high: float, colour: str) -> None:
        values = curve.clamp(low, high).tolist()
        points: list[Point] = [
            (x(n), y + height * (high - value) / (high - low)) for n, value in enumerate(values)
        ]
        pen.line(points, colour, 2)

    pen.text((LEFT, TOP / 2), title, INK, ImageFont.load_default(24), anchor="lm")
    panel(TOP, LEVELS, DEEPEST_DB, 0.0, (0, -20, -40, -60))
    for curve, colour in ((truth, TRUTH), (raw, RAW), (final, FINAL)):
        line(curve - top, TOP, LEVELS, DEEPEST_DB, 0.0, colour)
    y = TOP + LEVELS + BETWEEN
    panel(y, GAIN, LEAST_GAIN_DB, MOST_GAIN_DB, (0, -10, -20, -30))
    line(final - raw, y, GAIN, LEAST_GAIN_DB, MOST_GAIN_DB, FINAL)
    for second in range(0, int(seconds) + 1, max(1, round(seconds / 20))):
        place = x(round(second / FRAME_S))
        pen.line([(place, y + GAIN), (place, y + GAIN + 6)], INK)
        pen.text((place, y + GAIN + 10), f"{second}", INK, small, anchor="mt")
    legend = (("true voice, dB", TRUTH), ("separated", RAW), ("mended", FINAL))
    place = float(LEFT)
    for words, colour in (*legend, ("gain below, dB; shaded: somebody sings; time in s", INK)):
        pen.text((place, y + GAIN + 34), words, colour, small)
        place += small.getlength(words) + 24
    return paper
