"""What a block is: one method, one file, sound in, a proposal out.

The runner alone resamples, cuts windows, overlap-adds and reports progress; a block sees a batch
of windows at its own rate and returns a better voice of the same shape. It knows no file, no
queue, no neighbour. Windows are independent: the same window gives the same answer in any batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from torch import Tensor

FRAME_S = 0.01
"""A frame, wherever a rule counts frames, is 10 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters of a block: each block extends it with fields of its own, all with defaults.

    ``rate`` is set by the runner: samples per second of the windows this run will see.
    """

    rate: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a block offers: the guard decides what is kept.

    Attributes:
        voice: float32, same shape as the input window. Shape: (batch, channels, samples).
        evidence: name to a curve of one value per 10 ms frame. Shape: (batch, frames).
    """

    voice: Tensor
    evidence: Mapping[str, Tensor] = field(default_factory=dict)


class Block(Protocol):
    """One method of separation or repair.

    Attributes:
        name: family and method, such as ``denoise.gate``; the family is the stage's name.
        version: raised whenever the same input may give another output (part of the cache key).
        rate: samples per second it wants, or None for the clip's own rate.
        window_s: length of a window in seconds, context included; None for the whole clip.
        context_s: seconds at each side of a window that are cross-faded into the neighbour.
        channels: channels a window carries: 1, 2, or None for as many as the clip has.
        models: catalogue ids of the weights it needs.
        params: the block's own Params class.

    Three more may be there: ``levelled`` (True: its network depends on level, so the runner feeds
    it an even one), ``band_hz`` (the highest frequency its network gives, in Hz), and ``combines``
    (True: it takes the voices of its members, stacked before the batch).
    """

    name: ClassVar[str]
    version: ClassVar[int]
    rate: ClassVar[int | None]
    window_s: ClassVar[float | None]
    context_s: ClassVar[float]
    channels: ClassVar[int | None]
    models: ClassVar[tuple[str, ...]]
    params: ClassVar[type[Params]]

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Proposal:
        """Propose a better voice.

        Args:
            model: the loaded weights, or None for a block without any.
            mix: the mixture, float32, or None for an isolated voice. Shape: (batch, channels,
                samples).
            voice: the voice so far, same shape; None for a separator.
            params: an instance of ``self.params`` with ``rate`` set.
        """
        ...
