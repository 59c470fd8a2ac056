"""What a page holds beside its words: sound, style, colours. Nothing is fetched."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template
from typing import Any

from ..version import __version__
from . import palette
from .audio import Track
from .markup import Html, html, join, tag
from .pieces import MARGIN_S, PIECE_S


def page(sections: str, scripts: Sequence[str], **told: Html) -> str:
    """A whole page.

    Args:
        sections: the file with what stands in its middle.
        scripts: the files of its script, in order.
        told: what the frame and the sections name: title, kicker, name, length, sounds, ``skip``,
            the way past the head, and whatever is the page's own.
    """
    known = {**told, "version": html(__version__)}
    return Template(file("frame.html")).substitute(
        known,
        main=Template(file(sections)).substitute(known),
        style=file("page.css") + colours(),
        script="".join(map(file, scripts)),
    )


def way_past(section: str, words: str) -> Html:
    """A link past the head, for whoever goes by keys."""
    return tag("a", words, class_="skip", href=f"#{section}")


def sounds(told: Mapping[str, Any], tracks: Sequence[Track]) -> Html:
    """The sound itself, where no parser spends time on it, and what the script must know."""
    everything = {
        **told,
        "piece": PIECE_S,
        "margin": MARGIN_S,
        "gains": {track.key: round(track.gain, 6) for track in tracks},
    }
    parts = [tag("script", script_json(everything), type="application/json", id="told")]
    for track in tracks:
        data = " ".join(base64.b64encode(piece).decode() for piece in track.pieces)
        parts.append(tag("script", Html(data), type="text/plain", id=f"sound-{track.key}"))
    return join(parts)


def script_json(value: Any) -> Html:
    """A value as JSON that stands in a script: no word in it ends the script."""
    return Html(json.dumps(value).replace("<", "\\u003c"))


def play_button() -> Html:
    """Plays and pauses."""
    return tag(
        "button", "Play", type="button", id="play", aria_keyshortcuts="Space", aria_pressed="false"
    )


def slider(seconds: float) -> Html:
    """A slider that is the sound's time, and the clock beside it."""
    place = tag(
        "input", type="range", id="place", min="0", max=f"{seconds:.3f}", step="any",
        value="0", aria_label="Place in the clip", aria_valuetext="0:00",
    ).removesuffix("</input>")  # fmt: skip
    return join((Html(place), tag("output", "0:00", id="time", for_="place")))


def moves() -> Html:
    """Which keys move in time."""
    arrows = join((tag("kbd", "←"), " ", tag("kbd", "→")))
    return join((html(arrows), " go 5 s (with ", tag("kbd", "shift"), " 1 s)"))


def colours() -> str:
    """The colours of curves, from where their source is named."""
    light = f"--before:{palette.BEFORE};--after:{palette.AFTER}"
    dark = f"--before:{palette.BEFORE_DARK};--after:{palette.AFTER_DARK}"
    return (
        f":root{{{light}}}"
        f"@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}"
    )


def file(name: str) -> str:
    """A file that lies beside this one: a template, a style, a script."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")
