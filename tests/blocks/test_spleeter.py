"""Spleeter with its own trained weights through the whole path: what a separator must hold, and
where it carries its mask above the band that the networks know."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from rack import CPU, heard, separate, snr, song, tune
from real_weights import RealWeights, packaged
from safetensors.torch import load_file, save_file
from sampled import sampled
from torch import Tensor

from voxmend import presets
from voxmend.audio import Signal
from voxmend.blocks.separate.spleeter import (
    CONTEXT,
    MARGIN,
    WINDOW,
    Spleeter,
    SpleeterParams,
    SpleeterTwoStems,
)
from voxmend.blocks.separate.spleeter_highs import carried, shown
from voxmend.blocks.separate.spleeter_network import BINS
from voxmend.cascade import plan
from voxmend.cascade.context import Context
from voxmend.cascade.runner import run
from voxmend_protocol.errors import BadRequest, ModelCorrupt

RATE = 44_100


@pytest.fixture(scope="module")
def files() -> tuple[Path, ...]:
    return packaged("spleeter")


def quick(mix: Tensor, folder: Path, rate: int = RATE, batch: int = 1) -> Tensor:
    """A clip through the preset ``quick``: three speeds, averaged."""
    chosen = plan.make(presets.find("quick", Path("/nonexistent")))
    context = Context(CPU, folder, networks=RealWeights(folder), batch=batch)
    return heard(run(chosen, Signal.of(mix.contiguous().numpy(), rate), context))


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Tensor:
    """What three speeds make of ``song(3.1)``."""
    return quick(song(3.1), tmp_path_factory.mktemp("loud"))


@pytest.mark.parametrize("gain_db", sampled([-20, -40, -60, 6], [-60, 6]))
def test_gain_in_is_gain_out(loud: Tensor, tmp_path: Path, gain_db: int) -> None:
    gain = 10 ** (gain_db / 20)
    quiet = quick(song(3.1) * gain, tmp_path)
    assert loud.norm() > 0.01
    assert abs(20 * torch.log10(quiet.norm() / (gain * loud.norm()))) < 0.001
    assert snr(loud * gain, quiet) > 80


def test_the_networks_hear_the_whole_clip_at_one_gain(
    files: tuple[Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet verse stays quiet for them: brought up, it would be another song."""
    heard: list[Tensor] = []

    def listen(_: Spleeter, mix: Tensor, __: int) -> Tensor:
        heard.append(mix)
        return mix

    monkeypatch.setattr(Spleeter, "__call__", listen)
    mix = torch.cat([song(14.0), 0.1 * song(14.0)], 1)
    separate(SpleeterTwoStems(), files, mix, tmp_path)
    loud = heard[0][0, :, MARGIN : MARGIN + RATE].norm()
    quiet = heard[-1][0, :, -MARGIN - RATE : -MARGIN].norm()
    ratio = float(mix[:, -RATE:].norm() / mix[:, :RATE].norm())
    assert float(quiet / loud) == pytest.approx(ratio, rel=1e-4)


def test_silence_gives_silence(tmp_path: Path) -> None:
    assert not quick(torch.zeros(2, 100_000), tmp_path).any()


@pytest.mark.parametrize(("channels", "seconds"), [(1, 0.0003), (2, 13.0), (3, 0.5)])
def test_any_length_and_width_comes_back_as_long_and_finite(
    tmp_path: Path, channels: int, seconds: float
) -> None:
    mix = song(seconds)[:1].repeat(channels, 1) * torch.linspace(1, 0.2, channels)[:, None]
    voice = quick(mix, tmp_path)
    assert voice.shape == mix.shape
    assert bool(voice.isfinite().all())


class Open:
    """Says that all of the mixture is voice, or none: what is heard must come out in place."""

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, low: Tensor) -> Tensor:
        return self.share * low


