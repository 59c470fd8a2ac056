"""Where somebody sings or speaks, without weights: 0..1 per 10 ms frame.

Energy is not voice. A frame is judged by five cues: how far each half octave stands above its own
floor (the likelihood ratio of Sohn, Kim, Sung, IEEE SPL 1999, over a quantile floor as in Stahl,
ICASSP 2000), how far it lies below the loudest of the seconds around, how well one lasting pitch
explains it (normalised autocorrelation: Boersma, IFA Proceedings 17, 1993), how much the spectrum
keeps its shape, and how thin its lines are: instruments hold purer lines than a throat. A logistic
regression over four voices and five backings weighs them. For the guard, blocks A and B and the
detectors.

Always holds: a gain does not change the curve, silence gives 0, any rate, any length.
"""

from __future__ import annotations

from math import ceil, log2

import torch
import torch.nn.functional as F
from torch import Tensor

from .curves import FRAME_S, TINY, decibel, in_frames, mean_over_time
from .stft import hertz, hop_samples, power, stft

WINDOW_S = 0.065
"""Longest STFT window: at least three periods of the lowest pitch."""

LOWEST_HZ, HIGHEST_HZ = 70.0, 1100.0
"""Spoken and sung fundamentals."""

STEPS = 24
"""Pitches tried per octave."""

AUDIBLE_HZ = 100.0, 10_000.0
"""From above the kick to the top of an s."""

LINES_HZ = 200.0, 4000.0
"""Where the partials of a voice lie apart."""

HALF_OCTAVES = 13
"""Bands of the floor, from 100 Hz to 9 kHz."""

FLOOR = 0.15
"""Quantile over time that is a band's floor: a singer breathes that often."""

CLEAR_DB = 30.0
"""More above the floor says no more: a quiet verse over silence is as clear as a loud one."""

DEEPEST_DB = 50.0
"""Further below the loudest says no more."""

NEAR_S = 4.0
"""Reach of the loudest level each way: a verse is compared with itself."""

SMOOTH_S = 0.06
"""Reach of the mean of each cue each way: half a short syllable."""

NOTE_S = 0.05
"""Reach of the search for a pitch that lasts, each way."""

FAINTEST = 1e-12
"""Power, of a sound of peak 1, below which levels are not told apart."""

SILENT = 1e-10
"""Power against the loudest frame below which there is nothing to judge."""

WEIGHTS = (0.22, 0.10, 1.8, 4.2, -9.4)
"""Of the cues in the order of ``cues``: floor (dB), level (dB), pitch, shape, lines (all 0..1)."""

OFFSET = -1.3

SYLLABLE_S = 0.15
"""Reach of the mean of the curve each way: a hat and a chirp are shorter than a syllable."""

HOLD_S = 0.2
"""A voiced frame keeps its neighbours: consonants and short breaths belong to the voice."""

THRESHOLD = 0.6
"""Of the curve: a frame missed is mended less, a gap taken for voice is not mended at all."""


def voicing(sound: Tensor, rate: int) -> Tensor:
    """How surely each frame holds a voice.

    Args:
        sound: float32. Shape: (batch, channels, samples).
        rate: samples per second.

    Returns:
        0..1. Shape: (batch, frames), where frames = round(samples / 10 ms), at least 1.
    """
    spectrum, _ = stft(sound, rate, WINDOW_S)
    seen = power(spectrum).sum(1).mT.contiguous()
    hop = hop_samples(seen.shape[-1])
    weights = torch.tensor(WEIGHTS, device=seen.device)
    curve = torch.sigmoid(cues(seen, rate) @ weights + OFFSET)
    curve = mean_over_time(curve, round(SYLLABLE_S * rate / hop))
    total = seen.sum(-1)
    heard = total > SILENT * total.amax(-1, keepdim=True).clamp_min(TINY)
    return in_frames(curve * heard, sound.shape[-1], rate, hop)


def voiced(sound: Tensor, rate: int) -> Tensor:
    """Whether each frame holds a voice, held ± 200 ms.

    Args:
        sound: float32. Shape: (batch, channels, samples).

    Returns:
        bool. Shape: (batch, frames).
    """
    return held(voicing(sound, rate))


def held(curve: Tensor) -> Tensor:
    """Where a curve of ``voicing`` says that somebody sings, consonants and short breaths among it.

    Shape: (batch, frames), kept, bool.
    """
    reach = round(HOLD_S / FRAME_S)
    return F.max_pool1d(curve, 2 * reach + 1, 1, reach) >= THRESHOLD


