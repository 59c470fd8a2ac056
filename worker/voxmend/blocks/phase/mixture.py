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

from typing import Any

import torch
from torch import Tensor

from ...dsp.curves import TINY, Ramp
from ...dsp.nearby import around
from ...dsp.stft import hop_samples, istft, stft
from ..contract import LOSS, Repair, RepairParams
from ..registry import register

WINDOW_S = 0.093
"""Longest STFT window: parts the voice's partials from the backing's."""

RATIO_RULES = Ramp(0.3, 0.7)
"""|V|/|M|: below the first the mixture's phase is not the voice's, above the second it is."""

AGREE = 0.02
"""|V|/|M| within this of 1: the band is silent in this cell."""

ERROR_BROKEN = Ramp(0.35, 0.5)
"""Phase error of the cells that agree against that of all ruled ones nearby: nothing is taken below
the first, all above the second. Half means that as much error goes as bleed comes. Over four voices
and two backings as loud: intact .02 to .1, a phase jitter of .25 rad .28 to .38 (where the swap
gains or loses a tenth of a dB), of .5 rad .54 and more."""

SHARE_RULED = Ramp(0.75, 0.95)
"""Part of the energy nearby that the voice must rule: with less, cells agree by chance."""

NEAR_S, NEAR_HZ = 0.7, 1500.0
"""Reach of "nearby" each way."""


@register
class Mixture(Repair):
    """``phase.mixture``: the mixture's phase under the voice's magnitude."""

    name = "phase.mixture"
    mends = ("phase",)
    spares = ("bleed", LOSS)
    """It carries the voice on the mixture's phase, so what the mixture keeps is coherent with it
    and would be called bleed or loss; what that lets in of the band ``dominance`` weighs itself,
    cell by cell, against the error it takes out."""

    def repair(self, model: Any, mix: Tensor | None, voice: Tensor, params: RepairParams) -> Tensor:
        """The voice with the mixture's phase where it dominates; without a mixture as it is. Shape:
        (batch, channels, samples), kept."""
        if mix is None:
            return voice
        samples = voice.shape[-1]
        spectrum, level = stft(voice, params.rate, WINDOW_S)
        donor = stft(mix, params.rate, WINDOW_S, level)[0]
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
        return voice + change


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
    rules = RATIO_RULES.smooth(ratio)
    energy = rules * loud * heard
    error = energy * (1 - torch.cos((voice * mix.conj()).angle()))
    agrees = ((loud - heard).abs() < AGREE * heard).to(energy.dtype)
    own = around(energy * agrees, reach)
    spared = around(error * agrees, reach) / own.clamp_min(TINY)
    usual = around(error, reach) / around(energy, reach).clamp_min(TINY)
    broken = ERROR_BROKEN(spared / usual.clamp_min(TINY))
    part = around(energy, reach) / around(loud.square(), reach).clamp_min(TINY)
    sure = SHARE_RULED(part)
    return rules * broken * sure * (own > TINY)
