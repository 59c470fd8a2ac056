"""Whether what lies in a song is its voice: or the song itself, or its band.

All three correlate with the song, so a separator is asked: where it hears voice, and where band.
How much of each the stem holds tells the three apart. A true voice holds most of the one and
little of the other, the song all of both, a band the reverse. What the separator gets wrong it
gets wrong of all three alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from ..audio.signal import Signal

WINDOW_S = 12.0
"""Length of an excerpt: a block of Spleeter's."""

EXCERPTS = 3

BAND_HZ = (150.0, 8_000.0)

FFT_S = 0.1
"""Longest STFT window; the largest power of two within it is taken: 4,096 at 44.1 kHz."""

VOICE = 1.25
"""A stem that holds so many times as much of the voice as of the band is the voice. Chosen on
hydrogen, lithium and potassium: true and separated voices 3.9 to 15, bands 0.05 to 0.43, the song
itself 1.0. On rubidium and sodium, kept aside: 2.1 to 38, 0.14 to 0.72, 1.0."""

ALL = 0.7
"""Share of both from which on a stem is the song itself."""

What = Literal["voice", "band", "song"]
Separate = Callable[[Signal], Signal]
"""Takes the voice out of an excerpt."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What a stem holds of its song, by power.

    Attributes:
        voice: share of the song where the separator hears voice.
        band: share where it hears band.
    """

    voice: float
    band: float

    @property
    def what(self) -> What:
        """What the stem is."""
        if self.voice >= VOICE * self.band:
            return "voice"
        return "song" if min(self.voice, self.band) >= ALL else "band"


def shares(
    stem: Signal,
    song: Signal,
    gain: float,
    swapped: bool,
    separate: Separate,
    check: Callable[[], None],
) -> Shares:
    """Ask a separator.

    Args:
        stem: in place, of the song's rate, length and channels.
        gain: what brings it to the level and polarity at which the song holds it.
        swapped: left is right.
        check: called often; what it raises ends it.
    """
    count = min(round(WINDOW_S * song.rate), song.frames)
    held, whole = torch.zeros(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    for begin in _begins(stem, song, gain, swapped, count):
        check()
        excerpt = Signal.of(song.read(begin, count), song.rate)
        heard = separate(excerpt)
        spectra = (_cells(each.read(at, count), song.rate) for each, at in (
            (stem, begin), (excerpt, 0), (heard, 0),
        ))  # fmt: skip
        ours, mix, voice = spectra
        ours = ours.flip(0) if swapped else ours
        mask = (voice / mix.clamp_min(1e-30)).clamp(max=1).sqrt()
        for tally, sound in ((held, gain**2 * ours), (whole, mix)):
            tally += torch.stack([(sound * mask).sum(), (sound * (1 - mask)).sum()])
    found = held / whole.clamp_min(1e-30)
    return Shares(float(found[0]), float(found[1]))


def _begins(stem: Signal, song: Signal, gain: float, swapped: bool, count: int) -> Sequence[int]:
    """Excerpts in which both the stem and what it leaves of the song are loud."""
    scored = []
    for begin in range(0, song.frames - count + 1, count):
        ours, mix = stem.read(begin, count), song.read(begin, count)
        rest = mix - gain * (ours[::-1] if swapped else ours)
        scored.append((float(np.square(ours).mean()) * float(np.square(rest).mean()), begin))
    return [begin for _, begin in sorted(scored, reverse=True)[:EXCERPTS]]


def _cells(sound: npt.NDArray[np.float32], rate: int) -> Tensor:
    """Power within the band. Shape: (channels, bins, columns)."""
    size = 1 << max(4, int(FFT_S * rate).bit_length() - 1)
    samples = F.pad(torch.from_numpy(sound), (0, max(0, size - sound.shape[1])))
    spectrum = torch.stft(
        samples, size, size // 4, window=torch.hann_window(size), center=False, return_complex=True
    )
    hertz = torch.linspace(0, rate / 2, size // 2 + 1)
    kept = spectrum[:, (hertz > BAND_HZ[0]) & (hertz < BAND_HZ[1])]
    return kept.real.double().square() + kept.imag.double().square()
