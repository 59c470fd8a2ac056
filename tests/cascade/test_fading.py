"""A fader over a clip: measured in pieces, decided once, the rest of the clip bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Faded, Fader, RepairParams
from voxmend.cascade import fading
from voxmend.cascade.cache import StageCache
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import run
from voxmend.dsp.fades import Fade
from voxmend_protocol.errors import Cancelled

RATE = 8000


class Loud(Fader):
    """Lowers the seconds in which the mixture is loud; notes what it was asked."""

    name = "denoise.loud"
    mends = ("bleed",)
    step_s = 0.02

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.decided = 0

    def reach(self, rate: int) -> int:
        return 100

    def frames(self, samples: int, rate: int) -> int:
        return max(1, -(-samples // 160))

    def measure(self, mix: Tensor, voice: Tensor, rate: int, first: int, frames: int) -> Tensor:
        self.asked.append((first, frames))
        return torch.stack([mix[0, 160 * n : 160 * n + 200].abs().max() for n in range(frames)])[
            None
        ]

    def decide(self, measured: Tensor, params: Any) -> Faded:
        self.decided += 1
        (places,) = (measured[0] > 1).nonzero(as_tuple=True)
        if not len(places):
            return Faded(why_not="no_gain", numbers={"expected_db": 0.0})
        start, end = float(places[0]) * 0.02, float(places[-1] + 1) * 0.02
        return Faded([Fade(start, end, -20 * params.strength, {"risk": 0.25})])


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(torch.device("cpu"), tmp_path)


def clip(loud_s: tuple[float, float] | None, seconds: float = 25.0) -> tuple[Signal, Signal]:
    """A mixture and a voice."""
    random = torch.Generator().manual_seed(1)
    mix, voice = (0.1 * torch.randn(2, round(seconds * RATE), generator=random) for _ in range(2))
    if loud_s is not None:
        mix[:, round(loud_s[0] * RATE) : round(loud_s[1] * RATE)] += 2.0
    return Signal.of(mix.numpy(), RATE), Signal.of(voice.numpy(), RATE)


def plan(block: Loud, strength: float = 1.0, from_voice: bool = False) -> Plan:
    step = BlockRun("denoise", block, RepairParams(strength=strength))
    return Plan("test", (step,), from_voice)


def sound(signal: Signal | None) -> Tensor:
    assert signal is not None
    return torch.from_numpy(signal.read(0, signal.frames).copy())


def test_a_clip_is_measured_in_pieces_and_decided_upon_once(context: Context) -> None:
    mix, voice = clip((11.0, 14.0))
    block = Loud()
    found = run(plan(block), mix, context, separated=voice)
    assert [first for first, _ in block.asked] == [0, 500, 1000]
    assert sum(frames for _, frames in block.asked) == 1250
    assert block.decided == 1
    before, after = sound(voice), sound(found.vocals)
    outside = torch.cat([torch.arange(0, 10 * RATE), torch.arange(15 * RATE, 25 * RATE)])
    assert torch.equal(before[:, outside], after[:, outside])
    inner = slice(12 * RATE, 13 * RATE)
    assert torch.allclose(after[:, inner], 0.1 * before[:, inner], rtol=1e-4)
    (decision,) = found.decisions
    assert (decision.kept, decision.reason) == (True, "kept")
    assert decision.numbers == {"gain_db": -20.0, "risk": 0.25}
    assert decision.start_s == pytest.approx(11.0, abs=0.03)
    (ran,) = found.ran
    assert (ran.block, ran.windows) == ("denoise.loud", 3)


def test_a_clip_that_does_not_get_better_passes_bit_for_bit(context: Context) -> None:
    mix, voice = clip(None)
    found = run(plan(Loud()), mix, context, separated=voice)
    assert torch.equal(sound(voice), sound(found.vocals))
    (decision,) = found.decisions
    assert (decision.kept, decision.reason) == (False, "no_gain")
    assert (decision.start_s, decision.end_s) == (0, 25)


def test_a_voice_that_is_alone_is_not_judged(context: Context) -> None:
    _, voice = clip(None)
    block = Loud()
    found = run(plan(block, from_voice=True), voice, context)
    assert not block.asked
    assert torch.equal(sound(voice), sound(found.vocals))
    assert found.decisions[0].reason == fading.NO_MIXTURE


def test_at_strength_0_nothing_is_measured(context: Context) -> None:
    mix, voice = clip((11.0, 14.0))
    block = Loud()
    found = run(plan(block, strength=0.0), mix, context, separated=voice)
    assert not block.asked
    assert torch.equal(sound(voice), sound(found.vocals))
    assert found.decisions == ()


def test_what_was_decided_is_kept_with_the_stage(context: Context, tmp_path: Path) -> None:
    mix, voice = clip((11.0, 14.0))
    cached = replace(context, cache=StageCache(tmp_path / "stages"), digest="clip")
    block = Loud()
    first = run(plan(block), mix, cached, separated=voice)
    made = sound(first.vocals)
    again = run(plan(block), mix, cached, separated=voice)
    assert block.decided == 1
    assert again.cached == ("denoise.loud",)
    assert torch.equal(made, sound(again.vocals))
    assert again.decisions == first.decisions


def test_it_can_be_cancelled(context: Context) -> None:
    mix, voice = clip(None)
    with pytest.raises(Cancelled):
        run(plan(Loud()), mix, replace(context, cancelled=lambda: True), separated=voice)


def test_a_window_alone_is_a_whole_clip(context: Context) -> None:
    mix, voice = (sound(each) for each in clip((11.0, 14.0)))
    params = RepairParams(rate=RATE)
    made = Loud().run(None, mix[None], voice[None], params)[0]
    whole = run(plan(Loud()), *(Signal.of(mix.numpy(), RATE), context),
                separated=Signal.of(voice.numpy(), RATE))  # fmt: skip
    assert torch.equal(made, sound(whole.vocals))
    assert Loud().run(None, None, voice[None], params) is not None