def cues(power: Tensor, rate: int) -> Tensor:
    """What speaks for and against a voice, smoothed. Shape: (batch, frames, bins) to (batch,
    frames, 5), in the order of ``WEIGHTS``."""
    frequency = hertz(power.shape[-1], rate, power.device)
    second = rate / hop_samples(power.shape[-1])  # frames in one
    smooth = round(SMOOTH_S * second)
    found = torch.stack(
        [
            over_floor(power, frequency, round(SMOOTH_S / 2 * second)),
            under_loudest(power, frequency, smooth, round(NEAR_S * second)),
            lasting_pitch(power, frequency, rate, max(1, round(NOTE_S * second))),
            sameness(power, frequency),
            lines(power, frequency),
        ],
        dim=-1,
    )
    return mean_over_time(found.mT, smooth).mT


def over_floor(power: Tensor, frequency: Tensor, smooth: int) -> Tensor:
    """Mean over half octaves of what stands above the band's floor, dB. Shape: (batch, frames,
    bins) to (batch, frames)."""
    edges = AUDIBLE_HZ[0] * 2 ** (torch.arange(HALF_OCTAVES + 1, device=power.device) / 2)
    member = (frequency >= edges[:-1, None]) & (frequency < edges[1:, None])
    member = member[member.any(-1)].to(power.dtype)
    level = mean_over_time(_level(power @ member.mT).mT, smooth).mT
    floor = level.kthvalue(1 + int(FLOOR * (level.shape[1] - 1)), dim=1, keepdim=True).values
    return (level - floor).clamp(0, CLEAR_DB).mean(-1)


def under_loudest(power: Tensor, frequency: Tensor, smooth: int, reach: int) -> Tensor:
    """Level against the loudest of the seconds around, −50..0 dB. Shape: (batch, frames, bins) to
    (batch, frames)."""
    level = mean_over_time(_level((power * within(frequency, AUDIBLE_HZ)).sum(-1)), smooth)
    reach = min(reach, level.shape[1] - 1)
    return (level - F.max_pool1d(level, 2 * reach + 1, 1, reach)).clamp_min(-DEEPEST_DB)


def lasting_pitch(power: Tensor, frequency: Tensor, rate: int, reach: int) -> Tensor:
    """How well one pitch that lasts explains each frame, 0..1. Shape: (batch, frames, bins) to
    (batch, frames).

    The autocorrelation is that of the sound over that of the window, so that a perfect period
    gives 1 at any lag.
    """
    size = 2 * (power.shape[-1] - 1)
    repeats = torch.fft.irfft(power * within(frequency, (LOWEST_HZ, LINES_HZ[1])), size)
    window = torch.hann_window(size, device=power.device)
    own = torch.fft.irfft(torch.fft.rfft(window).abs().square(), size)
    steps = torch.arange(ceil(STEPS * log2(HIGHEST_HZ / LOWEST_HZ)), device=power.device)
    lags = rate / HIGHEST_HZ * 2 ** (steps / STEPS)
    below = lags.long()
    part = lags - below
    found = torch.lerp(repeats[..., below], repeats[..., below + 1], part)
    fade = torch.lerp(own[below], own[below + 1], part) / own[0]
    salience = (found / repeats[..., :1].clamp_min(TINY) / fade).clamp(0, 1)
    glide = F.max_pool1d(salience, 3, 1, 1)  # a pitch may move by a step per frame
    lasting: Tensor = mean_over_time(glide.mT, reach).mT * salience
    return lasting.amax(-1).sqrt()


def sameness(power: Tensor, frequency: Tensor) -> Tensor:
    """Likeness (cosine) of each frame's magnitudes to the frame before, 0..1. Shape: (batch,
    frames, bins) to (batch, frames)."""
    shape = power[..., within(frequency, LINES_HZ)].sqrt()
    shape = shape / shape.norm(dim=-1, keepdim=True).clamp_min(TINY)
    return F.pad((shape[:, 1:] * shape[:, :-1]).sum(-1), (1, 0))


def lines(power: Tensor, frequency: Tensor) -> Tensor:
    """Share of the magnitude that stands above the mean of 400 Hz around, 0..1. Shape: (batch,
    frames, bins) to (batch, frames)."""
    flat = power[..., within(frequency, LINES_HZ)].sqrt()
    beside = round(200 / float(frequency[1]))
    around = F.avg_pool1d(flat, 2 * beside + 1, 1, beside, count_include_pad=False)
    return (flat - around).clamp_min(0).sum(-1) / flat.sum(-1).clamp_min(TINY)


def within(frequency: Tensor, band: tuple[float, float]) -> Tensor:
    """Which bins lie in a band. Shape: (bins,), bool."""
    return (frequency >= band[0]) & (frequency < band[1])


def _level(power: Tensor) -> Tensor:
    """In dB, no lower than ``FAINTEST``."""
    return decibel(power.clamp_min(FAINTEST))
