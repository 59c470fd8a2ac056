"""The guard: what harms is refused, bit for bit; what does not is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
import torch
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Repair
from voxmend.cascade.context import Context
from voxmend.cascade.detectors import Detectors
from voxmend.cascade.guard import Stretch, harmonic_loss_db, judge, lag_of, rise_db, spectrum
from voxmend.cascade.weigh import Decision, weigh
from voxmend.demo import song
from voxmend.diagnosis.look import Look
from voxmend_protocol.errors import Cancelled

RATE = song.RATE


@pytest.fixture(scope="module")
def sung() -> tuple[Tensor, Tensor]:
    """A synthetic voice and its backing. Shape: (2, samples)."""
    voice, backing = sounds.song(10.0)
    return torch.from_numpy(voice).float(), torch.from_numpy(backing).float()


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(torch.device("cpu"), tmp_path)


class Asked(Repair):
    """A repair whose proposals are made by hand."""

    name = "denoise.test"
    mends = ("musical",)

    def repair(self, *_: Any) -> Tensor:
        raise NotImplementedError


def signal(sound: Tensor) -> Signal:
    return Signal.of(np.ascontiguousarray(sound.numpy()), RATE)


def put(
    mix: Tensor | None, voice: Tensor, proposal: Tensor, context: Context
) -> tuple[Tensor, list[Decision]]:
    """The whole guard over a clip, but for the detectors."""
    context = replace(context, detectors=lambda with_mixture: None)
    present, offered = signal(voice), signal(proposal)
    around = None if mix is None else signal(mix)
    out, decisions = weigh(Asked(), around, present, offered, context, lambda _: None)
    return torch.from_numpy(out.read(0, out.frames)), decisions


def muted(voice: Tensor) -> Tensor:
    out = voice.clone()
    out[:, 3 * RATE : 4 * RATE] = 0
    return out


def dulled(voice: Tensor) -> Tensor:
    """Harmonics from 600 Hz on lowered by 12 dB, everywhere."""
    bins = torch.fft.rfft(voice)
    cut = round(600 * voice.shape[1] / RATE)
    bins[:, cut:] *= 0.25
    out: Tensor = torch.fft.irfft(bins, voice.shape[1])
    return out


def bright(voice: Tensor) -> Tensor:
    """Noise as loud as the voice, above 6 kHz, where neither voice nor band has anything."""
    noise = torch.randn(voice.shape, generator=torch.Generator().manual_seed(1))
    bins = torch.fft.rfft(noise)
    bins[:, : round(9000 * voice.shape[1] / RATE)] = 0
    high = torch.fft.irfft(bins, voice.shape[1])
    out: Tensor = voice + high * voice.square().mean().sqrt() / high.square().mean().sqrt()
    return out


def test_a_channel_is_not_outvoted_by_the_others(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = (torch.cat([s, 0.9 * s, 0.8 * s]) for s in sung)
    muted, swapped = voice.clone(), voice.clone()
    muted[3] = 0
    voice[1] *= 0.3
    swapped[0] *= 0.3
    for present, offered in ((voice, swapped), (torch.cat([sung[0], sung[0], sung[0]]), muted)):
        _, decisions = put(present + backing, present, offered, context)
        refused = [d for d in decisions if not d.kept]
        assert "voice_lost" in {d.reason for d in refused}
        assert sum(d.end_s - d.start_s for d in refused) > 0.7 * 10, decisions


def test_an_inverted_voice_is_refused(sung: tuple[Tensor, Tensor], context: Context) -> None:
    voice, backing = sung
    out, decisions = put(voice + backing, voice, -voice, context)
    assert {d.reason for d in decisions} == {"inverted"}
    assert torch.equal(out, voice)


def test_the_true_voice_of_one_side_is_taken_in_place_of_one_with_bleed_on_both(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = sung[0] * torch.tensor([[1.0], [0.0]]), sung[1]
    _, decisions = put(voice + backing, voice + 0.1 * backing, voice, context)
    assert all(d.kept for d in decisions), decisions


HARMS: dict[str, Callable[[Tensor], Tensor]] = {
    "shifted": lambda voice: torch.roll(voice, 301, 1),
    "voice_lost": dulled,
    "band_risen": bright,
}


@pytest.mark.parametrize("reason", HARMS)
def test_what_harms_a_voice_is_refused_and_the_voice_passes_bit_for_bit(
    sung: tuple[Tensor, Tensor], context: Context, reason: str
) -> None:
    voice, backing = sung
    out, decisions = put(voice + backing, voice, HARMS[reason](voice), context)
    refused = [d for d in decisions if not d.kept]
    reasons = {d.reason for d in refused}
    assert reason in reasons
    for decision in refused:
        part = slice(round(decision.start_s * RATE), round(decision.end_s * RATE))
        assert torch.equal(out[:, part], voice[:, part])
    assert sum(d.end_s - d.start_s for d in refused) > 0.7 * 10


def test_a_muted_phrase_is_refused_and_the_rest_is_left_as_it_is(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = sung
    out, decisions = put(voice + backing, voice, muted(voice), context)
    assert "voice_lost" in {d.reason for d in decisions}
    assert "unchanged" in {d.reason for d in decisions}
    lost = (out - voice)[:, 3 * RATE : 4 * RATE].square().mean()
    assert float(10 * torch.log10(lost / voice.square().mean() + 1e-12)) < -20


def test_the_true_voice_is_taken_in_place_of_one_with_bleed(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = sung
    out, decisions = put(voice + backing, voice + 0.1 * backing, voice, context)
    assert all(d.kept for d in decisions), decisions
    assert torch.equal(out, voice)


def test_a_proposal_that_changes_nothing_is_unchanged(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = sung
    out, decisions = put(voice + backing, voice, voice.clone(), context)
    assert {d.reason for d in decisions} == {"unchanged"}
    assert torch.equal(out, voice)


def test_a_decision_does_not_depend_on_the_level(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = sung
    for harm in (muted, bright, lambda v: v + 0.01 * backing):
        loud = put(voice + backing, voice, harm(voice), context)[1]
        quiet = put((voice + backing) / 1000, voice / 1000, harm(voice) / 1000, context)[1]
        assert [(d.kept, d.reason) for d in loud] == [(d.kept, d.reason) for d in quiet]


def test_without_a_mixture_the_voice_itself_is_the_measure(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, _ = sung
    assert all(d.kept for d in put(None, voice, 1.5 * voice, context)[1])
    assert not any(d.kept for d in put(None, voice, 2.5 * voice, context)[1])


def test_with_a_mixture_a_band_may_rise_less_than_alone(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, _ = sung
    _, decisions = put(voice, voice, 1.3 * voice, context)
    assert {d.reason for d in decisions} == {"band_risen"}


def test_a_muted_phrase_is_refused_at_any_level(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = (1e-7 * s for s in sung)
    _, decisions = put(voice + backing, voice, muted(voice), context)
    assert "voice_lost" in {d.reason for d in decisions}


def test_a_burst_in_a_fifth_of_a_region_is_refused(
    sung: tuple[Tensor, Tensor], context: Context
) -> None:
    voice, backing = (s[:, 2 * RATE : 4 * RATE] for s in sung)
    offered = voice.clone()
    part = slice(RATE, RATE + RATE // 4)
    offered[:, part] = bright(voice)[:, part]
    assert {d.reason for d in put(voice + backing, voice, offered, context)[1]} == {"band_risen"}


def test_a_change_of_mind_makes_no_step(sung: tuple[Tensor, Tensor], context: Context) -> None:
    voice, backing = sung
    proposal = 0.9 * voice  # harmless, and everywhere another than the voice
    proposal[:, 3 * RATE : 5 * RATE] = 0
    out, decisions = put(voice + backing, voice, proposal, context)
    assert len({d.kept for d in decisions}) == 2
    share = ((out - voice) / (-0.1 * voice)).nan_to_num(0, 0, 0)
    loud = voice.abs() > 0.01
    steps = (share[:, 1:] - share[:, :-1])[loud[:, 1:] & loud[:, :-1]].abs()
    assert float(steps.max()) < 0.02


def test_one_sample_and_silence_pass(context: Context) -> None:
    for voice in (torch.zeros(2, 1), torch.zeros(1, 5000), torch.ones(2, 1)):
        out, _ = put(voice, voice, 0.5 * voice, context)
        assert out.shape == voice.shape
        assert bool(torch.isfinite(out).all())


def test_a_cancel_is_seen_between_regions(sung: tuple[Tensor, Tensor], context: Context) -> None:
    voice, backing = sung
    with pytest.raises(Cancelled):
        put(voice + backing, voice, 0.9 * voice, replace(context, cancelled=lambda: True))


def test_a_detector_refuses_what_worsens_it_and_demands_a_gain_of_its_own_stage() -> None:
    voice = torch.randn(1, RATE, generator=torch.Generator().manual_seed(2))
    nothing = torch.zeros(100, dtype=torch.bool)

    def ask(
        phase: float, bleed: float, mends: tuple[str, ...], spares: tuple[str, ...] = ()
    ) -> tuple[bool, str]:
        def measured(look: Look) -> dict[str, float]:
            old = look.voice is voice
            return {"phase": 1.0 + phase * (not old), "bleed": 1.0 + bleed * (not old)}

        asked = Detectors(measured, {"phase": 0.1, "bleed": 0.1})
        stretch = Stretch(voice, voice, nothing, RATE)
        verdict = judge(stretch, 0.99 * voice, mends, spares, asked)
        return verdict.kept, verdict.reason

    assert ask(+0.5, -0.5, ("bleed",)) == (False, "phase_worse")
    assert ask(+0.5, -0.5, ("bleed",), ("phase",)) == (True, "kept")
    assert ask(+0.05, -0.5, ("bleed",)) == (True, "kept")
    assert ask(-0.5, 0.0, ("phase",)) == (True, "kept")
    assert ask(-0.05, 0.0, ("phase",)) == (False, "no_gain")
    assert ask(-0.5, 0.0, ("bleed",)) == (False, "no_gain")


def test_a_number_that_rises_only_because_another_falls_is_no_worsening() -> None:
    """Without a mixture the map that takes chirps out of the bleed's number is steep."""
    nothing = torch.zeros(100, dtype=torch.bool)
    was, now = (Look(torch.full((1, RATE), size), None, nothing, RATE) for size in (0.2, 0.1))

    def number(look: Look, chirps: bool, bleed: tuple[float, float]) -> float:
        first = look.voice is was.voice
        return float(first) if chirps else bleed[0] if first else bleed[1]

    def asked(alone: bool) -> tuple[bool, str]:
        return Detectors(
            lambda look: {
                name: number(look, name == "musical", (0.0, 0.4)) for name in ("musical", "bleed")
            },
            {"musical": 0.1, "bleed": 0.1},
            alone=(lambda look, name: number(look, name == "musical", (0.5, 0.5)))
            if alone
            else None,
        ).verdict(("musical",), (), was, now, {})  # fmt: skip

    assert asked(alone=False) == (False, "bleed_worse")
    assert asked(alone=True) == (True, "kept")


