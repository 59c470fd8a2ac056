"""The runner: any shape in, the same shape out; fades, progress, cancel, contract."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from shelf import Shelf
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Params, Repair
from voxmend.cascade.cache import StageCache
from voxmend.cascade.context import Context
from voxmend.cascade.naming import code
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import run
from voxmend_protocol.errors import Cancelled, InternalError, OutOfMemory

RATE = 8000


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """No detectors: the fakes here change the level and mend nothing; what the detectors say of a
    proposal is tested where they stand."""
    return Context(torch.device("cpu"), tmp_path, detectors=lambda with_mixture: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GainParams(Params):
    """What a Gain multiplies by, so that another gain is another stage."""

    gain: float = 1.0


class Gain(Repair):
    """A block that multiplies, and notes what it was given. Whatever a block may say of itself can
    be said of one of these."""

    name = "separate.gain"
    window_s = 0.5
    context_s = 0.05
    mends = ("musical",)

    def __init__(self, gain: float = 1.0, name: str = "separate.gain", **said: Any) -> None:
        self.gain = gain
        self.seen: list[tuple[Any, ...]] = []
        vars(self).update(name=name, **said)

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Params) -> Tensor:
        given = mix if voice is None else voice
        assert given is not None
        self.seen.append((tuple(given.shape), voice is None, params.rate))
        return self.made(given, mix)

    def made(self, given: Tensor, mix: Tensor | None) -> Tensor:
        """What it makes of the voice, or of the mixture where there is none."""
        return self.gain * given

    def repair(self, *_: Any) -> Tensor:
        raise NotImplementedError


def step(block: Gain, **more: Any) -> BlockRun:
    return BlockRun(block.family, block, GainParams(gain=block.gain), **more)


def plan(*blocks: Gain) -> Plan:
    return Plan("test", tuple(step(block) for block in blocks))


def noise(channels: int, samples: int) -> Tensor:
    return torch.randn(channels, samples, generator=torch.Generator().manual_seed(1))


def level(x: Tensor) -> float:
    return float(20 * torch.log10(x.abs().max().clamp_min(1e-30)))


def sound(mix: Tensor, rate: int = RATE) -> Signal:
    return Signal.of(mix.numpy(), rate)


def all_of(signal: Signal | None) -> Tensor:
    assert signal is not None
    return torch.from_numpy(signal.read(0, signal.frames))


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("samples", [1, 800, 4000, 4001, 50_000])
def test_what_a_block_gives_back_unchanged_comes_out_unchanged(
    context: Context, channels: int, samples: int
) -> None:
    mix = noise(channels, samples)
    outcome = run(plan(Gain()), sound(mix), context)
    assert level(all_of(outcome.vocals) - mix) < -120


def test_each_block_gets_the_voice_of_the_one_before_and_the_first_gets_none(
    context: Context,
) -> None:
    first, second = Gain(0.5), Gain(0.9, "denoise.gain")
    mix = noise(2, 4000)
    outcome = run(plan(first, second), sound(mix), context)
    assert [seen[1] for seen in first.seen + second.seen] == [True, False]
    assert level(all_of(outcome.vocals_raw) - 0.5 * mix) < -120
    assert level(all_of(outcome.vocals) - 0.45 * mix) < -120


@pytest.mark.parametrize(("wants", "groups"), [(None, [2, 2, 1]), (1, [1] * 5), (2, [2, 2, 1])])
def test_channels_go_in_pairs_or_as_the_block_asks(
    context: Context, wants: int | None, groups: list[int]
) -> None:
    block = Gain(channels=wants)
    run(plan(block), sound(noise(5, 400)), context)
    assert [shape[1] for shape, _, _ in block.seen] == groups


@pytest.mark.parametrize("batch", [2, 3, 8])
def test_the_batch_changes_nothing(context: Context, batch: int) -> None:
    mix = noise(2, 50_001)
    one = run(plan(Gain(0.7)), sound(mix), context)
    block = Gain(0.7)
    many = run(plan(block), sound(mix), replace(context, batch=batch))
    assert torch.equal(all_of(one.vocals), all_of(many.vocals))
    assert max(shape[0] for shape, _, _ in block.seen) == batch


def test_a_signal_on_disk_gives_the_same_bytes_as_one_in_memory(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = noise(2, 100_000)
    one = all_of(run(plan(Gain(0.7), Gain(0.9, "denoise.gain")), sound(mix), context).vocals)
    monkeypatch.setattr("voxmend.audio.signal.IN_MEMORY_BYTES", 1000)
    made = Signal.empty(2, 100_000, RATE, context.scratch, in_memory_bytes=0)
    made.write(0, mix.numpy())
    assert not made.in_memory
    other = run(plan(Gain(0.7), Gain(0.9, "denoise.gain")), made, context)
    assert torch.equal(one, all_of(other.vocals))


@pytest.mark.parametrize("samples", [1, 4001, 50_000])
def test_of_a_repair_at_another_rate_only_the_change_comes_back(
    context: Context, samples: int
) -> None:
    mix = noise(2, samples)
    idle = Gain(1.0, "denoise.gain", rate=4410)
    assert level(all_of(run(plan(Gain(), idle), sound(mix), context).vocals) - mix) < -120
    deaf = Gain(0.0, "denoise.gain", rate=4410)
    left = all_of(run(plan(Gain(), deaf), sound(mix), context).vocals)
    if samples > 4001:  # what the block cannot hear stays, what it hears goes
        after, before = (torch.fft.rfft(s[0]).abs().square() for s in (left, mix))
        edge = int(len(before) * 2205 / 4000)
        low, high = slice(int(0.8 * edge)), slice(int(1.1 * edge), None)
        assert float(after[low].sum()) < 1e-3 * float(before[low].sum())
        assert float(after[high].sum()) == pytest.approx(float(before[high].sum()), rel=0.01)


def test_a_block_with_a_rate_of_its_own_gets_it_and_the_result_comes_back_in_place(
    context: Context,
) -> None:
    block = Gain(rate=16_000)
    time = torch.arange(24_001, dtype=torch.float64) / 48_000
    mix = torch.sin(2 * torch.pi * 1000 * time)[None].float()
    outcome = run(plan(block), sound(mix, 48_000), context)
    assert {rate for _, _, rate in block.seen} == {16_000}
    found = all_of(outcome.vocals)
    assert found.shape == mix.shape
    inside = slice(2000, -2000)  # the tone begins and ends with a step
    assert level((found - mix)[:, inside]) < -120


def test_progress_rises_to_one_and_names_each_stage(context: Context) -> None:
    told: list[tuple[str, int, int, float]] = []
    blocks = Gain(), Gain(0.9, "denoise.gain")
    context = replace(context, progress=lambda *words: told.append(words))
    run(plan(*blocks), sound(noise(1, 20_000)), context)
    fractions = [fraction for *_, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {(stage, index, count) for stage, index, count, _ in told} == {
        ("separate", 0, 2), ("denoise", 1, 2),
    }  # fmt: skip


def test_a_cancel_is_seen_at_the_end_of_a_window(context: Context) -> None:
    block = Gain()
    with pytest.raises(Cancelled):
        run(plan(block), sound(noise(1, 80_000)), replace(context, cancelled=lambda: True))
    assert len(block.seen) == 1


def test_a_cancel_is_seen_between_two_pairs_of_channels(context: Context) -> None:
    block = Gain()
    looks = iter([False, True])
    context = replace(context, cancelled=lambda: next(looks, True))
    with pytest.raises(Cancelled):
        run(plan(block), sound(noise(64, 400)), context)
    assert len(block.seen) == 2


def test_a_cancel_is_seen_while_voice_is_looked_for(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voxmend.cascade import weigh

    heard: list[int] = []

    def listen(sound: Tensor, rate: int) -> Tensor:
        heard.append(1)
        return torch.zeros(1, 3000)

    monkeypatch.setattr(weigh, "voicing", listen)
    voice = Signal.of(np.zeros((1, 100 * RATE), dtype=np.float32), RATE)
    with pytest.raises(Cancelled):
        weigh._listen(voice, replace(context, cancelled=lambda: bool(heard)))
    assert len(heard) == 1


def test_a_block_that_changes_the_shape_is_a_defect(context: Context) -> None:
    class Cut(Gain):
        def made(self, given: Tensor, mix: Tensor | None) -> Tensor:
            return given[..., :-1]

    with pytest.raises(InternalError, match="shape"):
        run(plan(Cut()), sound(noise(1, 100)), context)


def test_a_block_that_gives_nan_is_a_defect_and_never_a_stem(context: Context) -> None:
    with pytest.raises(InternalError, match="not numbers"):
        run(plan(Gain(float("nan"))), sound(noise(1, 100)), context)


def test_a_voice_alone_needs_no_separator_and_has_no_raw_voice(context: Context) -> None:
    block = Gain(0.9, "denoise.gain")
    voice = noise(2, 4000)
    outcome = run(replace(plan(block), from_voice=True), sound(voice), context)
    assert outcome.vocals_raw is None
    assert level(all_of(outcome.vocals) - 0.9 * voice) < -120


class Hungry(Gain):
    """Runs out of memory above a batch of ``fits``."""

    fits = 1

    def made(self, given: Tensor, mix: Tensor | None) -> Tensor:
        if len(given) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().made(given, mix)


def test_a_block_that_runs_out_of_memory_gets_smaller_batches_and_the_user_is_told(
    context: Context,
) -> None:
    said: list[str] = []
    mix = noise(1, 50_000)
    context = replace(context, batch=4, warn=lambda code, _: said.append(code))
    outcome = run(plan(Hungry()), sound(mix), context)
    assert level(all_of(outcome.vocals) - mix) < -120
    assert said == ["oom_smaller_batch", "oom_smaller_batch"]


def test_a_block_that_never_fits_ends_with_a_code(context: Context) -> None:
    block = Hungry()
    block.fits = 0
    with pytest.raises(OutOfMemory):
        run(plan(block), sound(noise(1, 5000)), context)


def cached(context: Context, name: str = "source") -> Context:
    return replace(context, cache=StageCache(context.scratch / "stages"), digest=name)


def test_a_second_run_runs_nothing_and_gives_the_same_bytes(context: Context) -> None:
    mix = noise(2, 20_000)
    blocks = Gain(0.7), Gain(0.9, "denoise.gain")
    first = run(plan(*blocks), sound(mix), cached(context))
    ran = [len(block.seen) for block in blocks]
    second = run(plan(*blocks), sound(mix), cached(context))
    assert [len(block.seen) for block in blocks] == ran
    assert second.cached == ("separate.gain", "denoise.gain")
    assert torch.equal(all_of(first.vocals), all_of(second.vocals))
    assert first.decisions == second.decisions != ()


def test_when_the_last_block_changes_only_the_last_block_runs(context: Context) -> None:
    mix = noise(2, 20_000)
    separator = Gain(0.7)
    run(plan(separator, Gain(0.9, "denoise.gain")), sound(mix), cached(context))
    ran = len(separator.seen)
    again = Gain(0.8, "denoise.gain")
    outcome = run(plan(separator, again), sound(mix), cached(context))
    assert len(separator.seen) == ran
    assert outcome.cached == ("separate.gain",)
    assert level(all_of(outcome.vocals) - 0.56 * mix) < -120


@pytest.mark.parametrize(
    "facts", ["{}", "[]", "null", '{"decisions": [{"x": 1}], "warnings": []}', '{"decisions": 5}']
)
def test_an_entry_with_other_facts_is_a_miss(context: Context, facts: str) -> None:
    mix = noise(2, 4000)
    run(plan(Gain(0.7)), sound(mix), cached(context))
    (file,) = (context.scratch / "stages").glob("??/*.json")
    said = json.loads(facts)
    if isinstance(said, dict):
        said["sum"] = json.loads(file.read_text())["sum"]
    file.write_text(json.dumps(said))
    assert run(plan(Gain(0.7)), sound(mix), cached(context)).cached == ()


@pytest.mark.parametrize("what", ["code", "torch", "from_voice"])
def test_another_build_finds_nothing(
    context: Context, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    from voxmend.cascade import naming

    voice, block = noise(2, 4000), Gain(0.7, "denoise.gain")
    made = replace(plan(block), from_voice=True)
    run(made, sound(voice), cached(context))
    if what == "code":
        monkeypatch.setattr(naming, "code", lambda: "other")
    elif what == "torch":
        monkeypatch.setattr(torch, "__version__", "0")
    else:
        made = replace(made, from_voice=False)
    assert run(made, sound(voice), cached(context)).cached == ()


def test_another_device_finds_nothing(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from voxmend.cascade import runner

    def rendered(*_: Any) -> Any:
        raise NotImplementedError("made anew")

    run(plan(Gain(0.7)), sound(noise(2, 4000)), cached(context))
    monkeypatch.setattr(runner, "render", rendered)
    assert run(plan(Gain(0.7)), sound(noise(2, 4000)), cached(context)).cached
    there = replace(cached(context), device=torch.device("meta"))
    with pytest.raises(NotImplementedError):
        run(plan(Gain(0.7)), sound(noise(2, 4000)), there)


def test_another_sound_finds_nothing(context: Context) -> None:
    block = Gain(0.7)
    run(plan(block), sound(noise(2, 4000)), cached(context, "one"))
    assert run(plan(block), sound(noise(2, 4000)), cached(context, "two")).cached == ()


def test_a_cache_that_cannot_be_written_costs_no_job(context: Context) -> None:
    (context.scratch / "stages").write_text("a file in the way")
    outcome = run(plan(Gain(0.7)), sound(noise(2, 4000)), cached(context))
    assert outcome.cached == ()


def test_members_of_an_ensemble_are_cached_one_by_one(context: Context) -> None:
    from voxmend.blocks.separate.ensemble import Ensemble, EnsembleParams

    mix = noise(2, 40_000)
    members = [Gain(0.5, "separate.one"), Gain(0.3, "separate.two"), Gain(0.1, "separate.three")]

    def combined(count: int) -> Plan:
        runs = tuple(step(block) for block in members[:count])
        return Plan("test", (BlockRun("separate", Ensemble(), EnsembleParams(), runs),))

    two = run(combined(2), sound(mix), cached(context))
    assert level(all_of(two.vocals) - 0.4 * mix) < -100
    three = run(combined(3), sound(mix), cached(context))
    assert three.cached == ("separate.one", "separate.two")
    assert level(all_of(three.vocals) - 0.3 * mix) < -100


def test_a_member_at_each_speed_is_cached_by_itself(context: Context) -> None:
    """The rate is part of a member's key: three speeds are three stages, and one is found again."""
    from voxmend.blocks.separate.ensemble import Ensemble, EnsembleParams

    mix = noise(2, 40_000)
    block = Gain(0.5, rate=8000)
    runs = [step(block, rate=rate) for rate in (None, 7520, 8480)]

    def combined(*members: BlockRun) -> Plan:
        return Plan("test", (BlockRun("separate", Ensemble(), EnsembleParams(), members),))

    one = run(combined(runs[0]), sound(mix), cached(context))
    assert one.cached == ()
    three = run(combined(*runs), sound(mix), cached(context))
    assert three.cached == ("separate.gain",)
    assert [ran.block for ran in three.ran] == [
        "separate.gain@7520", "separate.gain@8480", "separate.ensemble",
    ]  # fmt: skip
    again = run(combined(*runs), sound(mix), cached(context))
    assert len(again.cached) == 4


