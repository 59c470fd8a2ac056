"""The four detectors over a whole clip, streamed: numbers, and curves with a value each 0.4 s.

A clip of any length passes in looks of half a minute; what each column of their spectra adds to a
detector's sums is put into bins of 0.4 s, so that a reading over any stretch is a sum of bins. For
``voxmend diagnose`` and for each job.

Always holds: a clip that fits into one look reads, as a whole, what ``detectors.damage`` reads; but
where a voice is alone a phrase's tail counts as neither singing nor pause, since it would be called
bleed, and so do pauses that are no longer than tails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..audio.levels import peak
from ..audio.signal import Signal
from ..damage import NAMES, Why
from ..dsp.curves import FRAME_S, TINY
from ..dsp.voicing import held, voicing
from .bandwidth import FULL_HZ, cut_at
from .detector import Setting
from .detectors import DETECTORS, Damage, calibration
from .findings import HOP_S, WINDOW_S, Curve, Findings, find
from .look import Look

LOOK_S, ALONE_S, CONTEXT_S = 30.0, 10.0, 1.2
"""Length of a look: at a voice with its mixture, whose highs are compared over many seconds, and at
one that is alone, where little is quicker; and what it sees beside it. Whole bins."""

VOICED_S, AROUND_S = 30.0, 4.0
"""The same where voice is looked for: that is judged by the seconds around."""

TAIL_S = 0.2
"""How long a phrase sounds on at either side, seen from where it is held to sing."""

EDGE = 0.05
"""Octaves from which an edge is one."""

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Survey:
    """What was measured.

    Attributes:
        findings: in words and regions.
        damage: the four numbers over the whole clip.
        curves: name to one value each 0.4 s, nan where nothing can be told.
    """

    findings: Findings
    damage: Damage
    curves: Mapping[str, Curve]


@dataclass(frozen=True, slots=True)
class Singing:
    """Where a clip sings.

    Attributes:
        held: 10 ms frames with their consonants and breaths. Shape: (frames,), bool.
        sung_power: mean square where it does.
    """

    held: Tensor
    sung_power: float


def nothing() -> None:
    """For a caller that cannot be cancelled."""


def listen(
    voice: Signal, device: torch.device = CPU, check: Callable[[], None] = nothing
) -> Singing:
    """Where somebody sings, over a clip of any length."""
    frame = voice.rate * FRAME_S
    curve = torch.zeros(max(1, round(voice.frames / frame)))
    step, around = round(VOICED_S / FRAME_S), round(AROUND_S / FRAME_S)
    for first in range(0, len(curve), step):
        check()
        begin, end = max(0, first - around), min(len(curve), first + step + around)
        sound = _read(voice, round(begin * frame), round(end * frame), device)
        part = voicing(sound[None], voice.rate)[0].cpu()[first - begin : first - begin + step]
        curve[first : first + len(part)] = part
    sings = held(curve[None])[0]
    return Singing(sings, _sung_power(voice, sings))


def survey(
    voice: Signal,
    mix: Signal | None,
    singing: Singing | None = None,
    device: torch.device = CPU,
    check: Callable[[], None] = nothing,
) -> Survey:
    """Measure a clip.

    Args:
        mix: the mixture, of the voice's shape and rate; None for a voice that is alone.
        singing: where it sings, if that is known.
        check: called now and then; what it raises ends the survey.
    """
    singing = singing or listen(voice, device, check)
    level = max(_peak(voice if mix is None else mix), TINY)
    count = max(1, -(-voice.frames // round(HOP_S * voice.rate)))
    sums: dict[str, Tensor] = {}
    looks = max(1, round(count * HOP_S / (ALONE_S if mix is None else LOOK_S) + 0.49))
    for n in range(looks):
        check()
        first, end = round(n * count / looks), round((n + 1) * count / looks)
        for name, part in _sums(voice, mix, singing, level, first, end, count, device).items():
            sums.setdefault(name, torch.zeros(len(part), count, dtype=torch.float64))
            sums[name][:, first:end] = part
    beside = Setting(mix is None, singing.sung_power)
    whole = {name: sums[name].sum(1).tolist() for name in NAMES}
    readings = _readings(whole, beside)
    numbers = calibration(not beside.alone)(readings)
    edge = dict(zip(NAMES, readings, strict=True))["bandwidth"]
    curves = _curves(sums, beside)
    findings = find(
        curves,
        {name: getattr(numbers, name) for name in NAMES},
        {name: why for name in NAMES if (why := _why(name, whole, beside)) is not None},
        voice.frames / voice.rate,
        not beside.alone,
        round(FULL_HZ / 2**edge) if edge > EDGE else None,
        None if beside.alone else cut_at(whole["bandwidth"]),
    )
    return Survey(findings, numbers, curves)


def _sums(
    voice: Signal, mix: Signal | None, singing: Singing, level: float,
    first: int, end: int, count: int, device: torch.device,
) -> dict[str, Tensor]:  # fmt: skip
    """The detectors' sums in bins ``first`` to ``end``. Shape of each: (sums, bins)."""
    around = round(CONTEXT_S / HOP_S)
    begin, behind = max(0, first - around), min(count, end + around)
    start, stop = (round(bin_ * HOP_S * voice.rate) for bin_ in (begin, behind))
    sound = _read(voice, start, stop, device)
    mixed = None if mix is None else _read(mix, start, stop, device)
    frames = slice(round(begin * HOP_S / FRAME_S), round(behind * HOP_S / FRAME_S))
    sings = singing.held[frames] if len(singing.held[frames]) else singing.held[-1:]
    look = Look(
        sound, mixed, sings, voice.rate, singing.sung_power, pauses=~tails(sings), peak=level
    )
    found = {}
    # The one with spectra of its own first, while the look holds hardly any: a tenth less memory.
    for name, detector in sorted(DETECTORS.items(), key=lambda each: each[0] != "bandwidth"):
        gathered = detector.gather(look)
        columns = gathered.sums.double().cpu()
        place = (torch.arange(columns.shape[1]) * (gathered.step_s / HOP_S)).long()
        binned = torch.zeros(len(columns), behind - begin, dtype=torch.float64)
        binned.index_add_(1, place.clamp_max(behind - begin - 1), columns)
        found[name] = binned[:, first - begin : end - begin]
    return found


