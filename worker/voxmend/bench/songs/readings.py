"""What mending did to a stem, read against the true voice: gaps, phrases, level, pumping.

The true voice says where it sings: frames of 10 ms no further than ``SUNG_DB`` under its loud
level. Sung frames with short rests between them are a phrase; what lies between two phrases is a
gap, and all that sounds in a gap is residual. What mending does is read as its *gain*: how loud a
frame is after it, against before.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.curves import FRAME_S, decibel, frames_in

SUNG_DB = 35.0
"""Further under the loud level nobody hears a voice in a song."""

LOUD = 0.95
"""Quantile of the levels of all frames that is the loud level."""

LEVEL_S = 0.05
"""Over which a frame's level is read."""

PHRASE_S, GAP_S, REST_S = 0.3, 1.0, 0.3
"""The shortest phrase and gap that are judged; a shorter rest belongs to its phrase."""

EDGE_S = 0.5
"""At either end of a gap a gain may still be on its way, from or to a phrase."""

GAIN_S = 0.2
"""Over which the gain is read: one partial that goes is no pumping."""

OPEN_DB = -1.0
"""A frame of the voice that is lowered by more is lost."""

MOVED_DB = 3.0
"""From so much on a movement within one gap or phrase is one that is heard."""

ORACLE_DB = -20.0
"""What one would do who knew the gaps."""

QUIET_DB = -60.0
"""Against the stem's loud level: residual below it is not heard, and its gain says nothing."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of an excerpt, of at least ``GAP_S``.

    Attributes:
        count: how many there are; the figures are nan where there are none.
        change_db: how much louder the residual is after mending, mean over the gaps.
        worst_db: the same, of the gap in which it is most.
        oracle_db: mean with the true gaps lowered by 20 dB.
    """

    count: int
    change_db: float
    worst_db: float
    oracle_db: float


@dataclass(frozen=True, slots=True)
class Readings:
    """What mending did.

    Attributes:
        gaps: to the residual.
        phrase_db: change of level of the phrase that lost most.
        recall: share of the true voice's energy in frames that were not lowered.
        moved_db: the most that the gain moves within one gap or phrase.
        moves: such movements of ``MOVED_DB`` and more in a minute.
    """

    gaps: Gaps
    phrase_db: float
    recall: float
    moved_db: float
    moves: float


def read(raw: Tensor, final: Tensor, truth: Tensor, rate: int) -> Readings:
    """Read one excerpt.

    Args:
        raw, final: the voice as separated and as mended. Shape: (channels, samples).
        truth: the true voice, same shape.
    """
    sung = sings(truth, rate)
    before, after, own = (_power(sound, rate, GAIN_S) for sound in (raw, final, truth))
    floor = before.quantile(LOUD) * 10 ** (QUIET_DB / 10) + 1e-30
    gain = decibel((after + floor) / (before + floor))
    spans = spans_of(sung)
    phrases = [(a, b) for is_sung, a, b in spans if is_sung and (b - a) * FRAME_S >= PHRASE_S]
    gaps = [(a, b) for is_sung, a, b in spans if not is_sung and (b - a) * FRAME_S >= GAP_S]
    frame = rate * FRAME_S
    changes, oracle = [], []
    for a, b in gaps:
        part = slice(round(a * frame), round(b * frame))
        was, now = (float((s[:, part] - truth[:, part]).square().mean()) for s in (raw, final))
        if was <= float(floor):
            continue
        changes.append(_db(now, was))
        kept = raw[:, part] * _lowered(part.stop - part.start, rate) - truth[:, part]
        oracle.append(_db(float(kept.square().mean()), was))
    levels = [
        _db(
            *(
                float(s[:, round(a * frame) : round(b * frame)].square().mean())
                for s in (final, raw)
            )
        )
        for a, b in phrases
    ]
    edge = round(EDGE_S / FRAME_S)
    inner = [(a + edge, b - edge) for a, b in gaps] + phrases
    moved = [float(gain[a:b].max() - gain[a:b].min()) for a, b in inner if b > a]
    fine = decibel((_power(final, rate, LEVEL_S) + floor) / (_power(raw, rate, LEVEL_S) + floor))
    heard = own * sung
    minutes = max(raw.shape[-1] / rate / 60, 1e-9)
    return Readings(
        Gaps(
            len(changes), _mean(changes), max(changes, default=float("nan")), _mean(oracle)
        ),
        min(levels, default=float("nan")),
        float(heard[fine >= OPEN_DB].sum() / heard.sum().clamp_min(1e-30)),
        max(moved, default=0.0),
        sum(each >= MOVED_DB for each in moved) / minutes,
    )  # fmt: skip


def sings(truth: Tensor, rate: int) -> Tensor:
    """Whether the true voice sings, 10 ms frames. Shape: (channels, samples) to (frames,), bool."""
    power = _power(truth, rate, LEVEL_S)
    return power > power.quantile(LOUD) * 10 ** (-SUNG_DB / 10)


def level_db(sound: Tensor, rate: int) -> Tensor:
    """How loud each frame is, dB, no lower than −120. Shape: (channels, samples) to (frames,)."""
    return decibel(_power(sound, rate, LEVEL_S), 1e-12)


def spans_of(sung: Tensor) -> list[tuple[bool, int, int]]:
    """Phrases and what lies between them: whether it is a phrase, first frame and end.

    Shape: (frames,), bool.

    Examples:
        >>> spans_of(torch.tensor([False] * 40 + [True] * 9 + [False] * 20 + [True] * 9))
        [(False, 0, 40), (True, 40, 78)]
    """
    held = sung.clone()
    (places,) = sung.nonzero(as_tuple=True)
    for one, other in zip(places[:-1].tolist(), places[1:].tolist(), strict=True):
        if other - one < REST_S / FRAME_S:
            held[one:other] = True
    found: list[tuple[bool, int, int]] = []
    for is_sung, run in groupby(held.tolist()):
        start = found[-1][2] if found else 0
        found.append((is_sung, start, start + len(list(run))))
    return found


def _power(sound: Tensor, rate: int, over_s: float) -> Tensor:
    """Mean square around each frame. Shape: (channels, samples) to (frames,)."""
    square = sound.double().square().mean(0)
    summed = F.pad(square.cumsum(0), (1, 0))
    middles = (torch.arange(frames_in(sound.shape[-1], rate)) + 0.5) * rate * FRAME_S
    reach = over_s * rate / 2
    low, high = ((middles + each).round().long().clamp(0, len(square)) for each in (-reach, reach))
    return (summed[high] - summed[low]).clamp_min(0) / (high - low).clamp_min(1)


def _lowered(samples: int, rate: int) -> Tensor:
    """The gain of one who knows the gap: down by ``ORACLE_DB`` within 50 ms at both ends."""
    ramp = min(samples // 2, round(0.05 * rate))
    gain = torch.full((samples,), 10 ** (ORACLE_DB / 20))
    slope = torch.linspace(1, 10 ** (ORACLE_DB / 20), ramp)
    gain[:ramp], gain[samples - ramp :] = slope, slope.flip(0)
    return gain


def _db(power: float, other: float) -> float:
    return float(decibel(torch.tensor((power + 1e-30) / (other + 1e-30), dtype=torch.float64)))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
