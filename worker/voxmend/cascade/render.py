"""One block over a whole clip: windows cut, batched, run, faded into each other, written.

Nothing here holds more than a batch of windows. Where memory runs out the ladder says what to give
up; the window is never made smaller.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmend_protocol.errors import InternalError, OutOfMemory

from ..audio.level_gain import LevelGain
from ..audio.signal import Signal
from ..audio.slow_gain import SlowGain
from ..blocks.contract import Block, Combiner, CombinerParams
from ..networks.memory import out_of_memory
from . import ladder
from .context import Context
from .networks import place
from .plan import BlockRun
from .windows import Window, gains, grid

CPU = torch.device("cpu")

Level = SlowGain | LevelGain
"""What a level-dependent network hears its clip through; its answer goes back to the clip's own."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a block was really run: read back, not what was asked for.

    Attributes:
        runs_on: what its network says, or the device for a block without one; the last one where
            it had to move.
        precision: what its windows were made in, such as "bf16"; "bf16+fp32" where not all in one.
        first: the clock, in seconds since 1970, when its first window began.
    """

    block: str
    runs_on: str
    precision: str
    batch: int
    windows: int
    seconds: float
    first: float


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a block made of a clip, at the block's rate."""

    sound: Signal
    ran: Ran


def render(
    step: BlockRun,
    mix: Signal | None,
    voices: Sequence[Signal],
    context: Context,
    progress: Callable[[float], None],
    lower: str | None = None,
) -> Rendered:
    """Run a block over a clip.

    Args:
        step: the block, its parameters with ``rate`` and ``precision`` set.
        mix: the mixture, or None for an isolated voice.
        voices: the voice so far; none for a separator, several for a block that combines.
        lower: a precision to fall back to where memory is short.

    Raises:
        Cancelled: seen after each pair of channels of a batch of windows.
        OutOfMemory: not even one window fits, on the CPU.
        ModelMissing, ModelCorrupt: the block's weights.
    """
    lead = mix if mix is not None else voices[0]
    heard = voices[0] if voices else lead
    stage = _Stage(step, mix, voices, level_of(step.block, heard), context, progress)
    rung = ladder.Rung(context.device.type, context.batch, step.params.precision)
    while not stage.run(rung):
        card = rung.device == "cuda"
        # A precision was proved on the context's device; one that gave no numbers is out too.
        proved = context.device.type == stage.rung.device and not stage.raised
        rung = _descend(stage.rung, step.block, lower if proved else None, context)
        if card:  # last: torch keeps what was let go, and onnxruntime cannot have it
            torch.cuda.empty_cache()
    return Rendered(stage.out, stage.ran())


def level_of(block: Block, heard: Signal) -> Level | None:
    """The gain that a block asks for: an even level throughout, or one level for the clip."""
    if block.levelled:
        return SlowGain.of(heard)
    if block.loudness_db is None:
        return None
    return LevelGain.of(heard, block.loudness_db, tuple(groups(block, heard.channels)))


def _descend(rung: ladder.Rung, block: Block, lower: str | None, context: Context) -> ladder.Rung:
    """The next rung; one on which nothing is left to let go is passed over."""
    while (step := ladder.down(rung, block.name, lower)) is not None:
        let_go = step.rung.evicted and not rung.evicted
        rung = step.rung
        if let_go and not context.networks.evict(block):
            continue
        context.warn(step.code, step.words)
        return rung
    raise OutOfMemory(
        f"{block.name} needs more memory than there is. Close other programs, then retry."
    )


