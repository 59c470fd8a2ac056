"""A worker of protocol 1, which an upgrade may find at work: greeted, asked to end, seen to end.

Its own clients are gone with their version, and its jobs are not: it is let finish them. Protocol 1
has three frames, one signature and no password; only what is needed of it is spoken here. Who else
may hear a protocol-1 worker learns nothing new: it is on its way out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from socket import create_connection
from typing import Any

import zmq

from voxmend_protocol import PROTOCOL, WorkerFile, codec, discovery, envelope
from voxmend_protocol.errors import BadRequest, WorkerUnreachable

from .version import __version__

SPOKEN = 1
ANSWER_S = 2.0
LOOK_S = 2.0
_VERSION = b"voxmend/1"


def is_older(found: WorkerFile) -> bool:
    """Whether a worker speaks protocol 1 and nothing newer."""
    return found.protocol_min <= SPOKEN <= found.protocol_max < PROTOCOL


def answers(found: WorkerFile) -> bool:
    """Whether it is there."""
    return _ask(found) is not None


def answers_at(file: Path) -> bool:
    """Whether a worker is there that this file names, unless it is one of protocol 1 and does not
    answer."""
    try:
        found = discovery.read(file)
    except WorkerUnreachable:
        return False
    return not is_older(found) or answers(found)


def end(found: WorkerFile, drain: bool) -> int | None:
    """Ask it to end, with ``drain`` after its queue is empty. The number of jobs that have not
    ended; None where nobody answers, rightly signed."""
    reply = _ask(found, {"type": "shutdown", "drain": drain})
    if reply is None or reply.get("type") != "ack":
        return None
    count = reply.get("count")
    return count if isinstance(count, int) else 0


def let_finish(file: Path, tell: Callable[[str], None]) -> bool:
    """Where a worker of protocol 1 is found, let its jobs finish, then end it; as long as that
    takes.

    Args:
        file: the worker.json.
        tell: hears what is waited for, once.

    Returns:
        Whether one was there.
    """
    try:
        found = discovery.read(file)
    except WorkerUnreachable:
        return False
    left = end(found, drain=True) if is_older(found) else None
    if left is None:
        return False
    if left:
        tell(
            f"A worker of an older version of voxmend ({found.version[:40]}) is still at work. It "
            f"finishes its jobs ({left}) first. To go on with them in the new version at once: "
            "voxmend worker restart"
        )
    wait_gone(found, file)
    return True


def wait_gone(found: WorkerFile, file: Path, within_s: float | None = None) -> bool:
    """Wait until this worker has ended, at most ``within_s``; False where it is still there."""
    began = looked = time.monotonic()
    while _key(file) == found.key:
        now = time.monotonic()
        if within_s is not None and now - began > within_s:
            return False
        if now - looked > LOOK_S:  # one that was killed leaves its file behind
            if not answers(found):
                break
            looked = now
        time.sleep(0.05)
    return True


def _key(file: Path) -> str | None:
    try:
        return discovery.read(file).key
    except WorkerUnreachable:
        return None


def _ask(found: WorkerFile, request: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """The answer to hello, or to a request that follows it; None without one."""
    client = {"name": "upgrade", "version": __version__, "pid": os.getpid()}
    hello = {"type": "hello", "protocol_min": SPOKEN, "protocol_max": SPOKEN, "client": client}
    try:  # libzmq would try for ever, without a word
        create_connection(("127.0.0.1", found.port), ANSWER_S).close()
    except OSError:
        return None
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, 4 * envelope.MAX_REPLY)
        socket.connect(found.endpoint)
        reply = None
        for body in (hello, request):
            if body is None:
                break
            reply = _exchange(socket, found.key, body)
            if reply is None:
                break
        return reply


def _exchange(socket: zmq.Socket[bytes], key: str, body: dict[str, Any]) -> dict[str, Any] | None:
    asked = uuid.uuid4().hex
    text = codec.dump({**body, "id": asked})
    deadline = time.monotonic() + ANSWER_S
    try:
        socket.send_multipart([_VERSION, _sign(key, text), text], zmq.NOBLOCK)
    except zmq.Again:
        return None
    while (left := deadline - time.monotonic()) > 0 and socket.poll(int(1000 * left) + 1):
        frames = socket.recv_multipart()
        if len(frames) != 3 or frames[0] != _VERSION or len(frames[2]) > envelope.MAX_REQUEST:
            continue
        if not hmac.compare_digest(frames[1], _sign(key, frames[2])):
            continue
        try:
            reply = codec.parse(frames[2])
        except BadRequest:
            continue
        if reply.get("re") == asked:
            return reply
    return None


def _sign(key: str, text: bytes) -> bytes:
    return hmac.digest(bytes.fromhex(key), _VERSION + text, hashlib.sha256).hex().encode("ascii")
