"""Weight-free bandwidth extension: mirrors the band below a cut edge into the empty band above.

High-frequency regeneration by spectral folding and translation (Makhoul, Berouti, ICASSP 1979);
each bin keeps the level of the one it came from, less a fall per octave, so that the new band
follows the voice's own envelope (spectral band replication: Dietz et al., AES 112, 2002). With a
mixture the mirror is only a prior, see ``highs``. For stage B.

Always holds: highs are added and nothing else, no edge = the same voice, same shape, zero lag,
gain in = gain out.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...dsp.above_edge import above_edge
from ...dsp.stft import HOPS
from ..contract import Repair, RepairParams
from ..registry import register
from .highs import SPARES, highs

TOP_HZ = 24_000.0
"""Nothing is made above."""

SLOPE_DB = 12.0
"""Fall of the new band per octave. Least error at 6 for two speakers and one singer, at 12 for
another: the darker, since too little is missed less than too much is heard."""


@register
class Mirror(Repair):
    """``bandwidth.mirror``: spectral folding above a steep edge."""

    name = "bandwidth.mirror"
    mends = ("bandwidth",)
    spares = SPARES

    def repair(self, model: Any, mix: Tensor | None, voice: Tensor, params: RepairParams) -> Tensor:
        """The voice with highs above its edge. Shape: (batch, channels, samples), kept."""
        seen = above_edge(voice, mix, params.rate)
        if seen.hopeless:
            return voice
        guess = mirrored(seen.voice, seen.frequency, seen.edges)
        return voice + params.strength * highs(seen, guess)


def mirrored(spectrum: Tensor, frequency: Tensor, edges: Tensor) -> Tensor:
    """What lies above each edge if the octave below it goes on.

    Args:
        spectrum: Shape: (batch, channels, bins, frames).
        edges: Hz, 0 = none. Shape: (batch, frames).

    Returns:
        Same shape as the spectrum, 0 below the edge.
    """
    made = torch.zeros_like(spectrum)
    for clip, own in enumerate(edges):
        for cut in own.unique().tolist():
            if cut:
                made[clip] += unfolded(spectrum[clip], frequency, cut) * (own == cut)
    return made


def unfolded(spectrum: Tensor, frequency: Tensor, cut: float) -> Tensor:
    """What lies above one edge: by turns the mirror image and the copy of the octave below it,
    falling. Shape: (channels, bins, frames), 0 below the edge.

    A partial moved by n bins must turn by n/HOPS more cycles from frame to frame. All distances
    here are multiples of HOPS, so it does; and so does a mirror image, which turns backwards.
    """
    bins, width = spectrum.shape[1], float(frequency[1])
    edge = HOPS * round(cut / width / HOPS)
    octave = HOPS * max(1, edge // 2 // HOPS)
    beyond = torch.arange(min(bins, round(TOP_HZ / width) + 1) - edge, device=spectrum.device)
    turn, rest = beyond // octave, beyond % octave
    image = turn % 2 == 0
    source = torch.where(image, edge - rest, edge - octave + rest)
    taken = spectrum[:, source]
    taken = torch.where(image[:, None], taken.conj(), taken)
    fall = SLOPE_DB * torch.log2((edge + beyond) / source)
    made = torch.zeros_like(spectrum)
    made[:, edge : edge + len(beyond)] = taken * 10 ** (-fall[:, None] / 20)
    return made
