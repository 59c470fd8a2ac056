"""Curves as SVG that stretches with the page; without text in it, which would be stretched too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .markup import Html, join, tag

HEIGHT = 100.0


def svg(
    lines: Sequence[tuple[str, npt.NDArray[np.float32]]],
    hop_s: float,
    seconds: float,
    top: float,
    regions: Sequence[Mapping[str, Any]],
) -> Html:
    """Curves over damaged stretches.

    Args:
        lines: class of a line, and its values, nan where there is none.
        hop_s: seconds from one value to the next.
        top: value at the upper edge.
        regions: with ``start_s``, ``end_s`` and ``size``.
    """
    shades = [
        tag(
            "rect", class_=str(region["size"]), x=f"{region['start_s']:.2f}", y="0",
            width=f"{region['end_s'] - region['start_s']:.2f}", height=f"{HEIGHT:g}",
        )
        for region in regions
    ]  # fmt: skip
    middle = tag("path", class_="grid", d=f"M0 {HEIGHT / 2:g}H{seconds:.2f}")
    drawn = [tag("path", class_=name, d=path(line, hop_s, top)) for name, line in lines]
    return tag(
        "svg", join((*shades, middle, *drawn)), viewBox=f"0 0 {seconds:.3f} {HEIGHT:g}",
        preserveAspectRatio="none", aria_hidden="true", focusable="false",
    )  # fmt: skip


def path(line: npt.NDArray[np.float32], hop_s: float, top: float) -> str:
    """The strokes of a curve; a lone value is as wide as its hop."""
    parts: list[str] = []
    pen = False
    for n, value in enumerate(line.tolist()):
        if np.isnan(value):
            pen = False
            continue
        x, y = (n + 0.5) * hop_s, HEIGHT * (1 - min(value, top) / top)
        alone = not pen and (n + 1 == len(line) or bool(np.isnan(line[n + 1])))
        if alone:
            parts.append(f"M{n * hop_s:.2f} {y:.2f}H{(n + 1) * hop_s:.2f}")
        else:
            parts.append(f"{'L' if pen else 'M'}{x:.2f} {y:.2f}")
            pen = True
    return "".join(parts)
