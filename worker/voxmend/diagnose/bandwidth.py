"""Missing highs: by how many octaves a voice was cut off, where that can be told.

What tells is not a low level but an edge: a naturally dark voice falls gently. And with a mixture
the voice must be above the edge in M − V, or nothing is missing: a recording that never had highs
ends in an edge as well. A recording's own edge with nothing behind it reads 0; without a mixture it
reads as if it had been cut, since nothing can tell the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..blocks.bandwidth.carrying import Heard, hear
from ..blocks.contract import FRAME_S
from ..blocks.stft import hop_samples
from .look import Look, Share

FULL_HZ = 16_000.0
"""Where a whole voice ends for the count of octaves: above, little is heard of one."""

ABOVE = 3
"""Bands above the edge of which one must hold the voice: a vowel's lie beside it, an s higher."""

PUMPING = 0.25
"""Likeness that moving with the top of the mixture takes away."""

UNLIKE, ALIKE = -0.05, 0.2
"""Cues that say no, and yes. Over four voices, ten forms and one backing the octaves then read 0.12
at most where all is clean, and 1.14 on each voice that is cut at 7 kHz."""


def damage(look: Look) -> float:
    """Octaves that are missing below 16 kHz, over the time in which the voice sings; at least 0."""
    return read(gather(look).sum(-1).tolist())


def gather(look: Look) -> Tensor:
    """What ``read`` takes, column by column: octaves missing, singing. Shape: (2, columns)."""
    found = missing(look)
    return torch.stack([found.part, found.whole])


def read(sums: Sequence[float]) -> float:
    """The sums of ``gather`` over any stretch as one reading."""
    return sums[0] / sums[1] if sums[1] > 0 else 0.0


def missing(look: Look) -> Share:
    """The same, column by column: octaves where the voice sings, 0 where it does not."""
    mix = None if look.mix is None else look.mix[None]
    heard = hear(look.voice[None], mix, look.rate)
    octaves = torch.log2(FULL_HZ / heard.edges.clamp_min(1.0)).clamp_min(0) * (heard.edges > 0)
    lost = octaves if look.mix is None else octaves * certainty(heard)
    columns = torch.arange(look.spectrum.shape[-1], device=look.voice.device) * look.columns_s
    hop_s = hop_samples(heard.voice.shape[-2]) / look.rate
    place = (columns / hop_s).round().long().clamp_max(lost.shape[-1] - 1)
    sings = look.sings.float()
    return Share(lost[0, place] * sings, sings)


def certainty(heard: Heard) -> Tensor:
    """Whether M − V holds the voice above its edge, 0..1. Shape: (batch, STFT frames)."""
    cues = heard.cues
    best = (cues.alike - PUMPING * cues.pumping)[:, :ABOVE].amax(1)
    return ((best - UNLIKE) / (ALIKE - UNLIKE)).clamp(0, 1) * cues.sum[:, :ABOVE].isfinite().any(1)


def curve(look: Look) -> Tensor:
    """Missing octaves at each 10 ms frame. Shape: (frames,)."""
    part = missing(look).part
    frames = torch.arange(len(look.voiced), device=part.device) * FRAME_S
    return part[(frames / look.columns_s).round().long().clamp_max(len(part) - 1)]
