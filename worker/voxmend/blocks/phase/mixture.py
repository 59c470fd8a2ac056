"""Gives a damaged voice the mixture's phase back, where the voice is what one hears of it.

A separator's phase is a guess; where the voice dominates the mixture, the mixture holds the
singer's own: given the mixture alone, its phase is the best estimate there is (Ephraim, Malah,
IEEE TASSP 1984). There the voice becomes min(|V|, |M|) with the phase of M. No consistency
iterations follow: they hurt. Whether it dominates is read from magnitudes alone: M − V is spoilt
by the very damage to be mended. Whether there is damage, and more of it than the mixture's phase
would bring bleed in, is read from the cells in which both magnitudes agree: the band is silent
there, so an intact voice has the mixture's phase in them too, and a damaged one as wrong a phase
as anywhere. For stage C.

Always holds: same shape, zero lag, gain in = gain out, no cell of the spectrum is asked to get
louder; without a mixture, or where it does not rule, the voice stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import Params, Proposal
from ..nearby import around
from ..registry import register
from ..stft import TINY, hop_samples, in_frames, istft, stft

WINDOW_S = 0.093
"""Longest STFT window: parts the voice's partials from the backing's."""

RARE, RULES = 0.3, 0.7
"""|V|/|M| below which the mixture's phase is not the voice's, and above which it is."""

AGREE = 0.02
"""|V|/|M| within this of 1: the band is silent in this cell."""

SPARED, BROKEN = 0.35, 0.5
"""Phase error of the cells that agree against that of all ruled ones nearby: nothing is taken below
the first, all above the second. Half means that as much error goes as bleed comes. Over four voices
and two backings as loud: intact .02 to .1, a phase jitter of .25 rad .28 to .38 (where the swap
gains or loses a tenth of a dB), of .5 rad .54 and more."""

RULED = 0.75, 0.95
"""Part of the energy nearby that the voice must rule: with less, cells agree by chance."""

NEAR_S, NEAR_HZ = 0.7, 1500.0
"""Reach of "nearby" each way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureParams(Params):
    """How much of the mixture's phase to take.

    Attributes:
        strength: 0 changes nothing, 1 takes it wherever the voice dominates. 0..1.
    """

    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadRequest(
                f"phase.mixture: strength is {self.strength:g}; give a number from 0 to 1."
            )


@register
class Mixture:
    """``phase.mixture``: the mixture's phase under the voice's magnitude."""

    name: ClassVar[str] = "phase.mixture"
    version: ClassVar[int] = 2
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 12.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = MixtureParams

    def run(
        self, model: Any, mix: Tensor | None, voice: Tensor | None, params: MixtureParams
    ) -> Proposal:
        """Propose the voice with the mixture's phase where it dominates.

        Args:
            mix: float32, or None: the voice comes back unchanged. Shape: (batch, channels,
                samples).
            voice: float32, same shape.
            params: ``strength``, and ``rate``.
        """
        if voice is None:
            raise ValueError("a repair needs a voice")
        if mix is None or params.strength == 0:
            return Proposal(voice)
        samples = voice.shape[-1]
        spectrum, level = stft(voice, params.rate, WINDOW_S)
        donor, donor_level = stft(mix, params.rate, WINDOW_S)
        donor = donor * (donor_level / level)[..., None].clamp_max(1e6)
        loud, heard = spectrum.abs(), donor.abs()
        hop = hop_samples(spectrum.shape[-2])
        reach = (
            round(NEAR_HZ * 2 * (spectrum.shape[-2] - 1) / params.rate),
            round(NEAR_S * params.rate / hop),
        )
        share = params.strength * dominance(spectrum, donor, reach)
        carried = donor * (torch.minimum(loud, heard) / heard.clamp_min(TINY))
        # The difference alone passes through the STFT: where nothing is changed, nothing is.
        change = istft(share * (carried - spectrum), samples) * level
        taken = (share * loud).sum((1, 2)) / loud.sum((1, 2)).clamp_min(TINY)
        return Proposal(voice + change, {"share": in_frames(taken, samples, params.rate, hop)})


def dominance(voice: Tensor, mix: Tensor, reach: tuple[int, int]) -> Tensor:
    """Where the mixture's phase is the voice's and the voice has lost its own: 0..1.

    Args:
        voice: spectrum of the voice. Shape: (batch, channels, bins, frames).
        mix: of the mixture, same shape.
        reach: of "nearby", in bins and in frames.
    """
    loud, heard = voice.abs(), mix.abs()
    # A jittered phase scatters single cells: 3 x 3 are compared.
    ratio = (around(loud.square(), (1, 1)) / around(heard.square(), (1, 1)).clamp_min(TINY)).sqrt()
    rise = ((ratio - RARE) / (RULES - RARE)).clamp(0, 1)
    rules = rise * rise * (3 - 2 * rise)
    energy = rules * loud * heard
    error = energy * (1 - torch.cos((voice * mix.conj()).angle()))
    agrees = ((loud - heard).abs() < AGREE * heard).to(energy.dtype)
    own = around(energy * agrees, reach)
    spared = around(error * agrees, reach) / own.clamp_min(TINY)
    usual = around(error, reach) / around(energy, reach).clamp_min(TINY)
    broken = ((spared / usual.clamp_min(TINY) - SPARED) / (BROKEN - SPARED)).clamp(0, 1)
    part = around(energy, reach) / around(loud.square(), reach).clamp_min(TINY)
    sure = ((part - RULED[0]) / (RULED[1] - RULED[0])).clamp(0, 1)
    return rules * broken * sure * (own > TINY)
