"""``python -m voxmend_bench.voices.dry VOICE…``: how much of a made reverb goes, and of the voice.

Each dry voice is put into rooms whose tail is known, and a dry voice is asked for: of
``reverb.roformer``, where its weights are here, or of an answer that is known: ``truth``, the dry
voice itself; ``nothing``, the voice as it is; ``too-much``, the truth with every second half second
12 dB quieter. The guard judges each as it does in a job.

Columns, in dB: ``tail``, what is left of the reverb, against all of it; ``voice``, what is missing
of the voice, against all of it; ``after``, how much quieter it is where the voice has ended and
only its tail sounds; ``SI-SDR``, to the dry voice, before and after; ``kept``, the share of the
clip in which the guard took the answer. All but the last are of the answer before the guard, then
of what came through it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from voxmend import paths
from voxmend.audio.signal import Signal
from voxmend.bench.damage.material import read, resampled
from voxmend.bench.quality.lender import lender
from voxmend.bench.quality.metrics import si_sdr
from voxmend.blocks.contract import Splitter
from voxmend.cascade import plan, runner
from voxmend.cascade.context import Context
from voxmend.cascade.weigh import weigh
from voxmend.presets import Preset, Step
from voxmend_protocol.errors import VoxmendError

from .made_reverb import Wet, reverberant
from .shares import level_db, shares

BLOCK = "reverb.roformer"
RATE = 44_100
RT60_S = (0.4, 1.0, 2.0)
LEVELS_DB = (-12.0, -6.0, 0.0)
LONGEST_S = 20.0

HALF_S, TOO_MUCH = 0.5, 10 ** (-12 / 20)

ENDED_DB = -60.0
"""A voice has ended where it is so far under its loudest."""

Answer = Callable[[Wet], Tensor]


def too_much(wet: Wet) -> Tensor:
    """The dry voice, and every second half second of it 12 dB quieter."""
    frames = torch.arange(wet.dry.shape[1]) // round(HALF_S * RATE)
    return wet.dry * torch.where(frames % 2 == 1, TOO_MUCH, 1.0)


ANSWERS: Mapping[str, Answer] = {
    "truth": lambda wet: wet.dry,
    "nothing": lambda wet: wet.voice,
    "too-much": too_much,
}


def network() -> Answer:
    """What the block answers, the guard left out.

    Raises:
        VoxmendError: its weights are not here.
    """
    networks = lender(paths.find())
    steps = (Step(BLOCK, {"strength": 1.0}),)
    made = plan.make(Preset("dry", "", "", steps, "voice", guarded=False), None, ("vocals", "dry"))

    def answer(wet: Wet) -> Tensor:
        with TemporaryDirectory(prefix="voxmend-") as folder:
            context = Context(torch.device("cpu"), Path(folder), networks=networks)
            return _sound(runner.run(made, _signal(wet.voice), context).kept[0])

    return answer


def judged(wet: Wet, answer: Tensor) -> tuple[Tensor, float]:
    """What comes through the guard, and in which share of the clip it took the answer."""
    block = plan.block_called(BLOCK)
    assert isinstance(block, Splitter)
    with TemporaryDirectory(prefix="voxmend-") as folder:
        context = Context(torch.device("cpu"), Path(folder))
        voice, decisions = weigh(
            block, None, _signal(wet.voice), _signal(answer), context, lambda _: None
        )
        asked = [each for each in decisions if each.reason != "unchanged"]
        total = sum(each.end_s - each.start_s for each in asked)
        kept = sum(each.end_s - each.start_s for each in asked if each.kept)
        return _sound(voice), kept / total if total else 1.0


def figures(wet: Wet, answer: Tensor) -> str:
    """One answer, in a line's words."""
    found = shares(answer, wet.dry, wet.reverb, RATE)
    power = wet.dry.square().mean(0)
    ended = power <= float(power.max()) * 10 ** (ENDED_DB / 10)
    after = level_db(answer, wet.voice, ended & (wet.voice.abs().amax(0) > 0))
    sdr = si_sdr(answer, wet.dry)
    return f"tail {found.other_db:7.1f}  voice {found.lost_db:7.1f}  after {after:7.1f}  " \
        f"SI-SDR {sdr:6.1f}"  # fmt: skip


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("voices", type=Path, nargs="+")
    parser.add_argument("--answer", choices=["network", *ANSWERS], default="network")
    parser.add_argument("--level", type=float, action="append", help="of the reverb, dB")
    parser.add_argument("--rt60", type=float, action="append", help="of the room, s")
    asked = parser.parse_args(words)
    try:
        answer = ANSWERS.get(asked.answer) or network()
        for file in asked.voices:
            sound, rate = read(file, LONGEST_S)
            dry = resampled(sound.mean(0, keepdim=True), rate, RATE)[0]
            for rt60 in asked.rt60 or RT60_S:
                for level in asked.level or LEVELS_DB:
                    wet = reverberant(dry, RATE, rt60, level)
                    given = answer(wet)
                    through, kept = judged(wet, given)
                    print(
                        f"{file.stem} {rt60:.1f} s {level:+.0f} dB, before SI-SDR "
                        f"{si_sdr(wet.voice, wet.dry):.1f}\n  answer  {figures(wet, given)}\n"
                        f"  guarded {figures(wet, through)}  kept {kept:.0%}",
                        flush=True,
                    )
    except VoxmendError as problem:
        raise SystemExit(f"{problem.message} [{problem.code}]") from None


def _signal(sound: Tensor) -> Signal:
    return Signal.of(sound.contiguous().numpy(), RATE)


def _sound(signal: Signal) -> Tensor:
    return torch.from_numpy(signal.read(0, signal.frames).copy())


if __name__ == "__main__":
    main()
