"""VoiceFixer (Liu et al., 2021) as the last help for a voice whose phase is broken.

Its voice is made anew from a mel spectrum, so its waveform has nothing to do with the singer's and
is never mixed in: two such voices comb. What it lends is magnitude: how the partials would lie in a
whole voice, band by band at the present one's level. The phase is the mixture's where the voice
rules it, else the present voice's own. And only where the phase is still broken, told as
``phase.mixture`` tells it; without a mixture everywhere, and the guard chooses. With ``full`` the
whole clip is vocoded as upstream does it, for comparison: phase, stage and all. For stage C.

The network hears one channel, the mean of both; each channel gets the same gains, so the image
stays.

Always holds: same shape, zero lag, gain in = gain out; where nothing is flagged the voice stays as
it was, and the network is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ...dsp.curves import TINY, Ramp, mean_over_time
from ...dsp.nearby import around
from ...dsp.polarity import signs
from ...dsp.stft import hertz, hop_samples, istft, stft
from ...networks.voicefixer import network
from ...networks.voicefixer.analysis import RATE
from ...networks.voicefixer.network import VoiceFixer
from ..contract import LOSS, Repair, RepairParams
from ..registry import register
from .donor import REACH_S, at_voices_level
from .mixture import NEAR_HZ, NEAR_S, RATIO_RULES, WINDOW_S, dominance

MOST = 4.0
"""A cell's gain: what a broken phase took from it, and no more than 12 dB."""

ERROR_LEFT = Ramp(0.02, 0.05)
"""Mean of 1 − cos of the phase error against the mixture, where the voice rules: below the first
nothing is flagged. Over three voices and two backings as loud: .01 or so once ``phase.mixture``
has been there, .11 to .15 with a jitter of 1 rad."""

LEAST = 0.03
"""Share of the voice below which nothing is flagged. Of whole voices 0 to .03 is, of those jittered
by 1 rad .77 to .84."""

STEADY_S = 0.75
"""Reach of the mean, each way, of the level that a vocoded voice gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceFixerParams(RepairParams):
    """How much of the network's voice to take.

    Attributes:
        strength: 0 changes nothing, 1 takes it wherever the phase is broken. 0..1.
        full: vocode the whole clip, literally; ``strength`` must be 1.
    """

    full: bool = False

    def __post_init__(self) -> None:
        RepairParams.__post_init__(self)
        if self.full and self.strength != 1:
            raise BadRequest(
                "full vocodes the whole clip, and a part of that would comb with "
                "the voice; leave strength at 1, or full away."
            )


@register
class VoiceFixerBlock(Repair):
    """``phase.voicefixer``: VoiceFixer's magnitudes where the phase stays broken."""

    name = "phase.voicefixer"
    rate = RATE
    window_s = network.WINDOW / RATE
    context_s = network.CONTEXT / RATE
    channels = 2
    models = (network.MODEL,)
    params = VoiceFixerParams
    mends = ("phase",)
    spares = ("bleed", LOSS)  # as phase.mixture's
    precisions = ("bf16",)
    levelled = True

    def load(self, files: Sequence[Path], device: torch.device) -> VoiceFixer:
        """Load both halves.

        Raises:
            ModelCorrupt: a file is not what its name says.
        """
        return network.load(files, device)

    def repair(
        self, model: VoiceFixer, mix: Tensor | None, voice: Tensor, params: VoiceFixerParams
    ) -> Tensor:
        """The voice with the network's magnitudes, or the network's voice.

        Args:
            mix: float32, or None. Shape: (batch, 1 or 2, samples).
            voice: float32, same shape, at an even level.
        """
        if params.full:
            return vocoded(model, voice, params)
        spectrum, level = stft(voice, params.rate, WINDOW_S)
        hop, samples = hop_samples(spectrum.shape[-2]), voice.shape[-1]
        loud = spectrum.abs()
        carrier, share = flagged(spectrum, mix, level, params.rate)
        whole, part = (x.sum((1, 2, 3)) for x in (loud, share * loud))
        share = share * (part > LEAST * whole)[:, None, None, None]  # window by window
        if not bool(share.any()):
            return voice
        heard, made, _ = middle(model, voice, spectrum, level, params)
        frequency = hertz(spectrum.shape[-2], params.rate, voice.device)
        reach = round(REACH_S * params.rate / hop)
        target = at_voices_level(made.abs(), heard, frequency, reach)
        wanted = loud * (target / heard.clamp_min(TINY)).clamp(1 / MOST, MOST)[:, None]
        if mix is not None:
            wanted = torch.minimum(wanted, carrier.abs())
        repaired = carrier * (wanted / carrier.abs().clamp_min(TINY))
        # The difference alone passes through the STFT: where nothing is changed, nothing is.
        change = istft(params.strength * share * (repaired - spectrum), samples) * level
        return voice + change


