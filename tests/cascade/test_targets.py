"""Parts of a mixture beside the voice: what is asked for is made, once, each kept for itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rack import song
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Params, Separator
from voxmend.blocks.separate.ensemble import Ensemble, EnsembleParams
from voxmend.cascade.cache import StageCache
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import run
from voxmend_protocol.errors import InternalError

PARTS = ("vocals", "drums", "bass")
SHARE = {"vocals": 0.5, "drums": 0.3, "bass": 0.1}


class Shares(Separator):
    """Gives each part as a share of the mixture, and notes what it was asked for."""

    name = "separate.shares"
    gives = PARTS
    window_s = 1.0
    context_s = 0.1

    def __init__(self, gain: float = 1.0, gives: tuple[str, ...] = PARTS, **said: Any) -> None:
        self.gain, self.asked_for = gain, list[tuple[str, ...]]()
        vars(self).update(gives=gives, targets=gives[:1], **said)

    def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
        self.asked_for.append(self.targets)
        return torch.cat([self.gain * SHARE[target] * mix for target in self.targets], 1)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(torch.device("cpu"), tmp_path, detectors=lambda with_mixture: None)


def plan_of(targets: tuple[str, ...], *blocks: Shares, weights: str = "") -> Plan:
    """One separator, or several and what combines them."""
    runs = []
    for block in blocks:
        wanted = tuple(target for target in targets if target in block.gives)
        runs.append(BlockRun("separate", block.asked(wanted), Params()))
    if len(runs) == 1:
        return Plan("test", tuple(runs), targets=targets)
    both = BlockRun("separate", Ensemble(), EnsembleParams(weights=weights), tuple(runs))
    return Plan("test", (both,), targets=targets)


def heard(signal: Signal | None) -> Tensor:
    assert signal is not None
    return torch.from_numpy(signal.read(0, signal.frames))


def off_by(found: Tensor, truth: Tensor) -> float:
    """Largest error in dB under the truth's peak."""
    return float(20 * torch.log10((found - truth).abs().max() / truth.abs().max()))


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_each_part_comes_out_of_one_pass_with_the_channels_it_had(
    context: Context, channels: int, rate: int
) -> None:
    block = Shares(rate=44_100)
    mix = song(2.5, rate).repeat(3, 1)[:channels] * torch.arange(1, channels + 1)[:, None]
    outcome = run(plan_of(PARTS, block), Signal.of(mix.numpy(), rate), context)
    raw = heard(outcome.vocals_raw)
    if rate == 44_100:
        assert off_by(raw, 0.5 * mix) < -120
    assert outcome.mended is outcome.vocals_raw
    assert set(outcome.parts) == {"drums", "bass"}
    for name, part in outcome.parts.items():
        assert off_by(heard(part), SHARE[name] * 2 * raw) < -110
    assert set(block.asked_for) == {PARTS}


@pytest.mark.parametrize("loudness_db", [None, -20.0])
def test_a_level_that_was_given_is_taken_back_from_every_part(
    context: Context, loudness_db: float | None
) -> None:
    block = Shares(levelled=loudness_db is None, loudness_db=loudness_db, channels=1)
    mix = song(2.5) * torch.tensor([[1.0], [0.01]])
    outcome = run(plan_of(PARTS, block), Signal.of(mix.numpy(), 44_100), context)
    for name, part in outcome.parts.items():
        for n in (0, 1):
            assert off_by(heard(part)[n], SHARE[name] * mix[n]) < -110


def test_without_the_voice_none_is_made(context: Context) -> None:
    block = Shares()
    outcome = run(plan_of(("bass",), block), Signal.of(song(1).numpy(), 44_100), context)
    assert (outcome.vocals_raw, outcome.mended, set(outcome.parts)) == (None, None, {"bass"})
    assert set(block.asked_for) == {("bass",)}
    with pytest.raises(InternalError, match="makes no voice"):
        _ = outcome.vocals


def test_a_part_is_made_of_the_members_that_give_it_with_their_weights(context: Context) -> None:
    one, other = Shares(1.0, name="separate.one"), Shares(2.0, PARTS[:2], name="separate.other")
    third = Shares(4.0, ("bass", "vocals")[:1], name="separate.third")
    mix = song(2)
    plan = plan_of(PARTS, one, other, third, weights="1 3 1")
    outcome = run(plan, Signal.of(mix.numpy(), 44_100), context)
    parts = {**outcome.parts, "vocals": outcome.vocals_raw}
    for name, gain in (("vocals", 7 / 4), ("drums", 7 / 4), ("bass", 5 / 2)):
        assert off_by(heard(parts[name]), gain * SHARE[name] * mix) < -80
    assert len(outcome.ran) == 3 + 3


def test_what_another_job_asked_for_is_found_and_the_rest_made_in_one_pass(
    context: Context, tmp_path: Path
) -> None:
    context = replace(context, cache=StageCache(tmp_path / "stages"), digest="a")
    mix = Signal.of(song(1).numpy(), 44_100)
    alone = Shares()
    run(plan_of(("drums",), alone), mix, context)
    assert set(alone.asked_for) == {("drums",)}
    all_three = Shares()
    outcome = run(plan_of(PARTS, all_three), mix, context)
    assert set(all_three.asked_for) == {("vocals", "bass")}
    again = Shares()
    found = run(plan_of(PARTS, again), mix, context)
    assert (again.asked_for, found.cached) == ([], ("separate.shares",))
    voice = Shares()
    run(plan_of(("vocals",), voice), mix, context)
    assert voice.asked_for == []
    for name, part in found.parts.items():
        assert np.array_equal(heard(part), heard(outcome.parts[name]))


def test_a_separator_is_asked_for_nothing_that_it_does_not_give() -> None:
    with pytest.raises(ValueError, match="gives"):
        Shares().asked(("strings",))
    block = Shares()
    assert block.asked(("vocals",)) is block
    assert block.asked(("drums",)).targets == ("drums",)
    assert block.targets == ("vocals",)