def test_the_lag_of_a_shifted_voice_is_found_and_a_filtered_one_has_none(
    sung: tuple[Tensor, Tensor],
) -> None:
    voice = sung[0][:, RATE : 3 * RATE]
    for lag in (-300, -1, 1, 17, 301):
        assert lag_of(voice, torch.roll(voice, lag, 1), RATE) == lag
    assert lag_of(voice, dulled(voice), RATE) == 0
    assert lag_of(voice, voice, RATE) == 0


def test_a_loss_is_measured_in_decibels_of_the_peaks(sung: tuple[Tensor, Tensor]) -> None:
    voice = sung[0][:, RATE : 3 * RATE]
    loss = harmonic_loss_db(spectrum(voice, RATE), spectrum(0.5 * voice, RATE))
    assert float(loss.max()) == pytest.approx(6.02, abs=0.05)


def test_a_rise_is_measured_over_the_mixture_and_only_where_the_voice_rises(
    sung: tuple[Tensor, Tensor],
) -> None:
    voice = sung[0][:, RATE : 3 * RATE]
    one, two = spectrum(voice, RATE), spectrum(2 * voice, RATE)
    assert rise_db(one, two, one) == pytest.approx(6.02, abs=0.1)
    assert rise_db(one, two, two) == pytest.approx(0, abs=0.1)
    assert rise_db(two, two, one) == 0.0
    assert rise_db(two, one, one) == 0.0
