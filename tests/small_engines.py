"""Engines of a few lines, for what only concerns the pipe. A file of their own, since a spawned
child loads the file of its target."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

from voxmend.engine import orders


def repeats(pipe: Connection) -> None:
    """Say every order back, as a warning; a Cancel ends it, with a code of its own."""
    while True:
        order = orders.order_of(pipe.recv_bytes())
        pipe.send_bytes(orders.dump(orders.Warning("j", type(order).__name__, "")))
        if isinstance(order, orders.Cancel):
            os._exit(70)


def deaf(pipe: Connection) -> None:
    """Take one order, then nothing more."""
    pipe.recv_bytes()
    pipe.send_bytes(orders.dump(orders.Warning("j", "deaf", "")))
    time.sleep(3600)
