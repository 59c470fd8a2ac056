"""Waiting for what must happen, however slow the machine is.

A test waits for an event, never for a time: the deadline is there only so that a defect ends in a
sentence and not in a test that hangs. On a quiet machine nothing comes near it.
``VOXMEND_TEST_PATIENCE`` multiplies it, for an emulator or a machine that does much else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 300.0 * float(os.environ.get("VOXMEND_TEST_PATIENCE") or 1)
"""The deadline of every wait, of a process or a socket too."""

PAUSE_S = 0.02


def until(
    true: Callable[[], T],
    meanwhile: Callable[[], object] = lambda: None,
    otherwise: Callable[[], object] = lambda: "it never came true",
    patience_s: float = PATIENCE_S,
) -> T:
    """Wait until a condition holds.

    Args:
        true: the condition; looked at again and again.
        meanwhile: done between two looks.
        otherwise: what to say where it never holds.
        patience_s: more only for what is much work, not one event.

    Returns:
        What the condition gave.
    """
    deadline = time.monotonic() + patience_s
    while not (found := true()):
        assert time.monotonic() < deadline, otherwise()
        meanwhile()
        time.sleep(PAUSE_S)
    return found
