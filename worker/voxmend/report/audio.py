"""What a page plays: the song, the voice raw and mended, the band, other parts, and what the repair
changed.

All are read from the stems beside job.json. The song is the raw voice and the band together, or all
parts and what is left, which add up to it exactly; the difference is made from samples, before the
encoder: what an encoder does to two voices is louder than many a repair. The mended voice is
brought to the level of the raw one, so that the louder of the two does not win; everything else
keeps its true level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from string import ascii_uppercase
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from voxmend_protocol.errors import InputUnreadable, VoxmendError

from .. import targets
from ..audio import Signal, load
from ..audio.spectrogram import Picture, picture
from ..foreign import ForeignError
from ..plain_names import within
from .facts import MANIFEST, Facts
from .pieces import Coding, Cut, Samples, Sound, cut, mp3, usual

__all__ = [
    "BUDGET",
    "LONGEST_S",
    "Named",
    "Player",
    "Track",
    "blocks",
    "excerpt",
    "from_frame",
    "mp3",
    "packed",
    "player",
]

BUDGET = 9_300_000
"""Bytes of all tracks together: with base64 and pictures a page stays under 15 MB."""

LONGEST_S = 480.0
"""A longer clip is heard in part: around where most was changed."""

MOST_PARTS = 8
"""Parts beside the voice that are played; so many are held by the budget."""

BLOCK_S = 10.0
SILENT = 1e-6


@dataclass(frozen=True, slots=True)
class Track:
    """One thing to listen to.

    Attributes:
        key: the key that chooses it.
        gain: what brings it to its level.
        pieces: small files, one after another.
    """

    key: str
    label: str
    gain: float
    pieces: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Player:
    """What a page can play, from ``start_s`` of the clip on; ``why`` says why it cannot.

    Attributes:
        clip_s: length of the whole clip.
        rate: Hz of the pieces.
        identical: nothing changed the voice, so it stands there once.
        song: a picture of the song, for a machine that kept none of this job.
    """

    tracks: tuple[Track, ...] = ()
    start_s: float = 0.0
    seconds: float = 0.0
    clip_s: float = 0.0
    identical: bool = False
    why: str = ""
    coding: Coding = "mp3"
    rate: int = 48_000
    song: Picture | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A track before it is encoded.

    Attributes:
        gain: what brings it to its level.
    """

    key: str
    label: str
    sound: Sound
    gain: float = 1.0


def player(facts: Facts, known: bool = True, coding: Coding | None = None) -> Player:
    """The tracks of a job, from the stems beside its job.json and, of a voice that was alone, from
    its source.

    Args:
        known: this machine did the job, so the path of its source is our own word.
        coding: of the pieces; None: the usual one.
    """
    with TemporaryDirectory(prefix="voxmend-") as made:
        try:
            held = _held(facts, Path(made), known)
        except VoxmendError as error:
            return Player(why=error.message)
        if not held:
            return Player(why="The stems are not beside job.json any more.")
        lead = next(iter(held.values()))
        start, end = excerpt(facts, lead.frames / lead.rate)
        first, last = round(start * lead.rate), min(lead.frames, round(end * lead.rate))
        sounds = {name: from_frame(signal, first) for name, signal in held.items()}
        frames, rate = last - first, lead.rate
        same = {"raw", "mended"} <= held.keys() and _same(sounds, frames, rate)
        tracks, found = packed(_named(sounds, frames, rate, facts, same), frames, rate, coding)
        drawn = None if known else _drawn(sounds, _sums(facts), frames, rate, lead.frames == frames)
        return Player(
            tracks, start, frames / rate, lead.frames / rate, same, "", found.coding, found.rate,
            drawn,
        )  # fmt: skip


def packed(
    named: Sequence[Named], frames: int, rate: int, coding: Coding | None
) -> tuple[tuple[Track, ...], Cut]:
    """The tracks, encoded, and how. One headroom for all: nothing clips, and no level moves against
    another.

    Args:
        frames: length of each, at ``rate``.
        coding: of the pieces; None: the usual one.
    """
    peaks = [_peak(each.sound, frames, rate) for each in named]
    scales = [1 / max(1.0, peak) for peak in peaks]
    loudest = max((one.gain * peak for one, peak in zip(named, peaks, strict=True)), default=0)
    room = 1 / max(1.0, loudest)
    found = cut([each.sound for each in named], scales, frames, rate, coding or usual(), BUDGET)
    tracks = tuple(
        Track(each.key, each.label, each.gain * room / scale, pieces)
        for each, scale, pieces in zip(named, scales, found.pieces, strict=True)
    )
    return tracks, found