def vocoded(model: VoiceFixer, voice: Tensor, params: VoiceFixerParams) -> Tensor:
    """The network's voice in each channel, as loud as the voice was there and then. Its own highs
    and lows stay as they are to each other. Shape: as ``voice``."""
    spectrum, level = stft(voice, params.rate, WINDOW_S)
    heard, made, sign = middle(model, voice, spectrum, level, params)
    reach = round(STEADY_S * params.rate / hop_samples(spectrum.shape[-2]))
    gains = image(spectrum.abs(), heard, reach) * steady(made.abs(), heard, reach)
    return istft(made[:, None] * gains * sign, voice.shape[-1]) * level


def middle(
    model: VoiceFixer, voice: Tensor, spectrum: Tensor, level: Tensor, params: VoiceFixerParams
) -> tuple[Tensor, Tensor, Tensor]:
    """What the network hears, the magnitude of the channels' mean; what it makes of it, at the
    level of ``spectrum``; and each channel's sign in that mean.

    Shapes: (batch, bins, frames) twice, (batch, channels, 1, 1).
    """
    sign = signs(voice)
    said = model((sign * voice).mean(1, keepdim=True), params.precision)
    made = stft(said, params.rate, WINDOW_S, level)[0]
    return (sign[..., None] * spectrum).mean(1).abs(), made[:, 0], sign[..., None]


def flagged(
    spectrum: Tensor, mix: Tensor | None, level: Tensor, rate: int
) -> tuple[Tensor, Tensor]:
    """Whose phase a repair takes, and where it is due: 0..1.

    Args:
        spectrum: the voice's, at peak 1. Shape: (batch, channels, bins, frames).
        mix: the mixture, or None. Shape: (batch, channels, samples).
        level: the voice's peak. Shape: (batch, 1, 1).

    Returns:
        Both of ``spectrum``'s shape.
    """
    if mix is None:
        return spectrum, torch.ones_like(spectrum.real)
    donor = stft(mix, rate, WINDOW_S, level)[0]
    width = rate / 2 / (spectrum.shape[-2] - 1)
    reach = round(NEAR_HZ / width), round(NEAR_S * rate / hop_samples(spectrum.shape[-2]))
    return donor, dominance(spectrum, donor, reach) * left(spectrum, donor, reach)


def left(spectrum: Tensor, donor: Tensor, reach: tuple[int, int]) -> Tensor:
    """Whether the phase is still off: where it is the mixture's already, the ratio that tells
    ``dominance`` of damage is one of two nothings. 0..1. Shape: as ``spectrum``."""
    energy = spectrum.abs() * donor.abs()
    energy = energy * (spectrum.abs() > RATIO_RULES.high * donor.abs())
    error = energy * (1 - torch.cos((spectrum * donor.conj()).angle()))
    usual = around(error, reach) / around(energy, reach).clamp_min(TINY)
    return ERROR_LEFT(usual)


def steady(donor: Tensor, voice: Tensor, reach: int) -> Tensor:
    """The gain that makes the donor as loud as the voice over a second and a half.

    Shape of both: (batch, bins, frames) to (batch, 1, 1, frames).
    """
    wanted, had = (mean_over_time(x.square().sum(1, keepdim=True), reach) for x in (voice, donor))
    return (wanted / had.clamp_min(TINY)).sqrt()[:, None]


def image(loud: Tensor, middle: Tensor, reach: int) -> Tensor:
    """Each channel's share in the whole voice: its level against that of the mean.

    Args:
        loud: magnitudes. Shape: (batch, channels, bins, frames).
        middle: magnitude of the channels' mean. Shape: (batch, bins, frames).

    Returns:
        Shape: (batch, channels, 1, frames).
    """
    power = mean_over_time(loud.square().sum(2), reach)
    whole = mean_over_time(middle.square().sum(1, keepdim=True), reach)
    return (power / whole.clamp_min(TINY)).sqrt().clamp_max(MOST)[:, :, None]
