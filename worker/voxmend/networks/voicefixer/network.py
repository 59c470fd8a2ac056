"""VoiceFixer as the runner wants it: a mono voice in, the same voice made anew out, in place.

Upstream cuts every 30 s, hard, and each piece comes out 301 samples early, the last one by another
number. Here windows overlap, and the vocoder's lag is taken off. Neighbouring windows begin a
multiple of the U-Net's step apart, so both meet the sound alike, and what is near an edge is thrown
away. A new voice has a phase of its own: the fade between two windows is short, since two voices
that do not agree are quieter together.

Always holds: same shape, lag 0, silence for silence; a window's silent ends are not heard. Its
level is the network's own: whoever calls sees to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmend_protocol.errors import ModelCorrupt

from ..network import Weights, lowered
from . import analysis, vocoder
from .analysis import FFT, HOP, STEP
from .vocoder import LAG

MODEL = "voicefixer"

GRID = STEP * HOP
"""Samples of the U-Net's step, 0.64 s. Two windows whose frames do not fall together give two
voices that have nothing in common but their sound."""

MARGIN = 3 * GRID
"""1.9 s. Between neighbours on the grid, random weights differ by 60 dB behind the U-Net after
0.5 s, behind the vocoder by 16 dB after 1 s and by 38 dB after 4 s."""

CONTEXT = 1024
WINDOW = 40 * GRID + 2 * MARGIN + 2 * CONTEXT
"""29.5 s, as much as upstream hears at once; 25.6 s from one window to the next."""


class VoiceFixer(Weights):
    """``Network`` over both halves."""

    window = WINDOW
    margin = MARGIN
    context = CONTEXT
    step = GRID

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        """Take two halves that are on their device.

        Args:
            first: (batch, samples) to a mel spectrum (batch, frames, bands).
            second: that to sound, HOP samples a frame and at least LAG more, LAG late.
        """
        super().__init__(first, second)
        self._halves = first, second

    def __call__(self, sound: Tensor, precision: str = "fp32") -> Tensor:
        """The voice anew, as loud as the network makes it. Shape: (batch, 1, samples), kept.

        Window by window: each is large enough to keep a graphics card busy, and each has its own
        silent ends.
        """
        return torch.stack([self._one(window, precision) for window in sound])

    def _one(self, sound: Tensor, precision: str) -> Tensor:
        """One window. Shape: (1, samples), kept."""
        sounding = sound[0].nonzero()
        if not len(sounding):
            return torch.zeros_like(sound)
        start = int(sounding[0]) // GRID * GRID
        end = min(sound.shape[-1], int(sounding[-1]) + 1 + FFT)  # it may ring out
        first, second = self._halves
        mel = first(sound[:, start:end])  # in logarithms, and a tenth of the work: float32
        with lowered(precision, sound.device):
            made: Tensor = second(mel)
        return F.pad(made[:, LAG : LAG + end - start], (start, sound.shape[-1] - end))


def load(files: Sequence[Path], device: torch.device) -> VoiceFixer:
    """Load both halves.

    Raises:
        ModelCorrupt: a file is missing, broken, holds more than weights, or another network's.
    """
    return VoiceFixer(
        analysis.load(_one(files, ".ckpt"), MODEL).to(device),
        vocoder.load(_one(files, ".pt"), MODEL).to(device),
    )


def _one(files: Sequence[Path], suffix: str) -> Path:
    """The one file with this suffix."""
    found = [file for file in files if file.suffix == suffix]
    if len(found) != 1:
        raise ModelCorrupt(
            f"{MODEL} needs one {suffix} file and has {len(found)}. "
            f"Fetch it again: voxmend models pull {MODEL}"
        )
    return found[0]
