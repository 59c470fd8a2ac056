"""The detectors on a synthetic song: each rises with its own damage, and hears none in a clean
voice."""

from __future__ import annotations

import math

import pytest
import sounds
import torch
from torch import Tensor

from voxmend.bench.damage import forms, kinds
from voxmend.bench.damage.material import Material, together
from voxmend.demo import song
from voxmend.diagnosis import bleed, detectors
from voxmend.diagnosis.bleed import BLEED
from voxmend.diagnosis.detectors import NAMES, Calibration, Damage
from voxmend.diagnosis.look import Look
from voxmend.diagnosis.musical import MUSICAL
from voxmend.diagnosis.phase import PHASE

RATE = song.RATE


@pytest.fixture(scope="module")
def clean() -> Material:
    """A synthetic voice over its backing."""
    voice, backing = sounds.song(8.0)
    dry = torch.from_numpy(voice).float().mean(0)
    return together(dry, torch.from_numpy(backing).float(), RATE, RATE / 2)


def look(clean: Material, voice: Tensor, alone: bool = False) -> Look:
    return Look(voice, None if alone else clean.mix, clean.sounds, clean.rate)


def test_a_jitter_halves_the_agreement_again_and_again(clean: Material) -> None:
    found = [PHASE.damage(look(clean, clean.voice))]
    found += [PHASE.damage(look(clean, kinds.phase(clean, s))) for s in (0.25, 0.5, 1.0)]
    assert found == sorted(found)
    assert found[0] < 0.3
    assert found[2] > found[0] + 1


def test_a_room_and_chirps_are_no_phase_damage(clean: Material) -> None:
    wet = forms.reverb(clean, 2.2)
    assert PHASE.damage(look(wet, wet.voice)) < 0.3
    assert PHASE.damage(look(clean, kinds.musical(clean, -25.0))) < 0.3


def test_where_the_voice_hides_under_the_band_nothing_is_said_of_its_phase(clean: Material) -> None:
    from dataclasses import replace

    hidden = replace(clean, voice=0.03 * clean.voice)
    assert PHASE.damage(look(hidden, kinds.phase(hidden, 1.0))) < 0.1


def test_without_a_mixture_a_jitter_spreads_the_phase_of_a_partial(clean: Material) -> None:
    found = [PHASE.damage(look(clean, v, alone=True)) for v in (clean.voice, kinds.phase(clean, 1))]
    assert found[1] > found[0] + 1


def test_islands_are_counted_and_weighed_where_nobody_sings(clean: Material) -> None:
    for alone in (False, True):
        found = [
            MUSICAL.damage(look(clean, voice, alone))
            for voice in (clean.voice, kinds.musical(clean, -35.0), kinds.musical(clean, -25.0))
        ]
        assert found[0] < 0.5
        assert found[1] > 2
        assert found[2] > found[1] + 1


def test_islands_of_the_band_itself_are_bleed_and_no_chirps(clean: Material) -> None:
    leaking = kinds.constant(clean, -20.0)
    assert MUSICAL.damage(look(clean, leaking)) < 0.5
    assert BLEED.damage(look(clean, leaking)) > 3


def test_a_leak_is_measured_as_the_factor_it_is(clean: Material) -> None:
    factor = 0.1
    voice = clean.voice + factor * clean.backing
    # V = S + aB leaves (1 − a)B, so the factor against the rest is a / (1 − a).
    assert bleed.leak(look(clean, voice)).over_all() == pytest.approx(factor / 0.9, rel=0.15)


@pytest.mark.parametrize("break_", [lambda c: kinds.phase(c, 1.0), lambda c: kinds.lost(c, 12.0)])
def test_what_does_not_leak_is_less_than_half_as_much_bleed(clean: Material, break_) -> None:  # type: ignore[no-untyped-def]
    medium = BLEED.damage(look(clean, kinds.leak(clean, -20.0)))
    assert BLEED.damage(look(clean, break_(clean))) < 0.5 * medium


