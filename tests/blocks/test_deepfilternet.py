"""denoise.deepfilternet with its real weights: what it takes, and above all what it leaves."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import soundfile
import torch
import torch.nn.functional as F
from rack import CPU, snr
from real_weights import RealWeights
from sampled import sampled
from torch import Tensor

from voxmend.audio.resample import resample
from voxmend.bench.damage import forms, kinds
from voxmend.bench.damage.material import Material
from voxmend.bench.damage.material import load as material
from voxmend.bench.damage.rows import Break
from voxmend.bench.quality.metrics import gap_residual_db, level_change_db, si_sdr
from voxmend.bench.quality.separated import separator
from voxmend.blocks.denoise.deepfilternet import DeepFilter, DeepFilterNetParams
from voxmend.blocks.denoise.deepfilternet_features import analysed
from voxmend.blocks.denoise.deepfilternet_network import DeepFilterNet
from voxmend.blocks.denoise.deepfilternet_voicing import activity, heard_cues
from voxmend_protocol.errors import BadRequest

RATE = 48_000


@pytest.fixture(scope="module")
def network(weights: Path) -> DeepFilterNet:
    return DeepFilter().load(sorted((weights / "deepfilternet3").iterdir()), CPU)


@pytest.fixture(scope="module")
def singer(shared: Path) -> Material:
    """vocadito_10 over vibe_ace at the network's rate."""
    return at_rate(
        material(shared / "audio/vocadito_10.wav", shared / "audio/vibe_ace.ogg", longest_s=9.0)
    )


def at_rate(clean: Material) -> Material:
    """The same at 48 kHz."""
    voice, backing = (
        torch.from_numpy(resample(s.numpy(), clean.rate, RATE))
        for s in (clean.voice, clean.backing)
    )
    return Material(voice, backing, clean.sounds, RATE, clean.top_hz)


def proposal(
    network: DeepFilterNet, voice: Tensor, mix: Tensor | None = None, **params: float | bool
) -> Tensor:
    """What the block says of a clip, margins and all. Shape: (channels, samples)."""
    sides = (network.margin, network.margin)
    heard = None if mix is None else F.pad(mix, sides)[None]
    settings = DeepFilterNetParams(rate=RATE, **params)  # type: ignore[arg-type]
    return DeepFilter().run(network, heard, F.pad(voice, sides)[None], settings)


def mended(
    network: DeepFilterNet, voice: Tensor, mix: Tensor | None = None, **params: float | bool
) -> Tensor:
    """The clip it gives back."""
    out = proposal(network, voice, mix, **params)[0]
    return out[:, network.margin : -network.margin]


def level_db(sound: Tensor) -> float:
    return 10 * math.log10(float(sound.double().square().mean()) + 1e-30)


def noise(kind: str, samples: int) -> Tensor:
    """White, or pink: 3 dB less per octave, from 20 Hz on. Shape: (1, samples)."""
    white = torch.randn(1, samples, generator=torch.Generator().manual_seed(1))
    if kind == "white":
        return white
    spectrum = torch.fft.rfft(white)
    frequency = torch.arange(spectrum.shape[-1]) * RATE / samples
    fall = frequency.clamp_min(20).rsqrt() * (frequency >= 20)
    pink: Tensor = torch.fft.irfft(spectrum * fall, samples)
    return pink


def spleeter(clean: Material) -> Tensor:
    """What a trained separator makes of the mixture."""
    return separator(RealWeights(Path()))(clean.mix, RATE)


@pytest.mark.parametrize("name", ["vocadito_10", "vocadito_14"])
@pytest.mark.parametrize(("kind", "least"), [("white", 10.0), ("pink", 6.5)])
def test_full_wet_it_takes_noise_off_a_singer(
    network: DeepFilterNet, shared: Path, name: str, kind: str, least: float
) -> None:
    sung, rate = soundfile.read(shared / f"audio/{name}.wav", dtype="float32")
    voice = torch.from_numpy(resample(sung[None], rate, RATE))
    hiss = noise(kind, voice.shape[1])
    noisy = voice + hiss * (voice.norm() / hiss.norm()) * 10 ** (-6 / 20)
    before, after = si_sdr(noisy, voice), si_sdr(mended(network, noisy, wet=True), voice)
    print(f"\ndeepfilternet {name} in {kind} noise: {before:.1f} -> {after:.1f} dB")
    assert after - before >= least


BLEED = {
    "leak -20 dB": lambda clean: kinds.leak(clean, -20.0),
    "mask 8 dB": lambda clean: kinds.masked(clean, 8.0),
    "spleeter": spleeter,
}


