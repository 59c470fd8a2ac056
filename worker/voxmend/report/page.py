"""One HTML page for one job: everything in it, nothing fetched, opened from disk or sent by mail.

The template, the style and the script lie beside this file. What a job was is written as HTML here,
so that it can be read without a script, by a screen reader, and by a test; the script plays.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from importlib import resources
from string import Template

from ..version import __version__
from . import audio, damage, decisions, overview, palette, particulars, pictures, summary
from .facts import Facts
from .markup import Html, html, join, tag
from .pieces import MARGIN_S, PIECE_S, Coding
from .sketch import Sketch
from .words import clock


def build(facts: Facts, sketch: Sketch | None, coding: Coding | None = None) -> str:
    """The page.

    Args:
        sketch: the job's small arrays; without them there are no curves, and of the pictures only
            the song's.
        coding: of the sound; None: the usual one.
    """
    heard = audio.player(facts, sketch is not None, coding)
    drawn = sketch.pictures if sketch else ()
    return Template(_file("page.html")).substitute(
        title=html(f"{facts.title} · {facts.text('preset.name')}"),
        style=_file("page.css") + _colours(),
        script=_file("player.js") + _file("page.js"),
        version=html(__version__),
        preset=html(facts.text("preset.title") or facts.text("preset.name")),
        name=html(facts.title),
        length=html(clock(facts.seconds)),
        summary=summary.lines(facts),
        player=_player(heard),
        overview=overview.section(facts, next(iter(drawn), heard.song)),
        sounds=_sounds(heard, facts),
        damage=damage.section(facts, sketch),
        decisions=decisions.section(facts),
        pictures=pictures.section(facts, drawn),
        particulars=particulars.section(facts),
    )


def _player(heard: audio.Player) -> Html:
    """Buttons, and a slider that is the clip's time."""
    if not heard.tracks:
        return tag("p", f"There is nothing to listen to. {heard.why}")
    choices = [
        tag(
            "button", tag("kbd", track.key), f" {track.label}", type="button", class_="track",
            data_track=track.key, aria_pressed="true" if n == 0 else "false",
            aria_keyshortcuts=track.key,
        )
        for n, track in enumerate(heard.tracks)
    ]  # fmt: skip
    play = tag(
        "button", "Play", type="button", id="play", aria_keyshortcuts="Space", aria_pressed="false"
    )
    slider = tag(
        "input", type="range", id="place", min="0", max=f"{heard.seconds:.3f}", step="any",
        value="0", aria_label="Place in the clip", aria_valuetext="0:00",
    ).removesuffix("</input>")  # fmt: skip
    group = tag("div", *choices, class_="choices", role="group", aria_label="What to hear")
    time = tag("output", "0:00", id="time", for_="place")
    return join((
        tag("div", play, group, Html(slider), time, class_="player"),
        tag("p", "", id="said", role="status"),
        tag("p", notes, class_="note") if (notes := " ".join(_notes(heard))) else "",
        tag("p", *_keys(heard), class_="note keys"),
    ))  # fmt: skip


def _notes(heard: audio.Player) -> Iterator[str]:
    """What one should know of the levels and of what is there."""
    if {"A", "B"} <= {track.key for track in heard.tracks}:
        yield (
            "The raw and the mended voice are brought to one level. The others are as loud as they "
            "are. The difference is what the repair took away or added."
        )
    if heard.identical:
        yield "The repair changed nothing, so there is one voice, and no difference to hear."
    if heard.start_s or heard.seconds < heard.clip_s - 1:
        until = clock(heard.start_s + heard.seconds)
        yield (
            f"A long clip: {clock(heard.start_s)} to {until} can be heard here, where most was "
            "changed."
        )


def _keys(heard: audio.Player) -> Iterator[Html]:
    """Which keys do what."""
    letters = join((tag("kbd", track.key) for track in heard.tracks), " ")
    yield join((tag("kbd", "space"), " plays and pauses, ", letters, " choose what is heard, "))
    yield join((tag("kbd", "←"), " ", tag("kbd", "→"), " go 5 s (with ", tag("kbd", "shift")))
    yield join((" 1 s). A click into a picture goes there.",))


def _sounds(heard: audio.Player, facts: Facts) -> Html:
    """The sound itself, where no parser spends time on it, and what the script must know."""
    told = {
        "seconds": heard.seconds,
        "start": heard.start_s,
        "clip": facts.seconds,
        "coding": heard.coding,
        "rate": heard.rate,
        "piece": PIECE_S,
        "margin": MARGIN_S,
        "gains": {track.key: round(track.gain, 6) for track in heard.tracks},
    }
    parts = [tag("script", Html(json.dumps(told)), type="application/json", id="told")]
    for track in heard.tracks:
        data = " ".join(base64.b64encode(piece).decode() for piece in track.pieces)
        parts.append(tag("script", Html(data), type="text/plain", id=f"sound-{track.key}"))
    return join(parts)


def _colours() -> str:
    """The colours of curves, from where their source is named."""
    light = f"--before:{palette.BEFORE};--after:{palette.AFTER}"
    dark = f"--before:{palette.BEFORE_DARK};--after:{palette.AFTER_DARK}"
    return (
        f":root{{{light}}}"
        f"@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}"
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
