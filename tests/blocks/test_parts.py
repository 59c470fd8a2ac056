"""Separators that give more than the voice: each part is that output of the whole network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from rack import CPU, snr, song
from torch import Tensor

from voxmend.bench.networks import htdemucs
from voxmend.blocks import registry
from voxmend.blocks.contract import Separator, Splitter
from voxmend.blocks.separate.htdemucs import Htdemucs
from voxmend.blocks.separate.mdx23c import Mdx23c
from voxmend.blocks.separate.roformer import Roformer
from voxmend.blocks.separate.scnet import Scnet
from voxmend.models import catalogue
from voxmend_bench.networks import mdx23c, roformer, scnet
from voxmend_protocol.errors import ModelCorrupt

FOUR = ["drums", "bass", "other", "vocals"]


def four(config: dict[str, Any]) -> dict[str, Any]:
    """A description of a network with four outputs."""
    config["training"] |= {"instruments": FOUR, "target_instrument": None}
    if "num_stems" in config["model"]:
        config["model"]["num_stems"] = 4
    return config


def as_htdemucs(folder: Path) -> tuple[Separator, list[Path]]:
    return Htdemucs(), [htdemucs.write(folder, "955717e8", full=False, seed=3)]


def as_scnet(folder: Path) -> tuple[Separator, list[Path]]:
    return Scnet(), scnet.write(folder, "tiny", seed=3)


def as_mdx23c(folder: Path) -> tuple[Separator, list[Path]]:
    config = four(mdx23c.describe(full=False))
    return Mdx23c(), mdx23c.write(folder, full=False, seed=3, config=config)


def as_roformer(folder: Path) -> tuple[Separator, list[Path]]:
    config = roformer.describe(full=False, kind="mel")
    config["model"]["num_stems"] = 4
    return Roformer(), roformer.write(folder, full=False, seed=3, config=four(config))


KINDS = {"htdemucs": as_htdemucs, "scnet": as_scnet, "mdx23c": as_mdx23c, "roformer": as_roformer}


def asked(block: Separator, targets: Sequence[str]) -> Separator:
    """The block with four outputs, as a row of the user's own makes it where it is none of ours."""
    block.gives = tuple(FOUR)  # type: ignore[misc]
    return block.asked(targets)


def answer(block: Separator, files: Sequence[Path], targets: Sequence[str], mix: Tensor) -> Tensor:
    """Shape: (targets, channels, samples)."""
    one = asked(block, targets)
    found = one.run(one.load(files, CPU), mix[None], None, one.params(rate=44_100))
    return found[0].view(len(targets), len(mix), -1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_parts_in_one_pass_are_the_parts_one_by_one_in_the_order_asked(
    tmp_path: Path, kind: str, channels: int
) -> None:
    block, files = KINDS[kind](tmp_path)
    mix = song(0.4)[:channels]
    wanted = ["bass", "vocals", "drums"]
    together = answer(block, files, wanted, mix)
    for n, target in enumerate(wanted):
        alone = answer(block, files, [target], mix)[0]
        assert alone.square().mean() > 1e-10
        assert snr(alone, together[n]) > 100
    assert snr(together[0], together[1]) < 20


@torch.inference_mode()
def test_each_part_of_htdemucs_is_that_row_of_the_whole_network(tmp_path: Path) -> None:
    block, files = as_htdemucs(tmp_path)
    mix, network = song(2.0), asked(block, FOUR).load(files, CPU)
    ours = network(mix[None])[0].view(4, 2, -1)  # type: ignore[operator]
    whole = htdemucs.build(full=False, seed=3)(mix[None])[0]
    for n in range(4):
        assert snr(whole[n], ours[n]) > 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_that_the_weights_do_not_hold_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    block, files = KINDS[kind](tmp_path)
    block.gives = ("vocals", "banjo")  # type: ignore[misc]
    with pytest.raises(ModelCorrupt, match="no banjo"):
        block.asked(("banjo",)).load(files, CPU)


def test_the_catalogue_and_the_blocks_say_the_same_of_what_they_give() -> None:
    rows = catalogue.load()
    names = [name for model in rows.models for name in model.blocks]
    blocks = [
        block for name in names if isinstance(block := registry.load(name, rows.likes), Separator)
    ]
    for name in names:
        block, (row,) = registry.load(name, rows.likes), rows.of_blocks([name])
        assert row.splits == (block.splits if isinstance(block, Splitter) else ())
    assert {block.name for block in blocks} >= {"separate.htdemucs", "separate.scnet_large"}
    for block in blocks:
        assert rows.gives([block.name]) == tuple(
            sorted(block.gives, key=lambda target: (target != "vocals", target))
        )
