"""Weight-free separation for the preset ``preview``: the voice sits in the middle and is pitched.

Three cues. What the mid owes to the side is taken out by local linear regression and magnitude
subtraction (ADRess at azimuth 0: Barry, Lawlor, Coyle, DAFx 2004). What the mid repeats whenever
the *side* sounds alike is accompaniment too (REPET-SIM: Rafii, Pardo, ISMIR 2012, but with a
reference that holds no voice). Both count half on the harmonics of the leading pitch and double
between them (subharmonic summation: Hermes, JASA 1988).

Always holds: same shape, zero lag, stereo image kept (one mask 0..1 for both channels), gain in =
gain out. Mono has no side and rests on the other two cues. A voice that stands elsewhere than
``pan`` says is lost: the curve ``centre`` is there to warn of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import Params, Proposal
from ..registry import register
from ..stft import TINY, hertz, hop_samples, in_frames, istft, stft
from .repetition import LOW_CUT_HZ, WINDOW_S, background

REGRESSION_S = 1.1
"""Reach of the regression each way: as long as an instrument keeps its place and reverb."""

MID_LIKENESS = 0.03
"""Weight of the mid in the search for look-alikes: only a side 30 dB below it yields to it."""

NEIGHBOURS = 8
"""Look-alikes per frame: a loop of two bars comes back that often in half a minute."""

ALONE = 0.01
"""A frame whose share of side is 20 dB under the window's has no accompaniment to look for: a
voice that begins unaccompanied keeps its repeated notes."""

DOUBT = 2.0
"""The accompaniment counts 1/DOUBT on a harmonic of the voice and DOUBT between two."""

LOWEST_HZ, HIGHEST_HZ = 80.0, 1000.0
"""Sung fundamentals, E2 to B5."""

STEPS = 48
"""Pitches tried per octave."""

HARMONICS, DECAY = 12, 0.84
"""Subharmonic summation; the decay per harmonic is Hermes's."""

PITCHED_HZ = 4000.0
"""Above it the harmonics are too dense, and consonants too loud, for a comb."""