def test_a_voice_in_the_band_is_loss(clean: Material) -> None:
    whole = bleed.loss(look(clean, clean.voice)).over_all()
    assert abs(whole) < 0.03
    assert bleed.loss(look(clean, 0.9 * clean.voice)).over_all() > 0.08


def test_without_a_mixture_the_gaps_are_compared_with_the_voice(clean: Material) -> None:
    assert BLEED.damage(look(clean, clean.voice, alone=True)) < 1
    hiss = torch.randn(clean.voice.shape, generator=torch.Generator().manual_seed(2))
    hiss = hiss * clean.voice.square().mean().sqrt() * 10 ** (-30 / 20)
    assert BLEED.damage(look(clean, clean.voice + hiss, alone=True)) == pytest.approx(2.9, abs=0.3)
    gap = Look(hiss, None, torch.zeros(len(clean.sounds), dtype=torch.bool), RATE, 1.0)
    assert BLEED.damage(gap) > 1, "a gap alone is compared with the clip's own voice"


@pytest.mark.parametrize("alone", [False, True])
def test_a_gain_changes_no_reading(clean: Material, alone: bool) -> None:
    voice = kinds.leak(clean, -20.0)
    loud = detectors.readings(look(clean, voice, alone))
    mix = None if alone else 1e-3 * clean.mix
    quiet = detectors.readings(Look(1e-3 * voice, mix, clean.sounds, RATE))
    assert quiet == pytest.approx(loud, rel=0.02, abs=0.02)


@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_silence_one_sample_and_a_square_have_numbers(rate: int) -> None:
    square = torch.ones(2, 3000)
    square[:, ::50] = -1
    for voice in (torch.zeros(1, 1), torch.ones(2, 1), 0 * square, square):
        for mix in (None, torch.zeros_like(voice), voice):
            for voiced in (torch.zeros(1, dtype=torch.bool), torch.ones(1, dtype=torch.bool)):
                found = detectors.damage(Look(voice, mix, voiced, rate))
                assert all(math.isfinite(getattr(found, n)) for n in NAMES)


def test_a_voice_without_its_mixture_is_read_anew(clean: Material) -> None:
    beside = look(clean, kinds.phase(clean, 1.0))
    with_mixture = detectors.readings(beside)
    assert detectors.readings(beside.alone()) != with_mixture
    assert detectors.readings(beside.alone()) == detectors.readings(
        look(clean, beside.voice, alone=True)
    )


def test_a_gap_says_nothing_of_a_phase(clean: Material) -> None:
    broken = kinds.phase(clean, 1.0)
    sung = torch.zeros_like(clean.sounds)
    sung[150:153] = True  # 30 ms
    told = PHASE.damage(Look(broken, clean.mix, sung, clean.rate))
    assert told < 0.2 * PHASE.damage(look(clean, broken))


def test_a_calibration_mixes_the_readings_and_never_goes_below_clean() -> None:
    diagonal = tuple(tuple(float(n == m) for m in range(4)) for n in range(4))
    fit = Calibration(diagonal, (0.0, -1.0, 0.0, 0.5), (0.1,) * 4)
    assert fit((1.0, 0.5, 0.25, 0.0)) == Damage(1.0, 0.0, 0.25, 0.5)


def test_the_stored_fit_reads_a_clean_song_as_clean_and_medium_damage_as_medium(
    clean: Material,
) -> None:
    whole = detectors.damage(look(clean, clean.voice))
    assert max(getattr(whole, n) for n in NAMES) < 0.5
    for name, voice in (
        ("phase", kinds.phase(clean, 0.5)),
        ("musical", kinds.musical(clean, -25.0)),
        ("bleed", kinds.leak(clean, -20.0)),
    ):
        assert 0.5 < getattr(detectors.damage(look(clean, voice)), name) < 2, name
