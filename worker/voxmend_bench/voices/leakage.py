"""``python -m voxmend_bench.voices.leakage FOLDER``: how well lead and backing vocals come apart.

FOLDER holds songs in parts, as ``voxmend bench songs`` takes them; those with a ``lead`` and
``backing_vocals`` count. Of each the two stretches of 20 s in which both are loud. The lead is
asked for of ``part.lead``, where its weights are here, or it is an answer that is known: ``truth``;
``whole``, all of the voice; ``half``, half of it. ``--separated`` feeds it with the voice that the
preset ``quick`` takes out of the song, and not with the true one.

Columns, in dB, less is better but for SI-SDR: ``backing in lead`` and ``lead in backing``, what
came over, against all of it; ``alone``, the same read off where only one of them sounds, as plain
levels; ``SI-SDR`` of both. The backing is always the voice less the lead.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend import paths
from voxmend.audio.signal import Signal
from voxmend.bench.quality.lender import lender
from voxmend.bench.quality.metrics import si_sdr
from voxmend.bench.quality.separated import separator
from voxmend.bench.songs.multitrack import Files, find, load
from voxmend.cascade import plan, runner
from voxmend.cascade.context import Context
from voxmend.presets import Preset, Step
from voxmend_protocol.errors import BadRequest, VoxmendError

from .shares import level_db, shares

BLOCK = "part.lead"
LEAD, BACKING = "lead", "backing_vocals"
EXCERPT_S, APART_S, STEP_S, COUNT = 20.0, 25.0, 1.0, 2

FAINT_DB = -20.0
"""A stretch in which one is so much fainter than in the best is none."""

SILENT_DB, FRAME_S = -40.0, 0.05
"""A part is silent where it is so far under its loud level, or under the other part. What is read
where only one sounds is no finer than this."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A stretch of a song whose singers are known apart.

    Attributes:
        lead, backing, band: Shape: (2, samples).
        start_s: where in the song it begins.
    """

    name: str
    lead: Tensor
    backing: Tensor
    band: Tensor
    rate: int
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What an answer is worth, dB.

    Attributes:
        backing_in_lead, lead_in_backing: what came over, against all of it.
        backing_alone, lead_alone: the same where only this one sounds; nan where that is nowhere.
        lead_sdr, backing_sdr: SI-SDR.
    """

    backing_in_lead: float
    lead_in_backing: float
    backing_alone: float
    lead_alone: float
    lead_sdr: float
    backing_sdr: float

    def __str__(self) -> str:
        return (
            f"backing in lead {self.backing_in_lead:7.1f} (alone {self.backing_alone:7.1f})  "
            f"lead in backing {self.lead_in_backing:7.1f} (alone {self.lead_alone:7.1f})  "
            f"SI-SDR lead {self.lead_sdr:6.1f}, backing {self.backing_sdr:6.1f}"
        )


Answer = Callable[[Tensor, Parts], Tensor]

ANSWERS: Mapping[str, Answer] = {
    "truth": lambda voice, parts: voice - parts.backing,
    "whole": lambda voice, parts: voice,  # noqa: ARG005
    "half": lambda voice, parts: 0.5 * voice,  # noqa: ARG005
}


def network() -> Answer:
    """What the block answers.

    Raises:
        VoxmendError: its weights are not here.
    """
    networks = lender(paths.find())
    made = plan.make(Preset("lead", "", "", (Step(BLOCK, {}),), "voice"), None, ("vocals", LEAD))

    def answer(voice: Tensor, parts: Parts) -> Tensor:
        with TemporaryDirectory(prefix="voxmend-") as folder:
            context = Context(torch.device("cpu"), Path(folder), networks=networks)
            source = Signal.of(voice.contiguous().numpy(), parts.rate)
            kept = runner.run(made, source, context).kept[0]
            return torch.from_numpy(kept.read(0, kept.frames).copy())

    return answer


