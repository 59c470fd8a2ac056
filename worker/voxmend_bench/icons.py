"""The toolbar icons, drawn anew: ``python -m voxmend_bench.icons``, or ``make icons``.

REAPER's form: one PNG for each icon and density with three squares side by side, as it is, under
the mouse and pressed; 30 dots a square in ``toolbar_icons``, 45 in ``150``, 60 in ``200``, the same
name in all three. A square brings its own ground, so that it is seen on light and dark toolbars.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[2] / "daw_scripts" / "reaper" / "toolbar_icons"
SQUARES = {"": 30, "150": 45, "200": 60}
"""Folder to dots a square."""

STATES = (
    ((58, 62, 68), (236, 240, 244)),
    ((82, 88, 96), (255, 255, 255)),
    ((36, 96, 150), (255, 255, 255)),
)
"""Ground and ink, as it is, under the mouse, pressed."""

FINE = 8
"""Each dot is drawn as so many by so many, and averaged."""

Ink = tuple[int, int, int]


class Pen:
    """Draws on one square in a grid of 30 by 30, whatever its density."""

    def __init__(self, draw: ImageDraw.ImageDraw, left: float, unit: float, ink: Ink) -> None:
        self.draw, self.left, self.unit, self.ink = draw, left, unit, ink

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.unit, y * self.unit

    def bar(self, x: float, y: float, x2: float, y2: float, ink: Ink | None = None) -> None:
        """A bar with round ends."""
        radius = min(x2 - x, y2 - y) / 2 * self.unit
        self.draw.rounded_rectangle(
            (*self._at(x, y), *self._at(x2, y2)), radius, fill=ink or self.ink
        )

    def arc(self, x: float, y: float, radius: float, start: float, end: float) -> None:
        """A part of a circle, from one angle to another, 2 wide."""
        box = (*self._at(x - radius, y - radius), *self._at(x + radius, y + radius))
        self.draw.arc(box, start, end, fill=self.ink, width=round(2 * self.unit))

    def line(self, x: float, y: float, x2: float, y2: float) -> None:
        """A line, 2.4 wide."""
        self.draw.line(
            (*self._at(x, y), *self._at(x2, y2)), fill=self.ink, width=round(2.4 * self.unit)
        )


def wave(pen: Pen, heights: tuple[float, ...], left: float) -> None:
    """Bars about the middle, 3 apart."""
    for n, height in enumerate(heights):
        x = left + 3 * n
        pen.bar(x, 15 - height, x + 1.8, 15 + height)


def restore(pen: Pen) -> None:
    """A microphone between two pieces of a waveform."""
    wave(pen, (2, 4.5), 4)
    wave(pen, (4.5, 2), 21.2)
    pen.bar(12.4, 5.5, 17.6, 16)
    pen.arc(15, 13.5, 5, 20, 160)
    pen.bar(14.1, 18, 15.9, 23)
    pen.bar(11.5, 22.4, 18.5, 24.2)


def diagnose(pen: Pen) -> None:
    """A glass over a waveform."""
    wave(pen, (2.5, 5, 3, 1.5), 7.2)
    pen.arc(12.5, 15, 8.5, 0, 360)
    pen.line(18.8, 20.2, 24.5, 25)


def toggle(pen: Pen) -> None:
    """One waveform above, two below, and the way between them."""
    pen.bar(6, 6.5, 24, 10.3)
    pen.bar(6, 16.8, 24, 19.2)
    pen.bar(6, 21.4, 24, 23.8)
    pen.line(12, 11.8, 12, 15.4)
    pen.line(18, 11.8, 18, 15.4)


def jobs(pen: Pen) -> None:
    """Jobs as bars, each further along than the one below."""
    for y, end in ((7, 25), (13.4, 19), (19.8, 12)):
        pen.bar(5, y, 25, y + 3.4, tuple((2 * one + 90) // 3 for one in pen.ink))  # type: ignore[arg-type]
        pen.bar(5, y, end, y + 3.4)


ICONS: dict[str, Callable[[Pen], None]] = {
    "voxmend_restore": restore,
    "voxmend_diagnose": diagnose,
    "voxmend_toggle": toggle,
    "voxmend_jobs": jobs,
}


def drawn(name: str, dots: int) -> Image.Image:
    """An icon at one density: three squares of so many dots."""
    fine = dots * FINE
    image = Image.new("RGBA", (3 * fine, fine), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for n, (ground, ink) in enumerate(STATES):
        pen = Pen(draw, n * fine, fine / 30, ink)
        edge = fine / 30
        draw.rounded_rectangle(
            (n * fine + edge, edge, (n + 1) * fine - edge, fine - edge), 4 * edge, fill=ground
        )
        ICONS[name](pen)
    return image.resize((3 * dots, dots), Image.Resampling.BOX)


def main() -> None:
    """Write all of them."""
    for name in ICONS:
        for folder, dots in SQUARES.items():
            place = FOLDER / folder / f"{name}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            drawn(name, dots).save(place, optimize=True)


if __name__ == "__main__":
    main()
