"""A denoiser's own gain made cautious: a cell is attenuated only where two estimates agree.

The network takes reverb, doubles, choirs, quiet verses and half an opera for noise. So its gain
attenuates a cell only as far as ``witnesses`` calls the cell foreign too; where somebody sings the
gain is doubled first (a cell it halves is still the voice), what dominates the mixture stays, and
where the network reports a poor signal-to-noise ratio all of this is tightened.

Always holds: a gain of 0..1, one for all channels; no second estimate = exactly 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.curves import TINY, Ramp, mean_over_time
from .witnesses import chirps, common_part, noise_floor_share

VOICED = 0.55
"""Of the voice's curve. Over four voices and two backings at 0.4 twice as many gaps pass for voice
on a mid-side separator's stems, at 0.6 a doubled voice begins to be missed."""

HALF = 0.5
"""Share of the mixture's power, where a voice has its partials, from which on nobody calls it a gap
whatever the curve says: 95 gap frames in a hundred of any stem hold less than a third."""

PARTIALS_HZ = 200.0, 4000.0

HOLD = 10
"""Frames each way that a voiced frame keeps. The curve itself reaches 0.1 s beyond a voice."""

SOFT, SMOOTH, SHARE = 3, 5, 10
"""Frames each way of the change from gap to voice, of what a frame loses, and of its share of the
mixture."""

FLOOR_VOICE, FLOOR_GAP = 0.1, 0.03
"""Lowest gain where somebody sings, −20 dB, and in a gap, −30 dB."""

UNVOICED, AWAY = 0.3, 8
"""Of the cues alone: up to so much, and so many frames away from more, nobody sings. They reach
0.15 s beyond a voice themselves."""

TWICE = 2.0
"""Of what the rest of the mixture explains of a cell is taken: an estimate is half the time less
than the truth."""

TRUST = 150
"""Frames each way over which the network's own estimate of the signal-to-noise ratio counts."""

LSNR_TRUSTED = Ramp(4.0, 12.0)
"""That estimate in dB, where somebody sings: below the first the network is not believed there,
above the second it is. Over a dry singer with bleed it says 7 to 30, over reverb or a double 0 to
8."""


@dataclass(frozen=True, slots=True)
class Caution:
    """What of the network's gain is used where somebody sings.

    Attributes:
        unity: a cell that keeps so much by the network's word keeps all.
        dominates: |V|/|M − V| from which a cell is the voice's; from half of it on, partly.
        most_db: a frame loses so much at most.
    """

    unity: float
    dominates: float
    most_db: float


BELIEVED = Caution(unity=0.5, dominates=2.0, most_db=20.0)
DOUBTED = Caution(unity=0.3, dominates=1.0, most_db=0.5)


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of voice and what is known of it, 10 ms frames.

    Attributes:
        voice: spectrum. Shape: (channels, bins, frames).
        rest: spectrum of M − V, same shape; None where there is no mixture.
        frequency: of each bin, Hz.
        network: the network's gain, 0..1. Shape: (bins, frames).
        sings: how surely somebody does, 0..1. Shape: (frames,).
        cues: the same without the network's word, which takes chirps for a voice.
        level: gain that the sound was evened out by. Shape: (frames,).
        lsnr: signal-to-noise ratio that the network believes in, dB. Shape: (frames,).
        rate: samples per second.
    """

    voice: Tensor
    rest: Tensor | None
    frequency: Tensor
    network: Tensor
    sings: Tensor
    cues: Tensor
    level: Tensor
    lsnr: Tensor
    rate: int


def cautious_gain(scene: Scene) -> Tensor:
    """The gain of each cell, the same for all channels. Shape: (bins, frames)."""
    power = scene.voice.abs().square().sum(0)
    held = held_voice(scene, power)
    believed = trust(scene.lsnr, held)
    gain = torch.zeros_like(power)
    for caution, share in ((BELIEVED, believed), (DOUBTED, 1 - believed)):
        if bool(share.any()):
            gain += share * _gain(scene, power, held, caution)
    voiced = F.max_pool1d((scene.cues > UNVOICED).float()[None], 2 * AWAY + 1, 1, AWAY)[0]
    noisy, even = chirps(power, 1 - voiced, scene.frequency)
    return gain + noisy * (torch.minimum(gain, scene.network.clamp_min(FLOOR_GAP) * even) - gain)


def _gain(scene: Scene, power: Tensor, held: Tensor, caution: Caution) -> Tensor:
    """The gain with one measure of caution. Shape: (bins, frames)."""
    in_voice = (scene.network / caution.unity).clamp(FLOOR_VOICE, 1)
    in_gap = scene.network.clamp_min(FLOOR_GAP)
    if scene.rest is None:
        foreign = noise_floor_share(power / scene.level.square(), scene.rate)
        own = 1 - foreign
    else:
        wanted = torch.where(held > 0, in_voice, in_gap)
        foreign, explained = common_part(scene.voice, scene.rest, 1 - wanted, scene.frequency)
        ratio = power.sqrt() / scene.rest.abs().square().sum(0).sqrt().clamp_min(TINY)
        own = (1 - TWICE * explained / power.sqrt().clamp_min(TINY)).clamp_min(0)
        own = torch.maximum(own, Ramp(caution.dominates / 2, caution.dominates)(ratio))
    in_voice = bounded(torch.maximum(in_voice, own), power, caution.most_db)
    in_gap = torch.maximum(in_gap, 1 - foreign)
    sung = mean_over_time(held[None], SOFT)
    return sung * in_voice + (1 - sung) * in_gap


def bounded(gain: Tensor, power: Tensor, most_db: float) -> Tensor:
    """The gain drawn towards 1 in frames that would lose more than so much. Shape: (bins,
    frames), kept."""
    before, after = (
        mean_over_time(p.sum(0, keepdim=True), SMOOTH) for p in (power, power * gain.square())
    )
    kept = (after / before.clamp_min(TINY)).sqrt().clamp(0, 1)
    least = 10 ** (-most_db / 20)
    share = ((1 - least) / (1 - kept).clamp_min(TINY)).clamp_max(1)
    return 1 - share * (1 - gain)


def held_voice(scene: Scene, power: Tensor) -> Tensor:
    """1 where somebody sings and just before and after, else 0. Shape: (frames,)."""
    sings = scene.sings > VOICED
    if scene.rest is not None:
        low, high = PARTIALS_HZ
        inside = (scene.frequency >= low) & (scene.frequency <= high)
        both = (scene.voice + scene.rest).abs().square().sum(0)
        summed = torch.stack([p[inside].sum(0) for p in (power, both)])
        own, whole = mean_over_time(summed, SHARE)
        sings = sings | (own > HALF * whole.clamp_min(TINY))
    return F.max_pool1d(sings.float()[None], 2 * HOLD + 1, 1, HOLD)[0]


def trust(lsnr: Tensor, held: Tensor) -> Tensor:
    """How far the network is believed where somebody sings, 0..1. Shape: (frames,)."""
    summed, counted = mean_over_time(torch.stack([lsnr * held, held]), TRUST)
    return LSNR_TRUSTED(summed / counted.clamp_min(1e-3))