def excerpt(facts: Facts, seconds: float) -> tuple[float, float]:
    """From where to where is played: all, or of a long clip the part in which most was changed."""
    if seconds <= LONGEST_S:
        return 0.0, seconds
    kept = [d for d in facts.at("decisions") or () if d.get("kept")]
    starts = np.array([0.0, *(min(d["start_s"], seconds - LONGEST_S) for d in kept)])
    spans = [(d["start_s"], d["end_s"]) for d in kept if d["end_s"] > d["start_s"]]

    def until(times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Seconds that were changed before each time: those since a start, less since an end."""
        begun, ended = (_since(np.array([span[n] for span in spans]), times) for n in (0, 1))
        return begun - ended

    best = float(starts[np.argmax(until(starts + LONGEST_S) - until(starts))])
    return best, best + LONGEST_S


def _since(
    marks: npt.NDArray[np.float64], times: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """At each time, how long ago all earlier marks were, together."""
    marks = np.sort(marks)
    sums = np.concatenate(([0.0], np.cumsum(marks)))
    count = np.searchsorted(marks, times)
    return count * times - sums[count]


def _beside(facts: Facts, name: str) -> Path:
    """A stem's file. It lies beside job.json, and no link leads from there to another.

    Raises:
        InputUnreadable: it does not.
    """
    try:
        return within(facts.folder, name)
    except ForeignError as error:
        raise InputUnreadable(
            f"{facts.folder / MANIFEST} names no stem of its own: {error}."
        ) from None


STEMS = {"vocals_raw": "raw", "vocals": "mended", "instrumental": "band"}
PART = "part "
"""What stands before the name of another stem."""


def _called(stem: str) -> str:
    """How a stem is called here."""
    return STEMS.get(stem) or PART + stem


def _held(facts: Facts, folder: Path, known: bool) -> dict[str, Signal]:
    """``raw``, ``mended`` and ``band``, and other parts, of one shape, as far as they are there;
    the mended voice first where the others are of another. Only of a job that was done here is the
    source read: a job.json from elsewhere could name any file."""
    files = {stem["name"]: _beside(facts, stem["file"]) for stem in facts.at("stems") or ()}
    parts = [stem for stem in files if stem not in targets.OF_VOICE][:MOST_PARTS]
    held = {
        _called(stem): load(files[stem], None, None, folder).signal
        for stem in (*STEMS, *parts)
        if stem in files
    }
    if "raw" not in held and facts.at("preset.input") == "voice" and known:
        start, end = facts.at("clip.start_s"), facts.at("clip.end_s")
        loaded = load(Path(facts.text("clip.path")), start, end, folder)
        if loaded.digest == facts.at("source.digest"):
            held = {"raw": loaded.signal, **held}
    if not held:
        return held
    lead = held.get("mended") or held.get("raw") or next(iter(held.values()))
    shape = (lead.channels, lead.frames, lead.rate)
    return {n: s for n, s in held.items() if (s.channels, s.frames, s.rate) == shape}


def from_frame(signal: Signal, first: int) -> Sound:
    """A signal from a frame on, as a player has it: one or two channels."""

    def read(start: int, count: int) -> Samples:
        found = signal.read(first + start, count)
        return found if len(found) <= 2 else found.mean(0, keepdims=True, dtype=np.float32)

    return Sound(read, signal.channels if signal.channels <= 2 else 1)


def _both(one: Sound, other: Sound, join: Callable[[Samples, Samples], Samples]) -> Sound:
    """Two sounds of one shape, sample by sample."""
    return Sound(lambda start, count: join(one.read(start, count), other.read(start, count)),
                 one.channels)  # fmt: skip


def _named(
    sounds: dict[str, Sound], frames: int, rate: int, facts: Facts, same: bool
) -> list[Named]:
    """What there is to hear, in the order of the buttons."""
    raw, mended, band = (sounds.get(name) for name in ("raw", "mended", "band"))
    song = _song(sounds, _sums(facts))
    alone = facts.at("preset.input") == "voice" and facts.at("voice") is None
    found = []
    if song:
        found.append(Named("S", "song", song))
    if raw:
        before = "voice, as it came" if alone else "voice, raw"
        found.append(Named("A", "voice" if same or not mended else before, raw))
    if mended and not same:
        label = "voice, mended" if raw else "voice"
        found.append(Named("B", label, mended, _gain(raw, mended, frames, rate)))
    if band:
        found.append(Named("I", "band", band))
    for name, sound in sounds.items():
        if name.startswith(PART):
            label = name.removeprefix(PART)
            found.append(Named(_letter(label, found), label, sound))
    if raw and mended and not same:
        found.append(Named("D", "difference", _both(mended, raw, np.subtract)))
    return found


def _sums(facts: Facts) -> list[tuple[str, ...]]:
    """Stems that add up to the song, as the job said it, or as their names say it; none where a
    voice is the source."""
    if facts.at("preset.input") == "voice":
        return []
    found = facts.at("sums")
    if not isinstance(found, list):
        return list(targets.sums([facts.text(f"{path}.name") for path in facts.each("stems")]))
    named = [each for each in found if isinstance(each, list) and each]
    return [tuple(each) for each in named if all(isinstance(name, str) for name in each)]


def _song(sounds: dict[str, Sound], sums: list[tuple[str, ...]]) -> Sound | None:
    """The song, of stems that add up to it; None where there are none.

    Args:
        sums: such stems; those of voice and band do in any job.
    """
    pairs = [("raw", "band"), *(tuple(map(_called, each)) for each in sums[::-1])]
    for names in pairs:
        if all(name in sounds for name in names):
            return reduce(
                lambda one, other: _both(one, other, np.add), map(sounds.__getitem__, names)
            )
    return None


def _letter(label: str, found: list[Named]) -> str:
    """A key for a part: a letter of its name that chooses nothing else."""
    taken = {*"SABID", *(each.key for each in found)}
    return next(
        c for c in f"{label.upper()}{ascii_uppercase}" if c in ascii_uppercase and c not in taken
    )


def blocks(sound: Sound, frames: int, rate: int) -> Iterator[Samples]:
    """A sound in blocks of some seconds. Shape of each: (channels, frames)."""
    step = round(BLOCK_S * rate)
    return (sound.read(first, min(step, frames - first)) for first in range(0, frames, step))


def _same(sounds: dict[str, Sound], frames: int, rate: int) -> bool:
    pairs = zip(*(blocks(sounds[n], frames, rate) for n in ("raw", "mended")), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


def _peak(sound: Sound, frames: int, rate: int) -> float:
    return max((float(np.abs(b).max(initial=0.0)) for b in blocks(sound, frames, rate)), default=0)


def _gain(before: Sound | None, after: Sound, frames: int, rate: int) -> float:
    """What brings one voice to the level of the other, within 12 dB."""
    if before is None:
        return 1.0
    one, other = (
        (sum(float(np.sum(b.astype(np.float64) ** 2)) for b in blocks(s, frames, rate))
         / max(1, frames * s.channels)) ** 0.5
        for s in (before, after)
    )  # fmt: skip
    if min(one, other) < SILENT:
        return 1.0
    return float(np.clip(one / other, 0.25, 4.0))


def _drawn(
    sounds: dict[str, Sound], sums: list[tuple[str, ...]], frames: int, rate: int, whole: bool
) -> Picture | None:
    """The song, or the voice where there is no band: for a page whose arrays are elsewhere. None
    for a clip that is only heard in part."""
    if not whole or not frames:
        return None
    first = sounds.get("raw") or sounds.get("mended")
    band = sounds.get("band")
    sound = _both(first, band, np.add) if first and band else _song(sounds, sums) or first
    if sound is None:
        return None
    held = Signal.of(sound.read(0, frames), rate)
    return picture("source", held, _peak(sound, frames, rate))
