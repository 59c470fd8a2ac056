"""The short-time spectrum of the weight-free blocks."""

from __future__ import annotations

import pytest
import torch

from voxmend.dsp.curves import in_frames
from voxmend.dsp.stft import hertz, hop_samples, istft, stft


@pytest.mark.parametrize("samples", [1, 777, 20_000])
@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_the_spectrum_comes_back_as_the_sound(samples: int, rate: int) -> None:
    sound = torch.randn(2, 2, samples, generator=torch.Generator().manual_seed(3))
    spectrum, level = stft(sound, rate, 0.093)
    rest = istft(spectrum, samples) * level - sound
    assert float(20 * torch.log10(rest.abs().max())) < -110


def test_a_tone_stands_in_the_bin_that_hertz_names() -> None:
    rate, tone = 16_000, 1000.0
    sound = torch.sin(2 * torch.pi * tone * torch.arange(rate) / rate)[None, None]
    spectrum, _ = stft(sound, rate, 0.093)
    middle = spectrum.abs()[0, 0, :, spectrum.shape[-1] // 2]
    found = hertz(len(middle), rate, sound.device)[middle.argmax()]
    assert abs(float(found) - tone) < rate / 2 / len(middle)


def test_a_curve_is_read_at_the_middle_of_each_frame() -> None:
    rate, samples = 8000, 8000
    spectrum, _ = stft(torch.randn(1, 1, samples), rate, 0.093)
    hop = hop_samples(spectrum.shape[-2])
    time = torch.arange(spectrum.shape[-1])[None] * hop / rate
    curve = in_frames(time.float(), samples, rate, hop)
    wanted = (torch.arange(100) + 0.5) * 0.01
    assert curve.shape == (1, 100)
    assert float((curve[0] - wanted).abs().max()) < 1e-4
