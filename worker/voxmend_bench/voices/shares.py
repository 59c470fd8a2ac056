"""How much of each of two true parts is in an estimate of one of them.

In each half second and band of the spectrum the estimate is written as a · one + b · other + error,
by least squares. An estimate of ``one`` should have a = 1 and b = 0: what is missing from a was
taken from it, what stands in b came over from the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

SIZE, HOP, BLOCK_S = 2048, 512, 0.5
BANDS, LOWEST_HZ = 16, 60.0

FLOOR_DB = -120.0
"""Nothing is told apart below it."""

ALIKE = 1e-6
"""Of the larger eigenvalue: below it two parts are one sound, and the smallest shares are taken."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Of an estimate of one of two parts.

    Attributes:
        lost_db: level of what is missing of this part, against all of it.
        other_db: level of what is in it of the other part, against all of that.
    """

    lost_db: float
    other_db: float


def shares(estimate: Tensor, one: Tensor, other: Tensor, rate: int) -> Shares:
    """Read an estimate of ``one``. Shape of each: (channels, samples)."""
    spectra = [_spectrum(sound) for sound in (estimate, one, other)]
    edges = _edges(rate)
    step = max(1, round(BLOCK_S * rate / HOP))
    lost = leaked = all_one = all_other = 0.0
    for low, high in pairwise(edges):
        for start in range(0, spectra[0].shape[-1], step):
            e, a, b = (s[:, low:high, start : start + step].flatten() for s in spectra)
            gram = torch.stack([
                torch.stack([_inner(a, a), _inner(a, b)]), torch.stack([_inner(a, b), _inner(b, b)])
            ])  # fmt: skip
            found = torch.linalg.pinv(gram, rtol=ALIKE, hermitian=True) @ torch.stack(
                [_inner(a, e), _inner(b, e)]
            )
            power_one, power_other = float(gram[0, 0]), float(gram[1, 1])
            lost += float((1 - found[0]) ** 2) * power_one
            leaked += float(found[1] ** 2) * power_other
            all_one, all_other = all_one + power_one, all_other + power_other
    return Shares(_db(lost, all_one), _db(leaked, all_other))


def level_db(sound: Tensor, beside: Tensor, where: Tensor) -> float:
    """Level of a sound against that of another over some samples, dB; nan where there are none.

    Args:
        where: Shape: (samples,), bool.
    """
    if not bool(where.any()):
        return math.nan
    powers = [float(s[:, where].double().square().sum()) for s in (sound, beside)]
    return _db(*powers)


def _edges(rate: int) -> list[int]:
    """Bins at which bands begin and end: equal parts of an octave each."""
    top = math.log(rate / 2 / LOWEST_HZ)
    places = [LOWEST_HZ * math.exp(top * n / BANDS) * SIZE / rate for n in range(BANDS + 1)]
    return sorted({0, *(round(place) for place in places[1:-1]), SIZE // 2 + 1})


def _spectrum(sound: Tensor) -> Tensor:
    window = torch.hann_window(SIZE, dtype=torch.float64)
    return torch.stft(sound.double(), SIZE, HOP, window=window, return_complex=True)


def _inner(one: Tensor, other: Tensor) -> Tensor:
    return (one.conj() * other).real.sum()


def _db(part: float, whole: float) -> float:
    if whole <= 0:
        return math.nan
    return max(FLOOR_DB, 10 * math.log10(max(part, 1e-300) / whole))
