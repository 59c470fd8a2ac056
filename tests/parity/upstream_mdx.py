"""audio-separator's MDX separator, made in memory from a file of weights.

Its module imports onnx2torch at the top and never uses it at the network's own length; that package
is not installed here, so while the module is imported an empty one stands in for it.
"""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

MODULE = "audio_separator.separator.architectures.mdx_separator"


def separator(file: Path, frames: int, *, denoise: bool = False, overlap: float = 0.25) -> Any:
    """Upstream's separator; its ``demix`` takes and gives (2, samples) in numpy.

    Args:
        frames: of the network's window, a power of two.
        denoise: ask the network twice, once upside down.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "onnx2torch", ModuleType("onnx2torch"))
        module = importlib.import_module(MODULE)
    common = {
        "logger": logging.getLogger("upstream"),
        "log_level": logging.WARNING,
        "torch_device": torch.device("cpu"),
        "torch_device_cpu": torch.device("cpu"),
        "torch_device_mps": None,
        "onnx_execution_provider": ["CPUExecutionProvider"],
        "model_name": file.stem,
        "model_path": str(file),
        "model_data": {
            "compensate": 1.021,
            "mdx_dim_f_set": 3072,
            "mdx_dim_t_set": frames.bit_length() - 1,
            "mdx_n_fft_scale_set": 7680,
            "primary_stem": "Vocals",
        },
        "sample_rate": 44_100,
    }
    own = {
        "segment_size": frames,
        "overlap": overlap,
        "batch_size": 1,
        "hop_length": 1024,
        "enable_denoise": denoise,
    }
    return module.MDXSeparator(common, own)
