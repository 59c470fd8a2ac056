from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import sounds
import torch
from torch import Tensor

from voxmend.bench import song
from voxmend.blocks.registry import load
from voxmend.blocks.separate.midside import MidSideParams as Params
from voxmend.blocks.separate.midside import best_path, leading_pitch
from voxmend_protocol.errors import BadRequest

RATE = 16_000

MELODY = (0, 3, 7, 5, 2, 8, 12, 10, 6, 4, 9, 11)
"""Semitones over 220 Hz."""


def separate(mix: Tensor, rate: int = RATE) -> Tensor:
    """The voice of one clip. Shape: (channels, samples)."""
    return load("separate.midside").run(None, mix[None], None, Params(rate=rate)).voice[0]


def level_db(signal: Tensor) -> float:
    return 10 * math.log10(float(signal.double().square().mean()) + 1e-30)


def si_sdr(estimate: Tensor, truth: Tensor) -> float:
    one, other = estimate.double().flatten(), truth.double().flatten()
    wanted = (one @ other) / (other @ other) * other
    return level_db(wanted) - level_db(one - wanted)


def sung(seconds: float, rate: int = RATE) -> Tensor:
    """A note each half second, with vibrato. Shape: (samples,)."""
    time = torch.arange(round(seconds * rate)) / rate
    note = 220 * 2 ** (torch.tensor(MELODY)[(time * 2).long()] / 12)
    phase = 2 * math.pi * (note * (1 + 0.01 * torch.sin(35 * time))).cumsum(0) / rate
    return sum((torch.sin(h * phase) / h for h in range(1, 9)), torch.zeros_like(time)) * 0.1


def band(seconds: float, rate: int = RATE) -> Tensor:
    """A chord on the left and a repeated rattle on the right. Shape: (2, samples)."""
    time = torch.arange(round(seconds * rate)) / rate
    chord = sum((torch.sin(2 * math.pi * f * time) for f in (131, 165, 196)), 0 * time)
    hiss = torch.randn(time.shape, generator=torch.Generator().manual_seed(1))
    rattle = hiss * torch.exp(-30 * (time % 0.4))
    return 0.1 * torch.stack([chord + 0.2 * rattle, 0.3 * chord + rattle])


def test_a_centred_voice_is_lifted_out_of_the_band() -> None:
    voice = sung(4).expand(2, -1)
    mix = voice + band(4)
    assert si_sdr(separate(mix), voice) > si_sdr(mix, voice) + 8


def test_a_voice_that_begins_alone_is_left_alone() -> None:
    voice = sung(6).expand(2, -1)
    mix = voice.clone()
    mix[:, 4 * RATE :] += band(2)
    early = slice(RATE, 3 * RATE)
    assert si_sdr(separate(mix)[:, early], voice[:, early]) > 30


@pytest.mark.parametrize("pan", [0.8, 0.6])
def test_a_voice_a_little_off_centre_keeps_its_place(pan: float) -> None:
    voice = sung(4) * torch.tensor([[1.0], [pan]])
    mix = voice + band(4)
    estimate = separate(mix)
    balance = level_db(estimate[0]) - level_db(estimate[1])
    assert balance == pytest.approx(-20 * math.log10(pan), abs=1)
    assert si_sdr(estimate, voice) > si_sdr(mix, voice) + 8
    assert level_db(estimate) > level_db(voice) - 12


def test_a_voice_at_the_edge_shows_in_the_evidence() -> None:
    for pan, low, high in ((1.0, 0.99, 1.0), (0.0, 0.0, 0.01)):
        mix = (sung(2) * torch.tensor([[1.0], [pan]]))[None]
        centre = load("separate.midside").run(None, mix, None, Params(rate=RATE)).evidence["centre"]
        assert centre.shape == (1, 200)
        assert low <= float(centre.min()) <= float(centre.max()) <= high


def test_mono_is_separated_without_a_side() -> None:
    voice, rattle = sung(4), 3 * band(4)[1]
    mix = (voice + rattle)[None]
    estimate = separate(mix)
    assert estimate.shape == mix.shape
    assert si_sdr(estimate, voice) > si_sdr(mix, voice) + 2
    assert level_db(estimate) > level_db(voice) - 6


def test_the_mask_never_raises_a_steady_tone() -> None:
    time = torch.arange(2 * RATE) / RATE
    tone = torch.sin(2 * math.pi * 300 * time).expand(2, -1)
    assert float(separate(tone).abs().max()) <= 1.001


@pytest.mark.parametrize("gain_db", [-6.0, -20.0, -60.0])
def test_gain_in_is_gain_out(gain_db: float) -> None:
    mix = sung(3) + band(3)
    gain = 10 ** (gain_db / 20)
    one, other = separate(mix), separate(gain * mix) / gain
    assert level_db(other) == pytest.approx(level_db(one), abs=0.01)
    assert level_db(other - one) < level_db(one) - 60


