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
from .stft import LEAST, hertz, hop_samples, power, stft, together
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
    edges = _edges(together(power(spectrum), 1), rate, mix is not None)
    donor = None if mix is None else stft(mix, rate, WINDOW_S, level)[0]
    return AboveEdge(spectrum, donor, edges, level, rate, voice.shape[-1])


@dataclass(frozen=True)
class Heard:
    """The same evidence without the spectra, for whoever adds nothing: in less memory.

    Attributes:
        edges: as ``AboveEdge`` has them. Shape: (batch, STFT frames).
        cues: the same; None without a mixture, or where there is no edge.
        hop_s: seconds from one STFT frame to the next.
    """

    edges: Tensor
    cues: Cues | None
    hop_s: float


def heard_above(voice: Tensor, mix: Tensor | None, rate: int) -> Heard:
    """Look at a batch of windows, channel by channel. Arguments: as ``above_edge`` has them."""
    level = voice.abs().amax(dim=(1, 2), keepdim=True).clamp_min(LEAST)
    own = _power(voice, rate, level)
    edges = _edges(own, rate, mix is not None)
    hop_s = hop_samples(own.shape[1]) / rate
    if mix is None or not bool(edges.any()):
        return Heard(edges, None, hop_s)
    rest = _power(mix - voice, rate, level)
    frequency = hertz(own.shape[1], rate, voice.device)
    return Heard(edges, cues(own, rest, frequency, edges, 1 / hop_s), hop_s)


def _edges(voice: Tensor, rate: int, beside: bool) -> Tensor:
    """Where a voice ends, moment by moment if a mixture beside it can say whether a part of it is
    only dark. Shape: (batch, bins, STFT frames) to (batch, STFT frames)."""
    frequency = hertz(voice.shape[1], rate, voice.device)
    if not beside:
        return find_edge(voice, frequency)[:, None].expand(-1, voice.shape[-1])
    return find_edges(voice, frequency, rate / hop_samples(voice.shape[1]))


def _power(sound: Tensor, rate: int, level: Tensor) -> Tensor:
    """Power, channels together. Shape: (batch, channels, samples) to (batch, bins, STFT frames)."""
    first, *others = (
        power(stft(channel[:, None], rate, WINDOW_S, level)[0])[:, 0] for channel in sound.unbind(1)
    )
    for other in others:
        first += other
    return first
