"""Several voices become one: what must come back untouched, and what the mixture bounds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from voxmend.audio.resample import resample
from voxmend.blocks.registry import load
from voxmend.blocks.separate.ensemble import RULES, EnsembleParams, reach
from voxmend_protocol.errors import BadRequest

RATE = 16_000


def together(mix: Tensor, *voices: Tensor, rate: int = RATE, **params: Any) -> Tensor:
    """One clip through the block. Shape: (1, channels, samples)."""
    stacked = torch.stack(voices)[:, None]
    wanted = EnsembleParams(rate=rate, **params)
    return load("separate.ensemble").run(None, mix[None], stacked, wanted)


def level_db(signal: Tensor) -> float:
    return 10 * math.log10(float(signal.double().square().mean()) + 1e-30)


def snr_db(estimate: Tensor, truth: Tensor) -> float:
    return level_db(truth) - level_db(estimate - truth)


def noise(samples: int, seed: int, channels: int = 2) -> Tensor:
    return 0.1 * torch.randn(channels, samples, generator=torch.Generator().manual_seed(seed))


def below(signal: Tensor, limit: float, rate: int) -> Tensor:
    """The signal without anything above ``limit`` Hz."""
    spectrum = torch.fft.rfft(signal)
    at = torch.fft.rfftfreq(signal.shape[-1], 1 / rate)
    kept: Tensor = torch.fft.irfft(spectrum * (at < limit), signal.shape[-1])
    return kept


def band_db(signal: Tensor, low: float, high: float, rate: int) -> float:
    at = torch.fft.rfftfreq(signal.shape[-1], 1 / rate)
    return level_db(torch.fft.rfft(signal).abs()[..., (at >= low) & (at < high)])


def clip(seconds: float = 1.0, channels: int = 2) -> tuple[Tensor, Tensor]:
    """A mixture, and a voice in it that comes and goes."""
    samples = round(seconds * RATE)
    time = torch.arange(samples) / RATE
    voice = noise(samples, 1, channels) * torch.sin(3 * time).square()
    return voice + noise(samples, 2, channels), voice


@pytest.mark.parametrize("rule", RULES)
def test_one_member_comes_back_untouched_even_beside_the_mixture(rule: str) -> None:
    mix, voice = clip()
    for heard in (mix, 0 * mix):
        one = together(heard, voice, rule=rule)
        assert torch.equal(one[0], voice)
        other = together(heard, noise(RATE, 5), voice, rule=rule, weights="0 2")
        assert torch.equal(other[0], voice)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("weights", ["1 1", "3 1", "1 0.5 3", "0.1 2 2 1e-5"])
def test_members_that_agree_are_that_member(rule: str, weights: str) -> None:
    mix, voice = clip()
    for heard in (mix, 0 * mix):
        voices = [voice] * len(weights.split())
        proposal = together(heard, *voices, rule=rule, weights=weights)
        assert snr_db(proposal[0], voice) > 100


def test_the_average_of_masks_is_the_average_of_the_waveforms() -> None:
    mix, voice = clip()
    one, other = voice + 0.2 * (mix - voice), voice.roll(5, -1)
    estimate = together(mix, one, other, bound=1e6)[0]
    assert snr_db(estimate, (one + other) / 2) > 110
    weighted = together(mix, one, other, weights="3 1", bound=1e6)[0]
    assert snr_db(weighted, (3 * one + other) / 4) > 110
    one = below(mix, 3000, RATE)  # masks of 1 and 0: under the bound, but for the edge at 3 kHz
    assert snr_db(together(mix, one, 0.5 * mix)[0], one / 2 + mix / 4) > 60


def test_the_mixture_bounds_what_one_member_made_up() -> None:
    mix, voice = clip()
    mad = voice + 3 * noise(RATE, 7)
    for rule in ("average", "max"):
        bounded, free = (together(mix, voice, mad, rule=rule, bound=b) for b in (2.0, 1e6))
        assert snr_db(bounded, voice) > snr_db(free, voice) + 3
    quiet = torch.zeros_like(mix)
    assert level_db(together(quiet, voice, 0 * voice, rule="max")) < -200
    louder = together(quiet, 0.1 * voice, voice, rule="max")[0]
    assert level_db(louder) < level_db(0.1 * voice) + 0.5


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("limits", [(17_640, math.inf), (math.inf, 17_640, 22_050)])
def test_a_limit_leaves_no_step_in_the_level(rule: str, limits: tuple[float, ...]) -> None:
    rate = 48_000
    voice = noise(rate, 1)
    mix = voice + noise(rate, 2)
    members = [below(voice, limit, rate) for limit in limits]
    estimate = together(mix, *members, rate=rate, rule=rule, limits_hz=limits)[0]
    for low in range(14_000, 24_000, 200):
        wanted = band_db(voice, low, low + 200, rate)
        assert band_db(estimate, low, low + 200, rate) == pytest.approx(wanted, abs=0.05)
    assert snr_db(estimate, voice) > 40
    without = together(mix, *members, rate=rate)[0]
    assert band_db(without, 18_000, 19_000, rate) < band_db(voice, 18_000, 19_000, rate) - 3


@pytest.mark.parametrize("rule", RULES)
def test_the_slope_of_the_resampler_leaves_no_hole(rule: str) -> None:
    rate = 48_000
    voice = noise(rate, 1)
    mix = voice + noise(rate, 2)
    carried = torch.from_numpy(resample(resample(voice.numpy(), rate, 44_100), 44_100, rate))
    limits = (22_050.0, math.inf)
    estimate = together(mix, carried, voice, rate=rate, rule=rule, limits_hz=limits)[0]
    for low in range(18_000, 24_000, 200):
        wanted = band_db(voice, low, low + 200, rate)
        assert band_db(estimate, low, low + 200, rate) == pytest.approx(wanted, abs=0.1)


def test_a_limit_hands_over_only_to_a_member_that_reaches_further() -> None:
    at = torch.linspace(0, 22_050, 2049)[:, None]
    assert bool((reach([17_640, 17_640], at) == 1).all())
    assert bool((reach([22_050, math.inf], at) == 1).all())
    low, high = reach([17_640, 20_000], at)
    assert bool((high == 1).all())
    assert low[at < 15_800].min() == 1
    assert low[at > 16_800].max() == 0
    assert low.diff(dim=0).abs().max() < 0.05
    curve = reach([17_640, 20_000, math.inf], at)
    assert bool((curve.amax(0) == 1).all())


def test_median_leaves_out_the_odd_one_and_counts_weights() -> None:
    mix, voice = clip()
    near, wild = voice + 0.01 * noise(RATE, 8), noise(RATE, 9)
    estimate = together(mix, wild, voice, near, rule="median")[0]
    assert snr_db(estimate, voice) > 25
    assert snr_db(estimate, voice) > snr_db(together(mix, wild, voice, near)[0], voice) + 10
    weighed = together(mix, wild, voice, rule="median", weights="4 5", bound=1e6)[0]
    assert snr_db(weighed, voice) > 100
    pair = together(mix, wild, voice, rule="median", bound=1e6)[0]
    assert snr_db(pair, (wild + voice) / 2) > 100


def turned(signal: Tensor) -> Tensor:
    """The signal with every frequency 45° later."""
    spectrum = torch.fft.rfft(signal) * complex(math.sqrt(0.5), math.sqrt(0.5))
    later: Tensor = torch.fft.irfft(spectrum, signal.shape[-1])
    return later


def test_median_treats_every_phase_alike() -> None:
    mix, _ = clip()
    members = [noise(RATE, seed, 1)[0] for seed in (3, 4, 5)]
    pairs = [torch.stack([member, turned(member)]) for member in members]
    left, right = together(mix, *pairs, rule="median", bound=1e6)[0]
    assert snr_db(right, turned(left)) > 25


def test_max_takes_the_loudest_and_min_the_quietest_in_each_bin() -> None:
    mix, voice = clip()
    low = below(voice, 3000, RATE)
    one, other = low + 0.1 * voice, voice - 0.5 * low  # in turn 1.1 : 0.5 and 0.1 : 1
    loud, quiet = (together(mix, one, other, rule=rule, bound=1e6) for rule in ("max", "min"))
    for found, bass, treble in ((loud, 1.1, 1.0), (quiet, 0.5, 0.1)):
        for start, gain in ((0, bass), (3100, treble)):
            wanted = band_db(gain * voice, start, start + 2900, RATE)
            assert band_db(found[0], start, start + 2900, RATE) == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("gain_db", [-20.0, -60.0])
def test_gain_in_is_gain_out(rule: str, gain_db: float) -> None:
    mix, voice = clip()
    members = (voice, voice + 0.2 * mix, noise(RATE, 5))
    gain = 10 ** (gain_db / 20)
    one = together(mix, *members, rule=rule)
    other = together(gain * mix, *[gain * member for member in members], rule=rule)
    assert level_db(other / gain) == pytest.approx(level_db(one), abs=0.01)
    assert snr_db(other / gain, one) > 80


@pytest.mark.parametrize("rule", RULES)
def test_nothing_moves_in_time(rule: str) -> None:
    mix, voice = clip()
    estimate = together(mix, voice, voice + 0.2 * mix, 0.8 * voice, rule=rule)[0]
    spectra = torch.fft.rfft(estimate[0], 2 * RATE) * torch.fft.rfft(voice[0], 2 * RATE).conj()
    assert int(torch.fft.irfft(spectra).argmax()) == 0


@pytest.mark.parametrize("rule", RULES)
def test_a_panned_voice_keeps_its_place(rule: str) -> None:
    mix, _ = clip()
    pan = torch.tensor([[1.0], [-0.3]])
    members = [noise(RATE, seed, 1) * pan for seed in (3, 4, 5)]
    estimate = together(mix, *members, rule=rule)[0]
    assert snr_db(estimate[1], -0.3 * estimate[0]) > 90


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("rate", [8_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_odd_input_gives_finite_sound_of_the_same_shape(
    rule: str, rate: int, channels: int
) -> None:
    for samples in (1, 2, rate // 10 + 1):
        square = torch.ones(channels, samples)
        square[:, ::50] = -1
        for heard in (square, 0 * square, 1e-30 * square):
            members = (heard, 0.5 * square, 0 * square)
            proposal = together(heard, *members, rate=rate, rule=rule, limits_hz=(1e9, 3e3, 2e4))
            assert proposal[0].shape == square.shape
            assert proposal.dtype == torch.float32
            assert bool(proposal.isfinite().all())
            assert float(proposal.abs().max()) < 2
        silence = together(0 * square, 0 * square, 0 * square, rate=rate, rule=rule)
        assert not silence.any()


@pytest.mark.parametrize("rule", RULES)
def test_windows_of_a_batch_do_not_see_each_other_and_runs_agree(rule: str) -> None:
    mix, voice = clip()
    other = noise(RATE, 6)
    heard = torch.stack([20 * other, mix, 0 * mix])
    members = torch.stack([torch.stack([other, voice, other]), torch.stack([mix, other, voice])])
    block, params = load("separate.ensemble"), EnsembleParams(rate=RATE, rule=rule)
    first = block.run(None, heard, members, params)
    again = block.run(None, heard, members, params)
    assert torch.equal(first, again)
    alone = together(mix, voice, other, rule=rule)
    assert snr_db(first[1], alone[0]) > 100


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"rule": "mean"}, "give one of average, median, max, min"),
        ({"bound": 0.0}, "a number above 0"),
        ({"bound": math.nan}, "a number above 0"),
        ({"bound": math.inf}, "a number above 0"),
        ({"weights": "1, 2"}, "separated by spaces"),
        ({"weights": "1 -1"}, "0 or more"),
        ({"weights": "1 nan"}, "0 or more"),
        ({"weights": "1 inf"}, "0 or more"),
        ({"weights": "0 0"}, "one of them above 0"),
    ],
)
def test_parameters_outside_their_range_are_refused(params: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        EnsembleParams(**params)


def test_a_stack_that_does_not_fit_is_a_fault_of_the_caller() -> None:
    mix, voice = clip(0.1)
    for params in ({"weights": "1 1"}, {"limits_hz": (1.0, 2.0, 3.0)}):
        with pytest.raises(ValueError, match="for each member"):
            together(mix, voice, **params)
    with pytest.raises(ValueError, match="stacked"):
        load("separate.ensemble").run(None, mix[None], voice[None], EnsembleParams(rate=RATE))


def test_two_members_that_err_apart_beat_the_better_one(shared: Path) -> None:
    size = 4 * 44_100
    sung, rate = soundfile.read(shared / "audio/vocadito_10.wav", dtype="float32", frames=size)
    played, _ = soundfile.read(shared / "audio/vibe_ace.ogg", dtype="float32", frames=6 * size)
    voice = torch.from_numpy(sung).expand(2, -1)
    parts = torch.from_numpy(np.ascontiguousarray(played.T)).view(2, 6, size)
    band, other = (
        part * (voice.square().mean() / part.square().mean()).sqrt()
        for part in (parts[:, 0], parts[:, 5])
    )
    one, two = voice + 0.2 * band, voice + 0.2 * other
    estimate = together(voice + band, one, two, rate=rate)[0]
    assert snr_db(estimate, voice) > max(snr_db(one, voice), snr_db(two, voice)) + 2
