"""The RoFormer denoisers: a separator's network that hears the voice.

Random weights show that the path is sound, never that it denoises.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rack import CPU, Rack, heard, snr, song
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import RepairParams
from voxmend.blocks.denoise.roformer import RoformerDenoise
from voxmend.blocks.registry import load
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan, block_called
from voxmend.cascade.runner import run
from voxmend_bench.networks import roformer
from voxmend_protocol.errors import BadRequest, ModelCorrupt


def write(folder: Path, stems: list[str], target: str | None) -> list[Path]:
    """Random weights with these stems, as denoisers are published."""
    config = roformer.describe(full=False, kind="mel")
    config["model"]["num_stems"] = 1 if target else len(stems)
    config["training"] = {"instruments": stems, "target_instrument": target}
    return roformer.write(folder, full=False, seed=3, config=config)


def cleaned(files: list[Path], voice: Tensor, scratch: Path, **params: Any) -> Tensor:
    """An isolated voice through the block and the runner."""
    step = BlockRun("denoise", RoformerDenoise(), RepairParams(**params))
    plan = Plan("test", (step,), from_voice=True, guarded=False)
    context = Context(CPU, scratch, precision="fp32", networks=Rack(files))
    return heard(run(plan, Signal.of(voice.numpy(), 44_100), context))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write(tmp_path_factory.mktemp("weights"), ["dry", "other"], "dry")


def test_it_hears_the_voice_and_changes_it(files: list[Path], tmp_path: Path) -> None:
    voice = song(1.7)
    found = cleaned(files, voice, tmp_path)
    assert found.shape == voice.shape
    assert bool(found.isfinite().all())
    assert snr(voice, found) < 20


def test_gain_in_is_gain_out(files: list[Path], tmp_path: Path) -> None:
    voice = song(1.7)
    assert snr(cleaned(files, voice, tmp_path) / 10, cleaned(files, voice / 10, tmp_path)) > 90


def test_strength_lies_between_the_voice_and_the_answer(files: list[Path], tmp_path: Path) -> None:
    voice = song(1.7)
    whole, half = (cleaned(files, voice, tmp_path, strength=s) for s in (1.0, 0.5))
    assert snr((voice + whole) / 2, half) > 100
    assert snr(voice, cleaned(files, voice, tmp_path, strength=0.0)) > 120


@pytest.mark.parametrize(
    ("stems", "target", "negated"),
    [(["dry", "other"], "dry", False), (["dry", "noise"], "noise", True),
     (["Instrumental", "Vocals"], "Instrumental", False)],
)  # fmt: skip
def test_what_is_kept_is_the_clean_stem_or_all_but_the_noise(
    tmp_path: Path, stems: list[str], target: str, negated: bool
) -> None:
    """The same weights under each name: kept as they answer, or taken away."""
    network = RoformerDenoise().load(write(tmp_path, stems, target), CPU)
    plain = RoformerDenoise().load(write(tmp_path / "plain", ["dry"], "dry"), CPU)
    voice = song(1.0)[None, :, : network.window]
    answer = plain(voice)
    assert snr(voice - answer if negated else answer, network(voice)) > 100


def test_a_separator_s_files_are_no_denoiser_s(tmp_path: Path) -> None:
    files = write(tmp_path, ["drums", "bass"], None)
    with pytest.raises(ModelCorrupt, match="and no dry") as refused:
        RoformerDenoise().load(files, CPU)
    assert refused.value.message.endswith("voxmend models pull melband_denoise_aufr33")


def test_a_strength_out_of_range_is_refused() -> None:
    with pytest.raises(BadRequest, match="from 0 to 1"):
        RepairParams(strength=2)


def test_the_debleeder_differs_in_its_weights_only() -> None:
    block = block_called("denoise.debleed")
    assert isinstance(block, RoformerDenoise)
    assert block.models == ("melband_debleed_gabox",)
    assert load("denoise.roformer").models == ("melband_denoise_aufr33",)
