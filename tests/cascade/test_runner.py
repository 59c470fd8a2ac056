"""The runner: any shape in, the same shape out; fades, progress, cancel, contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor

from voxmend.blocks.contract import Params, Proposal
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import Context, run
from voxmend_protocol.errors import Cancelled, InternalError

CPU = torch.device("cpu")


@dataclass
class Gain:
    """A block that multiplies, and notes what it was given."""

    gain: float = 1.0
    name: str = "separate.gain"
    version: int = 1
    rate: int | None = None
    window_s: float | None = 0.5
    context_s: float = 0.05
    channels: int | None = None
    models: tuple[str, ...] = ()
    params: type[Params] = Params
    seen: list[tuple[Any, ...]] = field(default_factory=list)

    def run(self, model: Any, mix: Tensor, voice: Tensor | None, params: Params) -> Proposal:
        self.seen.append((tuple(mix.shape), voice is None, params.rate))
        return Proposal(self.gain * (mix if voice is None else voice))


def plan(*blocks: Any) -> Plan:
    return Plan("test", tuple(BlockRun(b.name.split(".")[0], b, Params()) for b in blocks))


def noise(channels: int, samples: int) -> Tensor:
    return torch.randn(channels, samples, generator=torch.Generator().manual_seed(1))


def level(x: Tensor) -> float:
    return float(20 * torch.log10(x.abs().max().clamp_min(1e-30)))


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("samples", [1, 800, 4000, 4001, 50_000])
def test_what_a_block_gives_back_unchanged_comes_out_unchanged(channels: int, samples: int) -> None:
    mix = noise(channels, samples)
    outcome = run(plan(Gain()), mix, 8000, Context(CPU))
    assert level(outcome.vocals - mix) < -120


def test_each_block_gets_the_voice_of_the_one_before_and_the_first_gets_none() -> None:
    first, second = Gain(0.5), Gain(0.5, "denoise.gain")
    mix = noise(2, 4000)
    outcome = run(plan(first, second), mix, 8000, Context(CPU))
    assert [seen[1] for seen in first.seen + second.seen] == [True, False]
    assert level(outcome.vocals_raw - 0.5 * mix) < -120
    assert level(outcome.vocals - 0.25 * mix) < -120


@pytest.mark.parametrize(("wants", "groups"), [(None, [2, 2, 1]), (1, [1] * 5), (2, [2, 2, 1])])
def test_channels_go_in_pairs_or_as_the_block_asks(wants: int | None, groups: list[int]) -> None:
    block = Gain(channels=wants)
    run(plan(block), noise(5, 400), 8000, Context(CPU))
    assert [shape[1] for shape, _, _ in block.seen] == groups


def test_a_block_with_a_rate_of_its_own_gets_it_and_the_result_comes_back_in_place() -> None:
    block = Gain(rate=16_000)
    time = torch.arange(24_001, dtype=torch.float64) / 48_000
    mix = torch.sin(2 * torch.pi * 1000 * time)[None].float()
    outcome = run(plan(block), mix, 48_000, Context(CPU))
    assert {rate for _, _, rate in block.seen} == {16_000}
    assert outcome.vocals.shape == mix.shape
    inside = slice(2000, -2000)  # the tone begins and ends with a step
    assert level((outcome.vocals - mix)[:, inside]) < -120


def test_progress_rises_to_one_and_names_each_stage() -> None:
    told: list[tuple[str, int, int, float]] = []
    context = Context(CPU, lambda *words: told.append(words))
    run(plan(Gain(), Gain(name="denoise.gain")), noise(1, 20_000), 8000, context)
    fractions = [fraction for *_, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {(stage, index, count) for stage, index, count, _ in told} == {
        ("separate", 0, 2), ("denoise", 1, 2),
    }  # fmt: skip


def test_a_cancel_is_seen_at_the_end_of_a_window() -> None:
    block = Gain()
    with pytest.raises(Cancelled):
        run(plan(block), noise(1, 80_000), 8000, Context(CPU, cancelled=lambda: True))
    assert len(block.seen) == 1


def test_a_block_that_changes_the_shape_is_a_defect() -> None:
    class Cut(Gain):
        def run(self, model: Any, mix: Tensor, voice: Any, params: Params) -> Proposal:
            return Proposal(mix[..., :-1])

    with pytest.raises(InternalError, match="shape"):
        run(plan(Cut()), noise(1, 100), 8000, Context(CPU))


def test_a_block_that_gives_nan_is_a_defect_and_never_a_stem() -> None:
    with pytest.raises(InternalError, match="not numbers"):
        run(plan(Gain(float("nan"))), noise(1, 100), 8000, Context(CPU))