class Loud(Gain):
    """A block that says at which level it wants to hear a clip, and writes it down."""

    loudness_db = -12.0

    def made(self, given: Tensor, mix: Tensor | None) -> Tensor:
        self.seen.append(tuple(given.square().mean((0, 2)).tolist()))
        return torch.tanh(given)


def test_a_block_that_wants_one_level_hears_the_whole_clip_at_it(context: Context) -> None:
    mix, block = noise(2, 40_000), Loud(window_s=None)
    loud = all_of(run(plan(block), sound(mix), context).vocals)
    quiet = all_of(run(plan(block), sound(mix / 1000), context).vocals) * 1000
    assert level(loud - quiet) < level(loud) - 80
    for powers in block.seen[1::2]:
        assert 10 * np.log10(np.mean(powers)) == pytest.approx(-12, abs=0.2)


class Squash(Gain):
    """A block that depends on level, as a network does."""

    levelled = True

    def made(self, given: Tensor, mix: Tensor | None) -> Tensor:
        return torch.tanh(3 * given)


def test_a_block_that_depends_on_level_is_given_an_even_one(context: Context) -> None:
    mix = noise(2, 40_000)
    mix[:, 20_000:] *= 0.05  # a verse 26 dB down
    outcome = all_of(run(plan(Squash()), sound(mix), context).vocals)
    quiet = all_of(run(plan(Squash()), sound(mix / 1000), context).vocals) * 1000
    assert level(outcome - quiet) < level(outcome) - 80
    ratio = [float((outcome[:, s] / mix[:, s]).median()) for s in (slice(9000), slice(31000, None))]
    assert abs(20 * np.log10(ratio[0] / ratio[1])) < 1


