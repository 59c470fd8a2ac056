"""The whole way: from a voice and a song to the voice as the song holds it, or to the reason why
there is none.

Nothing is guessed: whatever cannot be put right without a doubt is refused, with the next step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from voxmend_protocol.errors import Cancelled, UnsupportedAudio
from voxmend_protocol.values import Warned

from ..audio.signal import Signal
from ..dsp.edges import find_edge
from ..dsp.stft import hertz, power, stft
from . import judge
from .correlate import RATE
from .ear import Ear, listen
from .level import WINDOW_S, Level, compare
from .locate import SHORTEST, Found, first_sight, sounding
from .placement import Placement, remarks
from .settle import in_time, put_right
from .track import Edit, Track, follow

MOST_PPM = 500.0
"""Drift of the clocks that is corrected: 1.8 s in an hour. Any two converters stay within 100."""

CLEAR = 0.5
"""Share of the sounding windows that must be found on the line. Of the voices that were measured
the least was 0.75."""

AS_CLEAR = 0.75
"""Another place is named whose windows have so much of the first place's scores."""

LOUDEST = 24
"""Windows by which level, sides and ceiling are judged."""

CEILING_HZ = 0.95
"""An edge so near to half the song's rate is none that is missed."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A voice in its place.

    Attributes:
        voice: of the song's rate, length and channels; the caller closes it.
        warnings: what was found, in words, and what the user should know.
    """

    voice: Signal
    placement: Placement
    warnings: tuple[Warned, ...]