def test_nothing_moves_in_time() -> None:
    voice = sung(3).expand(2, -1)
    estimate = separate(voice + band(3))
    spectra = torch.fft.rfft(estimate[0], 8 * RATE) * torch.fft.rfft(voice[0], 8 * RATE).conj()
    assert int(torch.fft.irfft(spectra).argmax()) == 0


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("samples", [1, 2, 3_000])
def test_odd_input_gives_finite_sound_of_the_same_shape(
    rate: int, channels: int, samples: int
) -> None:
    square = torch.ones(channels, samples)
    square[:, ::50] = -1
    for clip in (square, 0 * square, 1e-30 * square):
        estimate = separate(clip, rate)
        assert estimate.shape == clip.shape
        assert estimate.dtype == torch.float32
        assert bool(estimate.isfinite().all())
    assert not separate(0 * square, rate).any()


def test_windows_of_a_batch_do_not_see_each_other_and_runs_agree() -> None:
    block, mix = load("separate.midside"), sung(2) + band(2)
    batch = torch.stack([torch.zeros_like(mix), mix, mix.flip(0)])
    together = block.run(None, batch, None, Params(rate=RATE)).voice
    assert torch.equal(together, block.run(None, batch, None, Params(rate=RATE)).voice)
    assert level_db(together[1] - separate(mix)) < level_db(together[1]) - 60


def test_the_leading_pitch_is_the_sung_one() -> None:
    spectrum = torch.stft(sung(2), 1024, 256, window=torch.hann_window(1024), return_complex=True)
    pitch = leading_pitch(spectrum.abs().mT[None], torch.linspace(0, RATE / 2, 513))[0]
    expected = torch.tensor([220.0, 261.6, 329.6, 293.7])
    middle = (torch.tensor([0.25, 0.75, 1.25, 1.75]) * RATE / 256).long()
    assert bool(((pitch[middle] / expected).log2().abs() < 0.04).all())


def test_the_best_path_prefers_a_small_step_over_a_short_leap() -> None:
    score = torch.zeros(1, 9, 100)
    score[0, :, 40] = 0.5
    score[0, 4, 99] = 0.9
    assert best_path(score).tolist() == [[40] * 9]


OFFSETS_S = (0, 20, 40)


@pytest.mark.parametrize(
    ("song", "mean_db", "least_db"),
    [("vibe_ace", 11.0, 9.5), ("sugar_plum_fairy", 7.0, 6.0)],
)
def test_a_real_voice_is_lifted_out_of_a_real_band(
    shared: Path, song: str, mean_db: float, least_db: float
) -> None:
    sung, rate = soundfile.read(shared / "audio/vocadito_10.wav", dtype="float32")
    played, same_rate = soundfile.read(shared / f"audio/{song}.ogg", dtype="float32")
    assert rate == same_rate
    voice = torch.from_numpy(np.ascontiguousarray(sung)).expand(2, -1)
    gains = []
    for offset in OFFSETS_S:
        start = offset * rate
        cut = played[start : start + len(sung)]
        other = torch.from_numpy(np.ascontiguousarray(cut.T))
        other = other * (voice.square().mean() / other.square().mean()).sqrt()
        mix = voice + other
        gains.append(si_sdr(separate(mix, rate), voice) - si_sdr(mix, voice))
    assert sum(gains) / len(gains) > mean_db
    assert min(gains) > least_db


@pytest.mark.parametrize("pan", [-1.0, -0.5, 0.5, 1.0])
def test_a_voice_at_the_side_is_found_where_pan_says(pan: float) -> None:
    voice, backing = sounds.song(8.0)
    gains = np.array([[min(1.0, 1.0 - pan)], [min(1.0, 1.0 + pan)]])
    truth = (voice.mean(0) * gains).astype(np.float32)
    mix = torch.from_numpy((truth + backing).astype(np.float32))[None]
    block = load("separate.midside")
    before = song.si_sdr(mix[0].numpy(), truth)
    found = block.run(None, mix, None, Params(rate=song.RATE, pan=pan)).voice[0]
    middle = block.run(None, mix, None, Params(rate=song.RATE)).voice[0]
    assert song.si_sdr(found.numpy(), truth) > before + 5
    assert song.si_sdr(found.numpy(), truth) > song.si_sdr(middle.numpy(), truth) + 5


@pytest.mark.parametrize("pan", [-1.1, 2.0, float("nan")])
def test_a_place_outside_the_image_is_refused(pan: float) -> None:
    with pytest.raises(BadRequest, match="pan"):
        Params(rate=44_100, pan=pan)