@pytest.mark.parametrize(
    ("name", "least"),
    sampled(
        [
            ("leak -20 dB", 0.5),
            ("mask 8 dB", 0.5),
            ("spleeter", 0.0),  # a trained separator leaves little to gain beside the gaps
        ],
        [("leak -20 dB", 0.5), ("spleeter", 0.0)],
    ),
)
def test_bleed_goes_and_the_voice_stays(
    network: DeepFilterNet, singer: Material, name: str, least: float
) -> None:
    damaged = BLEED[name](singer)
    out = mended(network, damaged, singer.mix)
    gained = si_sdr(out, singer.voice) - si_sdr(damaged, singer.voice)
    gap, level = (
        measure(out, singer.voice, singer.sounds, RATE)
        - measure(damaged, singer.voice, singer.sounds, RATE)
        for measure in (gap_residual_db, level_change_db)
    )
    print(f"\n{name}: SI-SDR {gained:+.2f} dB, gaps {gap:+.1f} dB, voice {level:+.2f} dB")
    assert gained >= least
    assert gap <= -14
    assert abs(level) <= 0.3
    wet = mended(network, damaged, wet=True)
    assert si_sdr(out, singer.voice) > si_sdr(wet, singer.voice)


CLEAN = [
    *("dry", "quiet verse", "reverb 0.8 s", "reverb 2.2 s"),
    *("double", "harmony", "choir pad", "dark", "hats -16 dB"),
]


@pytest.mark.parametrize(
    "form", sampled(CLEAN, ["dry", "reverb 2.2 s", "harmony", "choir pad", "hats -16 dB"])
)
def test_a_clean_voice_in_its_mixture_comes_back_bit_for_bit(
    network: DeepFilterNet, singer: Material, form: str
) -> None:
    clean = forms.FORMS[form](singer)
    assert torch.equal(mended(network, clean.voice, clean.mix), clean.voice)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda clean: kinds.phase(clean, 0.5), id="phase"),
        pytest.param(lambda clean: kinds.cut_highs(clean.voice, RATE, 7000.0), id="highs"),
        pytest.param(lambda clean: kinds.lost(clean, 12.0), id="lost"),
    ],
)
def test_damage_of_another_kind_is_left_to_others(
    network: DeepFilterNet, singer: Material, broken: Break
) -> None:
    damaged = broken(singer)
    out = mended(network, damaged, singer.mix)
    assert si_sdr(out, singer.voice) >= si_sdr(damaged, singer.voice) - 0.1


def test_a_quiet_verse_with_bleed_keeps_its_level(network: DeepFilterNet, singer: Material) -> None:
    clean = forms.quiet_verse(singer)
    damaged = kinds.leak(clean, -30.0)
    out = mended(network, damaged, clean.mix)
    third = clean.voice.shape[1] // 3
    verse = slice(third, 2 * third)
    assert abs(part_of(out, clean.voice, verse) - part_of(damaged, clean.voice, verse)) <= 0.5
    assert si_sdr(out, clean.voice) > si_sdr(damaged, clean.voice)


def part_of(sound: Tensor, voice: Tensor, span: slice) -> float:
    """How loud the voice is in a sound over a span, dB."""
    one, other = (s[:, span].double().flatten() for s in (sound, voice))
    return 20 * math.log10(float(one @ other / (other @ other)))


def islands(sound: Tensor, sounds: Tensor) -> float:
    """Share of cells in gaps, 300 to 8000 Hz, that stand 12 dB over the median of 31 bins by 9
    frames around them and not 90 dB under the loudest."""
    window = torch.hann_window(2048)
    power = torch.stft(sound.mean(0), 2048, 512, window=window, return_complex=True).abs().square()
    level = 10 * torch.log10(power + 1e-20)
    inside = level[13:342]
    held = F.max_pool1d(sounds.float()[None], 41, 1, 20)[0] > 0
    place = (torch.arange(level.shape[1]) * 512 / RATE / 0.01).long().clamp_max(len(held) - 1)
    calm = ~held[place]
    near = F.pad(inside[None, None], (4, 4, 15, 15), mode="replicate")[0, 0]
    around = near.unfold(0, 31, 1).unfold(1, 9, 1)[:, calm].flatten(2)
    found = inside[:, calm]
    lone = (found > around.median(-1).values + 12) & (found > level.max() - 90)
    return float(lone.float().mean())


def test_chirps_in_gaps_go(network: DeepFilterNet, singer: Material) -> None:
    damaged = kinds.musical(singer, -25.0)
    out = mended(network, damaged, singer.mix)
    found = [islands(s, singer.sounds) for s in (singer.voice, damaged, out)]
    print("\nislands clean {:.3f}, damaged {:.3f}, mended {:.3f}".format(*found))
    assert found[1] > found[0] + 0.1
    assert found[2] <= found[0] + 0.02
    assert si_sdr(out, singer.voice) >= si_sdr(damaged, singer.voice)


def song() -> Tensor:
    """Two seconds loud, two of verse 24 dB below it, a tail of two seconds (RT 2 s), two of
    silence. Shape: (1, 8 · RATE)."""
    time = torch.arange(4 * RATE) / RATE
    note = 220 * 2 ** (torch.tensor([0, 3, 7, 5])[(time * 2).long() % 4] / 12)
    phase = 2 * math.pi * (note * (1 + 0.01 * torch.sin(35 * time))).cumsum(0) / RATE
    harmonics = torch.arange(1, 9)[:, None]
    dry = (torch.sin(harmonics * phase) / harmonics).sum(0)
    dry = 0.1 * dry * torch.where(time < 2, 1.0, 10 ** (-24 / 20))
    room = noise("white", 2 * RATE)[0] * 10 ** (-3 * torch.arange(2 * RATE) / RATE / 2)
    size = 8 * RATE
    wet: Tensor = torch.fft.irfft(
        torch.fft.rfft(dry, size) * torch.fft.rfft(room / room.norm(), size)
    )
    wet[6 * RATE :] = 0
    return F.pad(dry, (0, 4 * RATE))[None] + 0.5 * wet[None]


