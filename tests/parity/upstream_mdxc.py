"""audio-separator's own MDXC separator, made in memory as its ``Separator`` makes it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor


def upstream(files: Sequence[Path], overlap: int | None = None) -> Any:
    """An ``MDXCSeparator`` with these files loaded, for the CPU in float32."""
    from audio_separator.separator.architectures.mdxc_separator import MDXCSeparator

    ckpt, text = files
    settings = {
        "logger": logging.getLogger("upstream"),
        "log_level": logging.ERROR,
        "torch_device": torch.device("cpu"),
        "torch_device_cpu": torch.device("cpu"),
        "model_name": ckpt.stem,
        "model_path": str(ckpt),
        "model_data": yaml.load(text.read_text(), yaml.FullLoader),
        "normalization_threshold": 0.9,
        "amplification_threshold": 0.0,
        "sample_rate": 44_100,
    }
    return MDXCSeparator(settings, {"overlap": overlap, "batch_size": 1})


def demixed(separator: Any, mix: Tensor, stem: str) -> Tensor:
    """One stem of a clip under upstream's window plan. Shape: (2, samples)."""
    found = separator.demix(mix.numpy().copy())
    return torch.from_numpy(found[stem] if isinstance(found, dict) else found)
