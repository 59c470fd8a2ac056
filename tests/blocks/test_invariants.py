"""What holds for every block, whichever it is: asked of all that the registry and the catalogue
know, so that a new one is in here by being there.

Networks have random weights, tiny where there is a tiny form, and the trained ones of the packages
that come with voxmend: what is asked holds for any weights.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from rack import CPU, snr, song
from real_weights import packaged
from torch import Tensor

from voxmend import blocks
from voxmend.bench.networks import htdemucs, mdx, voicefixer
from voxmend.blocks import registry
from voxmend.blocks.contract import Block, Combiner, Repair, RepairParams, Splitter
from voxmend.blocks.faults import faults
from voxmend.cascade.plan import block_called
from voxmend.models import catalogue
from voxmend_bench.networks import mdx23c, roformer, scnet
from voxmend_protocol.errors import BadRequest

RATE = 44_100


def every_block() -> list[str]:
    """The names of all blocks: those with a file of their own, and the catalogue's."""
    for family in pkgutil.iter_modules(blocks.__path__, f"{blocks.__name__}."):
        if family.ispkg:
            package = importlib.import_module(family.name)
            for module in pkgutil.iter_modules(package.__path__, f"{family.name}."):
                importlib.import_module(module.name)
    return sorted({*registry._BLOCKS, *catalogue.load().likes})


NAMES = every_block()
ANY_CHANNELS = [name for name in NAMES if block_called(name).channels is None]
OWN_LEVEL = [
    name
    for name in NAMES
    if not block_called(name).levelled and block_called(name).loudness_db is None
]
"""Of the others the cascade brings the clip to a level, and tests/cascade asks that of it."""

REPAIRS = [name for name in NAMES if isinstance(block_called(name), Repair)]


def masked(folder: Path, kind: str, *stems: str) -> list[Path]:
    """A RoFormer that has learnt to give the first of these stems."""
    config = roformer.describe(full=False, kind=kind)
    config["model"]["num_stems"] = 1
    config["training"] = {"instruments": list(stems), "target_instrument": stems[0]}
    return roformer.write(folder, full=False, seed=1, kind=kind, config=config)


FILES: dict[str, Callable[[Path], Any]] = {
    "htdemucs": lambda to: [htdemucs.write(to, "955717e8", full=False, seed=1)],
    "htdemucs_ft": lambda to: [htdemucs.write(to, "04573f0d", full=False, seed=1)],
    "mdx_voc_ft": lambda to: [mdx.write(to / "net.onnx", full=False, seed=1)],
    "mdx_kim_vocal_2": lambda to: [mdx.write(to / "net.onnx", full=False, seed=1)],
    "scnet": lambda to: scnet.write(to, "tiny", seed=1),
    "scnet_large": lambda to: scnet.write(to, "tiny", seed=1),
    "mdx23c_instvoc_hq": lambda to: mdx23c.write(to, full=False, seed=1),
    "melband_roformer_kim": lambda to: roformer.write(to, full=False, seed=1),
    "bs_roformer_resurrection": lambda to: roformer.write(to, full=False, seed=1, kind="bs"),
    "melband_denoise_aufr33": lambda to: masked(to, "mel", "dry", "other"),
    "melband_debleed_gabox": lambda to: masked(to, "mel", "dry", "other"),
    "bs_karaoke_anvuew": lambda to: masked(to, "bs", "Vocals", "Instrumental"),
    "bs_karaoke_becruily": lambda to: masked(to, "bs", "Vocals", "Instrumental"),
    "bs_dereverb_anvuew": lambda to: masked(to, "bs", "noreverb", "reverb"),
    "voicefixer": lambda to: voicefixer.write(to, seed=1, half=True),
    "spleeter": lambda _: packaged("spleeter"),
    "deepfilternet3": lambda _: packaged("deepfilternet3"),
}
"""Catalogue id to what writes its files."""


@dataclass(frozen=True)
class Ready:
    """A block, loaded, and what it is asked with."""

    block: Block
    network: Any

    def __call__(self, mix: Tensor, voice: Tensor, **params: Any) -> Tensor:
        """Windows through it, with the margins that its network wants, cut to its window where
        that is shorter. Shape: (batch, channels, samples)."""
        margin = 0 if self.network is None else self.network.margin
        if self.network is not None and self.network.window:
            most = self.network.window - 2 * margin
            mix, voice = mix[..., :most], voice[..., :most]
        mix, voice = (torch.nn.functional.pad(s, (margin, margin)) for s in (mix, voice))
        given: Tensor | None = voice
        if isinstance(self.block, Combiner):
            given = torch.stack([voice, 0.5 * mix])
        elif not isinstance(self.block, Repair | Splitter):
            given = None
        asked = self.block.params(rate=self.block.rate or RATE, **params)
        with torch.inference_mode():
            made = self.block.run(self.network, mix, given, asked)
        return made[..., margin : made.shape[-1] - margin]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Callable[[str], Ready]:
    """Loads a block once."""
    speechsr = shared / "weights/speechsr48k/model_lite.onnx"

    @functools.cache
    def files(model: str) -> Any:
        if model == "speechsr48k":
            return [speechsr] if speechsr.is_file() else pytest.skip(f"no weights: {speechsr}")
        return FILES[model](tmp_path_factory.mktemp(model))

    @functools.cache
    def made(name: str) -> Ready:
        block = block_called(name)
        found = [file for model in block.models for file in files(model)]
        return Ready(block, block.load(found, CPU) if block.models else None)

    return made