GLIDE = 0.02
"""Cost of a step of pitch from frame to frame, against a whole salience of 1; a leap costs at
most that of a fifth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MidSideParams(Params):
    """Where to look for the voice.

    Attributes:
        pan: its place in the stereo image: -1 left, 0 the middle, 1 right.
    """

    pan: float = 0.0

    def __post_init__(self) -> None:
        if not -1 <= self.pan <= 1:
            raise BadRequest(
                f"separate.midside: pan is {self.pan:g}; give a number from -1 (left) to 1 (right)."
            )


@register
class MidSide:
    """``separate.midside``: centre, repetition and pitch in one mask."""

    name: ClassVar[str] = "separate.midside"
    version: ClassVar[int] = 2
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 36.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = MidSideParams

    def run(
        self, model: Any, mix: Tensor | None, voice: Tensor | None, params: MidSideParams
    ) -> Proposal:
        """Propose the centred, pitched, unrepeated part of the mixture as the voice.

        Args:
            mix: float32. Shape: (batch, 1 or 2, samples).
            params: ``pan``, and ``rate``.
        """
        if mix is None:
            raise ValueError("a separator needs the mixture")
        spectrum, level = stft(mix, params.rate, WINDOW_S)
        left, right = gains_at(params.pan)
        norm = left**2 + right**2
        mid = ((left * spectrum[:, 0] + right * spectrum[:, -1]) / norm).mT.contiguous()
        side = ((right * spectrum[:, 0] - left * spectrum[:, -1]) / norm).mT.contiguous()
        frequency = hertz(mid.shape[-1], params.rate, mid.device)
        audible = (frequency >= LOW_CUT_HZ).to(mix.dtype)
        loud, wide = mid.abs(), side.abs()
        hop = hop_samples(mid.shape[-1])
        centred = unexplained(mid, side, round(REGRESSION_S * params.rate / hop)) * audible
        likeness = torch.cat([wide * audible, MID_LIKENESS * centred], dim=-1)
        repeated = background(centred, likeness, NEIGHBOURS)
        other = wide + accompanied(loud, wide)[..., None] * repeated
        pitch = leading_pitch((centred - other).clamp_min(0), frequency)
        doubt = DOUBT ** (1 - 2 * on_harmonic(pitch, frequency))
        mask = (centred - doubt * other).clamp_min(0) / loud.clamp_min(TINY)
        if params.pan and mix.shape[1] == 2:  # beside the middle a channel may hold no voice at all
            place = spectrum.new_tensor([left, right])[:, None, None]
            spectrum = mid.mT[:, None] * place
        estimate = istft(spectrum * mask.mT[:, None], mix.shape[-1]) * level
        centre = in_frames(centre_share(loud, wide, frequency), mix.shape[-1], params.rate, hop)
        return Proposal(estimate, {"centre": centre})


def gains_at(pan: float) -> tuple[float, float]:
    """How loud a voice at ``pan`` is left and right, the louder side 1."""
    return min(1.0, 1.0 - pan), min(1.0, 1.0 + pan)


def unexplained(mid: Tensor, side: Tensor, reach: int) -> Tensor:
    """Magnitude of the mid once its part coherent with the side, within ``reach`` frames, is out.

    A source panned between centre and edge has mid = c·side with one c at all times. A share c
    above 1 would belong to a source nearer the centre than the edge, perhaps the voice: it is cut
    to 1. Shape: (batch, frames, bins).
    """
    cross = mid * side.conj()
    covariance = torch.complex(local_mean(cross.real, reach), local_mean(cross.imag, reach))
    share = covariance / local_mean(side.abs().square(), reach).clamp_min(TINY)
    share = share / share.abs().clamp_min(1)
    return torch.minimum((mid - share * side).abs(), mid.abs())


def local_mean(values: Tensor, reach: int) -> Tensor:
    """Mean over up to 2·reach + 1 frames. Shape: (batch, frames, bins).

    Sums of 1, 2, 4, … frames make up the width, as bits make up a number. A running total would
    need float64, which Apple's GPUs lack, not to swallow a quiet stretch after a loud one.
    """
    frames, width = values.shape[1], 2 * reach + 1
    block = F.pad(values, (0, 0, reach, reach))
    total, done, size = torch.zeros_like(values), 0, 1
    while True:
        if width & size:
            total += block[:, done : done + frames]
            done += size
        if done == width:
            break
        block = block[:, :-size] + block[:, size:]
        size *= 2
    at = torch.arange(frames, device=values.device)
    count = (at + reach).clamp_max(frames - 1) - (at - reach).clamp_min(0) + 1
    return total / count[:, None]


def accompanied(loud: Tensor, wide: Tensor) -> Tensor:
    """0 in a frame without side in a window that has one, else 1; 1 throughout in mono.

    Args:
        loud: magnitude of the mid. Shape: (batch, frames, bins).
        wide: magnitude of the side, same shape.

    Returns:
        0..1. Shape: (batch, frames).
    """
    mid, side = loud.square().sum(-1), wide.square().sum(-1)
    usual = side.sum(-1, keepdim=True) / mid.sum(-1, keepdim=True).clamp_min(TINY)
    return (side + TINY) / (side + ALONE * usual * mid + TINY)


def leading_pitch(loud: Tensor, frequency: Tensor) -> Tensor:
    """The best path through the pitch salience. Shape: (batch, frames, bins) to (batch, frames).

    Returns:
        Hz, between ``LOWEST_HZ`` and ``HIGHEST_HZ`` in every frame: whether it is voiced is left
        to the loudness of what the comb lets through.
    """
    width = float(frequency[1])
    flat = loud.sqrt()
    # A partial stands out of its surroundings, 5 lowest fundamentals wide.
    around = 2 * round(2.5 * LOWEST_HZ / width) + 1
    flat = flat - F.avg_pool1d(flat, around, 1, around // 2, count_include_pad=False)
    flat = flat.clamp_min(0)
    steps = int(STEPS * log2(HIGHEST_HZ / LOWEST_HZ))
    pitches = LOWEST_HZ * 2 ** (torch.arange(steps, device=loud.device) / STEPS)
    salience = flat.new_zeros(*flat.shape[:2], steps)
    for harmonic in range(1, HARMONICS + 1):
        place = pitches * harmonic / width
        inside = place * width < min(PITCHED_HZ, float(frequency[-1]))
        below = place.long().clamp_max(flat.shape[-1] - 2)
        part = torch.lerp(flat[..., below], flat[..., below + 1], (place - below).clamp(0, 1))
        salience += DECAY ** (harmonic - 1) * part * inside
    salience = salience / salience.amax(dim=(1, 2), keepdim=True).clamp_min(TINY)
    return pitches[best_path(salience)]


def best_path(score: Tensor) -> Tensor:
    """Viterbi: the states with the largest sum of scores less glides. Shape: (batch, frames,
    states) to (batch, frames)."""
    states = torch.arange(score.shape[-1], device=score.device)
    leap = 7 * STEPS // 12
    cost = GLIDE * (states[:, None] - states).abs().clamp_max(leap)
    best, came = score[:, 0], []
    for frame in range(1, score.shape[1]):
        value, source = (best[:, None] - cost).max(-1)
        came.append(source)
        best = value + score[:, frame]
    path = [best.argmax(-1)]
    for source in reversed(came):
        path.append(source.gather(1, path[-1][:, None])[:, 0])
    return torch.stack(path[::-1], 1)


def on_harmonic(pitch: Tensor, frequency: Tensor) -> Tensor:
    """1 on a harmonic, 0 between two, 1/2 where there is no comb. Shape: (batch, frames) to
    (batch, frames, bins).

    The teeth are as wide as the window's main lobe, 2 bins each way, and 1 % for vibrato.
    """
    pitch = pitch[..., None]
    away = frequency - (frequency / pitch).round().clamp_min(1) * pitch
    tooth = torch.exp(-0.5 * (away / (2 * frequency[1] + 0.01 * frequency)).square())
    return torch.where(frequency < PITCHED_HZ, tooth, 0.5)


def centre_share(loud: Tensor, wide: Tensor, frequency: Tensor) -> Tensor:
    """Share of the mixture's energy that is centred, 200 to 4000 Hz, 1 in silence.

    Args:
        loud: magnitude of the mid. Shape: (batch, frames, bins).
        wide: magnitude of the side, same shape.

    Returns:
        0..1. Shape: (batch, frames), STFT frames.
    """
    band = (frequency >= 200) & (frequency < PITCHED_HZ)
    power = ((loud.square() + wide.square()) * band).sum(-1)
    centred = ((loud - wide).clamp_min(0).square() * band).sum(-1)
    return 1 - (power - centred) / power.clamp_min(TINY)
