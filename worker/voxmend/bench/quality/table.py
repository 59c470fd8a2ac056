"""``bench quality`` for people: one block of lines a row, one line a chain, units in the head."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .measure import Figures, Measured, means

COLUMNS = (
    ("si_sdr", "SI-SDR", 1),
    ("mr_stft", "MR-STFT", 2),
    ("multi_mel_snr", "mel SNR", 1),
    ("lsd_above", "LSD", 2),
    ("gap_residual", "gaps", 1),
    ("level_change", "level", 2),
    ("phase", "phase", 2),
    ("bandwidth", "band", 2),
    ("musical", "chirps", 2),
    ("bleed", "bleed", 2),
)

HEAD = (
    "SI-SDR, mel SNR: dB, more is better. MR-STFT, LSD (above the cutoff): less is better. gaps: "
    "dB, what is left where the voice is silent. level: dB, of the voice. phase to bleed: the "
    "detectors, 0 clean, 1 medium. s kept / refused: what the guard took and threw away."
)


def lines(row: Measured) -> Iterator[str]:
    """One row of damage."""
    yield f"{row.damage}, {row.size}, {row.form}".replace(", ,", ",")
    head = " ".join(f"{title:>8}" for _, title, _ in COLUMNS)
    yield f"  {'':24}{head}   s kept / refused"
    for name, found in row.chains.items():
        cells = " ".join(_cell(found, key, digits) for key, _, digits in COLUMNS)
        judged = f"{found.kept:9.1f} / {found.refused:.1f}" if found.kept + found.refused else ""
        yield f"  {name:24}{cells} {judged}"


def closing(measured: Sequence[Measured]) -> Iterator[str]:
    """The means over all rows."""
    yield f"Mean gain in SI-SDR over {len(measured)} rows, dB:"
    for name, gain in means(measured).items():
        yield f"  {name:24}{gain:8.2f}"


def _cell(found: Figures, key: str, digits: int) -> str:
    value = float(getattr(found, key))
    return f"{'':>8}" if math.isnan(value) else f"{value:8.{digits}f}"
