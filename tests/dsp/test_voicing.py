from __future__ import annotations

import math
from pathlib import Path

import pytest
import soundfile
import torch
from torch import Tensor

from voxmend.dsp.voicing import THRESHOLD, voiced, voicing

RATE = 16_000


def noise(samples: int, seed: int = 5) -> Tensor:
    return torch.randn(samples, generator=torch.Generator().manual_seed(seed))


def syllables(seconds: float, rate: int = RATE) -> Tensor:
    """A breathy sung line with vibrato, four syllables a second. Shape: (samples,)."""
    time = torch.arange(round(seconds * rate)) / rate
    note = 220 * 2 ** (torch.tensor([0, 3, 7, 5, 2, 8])[(time * 2).long() % 6] / 12)
    phase = 2 * math.pi * (note * (1 + 0.01 * torch.sin(35 * time))).cumsum(0) / rate
    sound = sum((torch.sin(h * phase) / h for h in range(1, 16)), 0 * time)
    breath = 0.1 * noise(len(time), 6)
    return 0.1 * (sound + breath) * (0.6 + 0.4 * torch.sin(2 * math.pi * 4 * time))


def song(hiss_db: float = -60.0, verse_db: float = 0.0) -> Tensor:
    """Two seconds of voice, two without, two of a verse, two without; hiss so many dB down.

    Shape: (1, 1, 8 · RATE).
    """
    sung = torch.tensor([1.0, 0.0, 10 ** (verse_db / 20), 0.0]).repeat_interleave(2 * RATE)
    voice = syllables(8)
    hiss = noise(8 * RATE) * voice.square().mean().sqrt() * 10 ** (hiss_db / 20)
    return (voice * sung + hiss)[None, None]


def chosen(curve: Tensor) -> tuple[Tensor, Tensor]:
    """The curve where the song is sung and where it is not, 0.3 s off every border."""
    parts = curve.view(4, 200)[:, 30:-30]
    return parts[::2], parts[1::2]


@pytest.mark.parametrize("hiss_db", [-60.0, -30.0, -20.0])
def test_a_voice_counts_and_the_noise_between_its_phrases_does_not(hiss_db: float) -> None:
    sung, silent = chosen(voicing(song(hiss_db), RATE))
    assert float(sung.min()) > 0.6
    assert float(silent.max()) < 0.3


def test_a_verse_24_db_down_is_voice() -> None:
    sung, silent = chosen(voiced(song(verse_db=-24), RATE).float())
    assert float(sung.min()) == 1
    assert float(silent.max()) == 0


@pytest.mark.parametrize("gain_db", [-80.0, -24.0, 30.0])
def test_the_level_of_the_clip_does_not_matter(gain_db: float) -> None:
    one, other = voicing(song(), RATE), voicing(song() * 10 ** (gain_db / 20), RATE)
    assert float((one - other).abs().max()) < 1e-3


def test_silence_is_no_voice() -> None:
    assert float(voicing(torch.zeros(1, 2, RATE), RATE).max()) == 0
    assert not bool(voiced(torch.zeros(1, 2, RATE), RATE).any())


def test_a_voiced_frame_holds_its_neighbours_for_200_ms() -> None:
    burst = torch.zeros(1, 1, 4 * RATE)
    burst[..., 2 * RATE : 3 * RATE] = syllables(1)
    bare = voicing(burst, RATE)[0] >= THRESHOLD
    held = voiced(burst, RATE)[0]
    first, last = int(bare.nonzero()[0]), int(bare.nonzero()[-1])
    found = held.nonzero()[:, 0].tolist()
    assert found[0] == first - 20
    assert found[-1] == last + 20


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("samples", [1, 2, 3_000])
def test_any_rate_and_length_give_one_number_per_frame(rate: int, samples: int) -> None:
    square = torch.ones(2, 3, samples)
    square[..., ::50] = -1
    for clip in (square, 0 * square, 1e-30 * square):
        curve = voicing(clip, rate)
        assert curve.shape == (2, max(1, round(samples / rate * 100)))
        assert bool(curve.isfinite().all())
        assert 0 <= float(curve.min()) <= float(curve.max()) <= 1


def test_clips_of_a_batch_do_not_see_each_other() -> None:
    batch = torch.cat([noise(8 * RATE)[None, None], song()])
    assert float((voicing(batch, RATE)[1:] - voicing(song(), RATE)).abs().max()) < 1e-3


def rank(curve: Tensor, truth: Tensor) -> float:
    """Area under the ROC curve: how often a true frame stands above a false one."""
    return float((curve[truth][:, None] > curve[~truth]).double().mean())


def test_a_real_singer_is_told_from_the_band_in_the_gaps(shared: Path) -> None:
    voice, rate = soundfile.read(shared / "audio" / "vocadito_14.wav", dtype="float32")
    band, _ = soundfile.read(
        shared / "audio" / "vibe_ace.ogg", dtype="float32", start=20 * rate, frames=10 * rate
    )
    dry = torch.from_numpy(voice[: 10 * rate]) * 1.0
    backing = torch.from_numpy(band.mean(1))
    backing *= dry.square().mean().sqrt() / backing.square().mean().sqrt()
    ten_ms = rate // 100
    level = dry.view(-1, ten_ms).square().mean(1)
    truth = level > 10**-3.5 * level.quantile(0.95)
    dry = dry * truth.repeat_interleave(ten_ms)
    for bleed_db, least in ((-20, 0.92), (-10, 0.85)):
        heard = dry + 10 ** (bleed_db / 20) * backing
        assert rank(voicing(heard[None, None], rate)[0], truth) > least
