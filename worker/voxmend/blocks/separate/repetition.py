"""Weight-free separation by repetition: what the song plays again is accompaniment.

Every frame is compared with all others of the window; what its nearest look-alikes have in common
is the repeating background, and the voice is what stands above it (Rafii, Pardo: "Music/voice
separation using the similarity matrix", REPET-SIM, ISMIR 2012). It needs no stereo image, so it
errs elsewhere than ``separate.midside``, which borrows ``background`` and finds its look-alikes
in the side signal.

Always holds: same shape, zero lag, 0 <= mask <= 1 and the same for both channels, gain in = gain
out. A sound that is merely held looks like repetition: a long even note is lost here.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from ..contract import Params, Proposal
from ..registry import register
from ..stft import TINY, hertz, istft, stft

WINDOW_S = 0.093
"""Longest STFT window: parts two partials 22 Hz apart, and a sung note lasts longer."""

LOW_CUT_HZ = 80.0
"""Bass and kick are centred and rule below it; only the lowest notes of a basso go with them."""

QUARTILE = 4
"""The background is the lower quartile of the look-alikes: the median of the paper breaks once
the voice sounds in half of them, and a song's voice does."""

NEIGHBOURS = 24
"""Look-alikes per frame, when the voice itself takes part in choosing them."""


@register
class Repetition:
    """``separate.repetition``: nearest-neighbour background subtraction."""

    name: ClassVar[str] = "separate.repetition"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 36.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = Params

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Params) -> Proposal:
        """Propose what does not repeat as the voice.

        Args:
            mix: float32. Shape: (batch, 1 or 2, samples).
            params: only ``rate`` is read.
        """
        if mix is None:
            raise ValueError("a separator needs the mixture")
        spectrum, level = stft(mix, params.rate, WINDOW_S)
        loud = spectrum.abs().square().mean(1).sqrt().mT.contiguous()
        heard = loud * (hertz(loud.shape[-1], params.rate, loud.device) >= LOW_CUT_HZ)
        mask = (heard - background(heard, heard, NEIGHBOURS)).clamp_min(0) / loud.clamp_min(TINY)
        return Proposal(istft(spectrum * mask.mT[:, None], mix.shape[-1]) * level)


def background(loud: Tensor, likeness: Tensor, neighbours: int) -> Tensor:
    """What each frame shares with the frames that look like it, never more than it holds.

    Args:
        loud: magnitudes. Shape: (batch, frames, bins).
        likeness: what frames are compared by, cosine similarity. Shape: (batch, frames, any).
        neighbours: how many look-alikes a frame asks.

    Returns:
        Magnitudes, same shape as ``loud``; 0 where there are not enough frames to ask.
    """
    frames = loud.shape[1]
    if frames < neighbours:
        return torch.zeros_like(loud)
    unit = likeness / likeness.norm(dim=-1, keepdim=True).clamp_min(TINY)
    similar = unit @ unit.mT
    at = torch.arange(frames, device=loud.device)
    # Frames less than one window apart share samples: their likeness says nothing.
    similar.masked_fill_((at[:, None] - at).abs() < 4, -1.0)
    score, who = similar.topk(neighbours, dim=-1)
    row = torch.arange(loud.shape[0], device=loud.device)[:, None]
    smallest = [torch.full_like(loud, torch.inf) for _ in range(neighbours // QUARTILE)]
    for k in range(neighbours):
        heard = loud[row, who[..., k]] * (score[..., k, None] >= 0)
        for rank in range(len(smallest)):  # an insertion sort that keeps the smallest
            smallest[rank], heard = (
                torch.minimum(smallest[rank], heard),
                torch.maximum(smallest[rank], heard),
            )
    return torch.minimum(smallest[-1], loud)
