from __future__ import annotations

import math
from pathlib import Path

import pytest
import soundfile
import torch
from torch import Tensor

from voxmend.blocks.contract import RepairParams
from voxmend.blocks.registry import load
from voxmend_protocol.errors import BadRequest

RATE = 16_000


def mended(mix: Tensor | None, voice: Tensor, strength: float = 1.0, rate: int = RATE) -> Tensor:
    """The voice of one clip, mended. Shape: (channels, samples)."""
    params = RepairParams(rate=rate, strength=strength)
    heard = None if mix is None else mix[None]
    return load("phase.mixture").run(None, heard, voice[None], params)[0]


def level_db(signal: Tensor) -> float:
    return 10 * math.log10(float(signal.double().square().mean()) + 1e-30)


def si_sdr(estimate: Tensor, truth: Tensor) -> float:
    one, other = estimate.double().flatten(), truth.double().flatten()
    wanted = (one @ other) / (other @ other) * other
    return level_db(wanted) - level_db(one - wanted)


def sung(seconds: float, rate: int = RATE) -> Tensor:
    """A note each half second, with vibrato. Shape: (1, samples)."""
    time = torch.arange(round(seconds * rate)) / rate
    note = 220 * 2 ** (torch.tensor([0, 3, 7, 5, 2, 8])[(time * 2).long() % 6] / 12)
    phase = 2 * math.pi * (note * (1 + 0.01 * torch.sin(35 * time))).cumsum(0) / rate
    return 0.1 * sum((torch.sin(h * phase) / h for h in range(1, 9)), 0 * time)[None]


def backing(seconds: float) -> Tensor:
    """A low chord, 10 dB under ``sung``. Shape: (1, samples)."""
    time = torch.arange(round(seconds * RATE)) / RATE
    return 0.02 * sum((torch.sin(2 * math.pi * f * time) for f in (131, 165, 196)), 0 * time)[None]


def jittered(voice: Tensor, sigma: float) -> Tensor:
    """The voice with so many radians of error in the phase of every STFT cell."""
    hann, random = torch.hann_window(1024), torch.Generator().manual_seed(7)
    spectrum = torch.stft(voice, 1024, 256, window=hann, return_complex=True)
    turn = sigma * torch.randn(spectrum.shape, generator=random)
    spectrum = spectrum * torch.polar(torch.ones_like(turn), turn)
    return torch.istft(spectrum, 1024, 256, window=hann, length=voice.shape[-1])


@pytest.mark.parametrize(("sigma", "gain_db"), [(0.5, 2.0), (1.0, 5.0)])
def test_a_jittered_phase_is_mended_from_the_mixture(sigma: float, gain_db: float) -> None:
    voice = sung(4)
    damaged = jittered(voice, sigma)
    out = mended(voice + backing(4), damaged)
    assert si_sdr(out, voice) > si_sdr(damaged, voice) + gain_db


def test_a_perfect_voice_hardly_changes() -> None:
    voice = sung(4)
    assert si_sdr(mended(voice + backing(4), voice), voice) > 35


def test_where_the_swap_would_let_more_bleed_in_than_error_out_it_is_left() -> None:
    voice, loud = sung(4), 4 * backing(4)
    slight = jittered(voice, 0.1)
    assert si_sdr(mended(voice + loud, slight), voice) > si_sdr(slight, voice) - 0.05


def test_a_chirping_voice_is_no_broken_phase() -> None:
    voice, random = sung(4), torch.Generator().manual_seed(3)
    hann = torch.hann_window(1024)
    cells = torch.stft(voice, 1024, 256, window=hann, return_complex=True)
    lone = (torch.rand(cells.shape, generator=random) < 0.02) * cells.abs().max() * 0.02
    chirps = torch.istft(lone + 0j, 1024, 256, window=hann, length=voice.shape[-1])
    out = mended(voice + backing(4), voice + chirps)
    assert level_db(out - voice - chirps) < level_db(voice) - 30