def scene(seconds: float = 0.8, channels: int = 2) -> tuple[Tensor, Tensor]:
    """A mixture and a voice in it that was cut at 5 kHz. Shape: (1, channels, samples) each."""
    mix = song(seconds)[:1].repeat(channels, 1) + 0.2 * song(seconds, seed=3)[:1]
    spectrum = torch.fft.rfft(0.7 * song(seconds, seed=2)[:1].repeat(channels, 1))
    spectrum[:, round(5000 * seconds) :] = 0
    voice = torch.fft.irfft(spectrum, mix.shape[1])
    return (mix + voice)[None], voice[None]


@pytest.mark.parametrize("name", NAMES)
def test_what_it_says_of_itself_is_whole(name: str) -> None:
    block = block_called(name)
    assert faults(type(block)) == []
    assert block.name == name
    assert {model.id for model in catalogue.load().of_blocks([name])} == set(block.models)
    if block.window_s is not None:
        assert 4 * block.context_s <= block.window_s


WIDTHS = [(name, n) for name in NAMES for n in range(1, 1 + (block_called(name).channels or 3))]
"""Each block with as many channels as it takes: any number where it says nothing."""


@pytest.mark.parametrize(("name", "channels"), WIDTHS)
def test_any_length_and_width_comes_back_as_long_and_finite(
    ready: Callable[[str], Ready], name: str, channels: int
) -> None:
    for seconds in (1 / RATE, 0.3):
        mix, voice = scene(seconds, channels)
        for gain in (1.0, 1e-30):
            found = ready(name)(gain * mix, gain * voice)
            assert found.shape == mix.shape
            assert found.dtype == torch.float32
            assert bool(found.isfinite().all())


@pytest.mark.parametrize("name", NAMES)
def test_silence_gives_silence(ready: Callable[[str], Ready], name: str) -> None:
    mix, voice = scene(0.3)
    assert not bool(ready(name)(0 * mix, 0 * voice).any())


@pytest.mark.parametrize("name", OWN_LEVEL)
def test_gain_in_is_gain_out(ready: Callable[[str], Ready], name: str) -> None:
    mix, voice = scene()
    # A power of two: other gains round otherwise, which random weights blow up to -38 dB.
    one, other = ready(name)(mix, voice), ready(name)(mix / 1024, voice / 1024) * 1024
    assert snr(one, other) > 60


@pytest.mark.parametrize("name", NAMES)
def test_the_same_window_gives_the_same_answer_beside_any_other(
    ready: Callable[[str], Ready], name: str
) -> None:
    mix, voice = scene()
    alone = ready(name)(mix, voice)
    assert torch.equal(alone, ready(name)(mix, voice))
    beside = ready(name)(torch.cat([0.1 * mix.flip(-1), mix]), torch.cat([voice.flip(-1), voice]))
    assert snr(alone[0], beside[1]) > 60


@pytest.mark.parametrize("name", ANY_CHANNELS)
def test_a_voice_keeps_its_place(ready: Callable[[str], Ready], name: str) -> None:
    mix, voice = scene(channels=1)
    place = torch.tensor([[[1.0], [-0.3]]])
    left, right = ready(name)(mix * place, voice * place)[0]
    assert snr(-0.3 * left, right) > 60


@pytest.mark.parametrize("name", REPAIRS)
def test_a_repair_of_strength_zero_is_the_voice_bit_for_bit(
    ready: Callable[[str], Ready], name: str
) -> None:
    mix, voice = scene(0.3)
    assert torch.equal(ready(name)(mix, voice, strength=0.0), voice)


@pytest.mark.parametrize("name", REPAIRS)
@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_its_range_is_refused(name: str, strength: float) -> None:
    params = block_called(name).params
    assert issubclass(params, RepairParams)
    with pytest.raises(BadRequest, match="from 0 to 1"):
        params(strength=strength)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_lacks(name: str) -> None:
    block = block_called(name)
    with pytest.raises(ValueError, match=r"needs (a voice|the mixture)"):
        block.run(None, None, None, block.params(rate=RATE))
