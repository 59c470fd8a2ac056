"""A dry voice and a backing of one rate and length, and the mixture of both.

The voice gets silence before, behind and in its middle, so that gaps are known; it stands in the
centre and, over the frames in which it sounds, as loud as the backing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ...audio.read import load as read_span
from ...audio.resample import resample
from ...dsp.curves import FRAME_S

LEAD_S = 1.2
"""Silence before and behind the voice: longer than any window of a repair."""

LOWEST_RATE = 44_100
"""A song's rate; a voice recorded lower is brought up to it, and stays as dark as it was."""

SOUNDS_DB = -45.0
"""A frame of the dry voice sounds down to this below its loudest."""

PEAK = 0.7


@dataclass(frozen=True, slots=True)
class Material:
    """What every row is made from.

    Attributes:
        voice, backing: float32, the truth; their sum is the mixture. Shape: (2, samples).
        sounds: whether the dry voice sounds, 10 ms frames. Shape: (frames,), bool.
        rate: samples per second.
        top_hz: where the recording of the voice ends: half its own rate.
    """

    voice: Tensor
    backing: Tensor
    sounds: Tensor
    rate: int
    top_hz: float

    @property
    def mix(self) -> Tensor:
        """Voice and backing. Shape: (2, samples)."""
        return self.voice + self.backing


def load(voice: Path, backing: Path, offset_s: float = 0.0, longest_s: float = 30.0) -> Material:
    """Read both and put them together.

    Args:
        offset_s: where in the backing to begin.
        longest_s: of the voice, the rest is left out.

    Raises:
        VoxmendError: a file cannot be read.
        BadRequest: one of them is silent, or the backing ends too early.
    """
    dry, own_rate = read(voice, longest_s)
    dry = dry.mean(0)
    rate = max(LOWEST_RATE, own_rate)
    dry = resampled(dry[None], own_rate, rate)[0]
    if float(dry.abs().max()) == 0:
        raise BadRequest(f"{voice.name} is silent. Give a voice that sings.")
    lead = torch.zeros(round(LEAD_S * rate))
    half = len(dry) // 2
    calm = half + int(_power(dry[half : half + rate], rate).argmin()) * round(FRAME_S * rate)
    dry = torch.cat([lead, dry[:calm], lead, dry[calm:], lead])
    need = len(dry) / rate
    band, band_rate = read(backing, need + 1, offset_s)
    band = resampled(band, band_rate, rate)
    if band.shape[1] < len(dry):
        raise BadRequest(
            f"{backing.name} is too short: {need:.1f} s are needed from {offset_s:g} s on."
        )
    return together(dry, band[:, : len(dry)], rate, own_rate / 2)


def together(dry: Tensor, backing: Tensor, rate: int, top_hz: float) -> Material:
    """A mono voice in the centre of a backing, equally loud while it sounds.

    Args:
        dry: Shape: (samples,).
        backing: Shape: (1 or 2, samples).

    Raises:
        BadRequest: the backing is silent.
    """
    sounds = sounding(dry, rate)
    level = dry.square().mean().div(sounds.float().mean()).sqrt()
    voice = (dry / level)[None].repeat(2, 1)
    backing = backing.expand(2, -1)
    power = float(backing.square().mean())
    if power == 0:
        raise BadRequest("The backing is silent. Give one that plays.")
    backing = backing / power**0.5
    peak = float((voice + backing).abs().max())
    return Material(voice * (PEAK / peak), backing * (PEAK / peak), sounds, rate, top_hz)


def sounding(dry: Tensor, rate: int) -> Tensor:
    """Which 10 ms frames of a dry voice hold sound. Shape: (samples,) to (frames,), bool."""
    power = _power(dry, rate)
    return power > power.max() * 10 ** (SOUNDS_DB / 10)


def _power(dry: Tensor, rate: int) -> Tensor:
    """Mean square of each 10 ms frame. Shape: (samples,) to (frames,)."""
    frames = max(1, round(len(dry) / (FRAME_S * rate)))
    edges = (torch.arange(frames + 1) * FRAME_S * rate).round().long().clamp_max(len(dry))
    total = torch.cat([torch.zeros(1, dtype=torch.float64), dry.double().square().cumsum(0)])
    return ((total[edges[1:]] - total[edges[:-1]]) / (FRAME_S * rate)).float()


def read(file: Path, seconds: float | None = None, start_s: float = 0.0) -> tuple[Tensor, int]:
    """Part of a file, as much as there is. Returns shape (channels, samples), and the rate.

    Raises:
        VoxmendError: it cannot be read.
    """
    with TemporaryDirectory(prefix="voxmend-") as folder:
        end_s = None if seconds is None else start_s + seconds
        loaded = read_span(file, start_s, end_s, Path(folder))
        sound = torch.from_numpy(loaded.signal.read(0, loaded.signal.frames).copy())
        loaded.signal.close()
        return sound, loaded.probe.rate


def resampled(sound: Tensor, rate: int, to: int) -> Tensor:
    """A sound at another rate. Shape: (channels, samples)."""
    return sound if rate == to else torch.from_numpy(resample(sound.numpy(), rate, to))
