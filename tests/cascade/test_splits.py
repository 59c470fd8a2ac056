"""A voice taken apart: what is kept goes on and is repaired, and the guard looks at what goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sounds
import torch
from rack import song
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Params, Repair, RepairParams, Separator, Splitter
from voxmend.blocks.faults import faults
from voxmend.cascade.cache import StageCache
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan, make
from voxmend.cascade.runner import Outcome, run
from voxmend.presets import Preset, Step
from voxmend.targets import Split
from voxmend_bench.voices.made_reverb import Wet, reverberant
from voxmend_protocol.errors import BadRequest, Cancelled

RATE = 44_100


class Half(Separator):
    """Takes half of a mixture for the voice."""

    name = "separate.half"

    def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
        return 0.5 * mix


class Share(Splitter):
    """Keeps a share of the voice, and notes what it heard."""

    name = "part.share"
    window_s, context_s = 1.0, 0.1
    splits = ("lead", "backing_vocals")

    def __init__(self, share: float = 0.75, **said: Any) -> None:
        self.share, self.calls, self.fails = share, 0, 0
        vars(self).update(said)

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Tensor:
        assert mix is None, "it hears the voice alone"
        return super().run(model, mix, voice, params)

    def split(self, model: Any, voice: Tensor, params: Params) -> Tensor:
        self.calls += 1
        if voice.shape[0] > 1 and self.fails:
            raise MemoryError
        return self.share * voice


class Louder(Repair):
    """A repair that anybody can tell from none."""

    name = "denoise.louder"
    mends = ("bleed",)

    def repair(self, model: Any, mix: Any, voice: Tensor, params: RepairParams) -> Tensor:
        return 1.25 * voice


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(torch.device("cpu"), tmp_path, detectors=lambda with_mixture: None)


def plan_of(*blocks: Any, from_voice: bool = False, guarded: bool = False) -> Plan:
    runs = [BlockRun(block.family, block, block.params()) for block in blocks]
    head = () if from_voice else (BlockRun("separate", Half(), Params()),)
    return Plan("test", (*head, *runs), from_voice, guarded)


def heard(signal: Signal | None) -> Tensor:
    assert signal is not None
    return torch.from_numpy(signal.read(0, signal.frames))


def off_by(found: Tensor, truth: Tensor) -> float:
    """Largest error in dB under the truth's peak."""
    return float(20 * torch.log10((found - truth).abs().max() / truth.abs().max()))


def done(plan: Plan, mix: Tensor, context: Context, rate: int = RATE, **given: Any) -> Outcome:
    return run(plan, Signal.of(mix.contiguous().numpy(), rate), context, **given)


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("seconds", [0.05, 2.5])
def test_what_is_kept_goes_on_and_is_repaired(
    context: Context, channels: int, rate: int, seconds: float
) -> None:
    """At any rate and width, shorter than a window and longer."""
    mix = song(seconds, rate).repeat(2, 1)[:channels]
    outcome = done(plan_of(Share(rate=RATE), Louder()), mix, context, rate)
    (kept,) = outcome.kept
    raw = heard(outcome.vocals_raw)
    assert off_by(raw, 0.5 * mix) < -120
    if rate == RATE:
        assert off_by(heard(kept), 0.75 * raw) < -120
    assert heard(kept).shape == raw.shape
    assert off_by(heard(outcome.mended), 1.25 * heard(kept)) < -120


def test_at_another_rate_only_what_goes_is_resampled(context: Context) -> None:
    """The share of 1 keeps the voice bit for bit, whatever lies above the block's rate."""
    mix = song(1.0, 96_000)
    outcome = done(plan_of(Share(1.0, rate=RATE)), mix, context, 96_000)
    assert torch.equal(heard(outcome.kept[0]), heard(outcome.vocals_raw))


def test_silence_stays_silence(context: Context) -> None:
    outcome = done(plan_of(Share(), Louder()), torch.zeros(2, RATE), context)
    assert not bool(heard(outcome.mended).any())


def test_one_after_the_other_each_hears_what_the_one_before_kept(context: Context) -> None:
    dry = Share(0.5, name="reverb.share", splits=("dry", "reverb"))
    outcome = done(plan_of(Share(), dry), song(1.0), context)
    lead, kept = outcome.kept
    assert off_by(heard(kept), 0.5 * heard(lead)) < -120
    assert off_by(heard(lead), 0.75 * heard(outcome.vocals_raw)) < -120


def test_an_isolated_voice_and_one_from_elsewhere_are_taken_apart_too(context: Context) -> None:
    voice = song(1.0)
    alone = done(plan_of(Share(), from_voice=True), voice, context)
    assert off_by(heard(alone.kept[0]), 0.75 * voice) < -120
    plan = plan_of(Share(), Louder()).after_separation()
    assert plan.splits == (Split("lead", "backing_vocals"),)
    given = done(plan, song(1.0, seed=2), context, separated=Signal.of(voice.numpy(), RATE))
    assert off_by(heard(given.kept[0]), 0.75 * voice) < -120


class Told(Splitter):
    """Gives what it was told."""

    name = "reverb.told"
    window_s = None
    splits = ("dry", "reverb")
    guarded = True

    def __init__(self, answer: Tensor) -> None:
        self.answer = answer

    def split(self, model: Any, voice: Tensor, params: Params) -> Tensor:
        return self.answer[None]


