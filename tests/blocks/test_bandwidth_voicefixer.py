"""VoiceFixer as a generator of highs. Stand-ins for the network say what it might: no random
weights know highs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from rack import CPU, snr
from torch import Tensor

from voxmend.blocks.bandwidth.voicefixer import Generator, VoiceFixerHighs, VoiceFixerParams
from voxmend.blocks.registry import load
from voxmend_protocol.errors import BadRequest

EDGE_HZ = 7000.0


def wide(seconds: float, rate: int) -> Tensor:
    """Syllables of noise, 6 dB less per octave, up to half the rate. Shape: (1, samples)."""
    samples = round(seconds * rate)
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(5))
    spectrum = torch.fft.rfft(noise)
    frequency = torch.linspace(0, rate / 2, len(spectrum))
    spectrum = spectrum * (200 / frequency.clamp_min(200)) * (frequency > 80)
    swell = torch.sin(2 * torch.pi * 1.7 * torch.arange(samples) / rate).clamp_min(0.05)
    sound: Tensor = 3 * swell * torch.fft.irfft(spectrum, samples)
    return sound[None]


def cut_off(sound: Tensor, rate: int) -> Tensor:
    """The sound without what lies above the edge."""
    spectrum = torch.fft.rfft(sound)
    frequency = torch.linspace(0, rate / 2, spectrum.shape[-1])
    low: Tensor = torch.fft.irfft(spectrum * (frequency < EDGE_HZ), sound.shape[-1])
    return low


def highs_of(sound: Tensor, rate: int) -> Tensor:
    """What lies a kilohertz and more above the edge, and under 21 kHz."""
    spectrum = torch.fft.rfft(sound)
    frequency = torch.linspace(0, rate / 2, spectrum.shape[-1])
    inside = (frequency > EDGE_HZ + 1000) & (frequency < 21_000)
    high: Tensor = torch.fft.irfft(spectrum * inside, sound.shape[-1])
    return high


class Knows:
    """A network that knew the voice, at a level of its own; 44.1 kHz, as the real one."""

    bytes = 1
    runs_on = "cpu"

    def __init__(self, truth: Tensor, rate: int, gain: float = 0.3) -> None:
        from voxmend.blocks.bandwidth.other_rate import resampled

        self._truth = gain * resampled(truth, rate, 44_100)

    def __call__(self, sound: Tensor, precision: str = "fp32") -> Tensor:
        return self._truth[None, :, : sound.shape[-1]]


class Never:
    """One that must not be asked."""

    bytes = 1
    runs_on = "cpu"

    def __call__(self, sound: Tensor, precision: str = "fp32") -> Tensor:
        raise AssertionError("the network was asked")


def proposed(
    network: object, mix: Tensor | None, voice: Tensor, rate: int, **params: object
) -> Tensor:
    """The block on one window."""
    asked = VoiceFixerParams(rate=rate, **params)  # type: ignore[arg-type]
    around = None if mix is None else mix[None]
    return VoiceFixerHighs().run(Generator(network), around, voice[None], asked)  # type: ignore[arg-type]


def level_db(sound: Tensor) -> float:
    return float(10 * torch.log10(sound.double().square().mean() + 1e-30))


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_without_a_mixture_the_highs_come_back_at_the_voice_s_level(rate: int) -> None:
    truth = wide(5.0, rate)
    found = proposed(Knows(truth, rate), None, cut_off(truth, rate), rate)
    made, wanted = (highs_of(sound, rate) for sound in (found[0], truth))
    assert abs(level_db(made) - level_db(wanted)) < 2
    assert snr(wanted, made) > 6


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_what_lies_below_the_edge_stays(rate: int) -> None:
    truth = wide(5.0, rate)
    muffled = cut_off(truth, rate)
    found = proposed(Knows(truth, rate), None, muffled, rate)[0]
    spectrum = [torch.fft.rfft(sound) for sound in (muffled, found)]
    below = torch.linspace(0, rate / 2, spectrum[0].shape[-1]) < EDGE_HZ - 800
    assert snr(*(torch.view_as_real(each[:, below]) for each in spectrum)) > 60
    assert found.shape == muffled.shape


def test_a_voice_without_an_edge_stays_bit_for_bit() -> None:
    voice = wide(4.0, 44_100)
    assert torch.equal(proposed(Never(), None, voice, 44_100)[0], voice)
    assert torch.equal(proposed(Never(), 2 * voice, voice, 44_100)[0], voice)


def test_nothing_rises_above_the_mixture_and_the_carrier_is_its_own() -> None:
    truth = wide(5.0, 44_100)
    muffled = cut_off(truth, 44_100)
    mix = truth + 0.02 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(8))
    found = proposed(Knows(truth, 44_100, gain=3.0), mix, muffled, 44_100)[0]
    made, there = (highs_of(sound, 44_100) for sound in (found, mix))
    assert -20 < level_db(made) - level_db(there) < 0.5
    own = proposed(Knows(truth, 44_100), mix, muffled, 44_100, carrier="own")[0]
    alone = proposed(Knows(truth, 44_100), None, muffled, 44_100)[0]
    assert torch.equal(own, alone)


def test_each_channel_gets_its_share() -> None:
    truth = wide(5.0, 44_100)
    sides = torch.tensor([[1.0], [-0.3]])
    found = proposed(Knows(truth, 44_100), None, sides * cut_off(truth, 44_100), 44_100)[0]
    left, right = highs_of(found, 44_100)
    assert abs(level_db(right) - level_db(left) - 20 * torch.log10(torch.tensor(0.3))) < 0.5
    assert (left * right).sum() < 0


def test_strength_and_carrier_are_checked() -> None:
    with pytest.raises(BadRequest, match="from 0 to 1"):
        VoiceFixerParams(strength=-0.1)
    with pytest.raises(BadRequest, match="give mixture or own"):
        VoiceFixerParams(carrier="other")


def test_it_loads_the_store_s_files(voicefixer_files: list[Path]) -> None:
    block = load("bandwidth.voicefixer")
    assert isinstance(block, VoiceFixerHighs)
    loaded = block.load(voicefixer_files, CPU)
    assert loaded.runs_on == "cpu"
    assert loaded.bytes > 400e6
