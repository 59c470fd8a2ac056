"""Silence for what libmpg123 prints about damaged frames: its words are no events of ours.

It writes to descriptor 2 and cannot be told not to by way of libsndfile. What always holds: with
other threads about nothing is touched, for the descriptor is theirs too; a worker's is a log.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let nothing reach descriptor 2 in between."""
    if threading.active_count() > 1:
        yield
        return
    try:
        kept = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
