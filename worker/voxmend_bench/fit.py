"""Fits the four detectors to damage of known kind and size, and stores the fit as data.

``python -m voxmend_bench.fit --voice V … --backing B …`` prints what the detectors tell
apart, each voice judged by a fit that never heard it, and writes ``diagnosis/calibration.json``.
Least squares over clips: each known kind and size is a target, every other kind a 0.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from voxmend import paths
from voxmend.bench.damage import material
from voxmend.bench.damage.rows import Case, cases
from voxmend.bench.quality.lender import lender
from voxmend.bench.quality.measure import look
from voxmend.bench.quality.separated import separator
from voxmend.diagnosis import detectors
from voxmend.diagnosis.detectors import NAMES, Calibration
from voxmend.diagnosis.look import Look
from voxmend.dsp.curves import FRAME_S

STORED = Path(detectors.__file__).with_name("calibration.json")

SHIFT_S = 0.0053
"""Two takes of equal quality: the same sound on another grid of windows."""

REGION_S = 2.0

NOISE = 0.95
"""Quantile of the change between such takes that is a detector's noise."""

RIDGE = 1e-3


Twice = tuple[list[tuple[Tensor, Tensor]], list[tuple[Tensor, Tensor]]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One row on one clip as the detectors read it.

    Attributes:
        readings: over the whole clip, with the mixture and alone.
        again: readings of each region and of the same region on another grid, likewise.
    """

    voice: str
    row: str
    known: dict[str, float] | None
    readings: tuple[Tensor, Tensor]
    again: Twice


def looks(case: Case, whole: Look, start: int, length: int) -> tuple[Look, Look]:
    """A stretch of a case with the mixture and without, after the look at the whole."""
    rate, part = whole.rate, slice(start, start + length)
    first = round(start / rate / FRAME_S)
    voiced = whole.voiced[first : max(first + 1, round((start + length) / rate / FRAME_S))]
    place = (torch.arange(whole.voice.shape[1]) / (rate * FRAME_S)).long()
    sung = whole.voice[:, whole.voiced[place.clamp_max(len(whole.voiced) - 1)]]
    power = float(sung.square().mean()) if sung.numel() else 0.0
    return (
        Look(whole.voice[:, part], case.clean.mix[:, part], voiced, rate, power),
        Look(whole.voice[:, part], None, voiced, rate, power),
    )


def see(voices: Sequence[Path], backings: Sequence[Path], seconds: float) -> Iterator[Seen]:
    """Every row of every voice over every backing."""
    separate = separator(lender(paths.find()))
    for voice in voices:
        for n, backing in enumerate(backings):
            clean = material.load(voice, backing, 20.0 * (n % 2), seconds)
            for case in cases(clean, separate):
                whole = look(case.damaged, case.clean.mix, clean.rate)
                yield Seen(
                    voice.name,
                    case.row.name,
                    None if case.row.known is None else dict(case.row.known),
                    (_readings(whole), _readings(whole.alone())),
                    _twice(case, whole),
                )


def _twice(case: Case, whole: Look) -> Twice:
    """Readings of each region and of the same one on another grid of windows."""
    found: Twice = ([], [])
    if case.row.known is None or case.row.form != "dry":
        return found
    shift, size = round(SHIFT_S * whole.rate), round(REGION_S * whole.rate)
    for start in range(0, case.damaged.shape[1] - size - shift, 2 * size):
        one, other = (looks(case, whole, at, size) for at in (start, start + shift))
        for kind in (0, 1):
            found[kind].append((_readings(one[kind]), _readings(other[kind])))
    return found


def fit(seen: Sequence[Seen], kind: int) -> Calibration:
    """Least squares with a little ridge.

    Args:
        kind: 0 with the mixture, 1 alone.
    """
    told = [one for one in seen if one.known is not None]
    x = torch.stack([torch.cat([one.readings[kind], torch.ones(1)]) for one in told]).double()
    y = torch.tensor(
        [[(one.known or {}).get(name, 0.0) for name in NAMES] for one in told]
    ).double()
    # A clean form stands for as much as all the rows of one kind of damage together.
    weight = torch.tensor([1.0 if one.known else 2.0 for one in told]).double()[:, None]
    scale = x.square().mean(0).sqrt().clamp_min(1e-9)
    u = x / scale
    normal = u.mT @ (weight * u) + RIDGE * len(told) * torch.eye(u.shape[1]).double()
    solved = torch.linalg.solve(normal, u.mT @ (weight * y)) / scale[:, None]
    plain = Calibration(
        tuple(tuple(row) for row in solved[:-1].mT.tolist()), tuple(solved[-1].tolist()), ()
    )
    noise = []
    for n in range(len(NAMES)):
        moved = [
            abs(_numbers(plain, one)[n] - _numbers(plain, other)[n])
            for each in seen
            for one, other in each.again[kind]
        ]
        moved.sort()
        noise.append(moved[int(NOISE * (len(moved) - 1))] if moved else 0.0)
    return Calibration(plain.weights, plain.offset, tuple(noise))


def auc(clean: Sequence[float], damaged: Sequence[float]) -> float:
    """Probability that damage reads higher than clean; half for a tie."""
    wins = sum((d > c) + 0.5 * (d == c) for d in damaged for c in clean)
    return wins / max(1, len(clean) * len(damaged))


def left_out(seen: Sequence[Seen], kind: int) -> dict[str, dict[str, list[float]]]:
    """Detector to row to its numbers, each voice judged by a fit over the others."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in NAMES}
    for voice in sorted({one.voice for one in seen}):
        others = [one for one in seen if one.voice != voice] or list(seen)
        trained = fit(others, kind)
        for one in seen:
            if one.voice == voice:
                for name, number in zip(NAMES, _numbers(trained, one.readings[kind]), strict=True):
                    found[name].setdefault(one.row, []).append(number)
    return found


MEDIUM = {
    "phase": "phase, 0.5 rad, dry",
    "bandwidth": "highs, 7 kHz, dry",
    "musical": "musical, -25 dB, dry",
    "bleed": "bleed, leak -20 dB, dry",
}
"""The row that is 1 of each kind."""


def report(found: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    """What is told apart, in lines."""
    for name in NAMES:
        rows = found[name]
        clean = [x for row, many in rows.items() if row.startswith("none") for x in many]
        own = rows.get(MEDIUM[name], [])
        middle = sum(clean) / max(1, len(clean))
        rise = sum(own) / max(1, len(own)) - middle
        yield f"{name}: AUC {auc(clean, own):.3f}, clean {middle:.2f} (at most {max(clean):.2f}), "
        for row, many in rows.items():
            mean = sum(many) / len(many)
            share = (mean - middle) / rise if rise else 0.0
            yield f"    {row:44} {min(many):6.2f} {mean:6.2f} {max(many):6.2f} {share:8.2f} of 1"


def _readings(look: Look) -> Tensor:
    return torch.tensor(detectors.readings(look))


def _numbers(fitted: Calibration, readings: Tensor) -> tuple[float, ...]:
    found = fitted(tuple(readings.tolist()))
    return tuple(getattr(found, name) for name in NAMES)


def _stored(fitted: Calibration) -> dict[str, object]:
    return {
        "weights": [[round(w, 6) for w in row] for row in fitted.weights],
        "offset": [round(w, 6) for w in fitted.offset],
        "noise": [round(w, 6) for w in fitted.noise],
    }


def main() -> None:
    """Refit, print, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice", type=Path, nargs="+", required=True)
    parser.add_argument("--backing", type=Path, nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--keep", action="store_true", help="print, but store nothing")
    chosen = parser.parse_args()
    seen = list(see(chosen.voice, chosen.backing, chosen.seconds))
    stored: dict[str, object] = {
        "fitted_on": f"{len(chosen.voice)} voices, {len(chosen.backing)} backings, {len(seen)} rows"
    }
    for kind, title in enumerate(("with_mixture", "alone")):
        print(title)
        for line in report(left_out(seen, kind)):
            print(line)
        stored[title] = _stored(fit(seen, kind))
        print(json.dumps(stored[title]))
    if not chosen.keep:
        STORED.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