@pytest.fixture
def opened(files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both networks replaced by ones that give the voice the whole band they know."""
    load = SpleeterTwoStems.load

    def made(block: SpleeterTwoStems, files: list[Path], device: torch.device) -> Spleeter:
        network = load(block, files, device)
        network.__dict__["_networks"] = Open(1.0), Open(0.0)
        return network

    monkeypatch.setattr(SpleeterTwoStems, "load", made)


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("seconds", sampled([0.5, 2.0, 25.0], [0.5, 25.0]))
def test_what_the_networks_give_comes_out_in_place_at_every_speed(
    tmp_path: Path, seconds: float
) -> None:
    """Length, lag, level and seams at once: a tune below 5 kHz, all of it voice."""
    mix = tune(seconds)
    fade = torch.linspace(0, 1, 2000)  # no edge for the resampler to ring at
    mix[:, :2000] *= fade
    mix[:, -2000:] *= fade.flip(0)
    voice = quick(mix, tmp_path)
    assert voice.shape == mix.shape
    assert snr(mix, voice) > 60


@pytest.mark.usefixtures("opened")
def test_no_step_and_no_click_at_a_seam(files: tuple[Path, ...], tmp_path: Path) -> None:
    time = torch.arange(26 * RATE) / RATE
    mix = (0.5 * torch.sin(2 * torch.pi * 441.0 * time)).repeat(2, 1)
    voice = separate(SpleeterTwoStems(), files, mix, tmp_path)[0].double()
    turn = 2 * torch.cos(torch.tensor(2 * torch.pi * 441.0 / RATE, dtype=torch.float64))
    left = (voice[2:] - turn * voice[1:-1] + voice[:-2]).abs()
    seams = torch.zeros(len(left), dtype=torch.bool)
    hop = WINDOW - 2 * MARGIN - 2 * CONTEXT
    for seam in range(hop, len(time), hop):
        seams[seam - 100 : seam + 2 * CONTEXT + 100] = True
    assert left[seams].max() < 2 * left[~seams][2000:-2000].max() + 1e-6


@pytest.mark.usefixtures("opened")
def test_a_voice_on_one_side_stays_there(tmp_path: Path) -> None:
    mix = tune(4.0) * torch.tensor([[1.0], [0.0]])
    left, right = quick(mix, tmp_path)
    assert abs(20 * torch.log10(left.norm() / mix[0].norm())) < 0.1
    assert 20 * torch.log10(right.norm() / left.norm()) < -60


@pytest.mark.usefixtures("opened")
def test_a_clip_at_96_khz_comes_back_as_long_and_in_place(tmp_path: Path) -> None:
    mix = tune(3.0, 96_000)
    mix *= torch.hann_window(mix.shape[1])
    voice = quick(mix, tmp_path, rate=96_000)
    assert voice.shape == mix.shape
    assert snr(mix, voice) > 45


def test_the_same_clip_gives_the_same_bytes(loud: Tensor, tmp_path: Path) -> None:
    assert torch.equal(loud, quick(song(3.1), tmp_path))


def test_windows_together_are_windows_one_by_one(files: tuple[Path, ...], tmp_path: Path) -> None:
    """At one speed; all three together are asked in tests/engine/test_sound_room.py."""
    mix = song(13.0)  # two windows
    one, both = (separate(SpleeterTwoStems(), files, mix, tmp_path, batch=n) for n in (1, 2))
    assert snr(one, both) > 80


def test_mono_is_both_sides_alike(tmp_path: Path) -> None:
    mix = song(3.0)[:1]
    both = quick(mix.repeat(2, 1), tmp_path).mean(0, keepdim=True)
    assert snr(both, quick(mix, tmp_path)) > 80


def test_a_quiet_pair_of_channels_is_heard_as_loud_as_a_loud_one(tmp_path: Path) -> None:
    """The surrounds of a wide clip: each pair has a gain of its own."""
    front = song(3.0)
    voice = quick(torch.cat([front, 0.01 * front]), tmp_path)
    assert snr(voice[:2], 100 * voice[2:]) > 60


@pytest.mark.parametrize("speeds", [0, 2, 5])
def test_other_numbers_of_speeds_are_refused(speeds: int) -> None:
    with pytest.raises(BadRequest, match="give 1 or 3"):
        SpleeterParams(speeds=speeds)


def test_the_network_says_what_it_is(files: tuple[Path, ...]) -> None:
    model = SpleeterTwoStems().load(files, CPU)
    assert (model.window, model.margin, model.context) == (WINDOW, MARGIN, CONTEXT)
    assert model.runs_on == "cpu"
    assert model.bytes == pytest.approx(97.8e6, rel=0.01)


@pytest.mark.parametrize("change", ["lacking", "another", "shape", "rubbish"])
def test_a_file_that_is_no_spleeter_says_so(
    files: tuple[Path, ...], tmp_path: Path, change: str
) -> None:
    file, weights = tmp_path / "voice.safetensors", load_file(files[0])
    if change == "lacking":
        del weights["down1_conv.1.weight"]
    if change == "another":
        weights["more"] = torch.zeros(1)
    if change == "shape":
        weights["down1_conv.1.weight"] = torch.zeros(16, 3, 5, 5)
    save_file(weights, file)
    if change == "rubbish":
        file.write_bytes(b"{" * 1000)
    with pytest.raises(ModelCorrupt, match=r"voice\.safetensors is no Spleeter network"):
        SpleeterTwoStems().load([file, files[1]], CPU)


def spectrum(top_db: float, hats_db: float, frames: int = 512) -> tuple[Tensor, Tensor]:
    """Mask and magnitudes of a made-up song: a voice of syllables with highs that fall by
    ``top_db`` at 11 kHz, over hats on every eighth frame that begin there."""
    random = torch.Generator().manual_seed(4)
    frame = torch.arange(frames)
    sung = ((frame // 12) % 3 == 0).float()
    voice = sung * torch.randn(2, 2049, frames, generator=random).abs() * 2
    voice[:, :372] *= 4  # to 4 kHz, as a voice has it
    voice[:, BINS:] *= 10 ** (top_db / 20)
    hats = (frame % 8 < 2).float() * torch.randn(2, 2049, frames, generator=random).abs()
    hats[:, :BINS] = 0
    hats *= 10 ** (hats_db / 20)
    low = torch.randn(2, 2049, frames, generator=random).abs() * 0.2
    power = voice.square() + low.square()
    mask = (voice.square() / power.clamp_min(1e-9))[:, :BINS]
    return mask[None], (voice + low + hats)[None]


def above(top_db: float, hats_db: float) -> float:
    """How much of the mixture above 11 kHz the mask takes while the voice sings."""
    mask, magnitudes = spectrum(top_db, hats_db)
    whole = carried(mask, magnitudes, RATE)
    assert whole.shape == magnitudes.shape
    assert torch.equal(whole[:, :, :BINS], mask)
    return float(whole[0, :, BINS + 50 :, :12].mean())


@pytest.mark.parametrize("hats_db", [-40.0, 0.0])
def test_a_voice_that_goes_on_above_the_band_is_carried_on(hats_db: float) -> None:
    assert above(-3.0, hats_db) > 0.8


@pytest.mark.parametrize("hats_db", [-40.0, 0.0, 10.0])
def test_above_a_voice_that_ends_there_hats_are_left_to_the_band(hats_db: float) -> None:
    assert above(-60.0, hats_db) == 0


def test_too_few_frames_show_nothing() -> None:
    mask, magnitudes = spectrum(0.0, -40.0, frames=64)
    few = torch.where(torch.arange(64) < 8, magnitudes, magnitudes * 1e-3)
    assert not carried(mask, few, RATE)[:, :, BINS:].any()


def test_bleed_alone_is_not_carried_on() -> None:
    """As loud as the loudest bleed that songs showed, 20 dB under a voice."""
    mask, magnitudes = spectrum(0.0, -40.0)
    assert carried(mask, magnitudes, RATE)[:, :, BINS:].any()
    assert not carried(mask, magnitudes * 0.1, RATE)[:, :, BINS:].any()


def test_a_crash_without_a_voice_is_not_carried_on() -> None:
    mask, magnitudes = spectrum(0.0, -40.0)
    magnitudes[:, :, :372] *= 0.05
    assert not carried(mask, magnitudes, RATE)[:, :, BINS:].any()


def test_a_window_is_carried_on_alike_in_any_company() -> None:
    one, other = spectrum(-3.0, 0.0), spectrum(-60.0, 0.0)
    both = carried(torch.cat([one[0], other[0]]), torch.cat([one[1], other[1]]), RATE)
    assert torch.equal(both[:1], carried(*one, RATE))
    assert torch.equal(both[1:], carried(*other, RATE))


def test_up_to_11_khz_every_speed_answers_and_none_above_without_evidence() -> None:
    mask, magnitudes = torch.ones(1, 2, BINS, 512), torch.zeros(1, 2, 2049, 512)
    for rate in (41_454, 44_100, 46_746):
        found = carried(mask, magnitudes + 1e-3, rate)[0, 0, :, 0]
        edge = round(11_025 / rate * 4096)
        assert found[: edge - 1].min() > 0.99
        assert not found[edge + 1 :].any()


def test_what_comes_and_goes_with_a_loud_voice_is_its_own() -> None:
    """A voice of few partials: in most frames little lies right above the edge."""
    mask, magnitudes = spectrum(0.0, -60.0)
    thin = torch.arange(512) % 5 == 0
    magnitudes[:, :, BINS:, thin] *= 0.05
    assert shown(filled(mask), magnitudes[0], RATE) < 0.5
    assert shown(filled(mask), magnitudes[0] * 8, RATE) > 0.5


def filled(mask: Tensor) -> Tensor:
    """A window's mask with nothing above the networks' bins."""
    return torch.nn.functional.pad(mask[0], (0, 0, 0, 2049 - BINS))
