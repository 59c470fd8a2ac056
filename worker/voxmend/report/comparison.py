"""One HTML page for one stretch of a song by several presets: to hear them side by side.

``voxmend compare`` makes it of stems that jobs have just written. It has the player, the style and
the manners of a job's report: everything in it, nothing fetched. All voices are brought to one
loudness, and all bands to one, so that the louder does not win; by how much is said. Without names
it says which version is which only when its reader asks.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from voxmend_protocol.errors import InputChanged

from ..audio import Signal, load
from . import audio, embedded
from .loudness import SILENT_LUFS, loudness
from .markup import Html, html, join, table, tag
from .pieces import Coding, Sound
from .words import clock

MOST = 8
"""Presets that one page compares: with the song as many as there are digits for."""

FURTHEST_DB = 20.0
"""No version is moved by more: what is so quiet holds no voice."""

SONG = "1"
"""The key of the song."""

LAYERS = (("V", "voice"), ("B", "band"))
"""Of each version: the key that chooses it, and what it is."""


@dataclass(frozen=True, slots=True)
class Version:
    """What one preset made of the stretch.

    Attributes:
        facts: what else the page says of it: heading to text.
        stems: files of ``vocals`` and ``instrumental``.
    """

    name: str
    title: str
    facts: Mapping[str, str]
    stems: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Made:
    """The page.

    Attributes:
        gains_db: for each preset what its voice, and its band, was moved by.
    """

    text: str
    seconds: float
    gains_db: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Tried:
    """A version with its sound: its number among the buttons, and the gains of its layers."""

    key: str
    version: Version
    label: str
    sounds: tuple[Sound, ...]
    gains_db: tuple[float, ...]


def build(
    song: Path,
    start_s: float,
    end_s: float,
    versions: Sequence[Version],
    blind: bool = False,
    coding: Coding | None = None,
    order: random.Random | None = None,
) -> Made:
    """The page.

    Args:
        start_s, end_s: the stretch, of which the stems are.
        blind: hide which version is which, and put them in an order by chance.
        coding: of the sound; None: the usual one.
        order: the chance; None: the system's.

    Raises:
        InputMissing, InputUnreadable, UnsupportedAudio: the song cannot be read any more.
        InputChanged: it is not what the stems were made of.
    """
    shuffled = list(versions)
    if blind:
        (order or random.SystemRandom()).shuffle(shuffled)
    with TemporaryDirectory(prefix="voxmend-") as made:
        whole = load(song, start_s, end_s, Path(made)).signal
        tried = _tried(whole, shuffled, Path(made), blind)
        named = [audio.Named(SONG, "song", audio.from_frame(whole, 0))]
        for each in tried:
            named += [
                audio.Named(_track(each.key, n), each.label, sound, 10 ** (gain / 20))
                for n, (sound, gain) in enumerate(zip(each.sounds, each.gains_db, strict=True))
            ]
        tracks, found = audio.packed(named, whole.frames, whole.rate, coding)
        seconds = whole.frames / whole.rate
    told = {
        "seconds": seconds,
        "start": start_s,
        "clip": start_s + seconds,
        "coding": found.coding,
        "rate": found.rate,
        "make": "voxmend compare SONG",
        "choices": [SONG, *(each.key for each in tried)],
        "layers": {each.key: [_track(each.key, n) for n in range(len(LAYERS))] for each in tried},
    }
    text = embedded.page(
        "comparison.html",
        ("player.js", "page.js", "comparison.js"),
        title=html(f"{song.name} · compared"),
        skip=embedded.way_past("listen", "To the player"),
        kicker=html("presets compared"),
        name=html(song.name),
        length=html(f"{clock(start_s)} to {clock(start_s + seconds)}"),
        player=_player(tried, seconds, start_s),
        versions=_veiled(tried) if blind else _table(tried),
        sounds=embedded.sounds(told, tracks),
    )
    gains = {each.version.name: (each.gains_db[0], each.gains_db[1]) for each in tried}
    return Made(text, seconds, gains)


def _tried(
    whole: Signal, versions: Sequence[Version], folder: Path, blind: bool
) -> tuple[_Tried, ...]:
    """The versions with their sounds, each layer of all at one loudness."""
    held = []
    for version in versions:
        signals = [
            load(version.stems[stem], None, None, folder).signal
            for stem in ("vocals", "instrumental")
        ]
        if any((s.frames, s.rate) != (whole.frames, whole.rate) for s in signals):
            raise InputChanged("The song was changed while it was compared. Run the command again.")
        held.append(tuple(audio.from_frame(signal, 0) for signal in signals))
    gains = [_gains([sounds[n] for sounds in held], whole) for n in range(len(LAYERS))]
    return tuple(
        _Tried(
            str(n + 2), version, f"Version {chr(ord('A') + n)}" if blind else version.name,
            sounds, tuple(layer[n] for layer in gains),
        )
        for n, (version, sounds) in enumerate(zip(versions, held, strict=True))
    )  # fmt: skip


def _gains(sounds: Sequence[Sound], whole: Signal) -> list[float]:
    """What brings these to the loudness of their middle, dB. Silence stays."""
    loud = [loudness(audio.blocks(sound, whole.frames, whole.rate), whole.rate) for sound in sounds]
    heard = [each for each in loud if each > SILENT_LUFS]
    if not heard:
        return [0.0] * len(loud)
    middle = median(heard)
    return [
        float(np.clip(middle - each, -FURTHEST_DB, FURTHEST_DB)) if each > SILENT_LUFS else 0.0
        for each in loud
    ]


def _track(key: str, layer: int) -> str:
    return f"{key}{LAYERS[layer][0]}"


def _player(tried: Sequence[_Tried], seconds: float, start_s: float) -> Html:
    """Buttons for the versions, for voice or band, and a slider that is the stretch's time."""
    choices = [(SONG, "song"), *((each.key, each.label) for each in tried)]
    buttons = [
        tag(
            "button", tag("kbd", key), " ", tag("span", label, class_="name"), type="button",
            class_="track", data_track=key, aria_pressed="true" if key == SONG else "false",
            aria_keyshortcuts=key,
        )
        for key, label in choices
    ]  # fmt: skip
    layers = [
        tag(
            "button", tag("kbd", key), f" {name}", type="button", class_="layer", data_layer=str(n),
            data_key=key, aria_pressed="false" if n else "true", aria_keyshortcuts=key,
        )
        for n, (key, name) in enumerate(LAYERS)
    ]  # fmt: skip
    which = tag("div", *buttons, class_="choices", role="group", aria_label="What to hear")
    what = tag("div", *layers, class_="choices", role="group", aria_label="Voice or band")
    return join((
        tag("div", embedded.play_button(), which, what, embedded.slider(seconds), class_="player"),
        tag("p", "", id="said", role="status"),
        tag(
            "p",
            "All voices are brought to one loudness, and all bands to one; the song is as loud as "
            f"it is. The clock is the song's: it begins at {clock(start_s)}.",
            class_="note",
        ),
        tag("p", *_keys(len(choices)), class_="note keys"),
    ))  # fmt: skip


