"""SCNet with random weights, as published: ``.ckpt``, and a ``.yaml`` for a size of its own.

Random weights prove parity and speed, never quality. The full networks are those of the paper: 10.1
and 41.2 million weights, windows of 11 s. The tiny one hears 2 s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAMES = {
    "small": "scnet_checkpoint_musdb18.ckpt",
    "large": "SCNet-large_starrytong_fixed.ckpt",
    "tiny": "tiny.ckpt",
}
"""The names of the catalogue."""

DIMS = {"small": [4, 32, 64, 128], "large": [4, 64, 128, 256], "tiny": [4, 8, 12, 16]}

SHARES = {
    "small": [0.175, 0.392, 0.433],
    "large": [0.225, 0.372, 0.403],
    "tiny": [0.175, 0.392, 0.433],
}


def describe(size: str) -> dict[str, Any]:
    """What the ``.yaml`` says that its publisher lays beside a network."""
    return {
        "audio": {
            "chunk_size": 88_200 if size == "tiny" else 485_100,
            "num_channels": 2,
            "sample_rate": 44_100,
            "min_mean_abs": 0.0,
        },
        "model": {
            "sources": ["drums", "bass", "other", "vocals"],
            "audio_channels": 2,
            "dims": DIMS[size],
            "nfft": 4096,
            "hop_size": 1024,
            "win_size": 4096,
            "normalized": True,
            "band_SR": SHARES[size],
            "band_stride": [1, 4, 16],
            "band_kernel": [3, 4, 16],
            "conv_depths": [3, 2, 1],
            "compress": 4,
            "conv_kernel": 3,
            "num_dplayer": 2 if size == "tiny" else 6,
            "expand": 1,
        },
        "training": {
            "instruments": ["drums", "bass", "other", "vocals"],
            "target_instrument": None,
        },
        "inference": {"batch_size": 1, "dim_t": 256, "num_overlap": 4, "normalize": True},
    }


def write(
    folder: Path, size: str, *, seed: int, config: dict[str, Any] | None = None
) -> list[Path]:
    """Write a checkpoint, its weights drawn from ``seed``, and its description where it needs one.

    Args:
        size: "small", "large" or "tiny".
        config: in place of ``describe``; then it is written too.
    """
    import torch
    import yaml

    from voxmend.networks.scnet.form import described
    from voxmend.networks.scnet.network import SCNet

    said = config or describe(size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SCNet(described(said["model"], said["audio"]["chunk_size"]))
    folder.mkdir(parents=True, exist_ok=True)
    ckpt = folder / NAMES[size]
    torch.save(network.state_dict(), ckpt)
    if size != "tiny" and config is None:
        return [ckpt]
    text = ckpt.with_suffix(".yaml")
    text.write_text(yaml.dump(said, sort_keys=False), "utf-8")
    return [ckpt, text]
