from __future__ import annotations

import math
from pathlib import Path

import pytest
import soundfile
import torch
from torch import Tensor

from voxmend.blocks.contract import RepairParams
from voxmend.blocks.registry import load
from voxmend.dsp.above_edge import above_edge
from voxmend_protocol.errors import BadRequest

RATE = 44_100
CUT = 8000.0


def proposal(
    voice: Tensor, mix: Tensor | None = None, strength: float = 1.0, rate: int = RATE
) -> Tensor:
    """What the block makes of one clip, (channels, samples)."""
    params = RepairParams(rate=rate, strength=strength)
    heard = None if mix is None else mix[None]
    return load("bandwidth.mirror").run(None, heard, voice[None], params)


def extended(voice: Tensor, mix: Tensor | None = None, strength: float = 1.0) -> Tensor:
    """The voice with its new highs. Shape: (channels, samples)."""
    return proposal(voice, mix, strength)[0]


def level_db(signal: Tensor) -> float:
    return 10 * math.log10(float(signal.double().square().mean()) + 1e-30)


def shaped(sound: Tensor, gain: Tensor) -> Tensor:
    """A sound through a filter: one gain per bin of its whole spectrum."""
    made: Tensor = torch.fft.irfft(torch.fft.rfft(sound) * gain, sound.shape[-1])
    return made


