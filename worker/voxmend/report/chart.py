"""A diagnosis as one picture: the sound, and under it a curve for each damage.

``voxmend diagnose --plot`` draws it with Pillow, into a PNG that no program has to open first.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..audio.spectrogram import Picture
from ..damage import NAMES, WORDS
from ..diagnosis.findings import HOP_S, LIMITS, Finding
from ..diagnosis.survey import Survey
from ..disk import write_error
from . import axes, palette
from .words import ALONE_BLEED, WHY, clock

WIDTH, HEIGHT = 1600, 1180
LEFT, RIGHT, TOP = 110, 30, 70
SOUND, PANEL, GAP = 300, 150, 34

INK, FAINT, PAPER = "#1c1c1c", "#707070", "#ffffff"
SHADE = {"some": "#fbe3c8", "strong": "#f4b183"}
"""Behind damaged stretches."""


def write(file: Path, name: str, survey: Survey, sound: Picture | None) -> None:
    """Draw a survey.

    Raises:
        DiskFull, OutputUnwritable: the file cannot be written.
    """
    drawn = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    _Chart(ImageDraw.Draw(drawn), survey).draw(drawn, name, sound)
    try:
        with file.open("xb") as opened:
            drawn.save(opened, "PNG", optimize=True)
    except OSError as error:
        raise write_error(file, error, "Name another file.") from None


class _Chart:
    def __init__(self, pen: ImageDraw.ImageDraw, survey: Survey) -> None:
        self.pen, self.survey = pen, survey
        self.small, self.large = ImageFont.load_default(17), ImageFont.load_default(24)
        self.seconds = max(survey.findings.seconds, 1e-3)

    def x(self, seconds: float) -> float:
        """Where a time lies."""
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / self.seconds

    def draw(self, paper: Image.Image, name: str, sound: Picture | None) -> None:
        """All of it."""
        known = "with its mixture" if self.survey.findings.with_mixture else "alone"
        title = f"{name}, {clock(self.seconds)}, {known}"
        self.pen.text((LEFT, TOP / 2), title, INK, self.large, anchor="lm")
        y = TOP
        if sound is not None:
            box = (WIDTH - LEFT - RIGHT, SOUND)
            paper.paste(palette.image(sound).convert("RGB").resize(box, Image.Resampling.BILINEAR),
                        (LEFT, y))  # fmt: skip
            for place, label in axes.frequencies(sound.low_hz, sound.high_hz):
                self.tick(y + SOUND * (1 - place), label)
            y += SOUND
        for finding in self.survey.findings.found:
            y += GAP
            self.panel(y, finding)
            y += PANEL
        for seconds, label in axes.times(self.seconds, 12):
            self.pen.line([(self.x(seconds), y), (self.x(seconds), y + 6)], INK)
            self.pen.text((self.x(seconds), y + 10), label, INK, self.small, anchor="mt")
        middle = self.x(self.seconds / 2)
        self.pen.text((middle, y + 34), "time, min:s", INK, self.small, anchor="mt")
        legend = "damage: 0 = clean, 1 = medium; dotted: where some begins, and strong"
        self.pen.text((middle, y + 58), legend, FAINT, self.small, anchor="mt")

    def tick(self, y: float, label: str) -> None:
        """One of the upright axis."""
        self.pen.line([(LEFT - 6, y), (LEFT, y)], INK)
        self.pen.text((LEFT - 10, y), label, INK, self.small, anchor="rm")

    def panel(self, y: int, finding: Finding) -> None:
        """One damage."""
        curve = self.survey.curves[finding.damage]
        limits = LIMITS[self.survey.findings.with_mixture]
        some, strong = limits.some[finding.damage], limits.strong[finding.damage]
        top = axes.top_of(curve, limit=strong)

        def height(value: float) -> float:
            return y + PANEL * (1 - min(value, top) / top)

        for region in finding.regions:
            box = (self.x(region.start_s), y, self.x(region.end_s), y + PANEL)
            self.pen.rectangle(box, SHADE[region.size])
        for limit in () if finding.why else (some, strong):
            for x in range(LEFT, WIDTH - RIGHT, 10):
                self.pen.line([(x, height(limit)), (x + 3, height(limit))], FAINT)
        self.pen.rectangle((LEFT, y, WIDTH - RIGHT, y + PANEL), outline=FAINT)
        line: list[tuple[float, float]] = []
        for n, value in enumerate([*curve.tolist(), np.nan]):
            if not np.isnan(value):
                line.append((self.x((n + 0.5) * HOP_S), height(value)))
            elif line:
                self.stroke(line, FAINT if finding.why else palette.AFTER)
                line = []
        for value in (0.0, top / 2, top):
            self.tick(height(value), f"{value:g}")
        words = f"{WORDS[finding.damage]}: {finding.size}"
        if finding.why:
            words = f"{WORDS[finding.damage]}: {WHY[finding.why]}"
        elif finding.damage == NAMES[3] and finding.regions and finding.why is None:
            words += "" if self.survey.findings.with_mixture else f" ({ALONE_BLEED})"
        self.pen.text((LEFT + 4, y - 4), words, INK, self.small, anchor="lb")

    def stroke(self, line: list[tuple[float, float]], colour: str) -> None:
        """A piece of a curve; a lone value is a short stroke."""
        if len(line) == 1:
            line = [(line[0][0] - 3, line[0][1]), (line[0][0] + 3, line[0][1])]
        self.pen.line(line, colour, 3, joint="curve")
