"""MDX23C with random weights, as published: ``.ckpt`` and ``.yaml``.

Random weights prove parity and speed, never quality. The full network has the shape of "8KFFT
InstVoc HQ": 112 million weights, windows of 5.9 s. The tiny one hears 0.7 s.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

NAMES = ("MDX23C-8KFFT-InstVoc_HQ.ckpt", "model_2_stem_full_band_8k.yaml")
"""The names of the catalogue."""


def describe(*, full: bool) -> dict[str, Any]:
    """What the ``.yaml`` says."""
    frames = 256 if full else 64
    hop = 1024 if full else 512
    return {
        "audio": {
            "chunk_size": hop * (frames - 1),
            "dim_f": 4096 if full else 1024,
            "dim_t": frames,
            "hop_length": hop,
            "n_fft": 8192 if full else 2048,
            "num_channels": 2,
            "sample_rate": 44_100,
            "min_mean_abs": 0.001,
        },
        "model": {
            "act": "gelu",
            "bottleneck_factor": 4,
            "growth": 128 if full else 4,
            "norm": "InstanceNorm",
            "num_blocks_per_scale": 2 if full else 1,
            "num_channels": 128 if full else 32,
            "num_scales": 5 if full else 2,
            "num_subbands": 4,
            "scale": [2, 2],
        },
        "training": {"instruments": ["Vocals", "Instrumental"], "target_instrument": None},
        "inference": {"batch_size": 1, "dim_t": frames, "num_overlap": 4},
    }


def write(
    folder: Path, *, full: bool, seed: int, config: dict[str, Any] | None = None
) -> list[Path]:
    """Write a checkpoint and its description, the weights drawn from ``seed``; ``config`` stands
    in for ``describe``."""
    import torch
    import yaml
    from audio_separator.separator.uvr_lib_v5.tfc_tdf_v3 import TFC_TDF_net

    config = config or describe(full=full)
    parts = {name: SimpleNamespace(**section) for name, section in config.items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = TFC_TDF_net(SimpleNamespace(**parts), torch.device("cpu"))
    folder.mkdir(parents=True, exist_ok=True)
    ckpt, text = (folder / name for name in NAMES)
    torch.save(network.state_dict(), ckpt)
    text.write_text(yaml.dump(config, sort_keys=False))
    return [ckpt, text]
