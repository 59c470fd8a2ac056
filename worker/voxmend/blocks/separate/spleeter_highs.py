"""Spleeter's mask above the band that its networks know.

Up to 11 kHz every speed answers: one that is asked slower, whose networks end below that, carries
on the share that the voice has of the top of their band. Above 11 kHz it takes evidence. Not every
voice has something there: some recordings end at 11 kHz, and then what sounds above is cymbals, of
which the same share would be wrong by 20 dB, also in the networks' own eyes when they are asked
faster. So the mixture must show it, in the frames in which the voice alone makes the top of the
band. Either what lies right above does not fall away, as it does at the end of a recording, not
even in the quietest tenth of them, when the cymbals rest. Or it comes and goes with the voice.
Where too few frames show anything, there is nothing above.

Measured on five real songs, on dry singers and speakers over two bands (docs/separation.md). One
answer for a window and for all its channels, and none of it depends on what else is in the batch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...dsp.curves import Ramp, decibel
from .spleeter_network import BINS, FFT

EDGE_HZ = 11_025.0
"""Up to here all speeds answer: the networks' band at their own rate."""

CARRIED = slice(819, BINS)
"""Bins of the networks, the top fifth, whose share is carried."""

VOICE_HZ = (8500.0, 11_025.0)
"""Says how loud the voice's highs are."""

BELOW_HZ, ABOVE_HZ = (10_000.0, 11_025.0), (11_500.0, 12_500.0)
"""At either side of the edge; recordings at 22.05 kHz end at 11.0 to 11.4."""

ALONE = 0.7
"""Share of the power below the edge from which on a frame is the voice's."""

LOUD_DB = 15.0
"""Frames this far under the loudest of the window still count."""

FEWEST = 12
"""Frames, 0.3 s, that must show it."""

QUIETEST = 0.1
"""Part of the frames, those in which the least lies above the edge, that decides."""

FALL_DB = Ramp(-10.0, -6.0)
"""Step at the edge in these frames. As of all pairs here: where nothing is carried, and from where
on all is. Recordings that end at 11 kHz have −10 to −68, voices with highs mostly −8 to 4."""

HEARD_DB = Ramp(3.0, 5.0)
"""Power in a bin of the voice's highs in the loudest frame. The clip has a level of −12 dBFS; as
white noise it would have 20 dB here. Bleed alone has −13 to 2.9."""

BODY_HZ, BODY_DB = (200.0, 4000.0), Ramp(34.0, 40.0)
"""Where a voice has most of its power, and how much that is in its loudest frame, all bins
together: 45 to 56 of a voice, 9 of a crash that stands alone."""

LEVEL_DB, SWING_DB, CLEAR_DB = Ramp(-4.5, -2.0), Ramp(10.0, 20.0), Ramp(8.0, 12.0)
"""Of what comes and goes with the voice: the step at the edge in the middle one of these frames;
how much more there is above the edge in them than where the voice rests; and the highs' power, as
``HEARD_DB``. A voice with highs whose quietest tenth is low has −2, 30 and 17; bleed has −5, 37 and
15, or −3, 26 and 7."""

RESTS_DB = 25.0
"""Frames this far under the loudest are those in which the voice rests."""

TINY = 1e-12
"""Power below which levels are not told apart."""


def carried(mask: Tensor, heard: Tensor, rate: int) -> Tensor:
    """The mask for all bins.

    Args:
        mask: 0..1, of the networks' bins. Shape: (batch, channels, BINS, frames).
        heard: magnitudes of the mixture. Shape: (batch, channels, bins, frames).
        rate: samples per second of the song as it is asked.
    """
    weight = heard[:, :, CARRIED].square()
    share = (mask[:, :, CARRIED] * weight).sum(2, keepdim=True)
    share = share / weight.sum(2, keepdim=True).clamp_min(TINY)
    whole = torch.cat([mask, share.expand(-1, -1, heard.shape[2] - BINS, -1)], dim=2)
    for one, sound in zip(whole, heard, strict=True):
        one[:, place(EDGE_HZ, rate) :] *= shown(one, sound, rate)
    return whole


def shown(mask: Tensor, heard: Tensor, rate: int) -> Tensor:
    """How sure it is that the voice of a window goes on above the edge, 0..1.

    Args:
        mask, heard: of one window. Shape: (channels, bins, frames).
    """
    body, top, below, above = (
        slice(place(low, rate), place(high, rate))
        for low, high in (BODY_HZ, VOICE_HZ, BELOW_HZ, ABOVE_HZ)
    )
    power = heard.square()
    voice = (mask.square() * power).mean(0)
    rest = ((1 - mask).square() * power).mean(0)
    level = decibels(voice[top].mean(0))
    own = voice[below].mean(0)
    alone = own > ALONE * (own + rest[below].mean(0))
    telling = alone & (level > level.max() - LOUD_DB) & (level > HEARD_DB.low - LOUD_DB)
    if int(telling.sum()) < FEWEST:
        return mask.new_zeros(())
    higher = decibels(power[:, above].mean((0, 1)))
    step = (higher - decibels(own))[telling]
    sung = BODY_DB(decibels(voice[body].sum(0).max()))
    stays = sung * FALL_DB(step.quantile(QUIETEST)) * HEARD_DB(level.max())
    resting = level < level.max() - RESTS_DB
    if int(resting.sum()) < FEWEST:
        return stays
    swing = higher[telling].median() - higher[resting].median()
    follows = LEVEL_DB(step.median()) * SWING_DB(swing)
    return torch.maximum(stays, sung * follows * CLEAR_DB(level.max()))


def place(hertz: float, rate: int) -> int:
    """The bin of a frequency."""
    return round(hertz / rate * FFT)


def decibels(power: Tensor) -> Tensor:
    """Shape: kept."""
    return decibel(power.clamp_min(TINY))
