"""The part of a report that shows the sound: a spectrogram of what came in, and of the voice after
each step, all at one scale."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from ..audio.spectrogram import RANGE_DB, Picture
from . import axes, palette, words
from .damage import clock_ticks
from .facts import Facts
from .markup import Html, join, tag


def section(facts: Facts, pictures: Sequence[Picture]) -> Html:
    """All of them; a sentence where none were kept."""
    if not pictures:
        return tag(
            "p",
            "The pictures of this job were not kept on this machine, or were removed to make room.",
        )
    return join((_scale(), *(_figure(facts, each) for each in pictures)))


def _scale() -> Html:
    """The legend of the colours."""
    stops = ", ".join(f"#{stop}" for stop in palette.VIRIDIS.split())
    bar = tag("i", class_="bar", style=f"background:linear-gradient(90deg, {stops})")
    return tag("p", f"−{RANGE_DB:g} dB ", bar, " 0 dB, against the loudest moment that came in",
               class_="legend")  # fmt: skip


def _figure(facts: Facts, picture: Picture) -> Html:
    name = words.block(picture.name)
    data = base64.b64encode(palette.png(picture)).decode()
    spoken = (
        f"Spectrogram of {name if picture.name == 'source' else 'the voice ' + name}: level over "
        f"{words.clock(facts.seconds)} from {picture.low_hz:g} Hz to {picture.high_hz:g} Hz"
    )
    ticks = [
        tag("span", label, style=f"bottom:{100 * place:.2f}%")
        for place, label in axes.frequencies(picture.low_hz, picture.high_hz)
    ]
    image = tag("img", alt="", src=f"data:image/png;base64,{data}").removesuffix("</img>")
    plot = tag("div", Html(image), tag("div", class_="head"), class_="plot seekable tall")
    return tag(
        "figure",
        tag("figcaption", tag("b", name[:1].upper() + name[1:])),
        tag(
            "div", tag("div", *ticks, class_="axis"), plot,
            tag("div", *clock_ticks(facts.seconds or 1.0), class_="clock"),
            class_="chart", role="img", aria_label=spoken,
        ),
    )  # fmt: skip
