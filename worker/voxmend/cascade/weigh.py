"""The guard over a whole clip: is there anything to mend; then region by region; then the whole.

Where a proposal is refused the present voice passes bit for bit; the fades lie inside the regions
that are kept. A repair whose damage the clip as a whole does not have is off for all of it: single
regions of a real song read as damaged by chance, and a repair that comes and goes is worse than
none. A region with nothing to gain between two that are mended goes with them, if it loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ..audio.signal import Signal
from ..blocks.contract import LOSS, NO_GAIN, Repair, Splitter
from ..diagnosis.survey import Singing, survey
from ..dsp.curves import FRAME_S
from ..dsp.voicing import held, voicing
from .context import Context
from .detectors import thorough
from .guard import KEPT, Stretch, Verdict, judge
from .regions import Region, split
from .windows import grid

FADE_S = 0.02
SURE = 0.9
"""What counts as singing here: the guard must not defend a guitar between two phrases."""

LOOK_S, LOOK_CONTEXT_S = 30.0, 4.0
"""Windows in which voice is looked for."""


LEAST: Mapping[str, float] = {"musical": 0.3, "bleed": 0.6}
"""Of the clip's own readings, beside its mixture: a repair is asked where one it is there for reads
as much. Ten excerpts of five songs, as a trained separator left them and half way to the truth,
read .17 and .48 at most; of damage that was made on purpose chirps at -35 dB .66, leaks of -20 dB
1.1, masks .8 to 1.2. Leaks of -30 dB, .34, are let be. Phase and highs have no such limit: a clip
that is broken in a third of it reads as whole."""

NO_DAMAGE = "no_damage"
"""The reason of a decision on a whole clip that has nothing a repair is there for."""


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
    block: Repair | Splitter,
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
    detectors = context.detectors(mix is not None) if isinstance(block, Repair) else None
    if isinstance(block, Repair) and detectors is not None and mix is not None:
        found = read(block, mix, voice, Singing(sung, sung_power), context)
        if found and all(value < LEAST[name] for name, value in found.items()):
            whole = Decision(
                block.family, block.name, 0.0, voice.frames / voice.rate, False, NO_DAMAGE, found
            )
            return copy(voice, context), [whole]
    regions = split(loudness)
    frame = voice.rate * FRAME_S
    spans = [_span(r, frame, voice.frames, n == len(regions) - 1) for n, r in enumerate(regions)]

    def seen(n: int) -> tuple[Stretch, torch.Tensor]:
        region, (start, end) = regions[n], spans[n]
        before, after = (torch.from_numpy(s.read(start, end - start)) for s in (voice, proposal))
        stretch = Stretch(
            before,
            None if mix is None else torch.from_numpy(mix.read(start, end - start)),
            torch.from_numpy(singing[region.first : region.end]),
            voice.rate,
            sung[region.first : region.end],
            sung_power,
        )
        return stretch, after

    mends, spares = (block.mends, block.spares) if isinstance(block, Repair) else ((), ())
    verdicts = []
    for n in range(len(regions)):
        dries = isinstance(block, Splitter)
        verdicts.append(judge(*seen(n), mends, spares, detectors, dries))
        context.check()
        progress((n + 1) / len(regions))
    for n in between(verdicts):
        verdict = judge(*seen(n), mends, spares, detectors and thorough(detectors))
        if verdict.reason == NO_GAIN:  # so it broke no rule, and worsened nothing
            verdicts[n] = Verdict(True, KEPT, verdict.numbers)
    decisions = [
        Decision(
            block.family, block.name, start / voice.rate, end / voice.rate, verdict.kept,
            verdict.reason, {name: round(value, 3) for name, value in verdict.numbers.items()},
        )
        for (start, end), verdict in zip(spans, verdicts, strict=True)
    ]  # fmt: skip
    return _join(voice, proposal, spans, decisions, context), decisions


def read(
    block: Repair, mix: Signal, voice: Signal, singing: Singing, context: Context
) -> dict[str, float]:
    """What the clip as a whole has of the damage that a repair is there for; empty for a repair
    that is asked whatever the clip reads."""
    mends = [name for name in block.mends if name != LOSS]
    if not set(mends) <= set(LEAST):
        return {}
    whole = survey(voice, mix, singing, context.device, context.check).damage
    return {name: round(float(getattr(whole, name)), 3) for name in mends}


def between(verdicts: Sequence[Verdict]) -> list[int]:
    """Regions without gain that lie between two that are kept."""
    inner = range(1, len(verdicts) - 1)
    return [
        n
        for n in inner
        if verdicts[n].reason == NO_GAIN and verdicts[n - 1].kept and verdicts[n + 1].kept
    ]


def copy(voice: Signal, context: Context) -> Signal:
    """The same sound again: a stage's signal is its own, since the cache takes it."""
    out = Signal.empty(voice.channels, voice.frames, voice.rate, context.scratch)
    for start, sound in voice.blocks():
        out.write(start, sound)
    return out


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