def test_without_a_mixture_hiss_goes_and_verse_and_tail_stay(network: DeepFilterNet) -> None:
    clean = song()
    assert torch.equal(mended(network, clean), clean)
    hiss = noise("white", clean.shape[1]) * 10 ** ((level_db(clean) - 35) / 20)
    out = mended(network, clean + hiss)
    assert level_db(out - clean) < level_db(hiss) - 6
    assert level_db(out[:, -RATE:]) < level_db((clean + hiss)[:, -RATE:]) - 14
    for first in (0, 2):
        span = slice(first * RATE, (first + 2) * RATE)
        assert level_db(out[:, span]) == pytest.approx(level_db(clean[:, span]), abs=0.5)
    tail = slice(4 * RATE, 5 * RATE)
    assert level_db(out[:, tail]) == pytest.approx(level_db(clean[:, tail]), abs=0.5)


def test_channels_share_one_gain(network: DeepFilterNet, singer: Material) -> None:
    damaged = kinds.leak(singer, -20.0)[:1]
    pair, mix = torch.cat([damaged, -0.25 * damaged]), singer.mix[:1]
    for wet in (False, True):
        out = mended(network, pair, torch.cat([mix, -0.25 * mix]), wet=wet)
        assert snr(out[0], -4 * out[1]) > 100


def test_gain_in_is_gain_out(network: DeepFilterNet, singer: Material) -> None:
    damaged, mix = kinds.leak(singer, -20.0)[:, : 4 * RATE], singer.mix[:, : 4 * RATE]
    for wet in (False, True):
        one = mended(network, damaged, mix, wet=wet)
        for gain in (0.01, 4.0):
            other = mended(network, gain * damaged, gain * mix, wet=wet) / gain
            assert snr(one, other) > 60


def test_strength_is_how_much_of_the_change_is_made(
    network: DeepFilterNet, singer: Material
) -> None:
    damaged = kinds.leak(singer, -20.0)[:, : 4 * RATE]
    mix = singer.mix[:, : 4 * RATE]
    whole = mended(network, damaged, mix) - damaged
    half = mended(network, damaged, mix, strength=0.5) - damaged
    assert snr(whole, 2 * half) > 80
    assert torch.equal(mended(network, damaged, mix, strength=0.0), damaged)


def test_windows_of_a_batch_do_not_see_each_other(network: DeepFilterNet, singer: Material) -> None:
    damaged = kinds.leak(singer, -20.0)[:, : 4 * RATE]
    settings = DeepFilterNetParams(rate=RATE)
    batch, mix = (torch.stack([0.1 * s, s]) for s in (damaged, singer.mix[:, : 4 * RATE]))
    together = DeepFilter().run(network, mix, batch, settings)
    alone = DeepFilter().run(network, mix[1:], batch[1:], settings)
    assert torch.equal(together[1], alone[0])


def test_it_hears_where_a_voice_is_and_attenuates_the_rest(
    network: DeepFilterNet, singer: Material
) -> None:
    sings = singer.sounds
    pause = F.max_pool1d(sings.float()[None], 61, 1, 30)[0] == 0
    damaged = kinds.leak(singer, -20.0)
    mono = analysed(F.pad(damaged.mean(0, keepdim=True), (0, -damaged.shape[1] % 480)))[0]
    heard = network(mono)
    voice = activity(mono, heard.applied(mono), heard_cues(damaged, RATE, len(mono)))[: len(sings)]
    assert float(voice[sings].mean()) > 0.8 > 0.2 > float(voice[pause].mean())
    assert float(heard.lsnr[: len(sings)][sings].median()) > 5
    assert float(heard.lsnr[: len(sings)][pause].median()) < 5
    before, after = (
        s[:, : len(sings) * 480].view(2, -1, 480).square().sum((0, 2)) + 1e-9
        for s in (damaged, mended(network, damaged, singer.mix))
    )
    gain = (after / before).sqrt()
    assert float(gain[sings].mean()) > 0.9 > 0.3 > float(gain[pause].mean())


@pytest.mark.parametrize("samples", [1, 2, 3_000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_odd_input_gives_finite_sound_of_the_same_shape(
    network: DeepFilterNet, samples: int, channels: int
) -> None:
    square = torch.ones(channels, samples)
    square[:, ::50] = -1
    for clip in (square, 0 * square, 1e-30 * square):
        for mix in (None, clip, 2 * clip):
            for wet in (False, True):
                out = mended(network, clip, mix, wet=wet)
                assert out.shape == clip.shape
                assert bool(out.isfinite().all())


@pytest.mark.parametrize("strength", [-0.1, 1.1, math.nan])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    with pytest.raises(BadRequest, match="from 0 to 1"):
        DeepFilterNetParams(strength=strength)
