"""What a block is: one method, one file, sound in, sound out.

The cascade alone resamples, cuts windows, overlap-adds, fades and reports progress; a block sees a
batch of windows at its own rate and returns a voice of the same shape. It knows no file, no queue,
no neighbour. Windows are independent: the same window gives the same answer in any batch.

A block derives from one of four classes: ``Separator`` takes a mixture, ``Splitter`` and ``Repair``
a voice, ``Combiner`` the voices of several separators. All that may be said of one is a class
attribute below, with its default; a class that says something else, or lacks what it must say, is
refused when it is registered (``faults``).
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..damage import NAMES
from ..dsp import fades
from ..networks.network import Network
from ..targets import VOICE

LOSS = "loss"
"""Voice that went into the band: no kind of damage that is diagnosed, but one that a repair can do
and one that it can undo."""

NO_GAIN = "no_gain"
"""Why a repair is not taken: it betters nothing that it is there for."""

NUMBERS = (*NAMES, LOSS)
"""What the guard reads of a voice before and after a repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters of a block: each block extends it with fields of its own, all with defaults. What
    is out of range raises ``BadRequest``; the plan puts the block's name before the sentence.

    Attributes:
        rate: samples per second of the windows this run will see; set by the cascade.
        precision: "fp32" or one of the block's own ``precisions``; set by the cascade.
    """

    rate: int = 0
    precision: str = "fp32"

    set_by_cascade: ClassVar[tuple[str, ...]] = ("rate", "precision")
    """Fields that follow from the clip and the machine, never from a preset."""

    @classmethod
    def settable(cls) -> tuple[str, ...]:
        """The fields that a preset may set, in alphabetical order."""
        return tuple(sorted({f.name for f in fields(cls)} - set(cls.set_by_cascade)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairParams(Params):
    """How much of a repair to take.

    Attributes:
        strength: 0 changes nothing, 1 takes all of it. 0..1.
    """

    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadRequest(f"strength is {self.strength:g}; give a number from 0 to 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedsParams(Params):
    """How often a separator is asked.

    Attributes:
        speeds: at how many of its ``speeds``; the answers are averaged.
    """

    speeds: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinerParams(Params):
    """What a combining block is told of its members.

    Attributes:
        weights: one number for each member, separated by spaces; empty: all 1.
        limits_hz: the highest frequency each member can give; empty: no limits. Set by the cascade.
    """

    weights: str = ""
    limits_hz: tuple[float, ...] = ()

    set_by_cascade: ClassVar[tuple[str, ...]] = ("rate", "precision", "limits_hz")


@dataclass(frozen=True, slots=True)
class Faded:
    """What a fader decided over a clip.

    Attributes:
        fades: in order; empty where the clip is left as it is.
        why_not: the reason where it is left, as a guard's verdict says it; empty otherwise.
        numbers: what the whole clip was judged by.
    """

    fades: Sequence[fades.Fade] = ()
    why_not: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


class Block(ABC):
    """What all blocks have.

    Attributes:
        name: family and method, such as ``denoise.gate``; the family is the stage's name.
        rate: samples per second it wants, or None for the clip's own rate.
        window_s: length of a window in seconds, context included; None for the whole clip. A
            network that says how long its window is has the last word.
        context_s: seconds at each side of a window that are cross-faded into the neighbour.
        channels: channels a window carries: 1, 2, or None for as many as the clip has.
        models: catalogue ids of the weights it needs.
        params: the block's own Params class.
        precisions: what its network can do beside fp32, such as "bf16".
        levelled: its network depends on level, so the cascade feeds it an even one (about 1.5 s).
        loudness_db: the same, but one level for the whole clip, in dBFS; None for none.
        band_hz: the highest frequency its network gives, Hz.
        speeds: rates at which it can be asked, in parts of its own, the first 1. More than one
            needs ``SpeedsParams``: at how many of them it is asked, and the answers averaged.
        targets: of a separator, what it is asked for.
    """

    name: ClassVar[str]
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 12.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Params]] = Params
    precisions: ClassVar[tuple[str, ...]] = ()
    levelled: ClassVar[bool] = False
    loudness_db: ClassVar[float | None] = None
    band_hz: ClassVar[float] = math.inf
    speeds: ClassVar[tuple[float, ...]] = (1.0,)
    targets: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """What stands before the dot of its name."""
        return self.name.partition(".")[0]

    @property
    def outputs(self) -> int:
        """How many sounds of the clip's channels it makes at once, one behind the other."""
        return max(1, len(self.targets))

    def load(self, files: Sequence[Path], device: torch.device) -> Network:
        """Load the network; only asked of a block with ``models``.

        Args:
            files: every file of the block's ``models``, in the order of the catalogue; proved.
            device: where it shall compute. Where it cannot, ``runs_on`` says where it does.

        Raises:
            ModelCorrupt: the files are not what the block can use, or not safe to open.
        """
        raise TypeError(f"{self.name} has models and no load")

    @abstractmethod
    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Tensor:
        """What the cascade calls.

        Args:
            model: the loaded network, or None for a block without any.
            mix: the mixture, float32, or None for an isolated voice. Shape: (batch, channels,
                samples).
            voice: the voice so far, same shape; None for a separator. For a combiner the voices of
                its members, stacked in front: (members, batch, channels, samples).
            params: an instance of ``self.params`` with ``rate`` set.

        Returns:
            A voice, float32; of a separator all its targets, one behind the other. Shape: (batch,
            ``outputs`` · channels, samples).
        """


