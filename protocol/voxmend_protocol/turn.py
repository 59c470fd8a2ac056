"""Whose turn it is: the message that moves a job in the queue. messages.py lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Next:
    """Run a queued job before all others that wait. Answer: ack; where it runs already or has
    ended, nothing changes. The order holds until the worker ends."""

    job: str
