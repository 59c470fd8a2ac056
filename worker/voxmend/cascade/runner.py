"""Runs a plan over a clip, block after block, window after window.

The runner alone cuts windows, resamples, pairs channels, overlap-adds, reports progress and looks
whether the job was cancelled. It knows no file and no queue: sound in, sound out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from voxmend_protocol.errors import Cancelled, InternalError

from ..audio.resample import resample
from ..blocks.contract import Block
from .plan import BlockRun, Plan
from .windows import gains, grid


@dataclass(frozen=True, slots=True)
class Context:
    """What a run may say to the outside, and what it is told."""

    device: torch.device
    progress: Callable[[str, int, int, float], None] = lambda *_: None
    """Called with stage, its index, the number of stages, and the fraction of the whole."""
    cancelled: Callable[[], bool] = lambda: False
    warn: Callable[[str, str], None] = lambda *_: None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Two voices, float32, the clip's shape and rate. Shape: (channels, samples)."""

    vocals_raw: Tensor
    vocals: Tensor


def run(plan: Plan, mix: Tensor, rate: int, context: Context) -> Outcome:
    """Run every block of the plan.

    Args:
        mix: the mixture, float32, finite. Shape: (channels, samples).
        rate: samples per second.

    Raises:
        Cancelled: the job was cancelled; seen at the end of each window.
    """
    mix = mix.to(context.device)
    raw: Tensor | None = None
    voice: Tensor | None = None
    for index, step in enumerate(plan.runs):

        def progress(part: float, step: BlockRun = step, index: int = index) -> None:
            whole = (index + part) / len(plan.runs)
            context.progress(step.stage, index, len(plan.runs), whole)

        voice = _step(step, mix, voice, rate, context, progress)
        raw = voice if raw is None else raw
    if raw is None or voice is None:
        raise InternalError("The plan is empty.")
    return Outcome(raw, voice)


def _step(
    step: BlockRun,
    mix: Tensor,
    voice: Tensor | None,
    rate: int,
    context: Context,
    progress: Callable[[float], None],
) -> Tensor:
    """One block over the whole clip. Shape: (channels, samples) in and out, at ``rate``."""
    block, at = step.block, step.block.rate or rate
    step = replace(step, params=replace(step.params, rate=at))
    source = _at(mix, rate, at)
    before = None if voice is None else _at(voice, rate, at)
    out = torch.zeros_like(source)
    windows = grid(
        source.shape[1],
        None if block.window_s is None else round(block.window_s * at),
        round(block.context_s * at),
    )
    progress(0.0)
    for n, window in enumerate(windows):
        span = slice(window.start, window.start + window.length)
        proposed = _window(step, source[:, span], None if before is None else before[:, span])
        out[:, span] += proposed * gains(window, out.device)
        if context.cancelled():
            raise Cancelled("The job was cancelled.")
        progress((n + 1) / len(windows))
    return _at(out, at, rate, mix.shape[1])


def _window(step: BlockRun, mix: Tensor, voice: Tensor | None) -> Tensor:
    """One window through the block, as many channels at a time as it wants."""
    parts = []
    for group in _groups(step.block, mix.shape[0]):
        proposal = step.block.run(
            None, mix[None, group], None if voice is None else voice[None, group], step.params
        )
        if proposal.voice.shape[1:] != mix[group].shape:
            raise InternalError(f"{step.block.name} changed the shape of its input.")
        parts.append(proposal.voice[0])
    found = torch.cat(parts)
    if not bool(torch.isfinite(found).all()):
        raise InternalError(f"{step.block.name} gave samples that are not numbers.")
    return found


def _groups(block: Block, channels: int) -> list[slice]:
    """Channels in pairs, a last odd one alone, or as the block asks."""
    size = block.channels or 2
    return [slice(n, min(n + size, channels)) for n in range(0, channels, size)]


def _at(signal: Tensor, rate: int, wanted: int, length: int | None = None) -> Tensor:
    """The signal at another rate, and of a given length where rounding may cost a sample."""
    if rate == wanted:
        return signal
    moved = torch.from_numpy(resample(signal.cpu().numpy(), rate, wanted)).to(signal.device)
    if length is None or moved.shape[1] == length:
        return moved
    out = signal.new_zeros(signal.shape[0], length)
    shared = min(length, moved.shape[1])
    out[:, :shared] = moved[:, :shared]
    return out
