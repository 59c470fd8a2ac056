"""One HTML page for one job: everything in it, nothing fetched, opened from disk or sent by mail.

The template, the style and the script lie beside this file. What a job was is written as HTML here,
so that it can be read without a script, by a screen reader, and by a test; the script plays.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import audio, damage, decisions, embedded, overview, particulars, pictures, summary
from .facts import Facts
from .markup import Html, html, join, tag
from .pieces import Coding
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
    return embedded.page(
        "page.html",
        ("player.js", "page.js"),
        title=html(f"{facts.title} · {facts.text('preset.name')}"),
        skip=embedded.way_past("summary", "To the summary"),
        kicker=html(facts.text("preset.title") or facts.text("preset.name")),
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
    group = tag("div", *choices, class_="choices", role="group", aria_label="What to hear")
    play, place = embedded.play_button(), embedded.slider(heard.seconds)
    return join((
        tag("div", play, group, place, class_="player"),
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
    yield join((embedded.moves(), ". A click into a picture goes there."))


def _sounds(heard: audio.Player, facts: Facts) -> Html:
    """The sound, and what the script must know."""
    told = {
        "seconds": heard.seconds,
        "start": heard.start_s,
        "clip": facts.seconds,
        "coding": heard.coding,
        "rate": heard.rate,
        "make": "voxmend report JOB",
    }
    return embedded.sounds(told, heard.tracks)
