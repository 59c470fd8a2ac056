"""The guard over a whole clip: cut it into regions, judge each, write what is kept.

Where a proposal is refused the present voice passes bit for bit; the fades lie inside the regions
that are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ..audio.signal import Signal
from ..blocks.contract import Repair
from ..dsp.curves import FRAME_S
from ..dsp.voicing import held, voicing
from .context import Context
from .guard import Stretch, judge
from .regions import Region, split
from .windows import grid

FADE_S = 0.02
SURE = 0.9
"""What counts as singing here: the guard must not defend a guitar between two phrases."""

LOOK_S, LOOK_CONTEXT_S = 30.0, 4.0
"""Windows in which voice is looked for."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one region of one stage's proposal."""

    stage: str
    block: str
    start_s: float
    end_s: float
    kept: bool
    reason: str
    numbers: Mapping[str, float]


def weigh(
    block: Repair,
    mix: Signal | None,
    voice: Signal,
    proposal: Signal,
    context: Context,
    progress: Callable[[float], None],
) -> tuple[Signal, list[Decision]]:
    """Judge a proposal and put the better of both together.

    Args:
        block: whose proposal it is.
        mix, voice, proposal: of one shape and rate.

    Returns:
        The voice as it is from now on, and the decisions in order.
    """
    loudness, curve = _listen(voice, context)
    singing, sung = curve > SURE, held(torch.from_numpy(curve)[None])[0]
    sung_power = float(loudness[sung.numpy()].mean()) if bool(sung.any()) else 0.0
    detectors = context.detectors(mix is not None)
    regions = split(loudness)
    frame = voice.rate * FRAME_S
    spans = [_span(r, frame, voice.frames, n == len(regions) - 1) for n, r in enumerate(regions)]
    decisions = []
    for n, (region, (start, end)) in enumerate(zip(regions, spans, strict=True)):
        before, after = (torch.from_numpy(s.read(start, end - start)) for s in (voice, proposal))
        stretch = Stretch(
            before,
            None if mix is None else torch.from_numpy(mix.read(start, end - start)),
            torch.from_numpy(singing[region.first : region.end]),
            voice.rate,
            sung[region.first : region.end],
            sung_power,
        )
        verdict = judge(stretch, after, block.mends, block.spares, detectors)
        decisions.append(
            Decision(
                block.family, block.name, start / voice.rate, end / voice.rate, verdict.kept,
                verdict.reason,
                {name: round(value, 3) for name, value in verdict.numbers.items()},
            )
        )  # fmt: skip
        context.check()
        progress((n + 1) / len(regions))
    return _join(voice, proposal, spans, decisions, context), decisions


def _span(region: Region, frame: float, frames: int, last: bool) -> tuple[int, int]:
    return round(region.first * frame), frames if last else round(region.end * frame)


def _listen(
    voice: Signal, context: Context
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean square and voice activity, one value each 10 ms."""
    frame = voice.rate * FRAME_S
    total = max(1, round(voice.frames / frame))
    loudness = np.zeros(total, dtype=np.float32)
    singing = np.zeros(total, dtype=np.float32)
    windows = grid(voice.frames, round(LOOK_S * voice.rate), round(LOOK_CONTEXT_S * voice.rate))
    for window in windows:
        context.check()
        sound = torch.from_numpy(voice.read(window.start, window.length))
        first = round(window.start / frame)
        skip = round((window.lead + window.fade_in / 2) / frame)
        found = voicing(sound[None].to(context.device), voice.rate)[0].cpu().numpy()
        part = found[skip : total - first]
        singing[first + skip : first + skip + len(part)] = part
        power = _power(sound, frame)[skip : total - first]
        loudness[first + skip : first + skip + len(power)] = power
    return loudness, singing


def _power(sound: torch.Tensor, frame: float) -> npt.NDArray[np.float32]:
    """Mean square over 50 ms around each frame. Shape: (channels, samples) to (frames,)."""
    square = sound.square().mean(0)
    total = max(1, round(len(square) / frame))
    summed = torch.cat([torch.zeros(1, dtype=torch.float64), square.double().cumsum(0)])
    middles = (torch.arange(total) + 0.5) * frame
    low = (middles - 2.5 * frame).round().long().clamp(0, len(square))
    high = (middles + 2.5 * frame).round().long().clamp(0, len(square))
    mean = (summed[high] - summed[low]) / (high - low).clamp_min(1)
    return np.asarray(mean.numpy(), dtype=np.float32)


def _join(
    voice: Signal,
    proposal: Signal,
    spans: Sequence[tuple[int, int]],
    decisions: Sequence[Decision],
    context: Context,
) -> Signal:
    """Kept regions from the proposal, the rest from the voice."""
    out = Signal.empty(voice.channels, voice.frames, voice.rate, context.scratch)
    fade = round(FADE_S * voice.rate)
    for n, ((start, end), decision) in enumerate(zip(spans, decisions, strict=True)):
        context.check()
        sound = voice.read(start, end - start)
        if decision.kept:
            rise = n > 0 and not decisions[n - 1].kept
            fall = n + 1 < len(decisions) and not decisions[n + 1].kept
            share = _share(end - start, fade if rise else 0, fade if fall else 0)
            new = proposal.read(start, end - start)
            sound = new if share is None else sound + share * (new - sound)
        out.write(start, np.ascontiguousarray(sound, dtype=np.float32))
    return out


def _share(length: int, rise: int, fall: int) -> npt.NDArray[np.float32] | None:
    """How much of the proposal counts at each sample; None for all of it everywhere."""
    if not rise and not fall:
        return None
    share = np.ones(length, dtype=np.float32)
    for size, ends in ((min(rise, length), False), (min(fall, length), True)):
        if size:
            ramp = np.sin((np.arange(size) + 0.5) / size * np.pi / 2).astype(np.float32) ** 2
            part = slice(length - size, None) if ends else slice(0, size)
            share[part] *= ramp[::-1] if ends else ramp
    return share
