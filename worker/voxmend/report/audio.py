"""The voice before and after, and what was taken away or added, small enough to lie in the page.

All three are cut from the same frames and encoded alike, so they lie under each other to the sample
when a browser plays them at once. The difference is made before the encoder, not after: what an
encoder does to two voices is louder than many a repair. MP3, since every browser plays it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import soundfile

from voxmend_protocol.errors import InputUnreadable, VoxmendError

from ..audio import Signal, load, resample
from ..foreign import ForeignError
from ..plain_names import within
from .facts import MANIFEST, Facts

Samples = npt.NDArray[np.float32]

BUDGET = 8_500_000
"""Bytes of all tracks together: with base64 and pictures a page stays under 15 MB."""

LONGEST_S = 480.0
"""A longer clip is heard in part: around where most was changed."""

MP3_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
LEVELS = ((0.3, False), (0.5, False), (0.6, True), (0.8, True))
"""How hard is compressed, and whether to mono, until the budget holds."""

SILENT = 1e-6


@dataclass(frozen=True, slots=True)
class Track:
    """One thing to listen to.

    Attributes:
        key: the key that chooses it.
        gain: what brings it to the level of the first.
        mp3: the file.
    """

    key: str
    label: str
    gain: float
    mp3: bytes


@dataclass(frozen=True, slots=True)
class Player:
    """What a page can play, from ``start_s`` of the clip on; ``why`` says why it cannot."""

    tracks: tuple[Track, ...] = ()
    start_s: float = 0.0
    seconds: float = 0.0
    identical: bool = False
    why: str = ""


def player(facts: Facts, known: bool = True) -> Player:
    """The tracks of a job, from the stems beside its job.json and, of a voice that was alone, from
    its source.

    Args:
        known: this machine did the job, so the path of its source is our own word.
    """
    with TemporaryDirectory(prefix="voxmend-") as made:
        try:
            before, after = _voices(facts, Path(made), known)
        except VoxmendError as error:
            return Player(why=error.message)
        lead = before or after
        if lead is None:
            return Player(why="The stems are not beside job.json any more.")
        start, end = excerpt(facts, lead.frames / lead.rate)
        first, last = round(start * lead.rate), min(lead.frames, round(end * lead.rate))
        one, other = (_cut(each, first, last) for each in (before, after))
        named = _named(one, other, facts.at("damage.after") is None)
        tracks = _encoded(named, lead.rate)
        same = one is not None and other is not None and np.array_equal(one, other)
        return Player(tracks, start, (last - first) / lead.rate, same)


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


def _voices(facts: Facts, folder: Path, known: bool) -> tuple[Signal | None, Signal | None]:
    """Before and after, of equal shape where there are both. Only of a job that was done here is
    the source read: a job.json from elsewhere could name any file."""
    files = {stem["name"]: _beside(facts, stem["file"]) for stem in facts.at("stems") or ()}
    after = load(files["vocals"], None, None, folder).signal if "vocals" in files else None
    before: Signal | None = None
    if "vocals_raw" in files:
        before = load(files["vocals_raw"], None, None, folder).signal
    elif facts.at("preset.input") == "voice" and known:
        start, end = facts.at("clip.start_s"), facts.at("clip.end_s")
        loaded = load(Path(facts.text("clip.path")), start, end, folder)
        before = loaded.signal if loaded.digest == facts.at("source.digest") else None
    if before and after and (before.channels, before.frames) != (after.channels, after.frames):
        before = None
    return before, after


def _cut(sound: Signal | None, first: int, last: int) -> Samples | None:
    """Frames of a signal as a player has them: one or two channels. Shape: (channels, frames)."""
    if sound is None:
        return None
    found = sound.read(first, last - first)
    return found if len(found) <= 2 else found.mean(0, keepdims=True, dtype=np.float32)


def _named(
    before: Samples | None, after: Samples | None, looked_at: bool
) -> list[tuple[str, str, float, Samples]]:
    """Key, label, gain and samples of each track."""
    found = []
    if before is not None:
        found.append(("A", "voice" if looked_at else "before", 1.0, before))
    if after is not None and not looked_at:
        found.append(("B", "after", _gain(before, after), after))
    if before is not None and after is not None:
        found.append(("D", "difference", 1.0, after - before))
    return found


def _gain(before: Samples | None, after: Samples) -> float:
    """What brings one voice to the level of the other, within 12 dB."""
    if before is None:
        return 1.0
    one, other = (float(np.sqrt(np.mean(s.astype(np.float64) ** 2))) for s in (before, after))
    if min(one, other) < SILENT:
        return 1.0
    return float(np.clip(one / other, 0.25, 4.0))


def _encoded(named: list[tuple[str, str, float, Samples]], rate: int) -> tuple[Track, ...]:
    """The tracks as files that fit the budget together."""
    tracks: tuple[Track, ...] = ()
    for level, mono in LEVELS:
        tracks = tuple(
            Track(key, label, gain, mp3(sound, rate, level, mono))
            for key, label, gain, sound in named
        )
        if sum(len(track.mp3) for track in tracks) <= BUDGET:
            break
    return tracks


def mp3(sound: Samples, rate: int, level: float, mono: bool) -> bytes:
    """One track as a file; what is over full scale would be clipped, so it is turned down."""
    if mono:
        sound = sound.mean(0, keepdims=True, dtype=np.float32)
    if rate not in MP3_RATES:
        near = 44_100 if rate % 11_025 == 0 else 48_000
        sound, rate = resample(sound, rate, near), near
    highest = float(np.abs(sound).max(initial=0.0))
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", rate, len(sound), format="MP3", subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE", compression_level=level,
    ) as opened:  # fmt: skip
        for block in _blocks(sound / max(1.0, highest)):
            opened.write(block.T)
    return file.getvalue()


def _blocks(sound: Samples) -> Iterator[Samples]:
    for start in range(0, sound.shape[1], 1 << 16):
        yield np.ascontiguousarray(sound[:, start : start + (1 << 16)])