def judge(voice: Tensor, lead: Tensor, parts: Parts) -> Figures:
    """An answer against the truth.

    Args:
        voice: what was fed in: lead and backing, and perhaps what a separator left of the band.
        lead: the answer. Shape of both: (2, samples).
    """
    backing = voice - lead
    found = shares(lead, parts.lead, parts.backing, parts.rate)
    other = shares(backing, parts.backing, parts.lead, parts.rate)
    sings, chimes = (_sounds(sound, parts.rate) for sound in (parts.lead, parts.backing))
    return Figures(
        found.other_db,
        other.other_db,
        level_db(lead, parts.backing, chimes & ~sings),
        level_db(backing, parts.lead, sings & ~chimes),
        *(
            si_sdr(one, true) if bool(one.any()) else math.nan
            for one, true in ((lead, parts.lead), (backing, parts.backing))
        ),
    )


def excerpts(folder: Path) -> Iterator[Parts]:
    """Where lead and backing vocals are both loud, song by song.

    Raises:
        VoxmendError: a file cannot be read.
        BadRequest: no song has both.
    """
    found = False
    for files in find(folder):
        named = {part: _called(files, part) for part in (LEAD, BACKING)}
        lead, backing = named[LEAD], named[BACKING]
        if lead and backing:
            found = True
            one, other = (load(replace(files, voice=part)) for part in (lead, backing))
            samples = min(one.voice.shape[1], other.voice.shape[1])
            sung, chimed, band = (s[:, :samples] for s in (one.voice, other.voice, one.band))
            yield from _loudest(Parts(files.name, sung, chimed, band, one.rate))
    if not found:
        raise BadRequest(
            f"{folder} holds no song with lead and backing vocals apart. Name its files "
            f"SONG_{LEAD}.wav, SONG_{BACKING}.wav and SONG_band.wav."
        )


def _called(files: Files, part: str) -> tuple[Path, ...]:
    return tuple(file for file in files.voice if file.stem.lower().endswith(part))


def _loudest(song: Parts) -> Iterator[Parts]:
    """The stretches in which the quieter of the two is loudest."""
    length = round(EXCERPT_S * song.rate)
    step = round(STEP_S * song.rate)
    starts = list(range(0, max(1, song.lead.shape[1] - length + 1), step))

    def energy(sound: Tensor) -> Tensor:
        power = sound.double().square().sum(0)
        return torch.stack([power[start : start + length].sum() for start in starts])

    sung, chimed = energy(song.lead), energy(song.backing)
    both, either = torch.minimum(sung, chimed), torch.maximum(sung, chimed)
    chosen: list[int] = []
    for n in both.argsort(descending=True).tolist():
        heard = both[n] > both.max() * 10 ** (FAINT_DB / 10)
        heard &= both[n] > either[n] * 10 ** (SILENT_DB / 10)
        if bool(heard) and all(abs(starts[n] - other) >= APART_S * song.rate for other in chosen):
            chosen.append(starts[n])
        if len(chosen) == COUNT:
            break
    for start in sorted(chosen):
        part = slice(start, start + length)
        yield replace(
            song, lead=song.lead[:, part], backing=song.backing[:, part], band=song.band[:, part],
            start_s=start / song.rate,
        )  # fmt: skip


def _sounds(sound: Tensor, rate: int) -> Tensor:
    """Where a part sounds. Shape: (2, samples) to (samples,), bool."""
    size = 2 * (round(FRAME_S * rate) // 2) + 1
    power = sound.square().mean(0)
    level = F.avg_pool1d(power[None], size, 1, size // 2)[0]
    loud = level[:: max(1, size)].quantile(0.95)
    return level > loud * 10 ** (SILENT_DB / 10)


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answer", choices=["network", *ANSWERS], default="network")
    parser.add_argument("--separated", action="store_true")
    asked = parser.parse_args(words)
    try:
        answer = ANSWERS.get(asked.answer) or network()
        apart = separator(lender(paths.find())) if asked.separated else None
        for parts in excerpts(asked.folder):
            voice = parts.lead + parts.backing
            if apart is not None:
                voice = apart(voice + parts.band, parts.rate)
            found = judge(voice, answer(voice, parts), parts)
            print(f"{parts.name}, from {parts.start_s:.0f} s: {found}", flush=True)
    except VoxmendError as problem:
        raise SystemExit(f"{problem.message} [{problem.code}]") from None


if __name__ == "__main__":
    main()
