"""A job done without the engine's loop: its plan is parsed here, as the loop parses it."""

from __future__ import annotations

from voxmend import presets
from voxmend.engine import orders, work
from voxmend.engine.work import Line, Means


def do(order: orders.Run, line: Line, means: Means) -> orders.Done:
    """Do the job."""
    return work.do(order, presets.parse(order.plan), line, means)