def hertz(samples: int, rate: int = RATE) -> Tensor:
    return torch.linspace(0, rate / 2, samples // 2 + 1)


def below(sound: Tensor, cut: float = CUT, rate: int = RATE) -> Tensor:
    """What lies below a cut 200 Hz wide."""
    return shaped(sound, ((cut - hertz(sound.shape[-1], rate)) / 200).clamp(0, 1))


def noise(samples: int, seed: int = 3) -> Tensor:
    return torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def spoken(seconds: float) -> Tensor:
    """Noise that falls by 9 dB per octave, in three syllables a second. Shape: (1, samples)."""
    time = torch.arange(round(seconds * RATE)) / RATE
    tilt = (hertz(len(time)).clamp_min(300) / 300) ** -1.5
    beat = torch.sin(math.pi * 3 * time).abs() ** 3
    return 0.3 * shaped(noise(len(time)), tilt) * beat


def hats(seconds: float) -> Tensor:
    """Rattles above 7 kHz, four a second and not in time with ``spoken``. Shape: (1, samples)."""
    time = torch.arange(round(seconds * RATE)) / RATE
    high = (hertz(len(time)) > 7000).float()
    return shaped(noise(len(time), 8), high) * torch.exp(-40 * (time % 0.23)) * 0.05


def edge_of(sound: Tensor, rate: int = RATE) -> float:
    """Where its highs end, Hz; 0 = nowhere."""
    return float(above_edge(sound[None], None, rate).edges[0, 0])


def distance(one: Tensor, other: Tensor, low: float = CUT, rate: int = RATE) -> float:
    """Log-spectral distance above ``low``, in log10 of power, floor 90 dB under the maximum."""
    size, parts = 2048, []
    for sound in (one, other):
        spectrum = torch.stft(
            sound[0], size, 512, window=torch.hann_window(size), return_complex=True
        )
        parts.append(spectrum.abs().square())
    floor = parts[1].max() * 1e-9
    logs = [p[round(low / rate * size) + 1 :].clamp_min(floor).log10() for p in parts]
    return float((logs[0] - logs[1]).square().mean(0).sqrt().mean())


def test_highs_come_back_and_the_edge_is_named() -> None:
    whole = spoken(3)
    cut = below(whole)
    found = proposal(cut)
    assert float(edge_of(cut)) == pytest.approx(CUT, abs=200)
    assert distance(found[0], whole) < 0.7 * distance(cut, whole)


def test_highs_alone_are_added() -> None:
    cut = below(spoken(3))
    added = extended(cut) - cut
    assert level_db(below(added, CUT - 300)) < level_db(added) - 40
    assert level_db(below(added, CUT - 300)) < level_db(cut) - 80


def test_a_voice_without_an_edge_comes_back_as_it_was() -> None:
    for whole in (spoken(2), shaped(spoken(2), (hertz(2 * RATE).clamp_min(500) / 500) ** -2)):
        found = proposal(whole, whole)
        assert torch.equal(found[0], whole)
    cut = below(spoken(2))
    assert torch.equal(extended(cut, strength=0.0), cut)


@pytest.mark.parametrize("tone", [5000.0, 7300.0])
def test_a_mirrored_partial_is_a_partial(tone: float) -> None:
    time = torch.arange(3 * RATE, dtype=torch.float64) / RATE
    sound = below(noise(len(time))) * 0.01 + 0.5 * torch.sin(2 * math.pi * tone * time).float()
    cut = edge_of(sound)
    spectrum = torch.fft.rfft((extended(sound) - sound)[0] * torch.hann_window(len(time))).abs()
    peak = int(spectrum.argmax())
    assert float(hertz(len(time))[peak]) == pytest.approx(2 * cut - tone, abs=180)
    near = spectrum[peak - 3 : peak + 4].square().sum()
    assert float(near / spectrum[peak - 300 : peak + 300].square().sum()) > 0.95


def test_the_mixture_holds_the_true_highs_and_gives_them_back() -> None:
    whole = spoken(4)
    cut = below(whole)
    mended = extended(cut, whole + 0.0001 * noise(len(whole[0]), 5))
    assert level_db(mended - whole) < level_db(cut - whole) - 3
    assert distance(mended, whole) < 0.6 * distance(cut, whole)


@pytest.mark.parametrize("gain", [0.3, 4.0])
def test_hats_are_not_taken_for_the_voice(gain: float) -> None:
    whole = below(spoken(4))  # nothing was cut off: all highs are the band's
    assert level_db(extended(whole) - whole) > level_db(whole) - 40
    assert level_db(extended(whole, whole + gain * hats(4)) - whole) < level_db(whole) - 90


def test_no_more_is_added_than_the_mixture_holds() -> None:
    cut = below(spoken(3))
    assert level_db(extended(cut, cut) - cut) < level_db(cut) - 90


@pytest.mark.parametrize("gain_db", [-60.0, 20.0])
def test_gain_in_is_gain_out(gain_db: float) -> None:
    whole, gain = spoken(2), 10 ** (gain_db / 20)
    cut = below(whole)
    for mix in (None, whole):
        one = extended(cut, mix)
        other = extended(gain * cut, None if mix is None else gain * mix) / gain
        assert level_db(other - one) < level_db(one - cut) - 60


@pytest.mark.parametrize("rate", [8_000, 192_000])
@pytest.mark.parametrize(("samples", "channels"), [(1, 2), (2, 1), (3_000, 2)])
def test_odd_input_gives_finite_sound_of_the_same_shape(
    rate: int, samples: int, channels: int
) -> None:
    square = torch.ones(channels, samples)
    square[:, ::50] = -1
    for clip in (square, 0 * square, 1e-30 * square):
        for mix in (None, square, 0 * square):
            out = proposal(clip, mix, 1.0, rate)[0]
            assert out.shape == clip.shape
            assert out.dtype == torch.float32
            assert bool(out.isfinite().all())


def test_windows_of_a_batch_do_not_see_each_other() -> None:
    whole = spoken(2)
    cut = below(whole)
    batch = torch.stack([whole, cut])
    together = load("bandwidth.mirror").run(
        None, torch.stack([whole, whole]), batch, RepairParams(rate=RATE)
    )
    assert level_db(together[0] - whole) < -150
    assert level_db(together[1] - extended(cut, whole)) < level_db(whole) - 80


@pytest.mark.parametrize("strength", [-0.1, 1.1, math.nan])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    with pytest.raises(BadRequest, match="from 0 to 1"):
        RepairParams(strength=strength)


def test_a_real_speaker_gets_highs_back(shared: Path) -> None:
    speech, rate = soundfile.read(shared / "audio" / "vctk_speech_48k.wav", dtype="float32")
    whole = torch.from_numpy(speech)[None]
    assert edge_of(whole, rate) == 0
    cut = below(whole, CUT, rate)
    for mix in (None, whole):
        mended = proposal(cut, mix, rate=rate)[0]
        assert distance(mended, whole, CUT, rate) < 0.85 * distance(cut, whole, CUT, rate)