def tails(sings: Tensor) -> Tensor:
    """Where it sings or a phrase fades. Shape: (frames,), bool, kept."""
    reach = round(TAIL_S / FRAME_S)
    return F.max_pool1d(sings.float()[None], 2 * reach + 1, 1, reach)[0] > 0


def _readings(sums: Mapping[str, list[float]], beside: Setting) -> tuple[float, ...]:
    """In the order of ``NAMES``."""
    return tuple(each.read(sums[name], beside) for name, each in DETECTORS.items())


def _curves(sums: Mapping[str, Tensor], beside: Setting) -> dict[str, Curve]:
    """A value for each bin, read from those around it."""
    reach = round(WINDOW_S / HOP_S) // 2
    padded = {name: F.pad(each, (reach, reach)) for name, each in sums.items()}
    near = {
        name: each.unfold(1, 2 * reach + 1, 1).sum(2).mT.tolist() for name, each in padded.items()
    }
    count = next(iter(sums.values())).shape[1]
    curves = {name: np.full(count, np.nan, dtype=np.float32) for name in NAMES}
    fit = calibration(not beside.alone)
    for n in range(count):
        here = {name: near[name][n] for name in NAMES}
        numbers = fit(_readings(here, beside))
        for name in NAMES:
            if _why(name, here, beside) in (None, "no_mixture"):
                curves[name][n] = getattr(numbers, name)
    return curves


def _why(name: str, sums: Mapping[str, list[float]], beside: Setting) -> Why | None:
    """Why a stretch says nothing of a damage; None if it does."""
    return DETECTORS[name].why(sums[name], beside)


def _read(signal: Signal, start: int, stop: int, device: torch.device) -> Tensor:
    start, stop = min(start, signal.frames - 1), min(stop, signal.frames)
    return torch.from_numpy(signal.read(start, max(1, stop - start))).to(device)


def _peak(signal: Signal) -> float:
    return max((peak(block) for _, block in signal.blocks()), default=0.0)


def _sung_power(voice: Signal, where: Tensor) -> float:
    """Mean square where it sings."""
    energy, samples = 0.0, 0
    frame, sings = voice.rate * FRAME_S, where.numpy()
    for start, block in voice.blocks():
        stop = start + block.shape[1]
        first, last = int(start / frame), min(len(sings), int(stop / frame) + 1)
        edges = np.round(np.arange(first, last + 1) * frame).astype(np.int64).clip(start, stop)
        edges[-1] = stop
        sizes = np.diff(edges)
        within = sizes > 0
        square = np.square(block).mean(0)
        powers = np.add.reduceat(square, (edges[:-1] - start)[within], dtype=np.float64)
        chosen = sings[first:last][within]
        energy += float(powers[chosen].sum())
        samples += int(sizes[within][chosen].sum())
    return energy / samples if samples else 0.0
