"""Spleeter's mask above the band that its networks know.

The share that the voice has of the top of that band, 8.8 to 11 kHz, is carried upwards, frame by
frame. Not every voice has something up there: some recordings end at 11 kHz, and then what sounds
above is cymbals, of which the same share would be wrong by 20 dB. So the mixture must show it: in
the frames in which the voice alone makes the top of the band, what lies right above may not fall
away, as it does at the end of a recording; it does not do so in the quietest tenth of them, when
the cymbals rest. Where too few frames show anything, nothing is carried.

Measured on five real songs, on dry singers and speakers over two bands (docs/separation.md). One
answer for a window and for all its channels, and none of it depends on what else is in the batch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .spleeter_network import BINS

CARRIED = slice(819, BINS)
"""Bins whose share is carried: from 8.8 kHz."""

VOICE = slice(789, BINS)
"""Bins, from 8.5 kHz, that say how loud the voice's highs are."""

BELOW, ABOVE = slice(929, BINS), slice(1068, 1161)
"""Bins at either side of the band's end, 10 to 11 and 11.5 to 12.5 kHz."""

ALONE = 0.7
"""Share of the power below the edge from which on a frame is the voice's."""

LOUD_DB = 15.0
"""Frames this far under the loudest of the window still count."""

FEWEST = 12
"""Frames, 0.3 s, that must show it."""

QUIETEST = 0.1
"""Part of the frames, those in which the least lies above the edge, that decides."""

FALL_DB = (-11.0, -7.0)
"""Step at the edge in these frames: where nothing is carried, and from where on all is. Recordings
that end at 11 kHz have −12 to −68, voices with highs −8 to 4."""

HEARD_DB = (2.0, 5.0)
"""Power in a bin of the voice's highs in the loudest frame: where nothing is carried, and from
where on all is. The clip has a level of −12 dBFS; as white noise it would have 20 dB here. Bleed
alone has −13 to 2."""

TINY = 1e-12


def carried(mask: Tensor, heard: Tensor) -> Tensor:
    """The mask for all bins.

    Args:
        mask: 0..1, of the networks' bins. Shape: (batch, channels, BINS, frames).
        heard: magnitudes of the mixture. Shape: (batch, channels, bins, frames).
    """
    weight = heard[:, :, CARRIED].square()
    share = (mask[:, :, CARRIED] * weight).sum(2, keepdim=True)
    share = share / weight.sum(2, keepdim=True).clamp_min(TINY)
    known = torch.stack([shown(one, other) for one, other in zip(mask, heard, strict=True)])
    above = (share * known[:, None, None, None]).expand(-1, -1, heard.shape[2] - BINS, -1)
    return torch.cat([mask, above], dim=2)


def shown(mask: Tensor, heard: Tensor) -> Tensor:
    """How sure it is that the voice of a window goes on above the band, 0..1.

    Args:
        mask, heard: of one window. Shape: (channels, bins, frames).
    """
    power = heard.square()
    voice = (mask.square() * power[:, :BINS]).mean(0)
    rest = ((1 - mask).square() * power[:, :BINS]).mean(0)
    level = decibels(voice[VOICE].mean(0))
    below = voice[BELOW].mean(0)
    alone = below > ALONE * (below + rest[BELOW].mean(0))
    telling = alone & (level > level.max() - LOUD_DB) & (level > HEARD_DB[0] - LOUD_DB)
    if int(telling.sum()) < FEWEST:
        return mask.new_zeros(())
    step = decibels(power[:, ABOVE].mean((0, 1))) - decibels(below)
    return ramp(step[telling].quantile(QUIETEST), FALL_DB) * ramp(level.max(), HEARD_DB)


def decibels(power: Tensor) -> Tensor:
    """Shape: kept."""
    return 10 * power.clamp_min(TINY).log10()


def ramp(value: Tensor, ends: tuple[float, float]) -> Tensor:
    """0 below the first end, 1 above the second, straight between. Shape: kept."""
    return ((value - ends[0]) / (ends[1] - ends[0])).clamp(0, 1)