@dataclass(slots=True)
class _Stage:
    """One block on its way through a clip: what is done stays done when it goes down a rung."""

    step: BlockRun
    mix: Signal | None
    voices: Sequence[Signal]
    level: Level | None
    context: Context
    progress: Callable[[float], None]
    _out: Signal | None = None
    _windows: list[Window] = field(default_factory=list)
    _done: int = 0
    _tail: Tensor = field(default_factory=lambda: torch.zeros(1, 0))
    _first: float = 0.0
    _runs_on: str = ""
    _used: set[str] = field(default_factory=set)
    rung: ladder.Rung = field(default_factory=lambda: ladder.Rung("cpu"))
    raised: bool = False

    @property
    def lead(self) -> Signal:
        """The signal that sets length, channels and rate."""
        return self.mix if self.mix is not None else self.voices[0]

    @property
    def out(self) -> Signal:
        """The sound so far."""
        if self._out is None:
            lead = self.lead
            self._out = Signal.empty(
                lead.channels * self.step.block.outputs, lead.frames, lead.rate,
                self.context.scratch,
            )  # fmt: skip
        return self._out

    def ran(self) -> Ran:
        """How it was run in the end."""
        return Ran(
            self.step.name, self._runs_on, ladder.together(self._used), self.rung.batch,
            len(self._windows), round(time.time() - self._first, 3), self._first,
        )  # fmt: skip

    def run(self, rung: ladder.Rung) -> bool:
        """Go on as this rung says; False where memory did not suffice.

        What is returned tells, and not an exception: its traceback would keep every tensor alive.
        """
        self.rung = rung
        same = rung.device == self.context.device.type
        device = self.context.device if same else torch.device(rung.device)
        with ExitStack() as held:
            try:
                network = held.enter_context(self.context.networks.use(self.step.block, device))
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                return False
            runs_on = device.type if network is None else network.runs_on
            if runs_on != self._runs_on:  # once, not on every rung
                self._runs_on = runs_on
                self._mind_place(device)
            if not self._windows:
                self._windows = plan_windows(self.step.block, network, self.lead)
                self._tail = torch.zeros(self.out.channels, 0)
            self._first = self._first or time.time()
            while self._done < len(self._windows):
                chunk = _chunk(self._windows[self._done : self._done + rung.batch])
                found = self._try(network, chunk, device)
                if found is None:
                    return False
                self._write(found, chunk, 0 if network is None else network.margin)
        return True

    def _mind_place(self, device: torch.device) -> None:
        """Nobody shall believe in a graphics card that is not used."""
        if place(self._runs_on) != device.type:
            self.context.warn(
                "not_on_device",
                f"{self.step.block.name} runs on {place(self._runs_on)} ({self._runs_on}), not on "
                f"{device.type}. See: voxmend doctor",
            )

    def _try(self, network: Any, chunk: Sequence[Window], device: torch.device) -> Tensor | None:
        """A batch of windows through the block, or None where memory does not suffice."""
        try:
            return self._batch(network, chunk, device)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
        return None

    def _batch(self, network: Any, chunk: Sequence[Window], device: torch.device) -> Tensor:
        """The block's voice, or its targets one behind the other. Shape: (windows, outputs ·
        channels, samples with margins)."""
        margin = 0 if network is None else network.margin
        mixes = None if self.mix is None else cut(self.mix, chunk, self.level, device, margin)
        before = [cut(voice, chunk, self.level, device, margin) for voice in self.voices]
        lead = mixes if mixes is not None else before[0]
        outputs, parts = self.step.block.outputs, []
        for group in groups(self.step.block, lead.shape[1]):
            voice: Tensor | None = None
            if isinstance(self.step.block, Combiner):
                voice = torch.stack([v[:, group] for v in before])
            elif before:
                voice = before[0][:, group]
            heard = None if mixes is None else mixes[:, group]
            part = self._sane(network, heard, voice)
            batch, channels, samples = lead[:, group].shape
            if part.shape != (batch, outputs * channels, samples):
                raise InternalError(f"{self.step.block.name} changed the shape of its input.")
            parts.append(part.view(batch, outputs, channels, samples))
            self.context.check()  # here too: 64 channels are 32 pairs
        return torch.cat(parts, dim=2).flatten(1, 2)

    def _sane(self, network: Any, mix: Tensor | None, voice: Tensor | None) -> Tensor:
        """The block's voice, all of it numbers; fp32 where a lower precision gives others."""
        block, params = self.step.block, replace(self.step.params, precision=self.rung.precision)
        part = block.run(network, mix, voice, params)
        if not bool(torch.isfinite(part).all()) and params.precision != ladder.FULL:
            self.rung = replace(self.rung, precision=ladder.FULL)
            self.raised = True
            self.context.warn(
                "precision_raised",
                f"{block.name} gave samples that are not numbers in {params.precision}; it went "
                "on in fp32, slower.",
            )
            part = block.run(network, mix, voice, replace(params, precision=ladder.FULL))
        if not bool(torch.isfinite(part).all()):
            raise InternalError(f"{block.name} gave samples that are not numbers.")
        self._used.add(self.rung.precision)
        return part

    def _write(self, found: Tensor, chunk: Sequence[Window], margin: int) -> None:
        """Fade a batch of windows into what is there, and write what no later one touches."""
        for n, window in enumerate(chunk):
            sound = found[n, :, margin : margin + window.length].cpu() * gains(window, CPU)
            if self.level is not None:
                gain = torch.from_numpy(self.level.gain(window.start, window.length))
                sound /= gain.repeat(self.step.block.outputs, 1) if gain.dim() > 1 else gain
            sound = sound[:, window.lead :]
            sound[:, : window.fade_in] += self._tail
            whole = sound.shape[1] - window.fade_out
            self.out.write(window.start + window.lead, sound[:, :whole].numpy())
            self._tail = sound[:, whole:]
        self._done += len(chunk)
        self.context.check()
        self.progress(self._done / len(self._windows))


