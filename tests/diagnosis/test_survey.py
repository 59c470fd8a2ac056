"""A whole clip, streamed: the same numbers as one look, damage where it was put, none where not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sounds
import torch

from voxmend.audio import Signal
from voxmend.bench.damage import kinds
from voxmend.bench.damage.material import Material, together
from voxmend.damage import NAMES
from voxmend.diagnosis import detectors
from voxmend.diagnosis import survey as surveys
from voxmend.diagnosis.findings import HOP_S
from voxmend.diagnosis.look import Look
from voxmend.diagnosis.survey import Survey, listen, survey

RATE = 44_100


@pytest.fixture(scope="module")
def clean() -> Material:
    """A synthetic voice over its backing, 16 s."""
    voice, backing = sounds.song(16.0)
    dry = torch.from_numpy(voice).float().mean(0)
    return together(dry, torch.from_numpy(backing).float(), RATE, RATE / 2)


def signal(sound: torch.Tensor) -> Signal:
    return Signal.of(np.ascontiguousarray(sound.numpy()), RATE)


@pytest.fixture(scope="module")
def leaking(clean: Material) -> tuple[torch.Tensor, Survey]:
    """A voice with the band in it, 20 dB down, and what is said of it."""
    broken = kinds.leak(clean, -20.0)
    return broken, survey(signal(broken), signal(clean.mix))


@pytest.fixture(scope="module")
def in_the_middle(clean: Material) -> tuple[torch.Tensor, Survey]:
    """The same, 12 dB down, in the second of three parts."""
    third = clean.voice.shape[1] // 3
    broken = clean.voice.clone()
    broken[:, third : 2 * third] = kinds.leak(clean, -12.0)[:, third : 2 * third]
    return broken, survey(signal(broken), signal(clean.mix))


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100])
def test_the_power_of_what_is_sung_is_read_over_what_is_sung(rate: int) -> None:
    rng = np.random.default_rng(3)
    sound = rng.standard_normal((2, 3 * rate + 77)).astype(np.float32)
    held = torch.from_numpy(rng.random(300) > 0.5)
    place = np.minimum((np.arange(sound.shape[1]) / (rate * 0.01)).astype(int), 299)
    truth = np.square(sound.astype(np.float64))[:, held.numpy()[place]].mean()
    found = surveys._sung_power(Signal.of(sound, rate), held)
    assert found == pytest.approx(truth, rel=2e-3)


@pytest.mark.parametrize("alone", [False, True])
def test_a_clip_in_one_look_reads_what_the_detectors_read(
    clean: Material, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys, "ALONE_S", surveys.LOOK_S)
    monkeypatch.setattr(surveys, "TAIL_S", 0.0)  # the one thing that is told otherwise
    broken = signal(kinds.musical(clean, -25.0))
    heard = listen(broken)
    mix = None if alone else clean.mix
    found = survey(broken, None if mix is None else signal(mix), heard)
    look = Look(torch.from_numpy(broken.read(0, broken.frames)), mix, heard.held, RATE)
    told = detectors.damage(replace(look, sung_power=heard.sung_power))
    for name in NAMES:
        assert getattr(found.damage, name) == pytest.approx(getattr(told, name), abs=1e-4), name


def test_alone_a_phrase_that_fades_is_no_bleed() -> None:
    voice, _ = sounds.song(16.0)
    held = listen(signal(torch.from_numpy(voice).float())).held
    wider = surveys.tails(held)
    assert bool((wider | ~held).all())
    assert 0 < int((wider & ~held).sum()) < len(held)


def test_damage_is_found_where_it_was_put(
    clean: Material, in_the_middle: tuple[torch.Tensor, Survey]
) -> None:
    third = clean.voice.shape[1] // 3
    bleed = in_the_middle[1].findings.found[NAMES.index("bleed")]
    assert bleed.size == "strong"
    begin, end = third / RATE, 2 * third / RATE
    for region in bleed.regions:
        assert begin - 1.2 < region.start_s < region.end_s < end + 1.2
    assert sum(r.end_s - r.start_s for r in bleed.regions) > 0.6 * (end - begin)


def test_a_long_clip_is_measured_in_looks_and_reads_the_same(
    clean: Material, leaking: tuple[torch.Tensor, Survey], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = leaking
    monkeypatch.setattr(surveys, "LOOK_S", 4.0)
    parts = survey(signal(broken), signal(clean.mix))
    for name in ("phase", "bleed", "musical"):
        one, other = getattr(whole.damage, name), getattr(parts.damage, name)
        assert one == pytest.approx(other, abs=0.1), name


def test_looks_do_not_move_what_they_find(
    clean: Material, in_the_middle: tuple[torch.Tensor, Survey], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = in_the_middle
    monkeypatch.setattr(surveys, "LOOK_S", 4.0)
    parts = survey(signal(broken), signal(clean.mix)).curves["bleed"]
    np.testing.assert_allclose(parts, whole.curves["bleed"], atol=0.1)


def test_a_gain_changes_nothing(clean: Material, leaking: tuple[torch.Tensor, Survey]) -> None:
    broken, loud = leaking
    quiet = survey(signal(broken / 64), signal(clean.mix / 64))
    for name in NAMES:
        assert getattr(quiet.damage, name) == pytest.approx(getattr(loud.damage, name), abs=1e-3)
        np.testing.assert_allclose(quiet.curves[name], loud.curves[name], atol=1e-2)


def test_alone_nothing_is_claimed_of_phase_and_highs(clean: Material) -> None:
    found = survey(signal(kinds.phase(clean, 1.0)), None).findings
    for name in ("phase", "bandwidth"):
        finding = found.found[NAMES.index(name)]
        assert (finding.size, finding.why, finding.regions) == ("unknown", "no_mixture", ())


def test_silence_says_nothing_and_does_not_fail() -> None:
    silent = Signal.of(np.zeros((2, RATE), dtype=np.float32), RATE)
    for mix in (None, silent):
        found = survey(silent, mix)
        assert {finding.size for finding in found.findings.found} <= {"unknown", "none"}
        assert found.findings.found[0].why == "no_voice"
        assert len(found.curves["phase"]) == round(1.0 / HOP_S + 0.49)


@pytest.mark.parametrize("frames", [1, 441, 30_000])
@pytest.mark.parametrize("rate", [8000, 96_000])
def test_any_length_at_any_rate(frames: int, rate: int) -> None:
    rng = np.random.default_rng(1)
    noise = Signal.of(rng.standard_normal((1, frames)).astype(np.float32) * 0.1, rate)
    for mix in (None, noise):
        found = survey(noise, mix)
        assert all(len(line) == len(found.curves["phase"]) for line in found.curves.values())
        assert np.isfinite([getattr(found.damage, name) for name in NAMES]).all()


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 32_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("sung_s", "enough"), [(0.19, False), (0.21, True)])
def test_so_much_singing_is_needed_at_any_rate(rate: int, sung_s: float, enough: bool) -> None:
    sound = np.random.default_rng(5).standard_normal((1, 4 * rate)).astype(np.float32) * 0.1
    held = torch.zeros(400, dtype=torch.bool)
    held[150 : 150 + round(100 * sung_s)] = True
    found = survey(Signal.of(sound, rate), Signal.of(2 * sound, rate), surveys.Singing(held, 0.01))
    highs = found.findings.found[NAMES.index("bandwidth")]
    assert highs.why == (None if enough else "no_voice")
