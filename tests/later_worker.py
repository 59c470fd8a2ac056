"""A worker of a later version, on a real port: it says stems, states, warnings and fields that this
version has no word for, and the like of it in every answer. It takes whatever it is asked, and has
a job to do, so that commands of this version leave it alone."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from behind_gate import Router, WorkersSide
from waiting import PATIENCE_S

from voxmend_protocol import Client, Link, discovery, envelope
from voxmend_protocol.client import Dial
from voxmend_protocol.values import ClientInfo

KEY = "0f" * 32
JOB = "6f1c1f6e-2f43-4f5e-9f0a-5b2d6a1c0e77"

Body = dict[str, Any]

SOUND = {"phase": "none", "bandwidth": "none", "musical": "none", "bleed": "none", "regions": 0}


def stem(name: str) -> Body:
    """A stem as a record has it, and a field more."""
    return {
        "name": name, "file": f"{name}.wav", "start_frame": 0, "frames": 8, "rate": 8000,
        "channels": 1, "peak": 0.5, "loudness": -23.0,
    }  # fmt: skip


def record(state: str, rev: int, job: str = JOB, **more: Any) -> Body:
    """A record with what this version does not know."""
    return {
        "job": job, "state": state, "epoch": 1, "rev": rev, "clip": {"path": "/song.wav"},
        "preset": "restore", "attempt": 1, "created": "2026-01-02T03:04:05Z", "mood": ["blue"],
        "warnings": [{"code": "moon_is_full", "message": "The moon is full.", "phase": 1.0}],
        **more,
    }  # fmt: skip


PAUSED = record("paused", 2, stage="dream.deep", fraction=0.5)
DONE = record(
    "succeeded", 3, folder="/out", stems=[stem("vocals"), stem("drums")],
    damage={"before": {**SOUND, "bleed": "huge"}}, finished="2026-01-02T03:05:05Z",
)  # fmt: skip
PARKED = record("parked", 3, finished="2026-01-02T03:05:05Z")
"""An end that this version has no word for."""
BROKEN = record("succeeded", 3, folder="/out", stems=[{**stem("vocals"), "rate": "fast"}])
"""The last record, with a field of the wrong type."""


@dataclass
class LaterWorker:
    """Answers each request by its type; ``news`` are the records that follow a watch."""

    news: Sequence[Body] = (PAUSED, DONE)
    asked: list[Body] = field(default_factory=list)
    port: int = 0
    raw: Sequence[bytes] = ()
    """Bodies, rightly signed, that come before the news."""

    def answers(self, ask: Body) -> list[Body]:
        """The bodies that answer a request; their ``type`` is in them."""
        job = str(ask.get("job", JOB))
        last = {**self.news[-1], "job": job}
        kind = str(ask["type"])
        preset = {
            "name": "restore",
            "title": "Restore",
            "description": "",
            "blocks": [],
            "price": 0,
        }
        model = {
            "id": "m", "title": "M", "stage": "dream", "purpose": "", "licence": "MIT",
            "terms": "", "state": "lent", "colour": "red",
        }  # fmt: skip
        limits = {"queue_max": 9, "heartbeat_s": 5.0, "records_per_s": 10, "message_max": 16384}
        found: dict[str, Body] = {
            "hello": {
                "type": "welcome", "protocol": 2, "worker": {"version": "9", "pid": 1},
                "limits": limits, "features": ["tea"],
            },
            "submit": {"type": "accepted", "job": job, "state": "paused"},
            "job": {"type": "record", "record": last},
            "jobs": {"type": "page", "items": [last, {**PAUSED, "job": JOB}]},
            "presets": {"type": "preset_list", "items": [preset]},
            "models": {"type": "model_list", "items": [model]},
            "status": {
                "type": "report", "version": "9", "pid": 1, "started": "2026-01-02T03:04:05Z",
                "queued": 1, "engine": "dreaming", "clients": 1, "weather": "fine",
            },
            "ping": {"type": "pong", "watching": 1},
        }  # fmt: skip
        out = [found.get(kind, {"type": "ack", "count": 1})]
        if kind == "watch":
            jobs = ask.get("jobs") or [JOB]
            out += [{"type": "record", "record": {**one, "job": jobs[0]}} for one in self.news]
        return out

    def serve(self, router: Any, stop: threading.Event) -> None:
        """Answer until stopped."""
        ids = itertools.count()
        talks: dict[bytes, WorkersSide] = {}
        while not stop.is_set():
            if not router.poll(20):
                continue
            peer, *frames = router.recv_multipart()
            talk = talks.setdefault(peer, WorkersSide(KEY))
            ask, foreign = talk.hear(frames)
            if foreign:
                router.send_multipart([peer, *talk.again(ask["id"])])
                continue
            self.asked.append(ask)
            for n, body in enumerate(self.answers(ask)):
                if n == 1:
                    for text in self.raw:
                        stamp = talk.stamp()
                        sent = envelope.signature(KEY, stamp, text)
                        sealed = [envelope.VERSION_FRAME, stamp.line(), sent, text]
                        router.send_multipart([peer, *sealed])
                head = {"id": f"w{next(ids)}", "re": ask["id"], "epoch": 1, "since": "later"}
                router.send_multipart([peer, *talk.seal({**head, **body})])

    def kinds(self) -> list[str]:
        """What it was asked, in order."""
        return [str(ask["type"]) for ask in self.asked]

    def client(self, dial: Dial) -> Client:
        """A client over a dial of its port."""
        return Client(dial, ClientInfo("test", "1"))


@contextlib.contextmanager
def running(worker: LaterWorker, worker_file: Path | None = None) -> Iterator[LaterWorker]:
    """The worker at work; with ``worker_file``, found there as a worker is."""
    router = Router(KEY)
    worker.port = router.port
    stop = threading.Event()
    thread = threading.Thread(target=worker.serve, args=(router.socket, stop))
    thread.start()
    if worker_file is not None:
        here = discovery.WorkerFile(
            2, router.endpoint, KEY, 2, 2, 1, os.getpid(),
            "2026-01-01T00:00:00.000Z", "9", sys.executable,
        )  # fmt: skip
        discovery.write(here, worker_file)
    try:
        yield worker
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        router.close()


def link_zmq(port: int) -> Link:
    """Dial with libzmq."""
    from voxmend.wire import ZmqDealer

    endpoint = f"tcp://127.0.0.1:{port}"
    return Link(ZmqDealer(endpoint, envelope.password(KEY, endpoint)), KEY)


def link_plain(port: int) -> Link:
    """Dial with the standard library."""
    from voxmend_protocol.zmtp import Dealer

    return Link(Dealer(port, envelope.password(KEY, f"tcp://127.0.0.1:{port}")), KEY)