def test_a_repair_is_levelled_by_the_voice_and_not_by_the_mixture(context: Context) -> None:
    mix = noise(2, 20_000)
    quiet = Gain(0.001)
    chosen = replace(plan(quiet, Squash(name="denoise.squash")), guarded=False)
    found = all_of(run(chosen, sound(mix), context).vocals)
    alone = replace(plan(Squash(name="denoise.squash")), guarded=False, from_voice=True)
    even = all_of(run(alone, sound(0.001 * mix), context).vocals)
    assert level(found - even) < level(even) - 100


def test_one_sample_that_is_not_finite_is_a_defect(context: Context) -> None:
    class Spot(Gain):
        def made(self, given: Tensor, mix: Tensor | None) -> Tensor:
            out = given.clone()
            out[0, 0, 7] = float(self.gain)
            return out

    for value in (float("nan"), float("inf"), float("-inf")):
        with pytest.raises(InternalError, match="not numbers"):
            run(plan(Spot(value)), sound(noise(1, 100)), context)


def test_a_member_reaches_no_higher_than_half_its_rate_or_its_band() -> None:
    from voxmend.cascade.render import highest

    block = Gain(rate=16_000)
    assert highest(step(block)) == 8000
    assert highest(step(block, rate=15_040)) == 7520
    narrow = Gain(rate=16_000, band_hz=7000.0)
    assert highest(step(narrow)) == 7000
    assert highest(step(narrow, rate=15_040)) == 6580
    assert highest(step(Gain())) == float("inf")


