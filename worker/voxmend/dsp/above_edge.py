"""A voice that ends at an edge, laid out with its mixture: what lies above, and whose it is.

Read by the blocks that give highs back and by the detector of missing highs, so that both see the
same edge and the same evidence.

Always holds: a gain changes nothing; silence has no edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from .edges import find_edge, find_edges
from .stft import hertz, hop_samples, power, stft, together
from .voice_above import SCORE_ADMITS, Cues, cues

WINDOW_S = 0.024
"""Longest STFT window: highs are consonants and live in milliseconds."""


@dataclass(frozen=True)
class AboveEdge:
    """A batch of windows. Spectra have shape (batch, channels, bins, STFT frames) and one level:
    that at which the voice has peak 1.

    Attributes:
        voice: its spectrum.
        mix: the mixture's, or None.
        edges: where the voice's highs were cut off, Hz, 0 = nowhere. Shape: (batch, STFT frames).
        level: the voice's own peak. Shape: (batch, 1, 1).
        rate: samples per second.
        samples: in a window.
    """

    voice: Tensor
    mix: Tensor | None
    edges: Tensor
    level: Tensor
    rate: int
    samples: int

    @property
    def frequency(self) -> Tensor:
        """Middle of each bin, Hz. Shape: (bins,)."""
        return hertz(self.voice.shape[-2], self.rate, self.voice.device)

    @property
    def per_second(self) -> float:
        """STFT frames in a second."""
        return self.rate / hop_samples(self.voice.shape[-2])

    @property
    def above(self) -> Tensor:
        """Cells above the edge, where there is one. Shape: (batch, 1, bins, STFT frames), bool."""
        edges = self.edges[:, None, None]
        return (edges > 0) & (self.frequency[:, None] >= edges)

    @property
    def rest(self) -> Tensor:
        """M − V. Shape: as ``voice``."""
        if self.mix is None:
            raise ValueError("there is no mixture")
        return self.mix - self.voice

    @cached_property
    def cues(self) -> Cues:
        """What speaks for the voice in M − V above the edge."""
        voice, rest = (together(power(each), 1) for each in (self.voice, self.rest))
        return cues(voice, rest, self.frequency, self.edges, self.per_second)

    @cached_property
    def score(self) -> Tensor:
        """How surely the mixture holds the voice there. Shape: (batch, bins, STFT frames)."""
        return self.cues.score_of_cells(self.voice.shape[-2])

    @property
    def hopeless(self) -> bool:
        """Whether nothing can be added, whatever a generator says."""
        if not bool(self.edges.any()):
            return True
        return self.mix is not None and not bool((SCORE_ADMITS(self.score) > 0).any())

    def spectrum_of(self, sound: Tensor) -> Tensor:
        """Of another sound, in units of the voice's peak. Shape: (batch, channels, samples) to
        (batch, channels, bins, STFT frames)."""
        return stft(sound, self.rate, WINDOW_S, self.level)[0]


def above_edge(voice: Tensor, mix: Tensor | None, rate: int) -> AboveEdge:
    """Look at a batch of windows.

    Args:
        voice: float32. Shape: (batch, channels, samples).
        mix: the mixture, same shape, or None.
        rate: samples per second.
    """
    spectrum, level = stft(voice, rate, WINDOW_S)
    frequency = hertz(spectrum.shape[-2], rate, voice.device)
    seen = together(power(spectrum), 1)
    if mix is None:  # nothing can say whether a part of it is only dark
        edges = find_edge(seen, frequency)[:, None].expand(-1, seen.shape[-1])
        return AboveEdge(spectrum, None, edges, level, rate, voice.shape[-1])
    edges = find_edges(seen, frequency, rate / hop_samples(spectrum.shape[-2]))
    donor = stft(mix, rate, WINDOW_S, level)[0]
    return AboveEdge(spectrum, donor, edges, level, rate, voice.shape[-1])
