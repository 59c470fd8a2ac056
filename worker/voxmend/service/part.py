"""What may start at log-in: the worker, and the watch folder. Each has a unit of its own, so that
one can be had without the other.

The watch folder starts the worker when it needs it; that one must outlive it, as it outlives any
client, and so a system must not end it along with the watcher.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two.

    Attributes:
        words: what voxmend is told.
        unit, label, task: its name for systemd, launchd and the Task Scheduler.
        log: where launchd puts what it says.
        after: units that are started first, where they are started at all.
        leaves: processes that it started go on when it is ended.
        what: in a sentence.
        otherwise: how it is without a start at log-in, with the command.
    """

    words: tuple[str, ...]
    unit: str
    label: str
    task: str
    description: str
    log: str
    after: str
    leaves: bool
    what: str
    otherwise: str


WORKER = Part(
    words=("worker", "run", "--log-file", "--stay"),
    unit="voxmend.service", label="voxmend.worker", task="voxmend worker",
    description="voxmend worker: mends vocals for this user", log="service.log",
    after="", leaves=False, what="the worker",
    otherwise="The worker starts when it is needed all the same; to try: voxmend worker start",
)  # fmt: skip

WATCH = Part(
    words=("watch", "run", "--stay"),
    unit="voxmend-watch.service", label="voxmend.watch", task="voxmend watch",
    description="voxmend watch folder: mends what arrives in it", log="watch-service.log",
    after=WORKER.unit, leaves=True, what="the watch folder",
    otherwise="To watch until you stop it: voxmend watch run",
)  # fmt: skip
