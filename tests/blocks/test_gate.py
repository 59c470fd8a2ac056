from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from voxmend.blocks.denoise.gate import GateParams, noise_floor
from voxmend.blocks.registry import load
from voxmend_protocol.errors import BadRequest

RATE = 16_000


def gate(voice: Tensor, strength: float = 0.5, rate: int = RATE) -> Tensor:
    """The denoised clip. Shape: (channels, samples)."""
    params = GateParams(rate=rate, strength=strength)
    return load("denoise.gate").run(None, None, voice[None], params)[0]


def level_db(signal: Tensor) -> float:
    return 10 * math.log10(float(signal.double().square().mean()) + 1e-30)


def noise(samples: int, channels: int = 1) -> Tensor:
    return torch.randn(channels, samples, generator=torch.Generator().manual_seed(4))


def song() -> Tensor:
    """Two seconds loud, two of verse 24 dB below it, a tail of two seconds (RT 2 s).

    Shape: (1, 6 · RATE).
    """
    time = torch.arange(4 * RATE) / RATE
    note = 220 * 2 ** (torch.tensor([0, 3, 7, 5])[(time * 2).long() % 4] / 12)
    phase = 2 * math.pi * (note * (1 + 0.01 * torch.sin(35 * time))).cumsum(0) / RATE
    harmonics = torch.arange(1, 9)[:, None]
    dry = (torch.sin(harmonics * phase) / harmonics).sum(0)
    dry = 0.1 * dry * torch.where(time < 2, 1.0, 10 ** (-24 / 20))
    after = torch.arange(2 * RATE) / RATE
    room = noise(2 * RATE)[0] * 10 ** (-3 * after / 2)
    size = 8 * RATE
    wet: Tensor = torch.fft.irfft(
        torch.fft.rfft(dry, size) * torch.fft.rfft(room / room.norm(), size)
    )
    padded: Tensor = torch.nn.functional.pad(dry, (0, 2 * RATE))
    return padded[None] + 0.5 * wet[None, : 6 * RATE]


def test_pure_noise_falls_by_what_the_strength_says() -> None:
    hiss = noise(6 * RATE, 2)
    for strength in (0.0, 0.25, 0.5, 1.0):
        assert level_db(gate(hiss, strength)) - level_db(hiss) == pytest.approx(
            -24 * strength, abs=2
        )


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_clean_quiet_verse_and_its_tail_stay(strength: float) -> None:
    clean = song()
    out = gate(clean, strength)
    for part in (slice(0, 2), slice(2, 4), slice(4, 6)):
        span = slice(part.start * RATE, part.stop * RATE)
        assert level_db(out[:, span]) == pytest.approx(level_db(clean[:, span]), abs=0.5)
        assert level_db(out[:, span] - clean[:, span]) < level_db(clean[:, span]) - 20


def test_a_held_note_is_no_noise() -> None:
    time = torch.arange(6 * RATE) / RATE
    note = sum((torch.sin(2 * math.pi * 220 * h * time) / h for h in range(1, 12)), 0 * time)[None]
    assert level_db(gate(note, 1.0)) == pytest.approx(level_db(note), abs=0.1)


def test_noise_under_a_song_sinks_and_the_song_stays() -> None:
    clean = torch.nn.functional.pad(song(), (0, 2 * RATE))
    hiss = noise(clean.shape[1]) * 10 ** ((level_db(clean) - 35) / 20)
    out = gate(clean + hiss)
    assert level_db(out - clean) < level_db(hiss) - 3
    verse = slice(2 * RATE, 4 * RATE)
    assert level_db(out[:, verse]) == pytest.approx(level_db(clean[:, verse]), abs=0.5)
    gap = slice(-RATE, None)
    assert level_db(out[:, gap]) < level_db((clean + hiss)[:, gap]) - 8


def test_channels_share_one_gain() -> None:
    left = song() + 0.001 * noise(6 * RATE)
    out = gate(torch.cat([left, 0.25 * left]))
    assert level_db(out[1] - 0.25 * out[0]) < level_db(out[1]) - 100


def test_strength_zero_gives_the_voice_back() -> None:
    voice = song() + 0.001 * noise(6 * RATE)
    assert level_db(gate(voice, 0.0) - voice) < level_db(voice) - 110


def test_the_floor_of_white_noise_is_half_its_power() -> None:
    hann = torch.hann_window(512)
    spectrum = torch.stft(noise(20 * RATE), 512, 128, window=hann, return_complex=True)
    power = spectrum.abs().square()
    assert float(noise_floor(power, RATE).median() / power.mean()) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("gain_db", [-20.0, -60.0])
def test_gain_in_is_gain_out(gain_db: float) -> None:
    voice = song() + 0.001 * noise(6 * RATE)
    gain = 10 ** (gain_db / 20)
    one, other = gate(voice), gate(gain * voice) / gain
    assert level_db(other - one) < level_db(one) - 60


@pytest.mark.parametrize("rate", [8_000, 192_000])
@pytest.mark.parametrize("samples", [1, 2, 3_000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_odd_input_gives_finite_sound_of_the_same_shape(
    rate: int, samples: int, channels: int
) -> None:
    square = torch.ones(channels, samples)
    square[:, ::50] = -1
    for clip in (square, 0 * square, 1e-30 * square):
        out = gate(clip, 1.0, rate)
        assert out.shape == clip.shape
        assert out.dtype == torch.float32
        assert bool(out.isfinite().all())


def test_windows_of_a_batch_do_not_see_each_other() -> None:
    voice = song() + 0.001 * noise(6 * RATE)
    batch = torch.stack([noise(6 * RATE), voice])
    together = load("denoise.gate").run(None, None, batch, GateParams(rate=RATE))
    assert level_db(together[1] - gate(voice)) < level_db(voice) - 60


@pytest.mark.parametrize("strength", [-0.1, 1.1, math.nan])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    with pytest.raises(BadRequest, match="from 0 to 1"):
        GateParams(rate=RATE, strength=strength)


@pytest.mark.parametrize("name", ["vocadito_10", "vocadito_14"])
def test_a_real_voice_loses_hiss_and_nothing_else(shared: Path, name: str) -> None:
    sung, rate = soundfile.read(shared / f"audio/{name}.wav", dtype="float32")
    voice = torch.from_numpy(np.ascontiguousarray(sung))[None]
    hiss = noise(voice.shape[1]) * 10 ** ((level_db(voice) - 35) / 20)
    out = gate(voice + hiss, rate=rate)
    assert level_db(out - voice) < level_db(hiss) - 3.5
    assert level_db(gate(voice, rate=rate) - voice) < level_db(voice) - 55
