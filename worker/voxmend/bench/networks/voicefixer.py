"""VoiceFixer with random weights, as published: ``vf.ckpt`` and the vocoder's ``.pt``.

Random weights prove parity and speed, never quality. The networks are upstream's, full size: 70 and
34 million weights. Only the vocoder can be had small, for tests that run it over a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = ("vf.ckpt", "model.ckpt-1490000_trimed.pt")
"""The names of the catalogue."""

SMALL: Mapping[str, Any] = {"cond_channels": 16, "channels": 32}

OLD_NAMES = {"parametrizations.weight.original0": "weight_g"}
OLD_NAMES["parametrizations.weight.original1"] = "weight_v"
"""How torch called a normalised weight's two parts when the vocoder was published."""


def analysis(seed: int) -> Any:
    """The first half."""
    import torch

    from ...networks.voicefixer import analysis
    from ...networks.voicefixer.upstream import Room

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _settled(analysis.build(Room()))


def vocoder(seed: int, *, full: bool = True) -> Any:
    """The second half, its weights still normalised."""
    import torch

    from ...networks.voicefixer import vocoder
    from ...networks.voicefixer.upstream import Room

    room = Room()
    config = room.module("vocoder.config").Config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if full:
            return _lively(vocoder.build(room))
        config.refresh(44_100)
        for name, value in SMALL.items():
            setattr(config, name, value)
        network = room.module("vocoder.model.generator").Generator()
        made = vocoder.Vocoder(network, config.get_mel_weight_torch())
        return _lively(made.eval())


def write(folder: Path, *, seed: int, half: bool = False) -> list[Path]:
    """Write both files, the weights drawn from ``seed``.

    Args:
        half: as 16-bit numbers, which both sides read: half the room on disk.
    """
    import torch

    def numbers(state: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: weights.half() if half and weights.is_floating_point() else weights
            for name, weights in state.items()
        }

    first = {f"generator.{n}": w for n, w in analysis(seed).network.state_dict().items()}
    second = {}
    for name, weights in vocoder(seed + 1).network.state_dict().items():
        for new, old in OLD_NAMES.items():
            name = name.replace(new, old)
        second[name] = weights
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in NAMES]
    torch.save(numbers(first), files[0])
    torch.save({"generator": numbers(second)}, files[1])
    return files


def _settled(analysis: Any) -> Any:
    """The first half so that its answer stays near what it hears, as a trained one's does."""
    analysis.network.unet.after_conv2.weight.data.mul_(0.02)
    return analysis


def _lively(vocoder: Any) -> Any:
    """The second half so that what it hears comes through: with torch's first weights each layer
    takes level away, and in the end little but the biases is left."""
    for name, weights in vocoder.network.named_parameters():
        if name.endswith("bias"):
            weights.data.mul_(0.1)
        elif name.endswith("weight.original0"):
            inner = ".layers." in name and name.split(".layers.")[1].split(".")[1] == "3"
            last = name.startswith("generator.16.")  # before it is bent into -1 to 1
            weights.data.mul_(0.4 if last else 0.5 if inner else 2.2)
    return vocoder
