"""A worker and a client of protocol 1, as they were when it was the only one: frozen. They share no
code with voxmend, and nothing here changes when voxmend does."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq
from waiting import PATIENCE_S

KEY = "0e" * 32
VERSION = b"voxmend/1"
SENTENCE = "The worker is of another version of voxmend. Type: voxmend worker restart"


def sign(key: str, text: bytes) -> bytes:
    """Frame 1 of 3."""
    return hmac.digest(bytes.fromhex(key), VERSION + text, hashlib.sha256).hex().encode()


def seal(key: str, body: dict[str, Any]) -> list[bytes]:
    """The three frames."""
    text = json.dumps(body).encode()
    return [VERSION, sign(key, text), text]


def dial(worker_file: Path) -> str:
    """What a client of protocol 1 does first: the endpoint to dial, or its sentence."""
    found = json.loads(worker_file.read_bytes())
    for name, kind in {"schema": int, "endpoint": str, "key": str, "protocol_min": int,
                       "protocol_max": int, "epoch": int, "pid": int, "started": str,
                       "version": str, "exe": str}.items():  # fmt: skip
        assert isinstance(found[name], kind), name
    assert len(found["key"]) == 64
    assert found["endpoint"].startswith("tcp://127.0.0.1:")
    return SENTENCE if found["schema"] != 1 else str(found["endpoint"])


@dataclass
class FirstWorker:
    """Has ``jobs`` to do; with ``drain`` it ends when the test sets ``done``, else at once."""

    file: Path
    jobs: int = 0
    deaf: bool = False
    """It has the port and does not answer."""
    done: threading.Event = field(default_factory=threading.Event)
    asked: list[dict[str, Any]] = field(default_factory=list)
    unsigned: int = 0
    _leave: threading.Event = field(default_factory=threading.Event)
    _draining: bool = False

    def answer(self, ask: dict[str, Any]) -> dict[str, Any]:
        """The body of the answer."""
        if ask["type"] == "hello":
            if not ask["protocol_min"] <= 1 <= ask["protocol_max"]:
                return {"type": "error", "code": "unsupported_version", "message": "No.",
                        "retryable": False}  # fmt: skip
            limits = {"queue_max": 9, "heartbeat_s": 5.0, "records_per_s": 10.0,
                      "message_max": 16384}  # fmt: skip
            return {"type": "welcome", "protocol": 1, "worker": {"version": "0.1.0", "pid": 1},
                    "limits": limits}  # fmt: skip
        if ask["type"] == "shutdown":
            self._draining = bool(ask.get("drain"))
            if not self._draining:
                self._leave.set()
            return {"type": "ack", "count": self.jobs}
        return {"type": "error", "code": "unknown_type", "message": "No.", "retryable": False}

    def serve(self, router: Any, stop: threading.Event) -> None:
        """Answer until it ends; then its file goes."""
        while not stop.is_set():
            if self._leave.is_set() or (self._draining and self.done.is_set()):
                self.file.unlink(missing_ok=True)
                return
            if not router.poll(20):
                continue
            peer, *frames = router.recv_multipart()
            if len(frames) != 3 or frames[:2] != [VERSION, sign(KEY, frames[2])]:
                self.unsigned += 1
                continue
            ask = json.loads(frames[2])
            self.asked.append(ask)
            if not self.deaf:
                head = {"id": f"w{len(self.asked)}", "re": ask["id"], "epoch": 1}
                router.send_multipart([peer, *seal(KEY, {**head, **self.answer(ask)})])


@contextlib.contextmanager
def running(worker: FirstWorker) -> Iterator[FirstWorker]:
    """The worker at work, found by its file."""
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.setsockopt(zmq.LINGER, 0)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    worker.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    worker.file.touch(mode=0o600)
    worker.file.write_text(
        json.dumps(
            {
                "schema": 1,
                "endpoint": f"tcp://127.0.0.1:{port}",
                "key": KEY,
                "protocol_min": 1,
                "protocol_max": 1,
                "epoch": 1,
                "pid": os.getpid(),
                "started": "2026-01-02T03:04:05.678Z",
                "version": "0.1.0",
                "exe": "/usr/bin/python3",
            }
        )
    )
    stop = threading.Event()
    thread = threading.Thread(target=worker.serve, args=(router, stop))
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        router.close()
        context.term()
