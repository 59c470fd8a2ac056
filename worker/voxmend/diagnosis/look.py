"""One stretch of a voice, and of the mixture it came from, laid out for the detectors.

The spectra are made once and every detector reads them. ``rest`` is M − V, what a separator left
for the band. For the guard (a region), the diagnosis (a clip) and the fit of the detectors.

Always holds: a gain on both changes nothing that a detector reads; any rate, any length.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from ..dsp.curves import FRAME_S, TINY
from ..dsp.stft import hertz, hop_samples, power, stft

WINDOW_S = 0.047
"""Longest STFT window: 2048 samples at 44.1 kHz, as in the measurements the detectors rest on."""


@dataclass(frozen=True)
class _Sound:
    """A sound and its spectrum, made when it is first asked for."""

    samples: Tensor
    rate: int
    peak: float

    @cached_property
    def spectrum(self) -> Tensor:
        """At ``peak`` 1. Shape: (channels, bins, columns), complex."""
        level = self.samples.new_full((1, 1, 1), self.peak)
        return stft(self.samples[None], self.rate, WINDOW_S, level)[0][0]

    @cached_property
    def power(self) -> Tensor:
        """Shape: (channels, bins, columns)."""
        return power(self.spectrum)


@dataclass(frozen=True)
class Look:
    """What a detector sees.

    Attributes:
        voice: float32. Shape: (channels, samples).
        mix: same shape, or None for a voice that is alone.
        voiced: 10 ms frames in which it sings, consonants and short breaths among them. Shape:
            (frames,), bool.
        rate: samples per second.
        sung_power: mean square of the voice where it sings, over the whole clip; 0 = this stretch
            must do. For what is compared with the voice where nobody sings.
        pauses: 10 ms frames that count as a pause where a voice is alone, of those in which nobody
            sings; None = all of them. Shape: (frames,), bool.
        peak: what all spectra are relative to, so that energies of several looks can be added up;
            0 = the peak of the mixture, or of a voice that is alone.
        known: readings that were made, by detector.
        beside: the mixture's spectrum, where it was made.
    """

    voice: Tensor
    mix: Tensor | None
    voiced: Tensor
    rate: int
    sung_power: float = 0.0
    pauses: Tensor | None = None
    peak: float = 0.0
    known: dict[str, float] = field(default_factory=dict)
    beside: _Sound | None = field(default=None, repr=False)

    @cached_property
    def level(self) -> float:
        """What all spectra are relative to."""
        lead = self.voice if self.mix is None else self.mix
        return self.peak or max(float(lead.abs().max()), TINY)

    def alone(self) -> Look:
        """The same voice without its mixture; nothing that was read from it is known any more."""
        return replace(self, mix=None, known={}, beside=None)

    def of(self, voice: Tensor) -> Look:
        """The same look at another voice; what is known of the mixture is not made again."""
        beside = None if self.mix is None else self._mixture
        return replace(self, voice=voice, known={}, beside=beside)

    @cached_property
    def _voice(self) -> _Sound:
        return _Sound(self.voice, self.rate, self.level)

    @cached_property
    def _mixture(self) -> _Sound:
        if self.mix is None:
            raise ValueError("there is no mixture")
        return self.beside or _Sound(self.mix, self.rate, self.level)

    @property
    def spectrum(self) -> Tensor:
        """Of the voice. Shape: (channels, bins, columns), complex."""
        return self._voice.spectrum

    @property
    def mixture(self) -> Tensor:
        """Of the mixture. Shape: (channels, bins, columns), complex."""
        return self._mixture.spectrum

    @cached_property
    def rest(self) -> Tensor:
        """Of M − V. Shape: (channels, bins, columns), complex."""
        return self.mixture - self.spectrum

    @property
    def power(self) -> Tensor:
        """|V|². Shape: (channels, bins, columns)."""
        return self._voice.power

    @property
    def mixture_power(self) -> Tensor:
        """|M|². Shape: (channels, bins, columns)."""
        return self._mixture.power

    @cached_property
    def frequency(self) -> Tensor:
        """The middle of each bin, Hz. Shape: (bins,)."""
        return hertz(self.spectrum.shape[-2], self.rate, self.voice.device)

    @cached_property
    def columns_s(self) -> float:
        """Seconds from one column of the spectrum to the next."""
        return hop_samples(self.spectrum.shape[-2]) / self.rate

    @cached_property
    def sings(self) -> Tensor:
        """``voiced`` for each column of the spectrum. Shape: (columns,), bool."""
        columns = torch.arange(self.spectrum.shape[-1], device=self.voice.device)
        place = (columns * self.columns_s / FRAME_S).long().clamp_max(len(self.voiced) - 1)
        return self.voiced.to(self.voice.device)[place]


@dataclass(frozen=True, slots=True)
class Share:
    """A measure as a share, column by column, so that it can be read over any stretch.

    Attributes:
        part, whole: Shape: (columns,).
    """

    part: Tensor
    whole: Tensor

    def over_all(self) -> float:
        """The share over the whole look; 0 where there is nothing to read it from."""
        whole = float(self.whole.sum())
        return float(self.part.sum()) / whole if whole > 0 else 0.0
