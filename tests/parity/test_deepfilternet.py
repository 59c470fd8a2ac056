"""The real DeepFilterNet3, windows, margins, levels and all, against a run of its files over the
whole sound that shares no code with ours."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
import torch
from parity.recipe_deepfilternet import enhanced
from rack import CPU, Rack, heard, snr
from torch import Tensor

from voxmend.audio import Signal
from voxmend.audio.resample import resample
from voxmend.audio.slow_gain import SlowGain
from voxmend.blocks.denoise.deepfilternet import DeepFilter, DeepFilterNetParams
from voxmend.blocks.denoise.deepfilternet_network import DeepFilterNet
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import run
from voxmend_protocol.errors import ModelCorrupt

RATE = 48_000


@pytest.fixture(scope="module")
def files(weights: Path) -> list[Path]:
    return sorted((weights / "deepfilternet3").glob("*.onnx"))


@pytest.fixture(scope="module")
def noisy(shared: Path) -> Tensor:
    """21 s: two singers, one behind the other, in hiss that comes and goes. Shape: (1, samples)."""
    parts = []
    for name in ("vocadito_10", "vocadito_14"):
        sound, rate = soundfile.read(shared / f"audio/{name}.wav", dtype="float32")
        parts.append(torch.from_numpy(resample(sound[None], rate, RATE)))
    voice = torch.cat(parts, dim=1)
    time = torch.arange(voice.shape[1]) / RATE
    hiss = torch.randn(voice.shape, generator=torch.Generator().manual_seed(2))
    return voice + 0.3 * voice.std() * (1.2 + torch.sin(time)) * hiss


def through(files: list[Path], sound: Tensor, scratch: Path, window_s: float = 32.0) -> Tensor:
    """All of the network's answer, as the runner asks for it."""
    rack = Rack(files)
    with rack.use(DeepFilter(), CPU) as network:
        network.window = round(window_s * RATE)
    step = BlockRun("denoise", DeepFilter(), DeepFilterNetParams(wet=True))
    plan = Plan("test", (step,), from_voice=True, guarded=False)
    context = Context(CPU, scratch, networks=rack, precision="fp32")
    return heard(run(plan, Signal.of(sound.numpy(), RATE), context))


def whole(folder: Path, sound: Tensor) -> Tensor:
    """The same sound, evened out in the same way, by the recipe."""
    level = SlowGain.of(Signal.of(sound.numpy(), RATE))
    even = level.apply(0, sound.numpy())
    made = enhanced(folder, even[0].astype("float64"))[None].astype("float32")
    return torch.from_numpy(level.undo(0, made))


@pytest.mark.parametrize("samples", [9 * RATE, 3 * RATE + 211, 700])
def test_one_window_is_the_recipe(
    files: list[Path], noisy: Tensor, samples: int, tmp_path: Path
) -> None:
    sound = noisy[:, :samples]
    found = snr(whole(files[0].parent, sound), through(files, sound, tmp_path))
    print(f"\nparity deepfilternet, {samples / RATE:.2f} s: {found:.1f} dB")
    assert found >= 80


def test_silence_in_front_is_part_of_the_sound(
    files: list[Path], noisy: Tensor, tmp_path: Path
) -> None:
    sound = torch.cat([torch.zeros(1, RATE + 13), noisy[:, : 3 * RATE]], dim=1)
    assert snr(whole(files[0].parent, sound), through(files, sound, tmp_path)) >= 80


@pytest.fixture(scope="module")
def in_one(files: list[Path], noisy: Tensor) -> Tensor:
    """All 21 s by the recipe, in one run."""
    return whole(files[0].parent, noisy)


@pytest.mark.parametrize("window_s", [17.0, 32.0])
def test_windows_on_any_grid_give_what_one_run_gives(
    files: list[Path], noisy: Tensor, in_one: Tensor, window_s: float, tmp_path: Path
) -> None:
    found = snr(in_one, through(files, noisy, tmp_path, window_s))
    print(f"\nparity deepfilternet, windows of {window_s} s: {found:.1f} dB")
    assert found >= 38


@pytest.mark.parametrize("level_db", [0.0, -40.0])
def test_level_does_not_matter(
    files: list[Path], noisy: Tensor, level_db: float, tmp_path: Path
) -> None:
    sound = noisy[:, : 9 * RATE]
    gain = 10 ** (level_db / 20) / float(sound.abs().max())
    one, other = (through(files, s, tmp_path) for s in (sound, gain * sound))
    found = snr(one, other / gain)
    print(f"\nparity deepfilternet, peak at {level_db:g} dBFS: {found:.1f} dB")
    assert found >= 80


def test_two_channels_get_one_answer(files: list[Path], noisy: Tensor, tmp_path: Path) -> None:
    sound = noisy[:, : 5 * RATE]
    pair = through(files, torch.cat([sound, -0.5 * sound]), tmp_path)
    assert snr(pair[0], -2 * pair[1]) >= 100


def test_a_file_of_another_network_is_refused(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "enc.onnx").write_bytes((files[0].parent / "df_dec.onnx").read_bytes())
    with pytest.raises(ModelCorrupt, match="no part of DeepFilterNet3"):
        DeepFilterNet([tmp_path / "enc.onnx"], CPU)
    with pytest.raises(ModelCorrupt, match=r"erb_dec\.onnx is missing"):
        DeepFilterNet([files[0].parent / "enc.onnx"], CPU)
