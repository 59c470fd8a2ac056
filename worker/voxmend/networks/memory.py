"""Whether an exception means that memory ran out: torch, onnxruntime and the cards' libraries each
say so in words of their own. The cascade asks when a network runs, the blocks when they open one:
a file that does not fit is no broken file.
"""

from __future__ import annotations

import torch

from .. import shortage


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, in whatever words."""
    return isinstance(error, torch.OutOfMemoryError) or shortage.is_one(error)
