"""What a block is: one method, one file, sound in, a proposal out.

The runner alone resamples, cuts windows, overlap-adds and reports progress; a block sees a batch
of windows at its own rate and returns a better voice of the same shape. It knows no file, no
queue, no neighbour. Windows are independent: the same window gives the same answer in any batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

FRAME_S = 0.01
"""A frame, wherever a rule counts frames, is 10 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters of a block: each block extends it with fields of its own, all with defaults.

    Both are set by the runner: ``rate``, samples per second of the windows this run will see, and
    ``precision``, "fp32" or one of the block's own ``precisions``.
    """

    rate: int = 0
    precision: str = "fp32"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a block offers: the guard decides what is kept.

    Attributes:
        voice: float32, same shape as the input window. Shape: (batch, channels, samples).
        evidence: name to a curve of one value per 10 ms frame. Shape: (batch, frames).
    """

    voice: Tensor
    evidence: Mapping[str, Tensor] = field(default_factory=dict)


class Network(Protocol):
    """Loaded weights on their device, ready to run; what ``run`` gets as its model.

    Attributes:
        window: samples that one pass takes at the block's rate, margins included.
        context: samples at each side that are cross-faded into the neighbour; an eighth of what
            is left of the window without its margins, or less.
        margin: samples at each side that are heard and thrown away; zeros outside the clip.
        runs_on: where it really computes, read back from it: "cpu", "cuda:0", or the name of
            onnxruntime's provider.
        bytes: what its weights take in memory.

    One more may be there: ``step``, samples that it takes together, for one whose answer depends on
    where in them a sound lies: then every window begins a multiple of it after the first.
    """

    @property
    def window(self) -> int: ...
    @property
    def context(self) -> int: ...
    @property
    def margin(self) -> int: ...
    @property
    def runs_on(self) -> str: ...
    @property
    def bytes(self) -> int: ...


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

    A block with ``models`` has ``load``, and its network says how long a window is; one whose
    window is 0 leaves that to the block, and has no margin. Six more may be there:
    ``precisions`` (what its network can do beside fp32, such as "bf16"), ``levelled`` (True: its
    network depends on level, so the runner feeds it an even one), ``loudness_db`` (the same, but
    one level for the whole clip, in dBFS), ``band_hz`` (the highest frequency its network gives, in
    Hz), ``speeds`` (with a parameter of that name: at how many times its rate it is asked, and the
    answers averaged), and ``combines`` (True: it takes the voices of its members, stacked before
    the batch).
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


class Networked(Block, Protocol):
    """A block that needs weights."""

    def load(self, files: Sequence[Path], device: torch.device) -> Network:
        """Load the network.

        Args:
            files: every file of the block's ``models``, in the order of the catalogue; proved.
            device: where it shall compute. Where it cannot, ``runs_on`` says where it does.

        Raises:
            ModelCorrupt: the files are not what the block can use, or not safe to open.
        """
        ...