def find(
    voice: Signal,
    song: Signal,
    folder: Path,
    separate: judge.Separate | None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Placed:
    """Find a voice in its song and put it right.

    Args:
        voice, song: of any rates and lengths, each mono or both of the same channels.
        folder: for the scratch files of long signals.
        separate: takes the voice out of an excerpt of the song; None: nobody is asked.

    Raises:
        UnsupportedAudio: it is not this song's voice, or cannot be put right; the sentence says
            why, and what to do.
        Cancelled: ``cancelled`` said so.
        DiskFull, EnvironmentProblem: there is no room for it.
    """

    def check() -> None:
        if cancelled():
            raise Cancelled("The job was cancelled.")

    _mind_channels(voice, song)
    heard, whole = (listen(each, folder, cancelled) for each in (voice, song))
    windows = _windows(heard, whole)
    found = first_sight(heard, whole, windows, check)
    if found is None:
        raise _stranger()
    track = follow(heard, whole, found, windows, check)
    _mind(track, found)
    placed = in_time(voice, song, track, folder, cancelled)
    begins = _begins(windows, track, song)
    level = compare(placed, song, track.inverted, begins, check)
    shares = _judged(placed, song, level, separate, check)
    put_right(placed, level)
    placement = Placement(
        round(track.delay_s * song.rate, 4), round((track.speed / found.speed - 1) * 1e6, 3),
        round(level.gain_db, 2), level.inverted, level.swapped, voice.rate,
        round(voice.rate / found.speed), round(track.clear, 3),
        None if shares is None else round(shares.voice, 3),
        None if shares is None else round(shares.band, 3),
        _elsewhere(found), _ceiling(placed, begins),
    )  # fmt: skip
    return Placed(placed, placement, remarks(placement, song.rate, level.narrow))


def _mind_channels(voice: Signal, song: Signal) -> None:
    if voice.channels != song.channels and 1 not in (voice.channels, song.channels):
        raise UnsupportedAudio(
            f"The voice has {voice.channels} channels and the song {song.channels}. Render both in "
            "stereo."
        )


def _windows(voice: Ear, song: Ear) -> list[tuple[int, float]]:
    """The sounding windows of a voice."""
    if voice.sound.frames < SHORTEST:
        raise UnsupportedAudio(
            f"The voice is {voice.sound.frames / RATE:.2f} s long, too short to be found in a "
            "song. Give a second or more."
        )
    windows = sounding(voice)
    if not windows:
        raise UnsupportedAudio(
            "The voice is silent. Check that the right track was rendered, and give its file."
        )
    if not sounding(song):
        raise UnsupportedAudio("The song is silent. Check that it is the right file.")
    return windows


def _stranger() -> UnsupportedAudio:
    return UnsupportedAudio(
        "The voice is nowhere in this song. Give the song that it was taken out of, in the same "
        "version: another take, key or tempo does not match, nor does a voice that was cut up."
    )


def _mind(track: Track, found: Found) -> None:
    """Refuse what was found and cannot be put right."""
    if track.edit is not None:
        raise UnsupportedAudio(_edited(track.edit))
    ppm = (track.speed / found.speed - 1) * 1e6
    if abs(ppm) > MOST_PPM:
        pace = "fast" if ppm > 0 else "slow"
        film = ", as sound for film that was taken over to television" if abs(ppm) > 900 else ""
        raise UnsupportedAudio(
            f"The voice runs {abs(ppm):,.0f} ppm too {pace} for the song{film}, and more than "
            f"{MOST_PPM:.0f} ppm are not corrected. Make it anew from this song, or stretch it by "
            f"a factor of {1 + ppm * 1e-6:.6f} first."
        )
    if track.clear < CLEAR:
        raise _stranger()


def _edited(edit: Edit) -> str:
    what = "something is cut out of it" if edit.by_s > 0 else "something is put into it"
    return (
        f"The voice was edited: between {_clock(edit.after_s)} and {_clock(edit.before_s)} of it "
        f"{what}, {abs(edit.by_s):.3f} s long. Give the voice uncut, or give the parts before and "
        "behind that place one by one."
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _begins(windows: list[tuple[int, float]], track: Track, song: Signal) -> list[int]:
    """Where in the song the loudest windows begin, frames of the song."""
    long = round(WINDOW_S * song.rate)
    begins = []
    for at, _ in sorted(windows, key=lambda window: -window[1]):
        begin = round((at / RATE * track.speed + track.delay_s) * song.rate)
        if begin >= 0 and begin + long <= song.frames:
            begins.append(begin)
    return sorted(begins[:LOUDEST]) or [0]


def _judged(
    placed: Signal,
    song: Signal,
    level: Level,
    separate: judge.Separate | None,
    check: Callable[[], None],
) -> judge.Shares | None:
    """Refuse what is not the voice."""
    if separate is None:
        return None
    put = level.gain_db
    gain = 10 ** (-put / 20) * (-1 if level.inverted else 1)
    shares = judge.shares(placed, song, gain, level.swapped, separate, check)
    if shares.what == "song":
        raise UnsupportedAudio(
            "What was given as the voice is the song itself. Give the voice alone, or leave "
            "--voice out and voxmend takes it out of the song."
        )
    if shares.what == "band":
        raise UnsupportedAudio(
            "What was given as the voice is the song's instrumental, or some other part of its "
            f"band: it holds {shares.band:.0%} of the band and {shares.voice:.0%} of the voice. "
            "Give the other stem, the voice."
        )
    return shares


def _elsewhere(found: Found) -> float | None:
    """How much later the voice fits nearly as well."""
    if found.other is None or found.likeness < AS_CLEAR:
        return None
    return round((found.other.delay - found.line.delay) / RATE, 4)


def _ceiling(placed: Signal, begins: list[int]) -> float | None:
    """Where the voice's highs end in an edge."""
    seen = None
    for begin in begins[:6]:
        count = min(round(WINDOW_S * placed.rate), placed.frames - begin)
        sound = torch.from_numpy(placed.read(begin, count)).mean(0, keepdim=True)
        spectrum, level = stft(sound[None], placed.rate, 0.05)
        cells = power(spectrum[:, 0] * level)
        seen = cells if seen is None else torch.cat([seen, cells], -1)
    if seen is None or not seen.any():
        return None
    edge = float(find_edge(seen / seen.max(), hertz(seen.shape[1], placed.rate, seen.device))[0])
    return round(edge) if 0 < edge < CEILING_HZ * placed.rate / 2 else None