def test_without_a_mixture_the_voice_comes_back_as_it_was() -> None:
    voice = jittered(sung(1), 1.0)
    assert torch.equal(mended(None, voice), voice)
    assert torch.equal(mended(voice + backing(1), voice, 0.0), voice)


def test_where_the_voice_does_not_rule_it_stays() -> None:
    voice = jittered(sung(2), 1.0)
    loud = torch.randn(voice.shape, generator=torch.Generator().manual_seed(2))
    assert level_db(mended(voice + 3 * loud, voice) - voice) < level_db(voice) - 25


def test_no_more_comes_out_than_the_mixture_holds() -> None:
    voice = sung(2)
    out = mended(0.8 * voice, jittered(voice, 1.0))
    assert level_db(out) < level_db(0.8 * voice) + 0.5


def test_the_voice_gets_no_louder() -> None:
    damaged = 0.8 * jittered(sung(2), 1.0)
    assert level_db(mended(sung(2), damaged)) < level_db(damaged) + 0.5


def test_a_channel_knows_only_itself() -> None:
    voice, other = sung(2), sung(2).flip(1)
    both = torch.cat([voice + backing(2), other])
    damaged = torch.cat([jittered(voice, 1.0), 0 * other])
    out = mended(both, damaged)
    assert level_db(out[1]) < -120
    assert si_sdr(out[:1], mended(both[:1], damaged[:1])) > 60


@pytest.mark.parametrize("gain_db", [-60.0, 20.0])
def test_gain_in_is_gain_out(gain_db: float) -> None:
    voice, gain = jittered(sung(2), 1.0), 10 ** (gain_db / 20)
    mix = sung(2) + backing(2)
    one, other = mended(mix, voice), mended(gain * mix, gain * voice) / gain
    assert level_db(other - one) < level_db(one) - 60


@pytest.mark.parametrize("rate", [8_000, 192_000])
@pytest.mark.parametrize(("samples", "channels"), [(1, 2), (2, 1), (3_000, 2)])
def test_odd_input_gives_finite_sound_of_the_same_shape(
    rate: int, samples: int, channels: int
) -> None:
    square = torch.ones(channels, samples)
    square[:, ::50] = -1
    clips = (square, 0 * square, 1e-30 * square)
    for mix in clips:
        for voice in clips:
            out = mended(mix, voice, 1.0, rate)
            assert out.shape == voice.shape
            assert out.dtype == torch.float32
            assert bool(out.isfinite().all())


def test_windows_of_a_batch_do_not_see_each_other() -> None:
    voice = jittered(sung(2), 1.0)
    mix = sung(2) + backing(2)
    params = RepairParams(rate=RATE)
    batch = torch.stack([mix, 0 * mix]), torch.stack([voice, voice])
    together = load("phase.mixture").run(None, *batch, params)
    assert level_db(together[0] - mended(mix, voice)) < level_db(voice) - 60


@pytest.mark.parametrize("strength", [-0.1, 1.1, math.nan])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    with pytest.raises(BadRequest, match="from 0 to 1"):
        RepairParams(strength=strength)


def test_a_real_singer_gets_the_phase_back(shared: Path) -> None:
    voice, rate = soundfile.read(shared / "audio" / "vocadito_14.wav", dtype="float32")
    band, _ = soundfile.read(
        shared / "audio" / "vibe_ace.ogg", dtype="float32", start=20 * rate, frames=6 * rate
    )
    dry = torch.from_numpy(voice[None, : 6 * rate]) * 1.0
    backing = torch.from_numpy(band.mean(1)[None])
    mix = dry + backing * dry.square().mean().sqrt() / backing.square().mean().sqrt()
    damaged = jittered(dry, 1.0)
    assert si_sdr(mended(mix, damaged, rate=rate), dry) > si_sdr(damaged, dry) + 6
    assert si_sdr(mended(mix, dry, rate=rate), dry) > 35
