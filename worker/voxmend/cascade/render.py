"""One block over a whole clip: windows cut, batched, run, faded into each other, written.

Nothing here holds more than a batch of windows. Memory that runs out costs batch size first, then
the device, never the window: another window is another result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxmend_protocol.errors import InternalError, OutOfMemory

from ..audio.signal import Signal
from ..audio.slow_gain import SlowGain
from ..blocks.contract import FRAME_S, Block, Proposal
from .context import Context
from .plan import BlockRun
from .windows import Window, gains, grid

Curves = dict[str, npt.NDArray[np.float32]]
"""Evidence over the whole clip: name to one value per 10 ms frame."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a block made of a clip, at the block's rate."""

    sound: Signal
    evidence: Curves


def render(
    step: BlockRun,
    mix: Signal | None,
    voices: Sequence[Signal],
    context: Context,
    progress: Callable[[float], None],
) -> Rendered:
    """Run a block over a clip.

    Args:
        step: the block, its parameters with ``rate`` set to that of the signals.
        mix: the mixture, or None for an isolated voice.
        voices: the voice so far; none for a separator, several for a block that combines.

    Raises:
        Cancelled: seen after each pair of channels of a batch of windows.
        OutOfMemory: not even one window fits, on the CPU.
    """
    lead = mix if mix is not None else voices[0]
    out = Signal.empty(lead.channels, lead.frames, lead.rate, context.scratch)
    curves: Curves = {}
    windows = grid(
        lead.frames,
        None if step.block.window_s is None else round(step.block.window_s * lead.rate),
        round(step.block.context_s * lead.rate),
    )
    tail = torch.zeros(lead.channels, 0)
    # A level-dependent network hears an even level; its answer goes back to the clip's own.
    heard = voices[0] if voices else lead
    level = SlowGain.of(heard) if getattr(step.block, "levelled", False) else None
    device, batch, done = context.device, context.batch, 0
    while done < len(windows):
        chunk = _chunk(windows[done : done + batch])
        found = _try(step, mix, voices, chunk, level, device, context)
        if found is None:
            device, batch = _descend(device, batch, context, step.block.name)
            continue
        for n, window in enumerate(chunk):
            sound = found.voice[n].cpu() * gains(window, torch.device("cpu"))
            if level is not None:
                sound /= torch.from_numpy(level.gain(window.start, window.length))
            sound = sound[:, window.lead :]
            sound[:, : window.fade_in] += tail
            whole = sound.shape[1] - window.fade_out
            out.write(window.start + window.lead, sound[:, :whole].numpy())
            tail = sound[:, whole:]
            _note(curves, found, n, window, lead)
        done += len(chunk)
        context.check()
        progress(done / len(windows))
    return Rendered(out, curves)


def _chunk(windows: Sequence[Window]) -> list[Window]:
    """The windows at the head that are equally long: only such go into one batch."""
    return list(next(groupby(windows, key=lambda window: window.length))[1])


def _try(
    step: BlockRun,
    mix: Signal | None,
    voices: Sequence[Signal],
    chunk: Sequence[Window],
    level: SlowGain | None,
    device: torch.device,
    context: Context,
) -> Proposal | None:
    """A batch of windows through the block, or None where memory does not suffice.

    The answer is given outside the except block: the exception's traceback would keep every
    tensor alive.
    """
    try:
        return _batch(step, mix, voices, chunk, level, device, context)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    return None


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, in whatever words."""
    words = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        sign in words for sign in ("out of memory", "can't allocate memory", "cudnn_status_alloc")
    )


def _descend(
    device: torch.device, batch: int, context: Context, name: str
) -> tuple[torch.device, int]:
    """The next rung: half the batch, then the CPU, then the end."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    if batch > 1:
        context.warn("oom_smaller_batch", f"{name} ran short of memory and takes smaller steps.")
        return device, batch // 2
    if device.type != "cpu":
        context.warn(
            "cpu_fallback", f"{name} does not fit on {device.type} and runs on the CPU, slower."
        )
        return torch.device("cpu"), 1
    raise OutOfMemory(f"{name} needs more memory than there is. Close other programs, then retry.")


def _batch(
    step: BlockRun,
    mix: Signal | None,
    voices: Sequence[Signal],
    chunk: Sequence[Window],
    level: SlowGain | None,
    device: torch.device,
    context: Context,
) -> Proposal:
    """Shape of the voice it gives: (windows, channels, samples)."""
    mixes = None if mix is None else _cut(mix, chunk, level, device)
    before = [_cut(voice, chunk, level, device) for voice in voices]
    lead = mixes if mixes is not None else before[0]
    parts = []
    for group in _groups(step.block, lead.shape[1]):
        voice: Tensor | None = None
        if step.combines:
            voice = torch.stack([v[:, group] for v in before])
        elif before:
            voice = before[0][:, group]
        part = step.block.run(None, None if mixes is None else mixes[:, group], voice, step.params)
        if part.voice.shape != lead[:, group].shape:
            raise InternalError(f"{step.block.name} changed the shape of its input.")
        if not bool(torch.isfinite(part.voice).all()):
            raise InternalError(f"{step.block.name} gave samples that are not numbers.")
        parts.append(part)
        context.check()  # here too: 64 channels are 32 pairs
    names = {name for part in parts for name in part.evidence}
    return Proposal(
        torch.cat([part.voice for part in parts], dim=1),
        {
            name: torch.stack([p.evidence[name] for p in parts if name in p.evidence]).mean(0)
            for name in sorted(names)
        },
    )


def _cut(
    signal: Signal, chunk: Sequence[Window], level: SlowGain | None, device: torch.device
) -> Tensor:
    """Windows of a signal, at an even level if that is wanted. Shape: (windows, channels, n)."""
    cut = []
    for window in chunk:
        sound = torch.from_numpy(signal.read(window.start, window.length))
        if level is not None:
            sound *= torch.from_numpy(level.gain(window.start, window.length))
        cut.append(sound)
    return torch.stack(cut).to(device)


def _groups(block: Block, channels: int) -> Iterator[slice]:
    """Channels in pairs, a last odd one alone, or as the block asks."""
    size = block.channels or 2
    for first in range(0, channels, size):
        yield slice(first, min(first + size, channels))


def _note(curves: Curves, found: Proposal, n: int, window: Window, lead: Signal) -> None:
    """Put a window's evidence into its place; where windows overlap, half belongs to each."""
    frame = lead.rate * FRAME_S
    total = max(1, round(lead.frames / frame))
    for name, values in found.evidence.items():
        if name not in curves:
            curves[name] = np.zeros(total, dtype=np.float32)
        first = round(window.start / frame)
        skip = round((window.lead + window.fade_in / 2) / frame)
        part = values[n].float().cpu().numpy()[skip : total - first]
        curves[name][first + skip : first + skip + len(part)] = part


def at_rate(step: BlockRun, rate: int) -> BlockRun:
    """The step with its block told the rate of the windows it will see, and how high each member
    reaches: half its own rate, or less where its network says so."""
    params = replace(step.params, rate=rate)
    if step.members:
        limits = tuple(highest(member.block) for member in step.members)
        params = replace(params, limits_hz=limits)  # type: ignore[call-arg]
    return replace(step, params=params)


def highest(block: Block) -> float:
    """The highest frequency a block can give, in Hz; infinite at the clip's own rate."""
    own = math.inf if block.rate is None else block.rate / 2
    return min(own, getattr(block, "band_hz", math.inf))
