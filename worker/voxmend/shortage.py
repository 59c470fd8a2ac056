"""The words in which the system and libraries say that memory ran out. No torch here: where memory
is short, torch itself may be what could not be loaded, and the supervisor knows none.
"""

from __future__ import annotations

import errno

SIGNS = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory: you tried to allocate",  # torch on Windows
    "cudnn_status_alloc",
    "cublas_status_alloc",
    "cufft_alloc_failed",
    "failed to allocate memory",
    "bad_alloc",
    "bad allocation",
    "is smaller than requested bytes",  # onnxruntime's arena on CUDA
    "memoryerror",
    "failed to map segment from shared object",  # a library that finds no room
    "can't start new thread",
    "pthread_create failed",
    "thread creation failed",
)


def told(words: str) -> bool:
    """Whether these words say so."""
    words = words.lower()
    return any(sign in words for sign in SIGNS)


def is_one(error: BaseException) -> bool:
    """Whether an exception says so."""
    no_room = isinstance(error, OSError) and error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or no_room or told(str(error))
