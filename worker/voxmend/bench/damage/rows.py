"""The rows of ``voxmend bench quality``: one kind of damage, one size, on one form of the clip.

The list is fixed, so that figures of two days can be laid side by side. A row that a voice cannot
show (highs of a recording that has none) is left out and not counted as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ...dsp.curves import FRAME_S
from . import kinds
from .forms import FORMS
from .material import Material

SPLEETER = "spleeter"
"""The size of a row whose damage is a trained separator's, that of the preset ``quick``."""

Break = Callable[[Material], Tensor]


@dataclass(frozen=True, slots=True)
class Row:
    """How a case is made.

    Attributes:
        damage: kind; several are joined by " + ".
        size: in words and units; "" for none.
        form: of ``FORMS``.
        breaks: what makes the damaged voice of the truth; None for the separator.
        cutoff_hz: where highs were cut off; 0 = nowhere.
        known: kind of damage to its size, 1 = medium, for the fit of the detectors; None where
            nobody can say, as of a separator's own work.
    """

    damage: str
    size: str
    form: str
    breaks: Break | None
    cutoff_hz: float = 0.0
    known: Mapping[str, float] | None = None

    @property
    def name(self) -> str:
        """For people and for ``--rows``."""
        return ", ".join(part for part in (self.damage, self.size, self.form) if part)


@dataclass(frozen=True, slots=True)
class Case:
    """A row on one clip.

    Attributes:
        clean: the truth.
        damaged: what a separator would have handed over. Shape: (2, samples).
    """

    row: Row
    clean: Material
    damaged: Tensor


def cases(material: Material, separate: Callable[[Tensor, int], Tensor]) -> Iterator[Case]:
    """Every row that this voice can show.

    Args:
        separate: the separator: mixture and rate to a voice. Shape: (2, samples), kept.
    """
    for row in fitting(material):
        yield case(row, material, separate)


def fitting(material: Material, only: Sequence[str] = ()) -> list[Row]:
    """The rows that this voice can show, of them those whose name holds one of some words.

    Raises:
        BadRequest: no row is left.
    """
    found = [
        row
        for row in ROWS
        if not (row.cutoff_hz and material.top_hz < 1.5 * row.cutoff_hz)
        and (not only or any(word in row.name for word in only))
    ]
    if not found:
        damages = ", ".join(dict.fromkeys(row.damage for row in ROWS))
        raise BadRequest(f"No row is called so, or this voice cannot show it. Damages: {damages}.")
    return found


def case(row: Row, material: Material, separate: Callable[[Tensor, int], Tensor]) -> Case:
    """One row on one clip."""
    clean = FORMS[row.form](material)
    broken = separate(clean.mix, clean.rate) if row.breaks is None else row.breaks(clean)
    return Case(row, clean, broken)


def part(clean: Material, broken: Tensor) -> Tensor:
    """Only the middle third is broken; its ends are faded over 50 ms."""
    samples = broken.shape[1]
    place = torch.arange(samples)
    fade = 5 * FRAME_S * clean.rate
    inside = torch.minimum(place - samples // 3, 2 * samples // 3 - place) / fade
    return clean.voice + inside.clamp(0, 1) * (broken - clean.voice)


def _whole(clean: Material) -> Tensor:
    return clean.voice.clone()


def _phase(sigma: float) -> Break:
    return lambda clean: kinds.phase(clean, sigma)


def _highs(cutoff_hz: float) -> Break:
    return lambda clean: kinds.cut_highs(clean.voice, clean.rate, cutoff_hz)


def _musical(level_db: float) -> Break:
    return lambda clean: kinds.musical(clean, level_db)


def _leak(level_db: float) -> Break:
    return lambda clean: kinds.leak(clean, level_db)


def _masked(error_db: float) -> Break:
    return lambda clean: kinds.masked(clean, error_db)


def _part(inner: Break) -> Break:
    return lambda clean: part(clean, inner(clean))


def _dull(inner: Break, cutoff_hz: float) -> Break:
    return lambda clean: kinds.cut_highs(inner(clean), clean.rate, cutoff_hz)


def _chirping(inner: Break, level_db: float) -> Break:
    return lambda clean: inner(clean) + kinds.musical(clean, level_db) - clean.voice


def _rows() -> Iterator[Row]:
    for form in FORMS:
        yield Row("none", "", form, _whole, known={})
    for sigma in (0.25, 0.5, 1.0):
        yield Row("phase", f"{sigma:g} rad", "dry", _phase(sigma), known={"phase": 2 * sigma})
    yield Row("phase", "0.5 rad", "reverb 2.2 s", _phase(0.5), known={"phase": 1.0})
    yield Row("phase", "1 rad, a third of it", "dry", _part(_phase(1.0)))
    for cutoff, size in ((3500.0, 1.5), (7000.0, 1.0), (12_000.0, 0.5)):
        name = f"{cutoff / 1000:g} kHz"
        yield Row("highs", name, "dry", _highs(cutoff), cutoff, {"bandwidth": size})
    for form in ("hats -26 dB", "hats -16 dB"):
        yield Row("highs", "7 kHz", form, _highs(7000.0), 7000.0)
    yield Row("highs", "7 kHz, a third of it", "dry", _part(_highs(7000.0)), 7000.0)
    for level, size in ((-35.0, 0.6), (-25.0, 1.0)):
        name = f"{level:g} dB"
        yield Row("musical", name, "dry", _musical(level), known={"musical": size})
    yield Row("musical", "-25 dB", "quiet verse", _musical(-25.0), known={"musical": 1.0})
    for level in (-30.0, -20.0, -10.0):
        size = 10 ** ((level + 20) / 20)
        yield Row("bleed", f"leak {level:g} dB", "dry", _leak(level), known={"bleed": size})
    yield Row("bleed", "leak -20 dB", "reverb 0.8 s", _leak(-20.0), known={"bleed": 1.0})
    yield Row("bleed", "leak -20 dB, a third of it", "dry", _part(_leak(-20.0)))
    for error in (4.0, 8.0, 12.0):
        yield Row("bleed", f"mask {error:g} dB", "dry", _masked(error))
    yield Row("bleed", "mask 8 dB", "choir pad", _masked(8.0))
    for form in ("dry", "quiet verse", "reverb 0.8 s", "double"):
        yield Row("bleed", SPLEETER, form, None)
    yield Row("lost", "12 dB", "dry", lambda clean: kinds.lost(clean, 12.0))
    yield Row("phase + highs", "0.5 rad, 7 kHz", "dry", _dull(_phase(0.5), 7000.0), 7000.0)
    yield Row("bleed + musical", "leak -20 dB, -25 dB", "dry", _chirping(_leak(-20.0), -25.0))
    yield Row("bleed + highs", "mask 8 dB, 7 kHz", "dry", _dull(_masked(8.0), 7000.0), 7000.0)
    yield Row("calibration", "V + aB, -20 dB", "dry", lambda clean: kinds.constant(clean, -20.0))


ROWS: tuple[Row, ...] = tuple(_rows())
"""In the order of the table."""