def test_a_source_without_a_digest_is_neither_looked_up_nor_kept(context: Context) -> None:
    for _ in range(2):
        assert run(plan(Gain(0.7)), sound(noise(2, 4000)), cached(context, "")).cached == ()
    assert not list((context.scratch / "stages").rglob("*.*"))


def test_other_members_or_other_weights_find_nothing(context: Context) -> None:
    from voxmend.blocks.separate.ensemble import Ensemble, EnsembleParams

    def combined(*blocks: Gain) -> Plan:
        runs = tuple(step(block) for block in blocks)
        return Plan("test", (BlockRun("separate", Ensemble(), EnsembleParams(), runs),))

    mix = sound(noise(2, 8000))
    one, two = Gain(0.5, "separate.one"), Gain(0.3, "separate.two")
    run(combined(one, two), mix, cached(context))
    newer = run(combined(one, Gain(0.1, "separate.two")), mix, cached(context))
    assert newer.cached == ("separate.one",)
    assert level(all_of(newer.vocals) - 0.3 * all_of(mix)) < -100
    turned = run(combined(two, one), mix, cached(context))
    assert turned.cached == ("separate.two", "separate.one")
    trained = replace(cached(context), networks=Shelf({"separate.one": ("other weights",)}))
    assert run(combined(one, two), mix, trained).cached == ("separate.two",)


