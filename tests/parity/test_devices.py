"""The same clip on a graphics card and on the CPU, in fp32. Skips where there is no card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from rack import separate, snr, song

from voxmend.bench.networks import htdemucs, mdx
from voxmend.blocks import registry
from voxmend.engine import device
from voxmend_bench.networks import mdx23c, roformer, scnet

Writer = Callable[[Path], Sequence[Path]]


def htdemucs_files(folder: Path) -> Sequence[Path]:
    return [htdemucs.write(folder, "955717e8", full=False, seed=5)]


def mdx_files(folder: Path) -> Sequence[Path]:
    mdx.write(folder / "a.onnx", full=False, seed=5)
    return [folder / "a.onnx"]


def roformer_files(folder: Path) -> Sequence[Path]:
    return roformer.write(folder, full=False, seed=5)


def mdx23c_files(folder: Path) -> Sequence[Path]:
    return mdx23c.write(folder, full=False, seed=5)


def scnet_files(folder: Path) -> Sequence[Path]:
    return scnet.write(folder, "tiny", seed=5)


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("block", "write"),
    [
        ("separate.htdemucs", htdemucs_files),
        ("separate.mdx", mdx_files),
        ("separate.roformer", roformer_files),
        ("separate.mdx23c", mdx23c_files),
        ("separate.scnet", scnet_files),
    ],
)
def test_a_card_gives_what_the_cpu_gives(block: str, write: Writer, tmp_path: Path) -> None:
    card, _ = device.choose()
    if card.type == "cpu":
        pytest.skip("there is no graphics card that torch can use")
    device.prepare(card)
    files, mix = write(tmp_path), song(6.0)
    there = separate(registry.load(block), files, mix, tmp_path, device=card, batch=4)
    here = separate(registry.load(block), files, mix, tmp_path)
    assert torch.isfinite(there).all()
    found = snr(here, there)
    print(f"\nparity {card.type} {block}: {found:.1f} dB")
    assert found >= 60
