"""Jobs as a worker does them, in one thread, below one folder: what a power cut is tried on.

The list, the folders, the manifests and the stems are written by voxmend's own code; only the sound
is made up. Run as a program it does a worker's day; the test imports it to recover after a cut.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from voxmend.audio import Form, open_stem
from voxmend.disk import write_json
from voxmend.engine import orders
from voxmend.supervisor import events, folders
from voxmend.supervisor.engine_host import EngineHost
from voxmend.supervisor.engines import Engines
from voxmend.supervisor.events import Job, Spec
from voxmend.supervisor.lifecycle import Lifecycle
from voxmend.supervisor.performer import Performer
from voxmend.supervisor.store import Store
from voxmend_protocol import codec
from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, ErrorBody, JobRecord, Output, Stem

FRAMES, RATE = 300, 8000
STEMS: tuple[str, ...] = ("vocals", "instrumental")


def job(root: Path, number: int) -> Job:
    """A job; two of each three want the same name."""
    name = f"{number:08}-0000-0000-0000-000000000000"
    out = root / "music" / ("deep/out" if number % 3 else "other")
    submit = Submit(name, Clip("/music/song.wav"), "quick", Output(str(out)))
    record = JobRecord(name, "queued", 1, 0, submit.clip, "quick", 1, "2026-01-01T00:00:00.000Z")
    return Job(Spec(submit, f"hash {number}", "{}", 10, "20"), record)


def sound(job: str, stem: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What a stem of a job holds. Shape: (1, frames)."""
    seed = [int(job[:8]), STEMS.index(stem)]
    return np.random.default_rng(seed).uniform(-1, 1, (1, FRAMES)).astype(np.float32)


@dataclass
class Host:
    """An engine in this very thread: it keeps its orders until it is told to do them."""

    orders: list[orders.Run] = field(default_factory=list)
    pid: int = 1

    def send(self, order: Any) -> None:
        """Take an order."""
        if isinstance(order, orders.Run):
            self.orders.append(order)

    def heard(self) -> Iterator[Any]:
        """Nothing by itself."""
        return iter(())


def work(order: orders.Run) -> orders.Done:
    """What the engine does in a job's folder: stems, then the manifest."""
    folder = Path(order.partial)
    for entry in folder.iterdir():
        if entry.name != folders.MANIFEST:
            entry.unlink()
    stems = []
    for name in STEMS:
        file = f"{name}.wav"
        with open_stem(folder / file, RATE, 1, FRAMES, Form("wav", "float"), None) as writer:
            writer.write(sound(order.job, name))
        stems.append(Stem(name, file, 0, FRAMES, RATE, 1, 0.5))
    facts = [codec.to_dict(stem) for stem in stems]
    write_json(folder / folders.MANIFEST, {"job": order.job, "state": "succeeded", "stems": facts})
    return orders.Done(order.job, tuple(stems))


class Worker:
    """A supervisor without a socket."""

    def __init__(self, root: Path, said: Callable[[str], None]) -> None:
        self.root, self.host = root, Host()
        self.store = Store(root / "state" / "voxmend" / "jobs.sqlite3")
        self.store.prune(1000)
        epoch = self.store.next_epoch()
        engines = Engines(lambda _: cast("EngineHost", self.host))
        self.performer = Performer(
            self.store, engines, Lifecycle(epoch),
            lambda job: said(f"{job.record.state} {job.id}"), lambda _: None,
        )  # fmt: skip
        self.performer.recover()

    def finish(self) -> None:
        """Do what is there to do."""
        while self.host.orders:
            self.performer.feed(work(self.host.orders.pop(0)))


def day(root: Path, said: Callable[[str], None]) -> None:
    """A worker's day: jobs that succeed, fail and are cancelled, an end, and the next start."""
    worker = Worker(root, said)
    performer = worker.performer
    for number in (1, 2, 3):
        performer.submit(job(root, number))
        said(f"accepted {job(root, number).id}")
    worker.finish()
    for number in (4, 5, 6):
        performer.submit(job(root, number))
        said(f"accepted {job(root, number).id}")
    order = worker.host.orders.pop(0)
    (Path(order.partial) / "vocals.wav").write_bytes(b"half")
    performer.feed(orders.Failed(order.job, ErrorBody("internal", "As asked.", False)))
    performer.feed(events.CancelAsked(job(root, 6).id))
    performer.feed(events.CancelAsked(job(root, 5).id))
    order = worker.host.orders.pop(0)
    performer.feed(orders.Failed(order.job, ErrorBody("cancelled", "Stopped.", False)))
    worker.store.close()
    worker = Worker(root, said)
    worker.performer.submit(job(root, 7))
    said(f"accepted {job(root, 7).id}")
    worker.finish()
    worker.store.close()


def tries(root: Path) -> dict[str, str]:
    """Submit on a disk that fails: what a client was told of each job, ``accepted`` or the
    sentence. A worker that has lost its list ends, as the real one does."""
    told: dict[str, str] = {}
    worker = Worker(root, lambda _: None)
    for number in range(1, 7):
        one = job(root, number)
        try:
            worker.performer.submit(one)
            told[one.id] = "accepted"
            if number == 3:
                worker.finish()
        except VoxmendError as error:
            told.setdefault(one.id, error.message)
        if worker.store.lost is not None:
            break
    return told


if __name__ == "__main__":

    def leave_word(text: str) -> None:
        os.access(f"/voxmend-mark/{text}", os.F_OK)

    if sys.argv[2:] == ["tries"]:
        try:
            json.dump(tries(Path(sys.argv[1])), sys.stdout)
        except VoxmendError as error:
            json.dump({"start": error.message}, sys.stdout)
    else:
        day(Path(sys.argv[1]), leave_word)