def test_the_runner_hands_its_detectors_to_the_guard(context: Context) -> None:
    from voxmend.cascade.detectors import Detectors

    worse = Detectors(lambda look: {"phase": -float(look.voice.abs().max())}, {"phase": 0.0})
    asked = replace(context, detectors=lambda with_mixture: worse)
    lower = Gain(0.9, "denoise.gain", mends=("phase",))
    found = run(plan(Gain(), lower), sound(noise(1, 8000)), asked)
    assert {d.reason for d in found.decisions} == {"phase_worse"}


def test_a_run_keeps_nothing_for_learning(context: Context) -> None:
    class Wants(Gain):
        def made(self, given: Tensor, mix: Tensor | None) -> Tensor:
            weight = torch.ones(1, requires_grad=True)
            self.seen.append((torch.is_grad_enabled(), (weight * given).requires_grad))
            return given

    block = Wants()
    run(plan(block), sound(noise(1, 100)), context)
    assert block.seen[1] == (False, False)


def test_a_machine_with_the_onnxruntime_for_graphics_cards_has_no_other(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra ``worker-gpu`` installs onnxruntime-gpu and nothing that is called onnxruntime."""
    whole = metadata.version

    def version(name: str) -> str:
        if name == "onnxruntime":
            raise metadata.PackageNotFoundError(name)
        return "1.31.1" if name == "onnxruntime-gpu" else whole(name)

    code.cache_clear()
    here = code()
    monkeypatch.setattr(metadata, "version", version)
    code.cache_clear()
    assert run(plan(Gain()), sound(noise(2, 4000)), context).ran
    assert code() != here
    code.cache_clear()