def _keys(count: int) -> Iterator[Html]:
    """Which keys do what."""
    digits = join((tag("kbd", "1"), "–" if count > 2 else " ", tag("kbd", str(count))))
    yield join((tag("kbd", "space"), " plays and pauses, ", digits, " choose what is heard, "))
    yield join((tag("kbd", "V"), " the voice, ", tag("kbd", "B"), " the band, "))
    yield join((embedded.moves(), "."))


def _table(tried: Sequence[_Tried]) -> Html:
    """What each version is, and by how much it was moved."""
    facts = list(tried[0].version.facts) if tried else []
    head = ("version", "preset", *facts, "voice gain", "band gain")
    rows = (
        (
            f"{each.key} {each.label}", each.version.title,
            *(each.version.facts.get(name, "") for name in facts),
            *(f"{round(gain, 1) + 0.0:+.1f} dB" for gain in each.gains_db),
        )
        for each in tried
    )  # fmt: skip
    return table("The versions", head, rows)


def _veiled(tried: Sequence[_Tried]) -> Html:
    """The same, to be shown when it is asked for. It is no secret: it is only not to be read by
    accident."""
    names = {each.key: each.version.name for each in tried}
    told = json.dumps({"names": names, "table": _table(tried)}).encode("utf-8")
    return join((
        tag("button", "Show the names", type="button", id="reveal"),
        tag("div", "", id="named", tabindex="-1"),
        tag("script", Html(base64.b64encode(told).decode()), type="text/plain", id="veiled"),
    ))  # fmt: skip
