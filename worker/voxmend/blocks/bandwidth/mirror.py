"""Weight-free bandwidth extension: mirrors the band below a cut edge into the empty band above.

High-frequency regeneration by spectral folding and translation (Makhoul, Berouti, ICASSP 1979);
each bin keeps the level of the one it came from, less a fall per octave, so that the new band
follows the voice's own envelope (spectral band replication: Dietz et al., AES 112, 2002). With a
mixture the mirror is only a prior: min(c·|G|, |M|) with the mixture's phase, where c, a low
quantile of |M|/|G| per band over the loud frames nearby, keeps hi-hats from lifting it, and
nothing at all where the mixture's highs do not rise and fall with the voice. For stage B.

Always holds: highs are added and nothing else, no edge = the same voice, same shape, zero lag,
gain in = gain out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import FRAME_S, Params, Proposal
from ..registry import register
from ..stft import HOPS, TINY, hertz, hop_samples, istft, stft

WINDOW_S = 0.024
"""Longest STFT window: highs are consonants and live in milliseconds."""

LOWEST_HZ, HIGHEST_HZ = 3000.0, 20_000.0
"""Edges looked for: from the telephone's 3.4 kHz to a good MP3's 20 kHz."""

TOP_HZ = 24_000.0
"""Nothing is made above."""

USUAL = 0.95
"""Quantile over time that stands for what the voice reaches in a bin."""

BESIDE_HZ, SKIRT_HZ = 500.0, 700.0
"""Bands compared at both sides of an edge, and the width an edge takes at most between them."""

EDGE_DB = 24.0
"""Fall over an edge. A voice alone falls by some 12 dB per octave, 3 over these bands at 5 kHz."""

SLOPE_DB = 12.0
"""Fall of the new band per octave. Least error at 6 for two speakers and one singer, at 12 for
another: the darker, since too little is missed less than too much is heard."""

CALIBRATION_S = 0.7
"""Reach of the calibration each way."""

BAND_HZ = 1000.0
"""Width of a band of the calibration."""

LOW = 0.2
"""Quantile of |M|/|G|: the loud frames in which the backing says least."""

LOUD = 0.03
"""A frame counts as loud within 15 dB of the loudest within reach."""

TRUST_S = 1.5
"""Reach of the comparison of envelopes each way: some five syllables."""

ALIKE = 0.3, 0.6
"""Correlation of the envelopes below which all is refused, and above which nothing is."""

DEEP = 1e-6
"""Envelopes are compared down to 60 dB below their loudest frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorParams(Params):
    """How much of the new highs to add.

    Attributes:
        strength: 0 changes nothing, 1 adds them at the level the voice suggests. 0..1.
    """

    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadRequest(
                f"bandwidth.mirror: strength is {self.strength:g}; give a number from 0 to 1."
            )


@register
class Mirror:
    """``bandwidth.mirror``: spectral folding above a steep edge."""

    name: ClassVar[str] = "bandwidth.mirror"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 12.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = MirrorParams

    def run(
        self, model: Any, mix: Tensor | None, voice: Tensor | None, params: MirrorParams
    ) -> Proposal:
        """Propose the voice with highs above its edge.

        Args:
            mix: float32, or None. Shape: (batch, channels, samples).
            voice: float32, same shape.
            params: ``strength``, and ``rate``.
        """
        if voice is None:
            raise ValueError("a repair needs a voice")
        samples = voice.shape[-1]
        spectrum, level = stft(voice, params.rate, WINDOW_S)
        frequency = hertz(spectrum.shape[-2], params.rate, voice.device)
        edges = find_edge(spectrum.abs().square().sum(1), frequency)
        frames = max(1, round(samples / (params.rate * FRAME_S)))
        evidence = {"cutoff": edges[:, None].expand(-1, frames)}
        if params.strength == 0 or not bool(edges.any()):
            return Proposal(voice, evidence)
        highs = torch.zeros_like(spectrum)
        for clip, cut in enumerate(edges.tolist()):
            if cut:
                highs[clip] = mirrored(spectrum[clip], frequency, cut)
        if mix is not None:
            donor, donor_level = stft(mix, params.rate, WINDOW_S)
            donor = donor * (donor_level / level)[..., None].clamp_max(1e6)
            second = params.rate / hop_samples(spectrum.shape[-2])  # STFT frames in one
            sure = trust(highs, donor, round(TRUST_S * second))
            highs = sure * carried(highs, donor, frequency, round(CALIBRATION_S * second))
        # An edge is a slope: what the voice still holds there is not made twice.
        highs = highs * (1 - spectrum.abs() / highs.abs().clamp_min(TINY)).clamp_min(0)
        return Proposal(voice + params.strength * istft(highs, samples) * level, evidence)


