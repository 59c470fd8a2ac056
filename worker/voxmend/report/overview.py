"""The first picture of a report: the song, and over it where the voice is damaged.

One lane for each damage above the sound, and the damaged sections as columns in the sound itself;
a click goes there.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..audio.spectrogram import Picture
from ..damage import NAMES, WORDS
from . import axes, palette, words
from .damage import clock_ticks
from .facts import Facts
from .markup import Html, join, tag

TICKS = ("100 Hz", "1 kHz", "5 kHz")
"""Of the sound's axis: it is low, and stands below the names of the lanes."""

LANE = 10.0
"""Height of a lane in the drawing's own units, one of which is a hundredth of its height."""


def section(facts: Facts, song: Picture | None) -> Html:
    """The figure; nothing where there is neither a picture nor damage that was measured."""
    regions = _regions(facts)
    if song is None and not facts.at("damage.before"):
        return Html("")
    seconds = facts.seconds or 1.0
    if not facts.at("damage.before"):
        return _song_alone(song, seconds)
    lanes = tag("div", _lanes(regions, seconds), class_="lanes")
    parts: list[str] = [lanes]
    if song is not None:
        parts.append(_image(song))
        parts.append(_columns(regions, seconds))
    parts.append(tag("div", class_="head"))
    plot = tag("div", *parts, class_="plot seekable first" + ("" if song is not None else " bare"))
    labels = [tag("span", WORDS[name], class_=f"lane lane{n}") for n, name in enumerate(NAMES)]
    ticks = [
        tag("span", label, style=f"bottom:{(100 - 4 * LANE) * place:.2f}%")
        for place, label in (axes.frequencies(song.low_hz, song.high_hz) if song else ())
        if label in TICKS
    ]
    return tag(
        "figure",
        tag("figcaption", tag("b", "The song, and where the voice is damaged"), ": ",
            tag("i", class_="key some"), " some ", tag("i", class_="key strong"), " strong"),
        tag(
            "div", tag("div", *labels, *ticks, class_="axis"), plot,
            tag("div", *clock_ticks(seconds), class_="clock"),
            class_="chart", role="img", aria_label=_spoken(regions, song is not None),
        ),
    )  # fmt: skip


def _song_alone(song: Picture | None, seconds: float) -> Html:
    """The same of a job that measured no voice."""
    if song is None:
        return Html("")
    ticks = [
        tag("span", label, style=f"bottom:{100 * place:.2f}%")
        for place, label in axes.frequencies(song.low_hz, song.high_hz)
    ]
    plot = tag("div", _image(song), tag("div", class_="head"), class_="plot seekable tall")
    return tag(
        "figure",
        tag("figcaption", tag("b", "The song")),
        tag(
            "div", tag("div", *ticks, class_="axis"), plot,
            tag("div", *clock_ticks(seconds), class_="clock"),
            class_="chart", role="img", aria_label="Spectrogram of the song",
        ),
    )  # fmt: skip


def _image(song: Picture) -> Html:
    data = base64.b64encode(palette.png(song)).decode()
    return Html(tag("img", alt="", src=f"data:image/png;base64,{data}").removesuffix("</img>"))


def _regions(facts: Facts) -> Mapping[str, list[Mapping[str, Any]]]:
    """Damaged sections by damage, as they were before any repair."""
    return {
        name: [dict(r) for r in facts.at(f"damage.before.found.{name}.regions") or ()]
        for name in NAMES
    }


def _rect(region: Mapping[str, Any], top: float, height: float) -> Html:
    return tag(
        "rect", class_=str(region["size"]), x=f"{region['start_s']:.2f}", y=f"{top:g}",
        width=f"{region['end_s'] - region['start_s']:.2f}", height=f"{height:g}",
    )  # fmt: skip


def _svg(inside: Html, seconds: float, height: float) -> Html:
    return tag(
        "svg", inside, viewBox=f"0 0 {seconds:.3f} {height:g}", preserveAspectRatio="none",
        aria_hidden="true", focusable="false",
    )  # fmt: skip


def _lanes(regions: Mapping[str, list[Mapping[str, Any]]], seconds: float) -> Html:
    """A row of bars for each damage."""
    drawn = [
        _rect(region, n * LANE + 1, LANE - 2)
        for n, name in enumerate(NAMES)
        for region in regions[name]
    ]
    return _svg(join(drawn), seconds, LANE * len(NAMES))


def _columns(regions: Mapping[str, list[Mapping[str, Any]]], seconds: float) -> Html:
    """The same sections over the sound, whatever the damage."""
    drawn = [_rect(region, 0, 1) for each in regions.values() for region in each]
    return tag("div", _svg(join(drawn), seconds, 1), class_="over")


def _spoken(regions: Mapping[str, list[Mapping[str, Any]]], song: bool) -> str:
    told = [
        f"{WORDS[name]} {words.spans(each)}" if each else f"{WORDS[name]} nowhere"
        for name, each in regions.items()
    ]
    what = "Spectrogram of the song, and where the voice" if song else "Where the voice"
    return f"{what} is damaged: " + "; ".join(told)
