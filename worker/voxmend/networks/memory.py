"""Whether an exception means that memory ran out: torch, onnxruntime and the cards' libraries each
say so in words of their own. The cascade asks when a network runs, the blocks when they open one:
a file that does not fit is no broken file.
"""

from __future__ import annotations

import torch

SIGNS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory: you tried to allocate",  # torch on Windows
    "cudnn_status_alloc",
    "cublas_status_alloc",
    "cufft_alloc_failed",
    "failed to allocate memory",
    "bad_alloc",
    "bad allocation",
    "is smaller than requested bytes",  # onnxruntime's arena on CUDA
)


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, in whatever words."""
    words = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        sign in words for sign in SIGNS
    )
