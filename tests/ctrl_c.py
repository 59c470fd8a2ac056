"""A child that hears Ctrl-C, whoever started the tests.

A shell without a terminal starts its background jobs with SIGINT ignored, and that goes on to all
their children: a test that sends one would wait for ever.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def _hear() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


HEARS: Callable[[], None] | None = _hear if os.name == "posix" else None
"""The ``preexec_fn`` of such a child."""