def find_edge(power: Tensor, frequency: Tensor) -> Tensor:
    """Where a voice ends in a cliff with nothing behind it: Hz, or 0.

    Shape: (batch, bins, frames) to (batch,).
    """
    width = float(frequency[1])
    beside, skirt = max(1, round(BESIDE_HZ / width)), max(1, round(SKIRT_HZ / width))
    reached = power.kthvalue(1 + int(USUAL * (power.shape[-1] - 1)), dim=-1).values
    level = 10 * torch.log10(reached + TINY)
    bins = level.shape[1]
    first = max(round(LOWEST_HZ / width), beside)
    last = min(round(HIGHEST_HZ / width), bins - beside - skirt)
    if last <= first:
        return torch.zeros_like(level[:, 0])
    sides = level.unfold(1, beside, 1)
    # Whether there is a cliff says the median: one loud partial is none. Where, the sharper mean.
    usual, mean = sides.median(-1).values, sides.mean(-1)
    at = torch.arange(first, last, device=level.device)
    below, above = usual[:, at - beside], usual[:, at + skirt]
    highest_after = level.flip(1).cummax(1).values.flip(1)[:, at + skirt]
    cliff = (below - above >= EDGE_DB) & (highest_after < below - EDGE_DB / 2)
    # The lower band falls off first: the steepest place is where it ends.
    steepest = ((mean[:, at - beside] - mean[:, at + skirt]) * cliff).max(1)
    return torch.where(steepest.values > 0, frequency[at[steepest.indices]], 0.0)


def mirrored(spectrum: Tensor, frequency: Tensor, cut: float) -> Tensor:
    """What lies above the edge if the octave below it goes on: by turns its mirror image and its
    copy, falling. Shape: (channels, bins, frames), 0 below the edge.

    A partial moved by n bins must turn by n/HOPS more cycles from frame to frame. All distances
    here are multiples of HOPS, so it does; and so does a mirror image, which turns backwards.
    """
    bins, width = spectrum.shape[1], float(frequency[1])
    edge = HOPS * round(cut / width / HOPS)
    octave = HOPS * max(1, edge // 2 // HOPS)
    beyond = torch.arange(min(bins, round(TOP_HZ / width) + 1) - edge, device=spectrum.device)
    turn, rest = beyond // octave, beyond % octave
    image = turn % 2 == 0
    source = torch.where(image, edge - rest, edge - octave + rest)
    taken = spectrum[:, source]
    taken = torch.where(image[:, None], taken.conj(), taken)
    fall = SLOPE_DB * torch.log2((edge + beyond) / source)
    made = torch.zeros_like(spectrum)
    made[:, edge : edge + len(beyond)] = taken * 10 ** (-fall[:, None] / 20)
    return made


def trust(guess: Tensor, donor: Tensor, reach: int) -> Tensor:
    """Whether the mixture's highs rise and fall with the voice: correlation of the levels in dB.

    Args:
        guess: mirrored highs, 0 below the edge. Shape: (batch, channels, bins, frames).
        donor: the mixture, same shape.
        reach: frames each way.

    Returns:
        0..1. Shape: (batch, 1, 1, frames).
    """
    made = guess.abs().amax((1, 3), keepdim=True) > 0
    told = guess.abs().square().sum((1, 2))
    heard = (donor.abs().square() * made).sum((1, 2))
    one, other = (
        10 * torch.log10(power + DEEP * power.amax(-1, keepdim=True) + TINY)
        for power in (mean_over_time(told, 2), mean_over_time(heard, 2))
    )
    one, other = one - mean_over_time(one, reach), other - mean_over_time(other, reach)
    spread = mean_over_time(one.square(), reach) * mean_over_time(other.square(), reach)
    alike = mean_over_time(one * other, reach) / spread.sqrt().clamp_min(1e-6)
    return ((alike - ALIKE[0]) / (ALIKE[1] - ALIKE[0])).clamp(0, 1)[:, None, None]


def mean_over_time(curve: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 frames. Shape: (batch, frames), kept."""
    reach = min(reach, curve.shape[-1] - 1)
    return F.avg_pool1d(curve, 2 * reach + 1, 1, reach, count_include_pad=False)


def carried(guess: Tensor, donor: Tensor, frequency: Tensor, reach: int) -> Tensor:
    """The mixture's own highs, no louder than the calibrated guess: min(c·|G|, |M|).

    Args:
        guess: mirrored highs, 0 below the edge. Shape: (batch, channels, bins, frames).
        donor: the mixture, same shape.
        reach: of the calibration, frames each way.
    """
    bins, frames = guess.shape[-2:]
    size = max(1, round(BAND_HZ / float(frequency[1])))
    reach = min(reach, frames - 1)
    told, heard = (banded(x.abs().square(), size) for x in (guess, donor))
    loudest = F.max_pool1d(told.flatten(0, 1), 2 * reach + 1, 1, reach).view_as(told)
    ratio = (heard / told.clamp_min(TINY)).sqrt()
    ratio = ratio.masked_fill(told < LOUD * loudest, torch.inf)
    # c moves as slowly as its reach: five places in it are enough, and 50 times less to sort.
    step = max(1, reach // 5)
    near = F.pad(ratio, (reach, reach + step), value=torch.inf).unfold(-1, 2 * reach + 1, step)
    rank = (LOW * (near.isfinite().sum(-1) - 1).clamp_min(0)).long()
    low = near.sort(-1).values.gather(-1, rank[..., None])[..., 0].clamp_max(1)
    c = low.repeat_interleave(step, -1)[..., :frames].repeat_interleave(size, -2)[..., :bins, :]
    return donor * (torch.minimum(c * guess.abs(), donor.abs()) / donor.abs().clamp_min(TINY))


def banded(power: Tensor, size: int) -> Tensor:
    """Mean power of bands of so many bins. Shape: (batch, channels, bins, frames) to (batch,
    channels, bands, frames); the last band may be short."""
    return F.avg_pool2d(power, (size, 1), ceil_mode=True)