@pytest.fixture(scope="module")
def wet() -> Wet:
    """A voice in a room as long as a second, half as loud as it."""
    voice = torch.from_numpy(sounds.song(12.0)[0]).float().mean(0)[: 6 * RATE]
    return reverberant(voice, RATE, 1.0, -6.0)


def judged(context: Context, wet: Wet, answer: Tensor, guarded: bool = True) -> Outcome:
    plan = plan_of(Told(answer), from_voice=True, guarded=guarded)
    return done(plan, wet.voice, context)


def share_kept(outcome: Outcome) -> float:
    """In how much of the time that was judged the answer was taken."""
    asked = [each for each in outcome.decisions if each.reason != "unchanged"]
    lengths = [each.end_s - each.start_s for each in asked]
    return sum(n for n, e in zip(lengths, asked, strict=True) if e.kept) / sum(lengths)


def test_a_dry_voice_without_its_tail_is_taken(context: Context, wet: Wet) -> None:
    assert share_kept(judged(context, wet, wet.dry)) > 0.8


@pytest.mark.parametrize("gain", [0.25, 0.0])
def test_where_singing_would_go_with_the_reverb_the_voice_stays(
    context: Context, wet: Wet, gain: float
) -> None:
    """Of every other half second 12 dB, or all of it."""
    late = torch.arange(wet.dry.shape[1]) // (RATE // 2) % 2 == 1
    outcome = judged(context, wet, wet.dry * torch.where(late, gain, 1.0))
    assert share_kept(outcome) < 0.4
    assert "voice_lost" in {each.reason for each in outcome.decisions}
    for each in outcome.decisions:
        if not each.kept:
            part = slice(round(each.start_s * RATE), round(each.end_s * RATE))
            assert torch.equal(heard(outcome.kept[0])[:, part], wet.voice[:, part])
    unguarded = judged(context, wet, gain * wet.voice, guarded=False)
    assert torch.equal(heard(unguarded.kept[0]), gain * wet.voice)


def test_a_lead_is_no_repair_and_is_not_judged(context: Context, wet: Wet) -> None:
    outcome = done(plan_of(Share(0.3), from_voice=True, guarded=True), wet.dry, context)
    assert outcome.decisions == ()
    assert off_by(heard(outcome.kept[0]), 0.3 * wet.dry) < -120


def test_what_was_taken_apart_once_is_found(context: Context, tmp_path: Path) -> None:
    context = replace(context, cache=StageCache(tmp_path / "stages"), digest="a")
    mix = song(1.0)
    first = done(plan_of(Share()), mix, context)
    block = Share()
    again = done(plan_of(block, Louder()), mix, context)
    assert (block.calls, again.cached) == (0, ("separate.half", "part.share"))
    assert torch.equal(heard(again.kept[0]), heard(first.kept[0]))


def test_it_is_cancelled_in_the_middle(context: Context) -> None:
    block = Share()
    context = replace(context, cancelled=lambda: block.calls >= 2)
    with pytest.raises(Cancelled):
        done(plan_of(block, from_voice=True), song(6.0), context)
    assert block.calls == 2


def test_where_memory_is_short_the_batch_gives_way_and_the_sound_does_not(context: Context) -> None:
    warned: list[str] = []
    block = Share()
    block.fails = 1
    context = replace(context, batch=4, warn=lambda code, _: warned.append(code))
    outcome = done(plan_of(block, from_voice=True), song(6.0), context)
    assert off_by(heard(outcome.kept[0]), 0.75 * song(6.0)) < -120
    assert set(warned) == {"oom_smaller_batch"}


def plan(*steps: str, wanted: tuple[str, ...], **said: Any) -> Plan:
    built = Preset("mine", "", "", tuple(Step(name, {}) for name in steps), **said)
    return make(built, None, wanted)


def test_only_what_was_asked_for_is_taken_apart() -> None:
    steps = ("separate.roformer", "part.lead", "reverb.roformer", "denoise.gaps")

    def blocks(*wanted: str) -> list[str]:
        made = plan(*steps, wanted=("vocals", *wanted))
        assert made.targets == ("vocals",)
        return [run.block.name for run in made.runs[1:]]

    assert blocks() == ["denoise.gaps"]
    assert blocks("backing_vocals") == ["part.lead", "denoise.gaps"]
    assert blocks("dry", "lead") == ["part.lead", "reverb.roformer", "denoise.gaps"]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (("separate.roformer", "denoise.gaps", "part.lead"), "apart after a repair"),
        (("separate.roformer", "part.lead", "part.lead_becruily"), "two blocks that give lead"),
        (("part.lead",), "must begin with one separate block"),
    ],
)
def test_a_preset_that_takes_a_voice_apart_in_the_wrong_place_is_refused(
    steps: tuple[str, ...], words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        plan(*steps, wanted=("vocals", "lead"))


def test_a_splitter_must_say_into_what() -> None:
    made = type("Bad", (Share,), {"splits": ("lead",)})
    assert "the two stems that a voice falls into" in " ".join(faults(made))