class Separator(Block):
    """Takes the voice out of a mixture, or other parts of it.

    Attributes:
        gives: what it can be asked for, the voice first where that is among them.
        targets: what this one is asked for, in the order in which it answers.
        compensate: gain that brings the network's answer nearest to the true voice, by least
            squares, as published with its weights. Always applied: then mixture minus voice is the
            best instrumental too, and the voice weighs what it should in an ensemble.
    """

    compensate: ClassVar[float] = 1.0
    gives: ClassVar[tuple[str, ...]] = (VOICE,)
    targets: tuple[str, ...] = (VOICE,)

    def asked(self, targets: Sequence[str]) -> Self:
        """The same block, asked for these of what it ``gives``."""
        if tuple(targets) == self.targets:
            return self
        if not targets or not set(targets) <= set(self.gives):
            raise ValueError(f"{self.name} gives {self.gives}, and not {targets}")
        made = copy.copy(self)
        made.targets = tuple(targets)
        return made

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Tensor:
        """See ``Block.run``."""
        if mix is None:
            raise ValueError(f"{self.name} needs the mixture")
        found = self.separate(model, mix, params)
        return found if self.compensate == 1 else found * self.compensate

    @abstractmethod
    def separate(self, model: Any, mix: Tensor, params: Any) -> Tensor:
        """The targets in windows of a mixture, one behind the other, before ``compensate``. Shape:
        (batch, channels, samples) to (batch, targets · channels, samples)."""


class Repair(Block):
    """Offers a better voice in place of one that is there; the guard decides what is kept.

    Attributes:
        mends: which of ``NUMBERS`` it is there for: the guard keeps a proposal only where one of
            them gets better. At least one.
        spares: which of them the guard does not ask it for, since it weighs them itself.
    """

    params: ClassVar[type[Params]] = RepairParams
    mends: ClassVar[tuple[str, ...]]
    spares: ClassVar[tuple[str, ...]] = ()

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Tensor:
        """See ``Block.run``. At strength 0 the voice comes back as it is, bit for bit."""
        if voice is None:
            raise ValueError(f"{self.name} needs a voice")
        return voice if params.strength == 0 else self.repair(model, mix, voice, params)

    @abstractmethod
    def repair(self, model: Any, mix: Tensor | None, voice: Tensor, params: Any) -> Tensor:
        """The voice, mended as far as ``params.strength`` says.

        Args:
            mix: the mixture, or None. Shape: (batch, channels, samples).
            voice: same shape; where nothing is to be mended it is returned as it is.
        """


class Fader(Repair):
    """A repair that moves nothing but the level, slowly, and by one gain for all channels.

    What a stretch deserves shows only beside the whole clip. So it measures the clip piece by
    piece, as many frames at a time as fit, and then decides once over all of it: windows have no
    borders here, and an hour needs no more memory than its measurements. It answers for itself
    whether the clip gets better; the guard is not asked.
    """

    step_s: ClassVar[float]

    @abstractmethod
    def reach(self, rate: int) -> int:
        """Samples to either side of a frame's middle that it is measured from."""

    @abstractmethod
    def frames(self, samples: int, rate: int) -> int:
        """Frames in a clip; the first in the middle of its first sample, ``step_s`` apart."""

    @abstractmethod
    def measure(self, mix: Tensor, voice: Tensor, rate: int, first: int, frames: int) -> Tensor:
        """What ``decide`` needs of some frames.

        Args:
            mix, voice: from ``reach`` samples before the middle of frame ``first`` on, as far as
                the last frame needs. Shape: (channels, samples).

        Returns:
            Shape: (rows, frames).
        """

    @abstractmethod
    def decide(self, measured: Tensor, params: Any) -> Faded:
        """What is lowered.

        Args:
            measured: of the whole clip. Shape: (rows, frames).
        """

    def repair(self, model: Any, mix: Tensor | None, voice: Tensor, params: Any) -> Tensor:
        """See ``Repair.repair``: each window is taken for a whole clip. Without a mixture nothing
        is changed."""
        if mix is None:
            return voice
        rate, samples = params.rate, voice.shape[-1]
        frames, reach = self.frames(samples, rate), self.reach(rate)
        made, beside = [], (reach, reach + round(rate * self.step_s))
        for one, other in zip(mix, voice, strict=True):
            heard, sung = F.pad(one, beside), F.pad(other, beside)
            faded = self.decide(self.measure(heard, sung, rate, 0, frames), params)
            gain = fades.gain(faded.fades, 0, samples, rate, samples)
            made.append(other if gain is None else other * gain.to(other.device))
        return torch.stack(made)


class Splitter(Block):
    """Takes a voice that is there apart, into two. It hears the voice alone, as it came or was
    separated, before anything is repaired; what it gives goes on through the plan.

    Attributes:
        splits: the stem that it gives, and the one that is the voice less it.
        guarded: the guard may keep the voice whole where too much of it would go.
    """

    splits: ClassVar[tuple[str, str]]
    guarded: ClassVar[bool] = False

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Tensor:
        """See ``Block.run``."""
        if voice is None:
            raise ValueError(f"{self.name} needs a voice")
        return self.split(model, voice, params)

    @abstractmethod
    def split(self, model: Any, voice: Tensor, params: Any) -> Tensor:
        """The part that it gives.

        Args:
            voice: Shape: (batch, channels, samples), kept.
        """


class Combiner(Block):
    """Makes one voice of those of several separators, its members."""

    params: ClassVar[type[Params]] = CombinerParams

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Tensor:
        """See ``Block.run``."""
        if mix is None or voice is None or not len(voice) or voice.shape[1:] != mix.shape:
            raise ValueError(f"{self.name} needs the mixture and its members' voices, stacked")
        return self.combine(mix, voice, params)

    @abstractmethod
    def combine(self, mix: Tensor, voices: Tensor, params: Any) -> Tensor:
        """One voice.

        Args:
            mix: float32. Shape: (batch, channels, samples).
            voices: Shape: (members, batch, channels, samples).
        """