def plan_windows(block: Block, network: Any, lead: Signal) -> list[Window]:
    """The grid of a block over a clip: the network's own window, or what the block declares, also
    where the network has none: at the clip's own rate it cannot know the samples."""
    if network is not None and network.window:
        kept = network.window - 2 * network.margin
        return grid(lead.frames, kept, network.context, network.step)
    window = None if block.window_s is None else round(block.window_s * lead.rate)
    return grid(lead.frames, window, round(block.context_s * lead.rate))


def _chunk(windows: Sequence[Window]) -> list[Window]:
    """The windows at the head that are equally long: only such go into one batch."""
    return list(next(groupby(windows, key=lambda window: window.length))[1])


def cut(
    signal: Signal,
    chunk: Sequence[Window],
    level: Level | None,
    device: torch.device,
    margin: int = 0,
) -> Tensor:
    """Windows of a signal with their margins, zeros outside the clip, at an even level if that is
    wanted. Shape: (windows, channels, samples)."""
    cuts = []
    for window in chunk:
        start = max(0, window.start - margin)
        end = min(signal.frames, window.start + window.length + margin)
        sound = torch.from_numpy(signal.read(start, end - start))
        if level is not None:
            sound *= torch.from_numpy(level.gain(start, end - start))
        before = start - (window.start - margin)
        after = window.start + window.length + margin - end
        cuts.append(F.pad(sound, (before, after)) if before or after else sound)
    return torch.stack(cuts).to(device)


def groups(block: Block, channels: int) -> Iterator[slice]:
    """Channels in pairs, a last odd one alone, or as the block asks."""
    size = block.channels or 2
    for first in range(0, channels, size):
        yield slice(first, min(first + size, channels))


def for_rate(step: BlockRun, rate: int, precision: str = ladder.FULL) -> BlockRun:
    """The step with its block told the rate of the windows it will see, its precision, and how
    high each member reaches: half the rate it hears, or less where its network says so."""
    params = replace(step.params, rate=rate, precision=precision)
    if isinstance(params, CombinerParams):
        params = replace(params, limits_hz=tuple(highest(member) for member in step.members))
    return replace(step, params=params)


def highest(step: BlockRun) -> float:
    """The highest frequency a block can give, in Hz; infinite at the clip's own rate."""
    rate = step.heard_at
    if rate is None or step.block.rate is None:
        return math.inf
    return min(rate / 2, step.block.band_hz * rate / step.block.rate)
