"""A fader over a whole clip: measured piece by piece, decided once, applied piece by piece.

Outside of what is lowered the voice passes bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from ..audio.signal import Signal
from ..blocks.contract import Faded, Fader, RepairParams
from ..dsp import fades
from .context import Context
from .guard import KEPT
from .plan import BlockRun
from .render import Ran
from .weigh import Decision

PIECE_S = 10.0

NO_MIXTURE = "no_mixture"
"""Why nothing is lowered in a voice that is alone."""


def fade(
    step: BlockRun,
    block: Fader,
    mix: Signal | None,
    voice: Signal,
    context: Context,
    progress: Callable[[float], None],
) -> tuple[Signal, list[Decision], Ran]:
    """Lower what the block decides to.

    Args:
        mix, voice: of one shape and rate.

    Returns:
        The voice as it is from now on, a decision for each stretch that was lowered or one for the
        clip, and how it was run.
    """
    began, pieces = time.time(), 0
    faded = Faded(why_not=NO_MIXTURE)
    if isinstance(step.params, RepairParams) and step.params.strength == 0:
        faded = Faded()
    elif mix is not None:
        measured, pieces = _measured(block, mix, voice, context, progress)
        faded = block.decide(measured, step.params)
    out = _applied(voice, faded, context)
    ran = Ran(
        step.name, context.device.type, step.params.precision, 1, pieces,
        round(time.time() - began, 3), began,
    )  # fmt: skip
    return out, decisions(block, faded, voice.frames / voice.rate), ran


def decisions(block: Fader, faded: Faded, seconds: float) -> list[Decision]:
    """What became of the clip, stretch by stretch; one decision where it was left, none where
    nothing was asked."""
    whole = {name: round(value, 3) for name, value in faded.numbers.items()}
    if not faded.fades and not faded.why_not:
        return []
    if not faded.fades:
        return [Decision(block.family, block.name, 0.0, seconds, False, faded.why_not, whole)]
    return [
        Decision(
            block.family, block.name, each.start_s, min(each.end_s, seconds), True, KEPT,
            {**whole, "gain_db": each.gain_db, **{n: round(v, 3) for n, v in each.numbers.items()}},
        )
        for each in faded.fades
    ]  # fmt: skip


def _measured(
    block: Fader, mix: Signal, voice: Signal, context: Context, progress: Callable[[float], None]
) -> tuple[torch.Tensor, int]:
    """Of the whole clip, and in how many pieces. Shape: (rows, frames)."""
    rate, total = voice.rate, block.frames(voice.frames, voice.rate)
    reach, step = block.reach(rate), round(PIECE_S / block.step_s)
    parts = []
    for first in range(0, total, step):
        context.check()
        count = min(step, total - first)
        start = round(first * block.step_s * rate) - reach
        end = round((first + count) * block.step_s * rate) + reach
        heard, sung = (_read(signal, start, end).to(context.device) for signal in (mix, voice))
        parts.append(block.measure(heard, sung, rate, first, count).cpu())
        progress(0.9 * (first + count) / total)
    return torch.cat(parts, dim=1), len(parts)


def _read(signal: Signal, start: int, end: int) -> torch.Tensor:
    """Samples from ``start`` to ``end``, zeros outside the clip."""
    low, high = max(0, start), max(0, min(signal.frames, end))
    sound = torch.zeros(signal.channels, end - start)
    if high > low:
        sound[:, low - start : high - start] = torch.from_numpy(signal.read(low, high - low))
    return sound


def _applied(voice: Signal, faded: Faded, context: Context) -> Signal:
    out = Signal.empty(voice.channels, voice.frames, voice.rate, context.scratch)
    for start, sound in voice.blocks():
        context.check()
        curve = fades.gain(faded.fades, start, sound.shape[1], voice.rate, voice.frames)
        kept = sound if curve is None else sound * curve.numpy()
        out.write(start, np.ascontiguousarray(kept, dtype=np.float32))
    return out
