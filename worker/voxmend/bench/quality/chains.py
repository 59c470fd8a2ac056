"""The ways to mend that are compared: from doing nothing to the guarded cascade.

``naive`` is what one does by hand: DeepFilterNet full wet, then the generator's highs spliced in,
and nobody judges. ``inverse`` is V − r(M − V), the one-line answer to bleed of one constant. Each
block of the preset stands alone, and ``adaptive`` is the preset's own repair, all of it guarded.
All but ``nothing`` and ``inverse`` go through the project's own runner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...audio.signal import Signal
from ...cascade import plan, runner
from ...cascade.context import Context
from ...cascade.plan import Plan
from ...cascade.weigh import Decision
from ...diagnosis import bleed
from ...diagnosis.look import Look
from ...models import catalogue
from ...presets import Preset, Step
from ..damage.rows import Case

NOTHING, NAIVE, INVERSE, ADAPTIVE = "nothing", "naive", "inverse", "adaptive"

NAIVE_STEPS = (
    Step("denoise.deepfilternet", {"wet": True}),
    Step("bandwidth.speechsr", {"carrier": "own"}),
)


@dataclass(frozen=True, slots=True)
class Mended:
    """What a chain makes of a case.

    Attributes:
        voice: Shape: (2, samples).
        decisions: of the guard.
    """

    voice: Tensor
    decisions: tuple[Decision, ...] = ()


def repairs(preset: Preset) -> tuple[Step, ...]:
    """What a preset repairs of a voice once it is separated; it takes it apart only where asked."""
    splits = catalogue.load().splits
    return tuple(s for s in preset.steps if s.stage != "separate" and not splits([s.block]))


def names(preset: Preset) -> list[str]:
    """Every chain of a preset, in the order of the table."""
    return [NOTHING, INVERSE, *plans(preset)]


def plans(preset: Preset) -> Mapping[str, Plan]:
    """Chain to plan, for those that the runner runs; each takes a voice that is there already."""
    steps = repairs(preset)
    alone = {step.block: _plan(preset, (step,)) for step in steps}
    naive = _plan(replace(preset, guarded=False), NAIVE_STEPS)
    return {NAIVE: naive, **alone, ADAPTIVE: _plan(preset, steps)}


def mend(
    case: Case, preset: Preset, context: Context, only: Sequence[str] = ()
) -> Iterator[tuple[str, Mended]]:
    """Every chain on one case, in the order of the table.

    Args:
        only: chains that are made beside ``nothing``; empty = all.

    Raises:
        ModelMissing: the weights of a block are not here.
        Cancelled: the user stopped it.
    """
    yield NOTHING, Mended(case.damaged)
    if not only or INVERSE in only:
        yield INVERSE, Mended(inverted(case))
    mix = Signal.of(_array(case.clean.mix), case.clean.rate)
    for name, one in plans(preset).items():
        if only and name not in only:
            continue
        voice = Signal.of(_array(case.damaged), case.clean.rate)
        found = runner.run(one, mix, context, voice)
        sound = torch.from_numpy(found.vocals.read(0, found.vocals.frames).copy())
        yield name, Mended(sound, found.decisions)


def inverted(case: Case) -> Tensor:
    """V − r(M − V), r being the leak's factor."""
    nobody = torch.zeros(1, dtype=torch.bool)
    look = Look(case.damaged, case.clean.mix, nobody, case.clean.rate)
    factor = max(0.0, bleed.leak(look).over_all())
    return case.damaged - factor * (case.clean.mix - case.damaged)


def _plan(preset: Preset, steps: tuple[Step, ...]) -> Plan:
    made = plan.make(replace(preset, steps=steps, input="voice"))
    return replace(made, from_voice=False)


def _array(sound: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.ascontiguousarray(sound.numpy(), dtype=np.float32)
