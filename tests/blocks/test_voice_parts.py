"""The networks that take a voice apart: a separator's network that hears the voice.

Random weights show that the path is sound, never what it is worth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rack import CPU, Rack, heard, snr, song
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Splitter
from voxmend.blocks.part.lead import Lead
from voxmend.blocks.registry import load
from voxmend.blocks.reverb.roformer import Dry, DryParams
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan, block_called
from voxmend.cascade.runner import run
from voxmend_bench.networks import roformer
from voxmend_protocol.errors import BadRequest, ModelCorrupt

PUBLISHED: dict[type[Splitter], list[str]] = {
    Lead: ["Vocals", "Instrumental"],
    Dry: ["noreverb", "reverb"],
}


def write(folder: Path, stems: list[str], target: str | None) -> list[Path]:
    """Random weights with these stems, as such networks are published."""
    config = roformer.describe(full=False, kind="bs")
    config["model"]["num_stems"] = 1 if target else len(stems)
    config["training"] = {"instruments": stems, "target_instrument": target}
    return roformer.write(folder, full=False, seed=3, kind="bs", config=config)


def kept(block: Splitter, files: list[Path], voice: Tensor, scratch: Path, **params: Any) -> Tensor:
    """What is kept of an isolated voice, through the runner."""
    step = BlockRun(block.family, block, block.params(**params))
    plan = Plan("test", (step,), from_voice=True, guarded=False)
    context = Context(CPU, scratch, precision="fp32", networks=Rack(files))
    return heard(run(plan, Signal.of(voice.numpy(), 44_100), context))


@pytest.mark.parametrize("kind", PUBLISHED)
def test_it_hears_the_voice_and_gives_a_part_of_it(kind: type[Splitter], tmp_path: Path) -> None:
    files = write(tmp_path, PUBLISHED[kind], PUBLISHED[kind][0])
    voice = song(1.7)
    found = kept(kind(), files, voice, tmp_path)
    assert found.shape == voice.shape
    assert bool(found.isfinite().all())
    assert snr(voice, found) < 20
    assert snr(found / 8, kept(kind(), files, voice / 8, tmp_path)) > 90


@pytest.mark.parametrize("kind", PUBLISHED)
@pytest.mark.parametrize("negated", [False, True])
def test_what_is_kept_is_its_stem_or_all_but_the_other(
    kind: type[Splitter], negated: bool, tmp_path: Path
) -> None:
    stems = PUBLISHED[kind]
    network = kind().load(write(tmp_path, stems, stems[negated]), CPU)
    plain = kind().load(write(tmp_path / "plain", stems[:1], stems[0]), CPU)
    voice = song(1.0)[None, :, : network.window]
    answer = plain(voice)  # type: ignore[operator]
    found = network(voice)  # type: ignore[operator]
    assert snr(voice - answer if negated else answer, found) > 100


@pytest.mark.parametrize(("kind", "words"), [(Lead, "and no lead"), (Dry, "and no noreverb")])
def test_files_of_another_network_are_refused(
    kind: type[Splitter], words: str, tmp_path: Path
) -> None:
    files = write(tmp_path, ["drums", "bass"], None)
    with pytest.raises(ModelCorrupt, match=words) as refused:
        kind().load(files, CPU)
    assert refused.value.message.endswith(f"voxmend models pull {kind.models[0]}")


def test_a_separator_of_voices_takes_no_reverb_off(tmp_path: Path) -> None:
    """Its output has the name that a lead has; a dry voice has one of its own."""
    with pytest.raises(ModelCorrupt, match="and no noreverb"):
        Dry().load(write(tmp_path, ["vocals", "other"], "vocals"), CPU)


def test_strength_says_how_much_of_the_reverb_goes(tmp_path: Path) -> None:
    files, voice = write(tmp_path, PUBLISHED[Dry], "noreverb"), song(1.7)
    whole, half = (kept(Dry(), files, voice, tmp_path, strength=s) for s in (1.0, 0.5))
    assert snr((voice + whole) / 2, half) > 100
    assert snr(voice, kept(Dry(), files, voice, tmp_path, strength=0.0)) > 120
    with pytest.raises(BadRequest, match="from 0 to 1"):
        DryParams(strength=2)


def test_becruily_s_differs_in_its_weights_only() -> None:
    block = block_called("part.lead_becruily")
    assert isinstance(block, Lead)
    assert block.models == ("bs_karaoke_becruily",)
    assert block.splits == ("lead", "backing_vocals")
    assert load("part.lead").models == ("bs_karaoke_anvuew",)
