"""``voxmend bench quality``: every row of damage on a voice and a backing, mended in every way.

Runs in this process and not in a worker: nothing of it is a job, and one stage cache per case keeps
a chain from making again what another made. The figures are the user's own material's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ...cascade.cache import StageCache
from ...cascade.context import Context
from ...cascade.networks import Networks
from ...damage import LEFT
from ...diagnosis import detectors
from ...diagnosis.look import Look
from ...dsp.voicing import voiced
from ...presets import Preset
from ..damage import material, rows
from ..damage.rows import Case
from . import metrics
from .chains import Mended, mend, names
from .separated import separator

ISLANDS = "islands"


@dataclass(frozen=True, slots=True)
class Question:
    """What is measured.

    Attributes:
        offset_s: where in the backing to begin.
        seconds: of the voice, at most.
        only: words of which a row's name must hold one; empty = all rows.
        chains: those that are made beside ``nothing``; empty = all.
    """

    voice: Path
    backing: Path
    preset: Preset
    offset_s: float = 0.0
    seconds: float = 20.0
    only: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """How near a mended voice is to the truth. dB where the name says nothing else.

    Attributes:
        lsd_above: log-spectral distance above the cutoff, NaN where none was cut.
        gap_residual: what is left where the voice is silent, against the voice.
        phase, bandwidth, musical, bleed: the four detectors, 1 = medium damage.
        kept, refused: seconds of proposals that the guard took and threw away.
    """

    si_sdr: float
    mr_stft: float
    multi_mel_snr: float
    lsd_above: float
    gap_residual: float
    level_change: float
    phase: float
    bandwidth: float
    musical: float
    bleed: float
    kept: float = 0.0
    refused: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One row: chain to figures, in the order of the table."""

    damage: str
    size: str
    form: str
    chains: dict[str, Figures]

    def plain(self) -> dict[str, object]:
        """For ``--json``: NaN becomes null."""
        return {
            "damage": self.damage,
            "size": self.size,
            "form": self.form,
            **{name: _plain(figures) for name, figures in self.chains.items()},
        }


def measure(
    question: Question, networks: Networks, say: Callable[[str], None]
) -> Iterator[Measured]:
    """Row by row.

    Args:
        say: called with each row's name before it begins.

    Raises:
        VoxmendError: a file, a model, a word of ``only`` or a chain is not good.
    """
    known = names(question.preset)
    for name in question.chains:
        if name not in known:
            raise BadRequest(f"There is no chain {name}. There are: {', '.join(known)}.")
    clean = material.load(question.voice, question.backing, question.offset_s, question.seconds)
    for row in rows.fitting(clean, question.only):
        say(row.name)
        case = rows.case(row, clean, separator(networks))
        with TemporaryDirectory(prefix="voxmend-") as folder:
            context = Context(
                torch.device("cpu"), Path(folder), StageCache(Path(folder) / "stages"),
                digest=row.name, networks=networks,
            )  # fmt: skip
            found = {
                name: figures(case, mended)
                for name, mended in mend(case, question.preset, context, question.chains)
            }
        yield Measured(row.damage, row.size, row.form, found)


def figures(case: Case, mended: Mended) -> Figures:
    """One chain's voice against the truth."""
    truth, sounds, rate = case.clean.voice, case.clean.sounds, case.clean.rate
    cutoff = case.row.cutoff_hz
    told = detectors.damage(look(mended.voice, case.clean.mix, rate))
    spans = [(d.kept, d.end_s - d.start_s) for d in mended.decisions if d.reason not in LEFT]
    return Figures(
        metrics.si_sdr(mended.voice, truth),
        metrics.mr_stft(mended.voice, truth),
        metrics.multi_mel_snr(mended.voice, truth, rate),
        metrics.lsd_above(mended.voice, truth, rate, cutoff) if cutoff else math.nan,
        metrics.gap_residual_db(mended.voice, truth, sounds, rate),
        metrics.level_change_db(mended.voice, truth, sounds, rate),
        **asdict(told),
        kept=sum(length for kept, length in spans if kept),
        refused=sum(length for kept, length in spans if not kept),
    )


def look(voice: Tensor, mix: Tensor | None, rate: int) -> Look:
    """A whole clip as the detectors see it. Shape: (channels, samples)."""
    return Look(voice, mix, voiced(voice[None], rate)[0], rate)


def means(measured: Sequence[Measured]) -> dict[str, float]:
    """Chain to its mean gain in SI-SDR over doing nothing, dB."""
    names = list(measured[0].chains) if measured else []
    return {
        name: sum(m.chains[name].si_sdr - m.chains["nothing"].si_sdr for m in measured)
        / len(measured)
        for name in names
    }


def _plain(found: Figures) -> dict[str, float | None]:
    return {
        name: None if math.isnan(value) else round(value, 4)
        for name, value in asdict(found).items()
    }
