"""One vector: frames, what they mean, and whether they must be understood.

Verdicts stand in the other files by hand and nothing of voxmend is imported, so that a defect of
the code cannot bless itself. The same input gives the same bytes on every machine.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from typing import Any

KEY = bytes(range(32)).hex()
OTHER_KEY = bytes(range(32, 64)).hex()
VERSION = b"voxmend/2"
CLIENT = "0123456789abcdef0123456789abcdef"
WORKER = "fedcba9876543210fedcba9876543210"
HEARD = 6
"""The highest count that the reader has heard in the conversation of the two nonces."""
MOST = 64 * 1024

UUID = "6f1c1f6e-2f43-4f5e-9f0a-5b2d6a1c0e77"
UUID2 = "0b0a3c7d-93a1-4d0e-8a42-7d5f1e2c3b4a"
TO_WORKER, TO_CLIENT, FILE = "to_worker", "to_client", "worker_file"

Vector = dict[str, Any]
Message = dict[str, Any]


def text(value: Any) -> bytes:
    """JSON as voxmend writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pretty(value: Any) -> bytes:
    """JSON for a file."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def stamp(
    direction: str, count: int = HEARD + 1, client: str = CLIENT, worker: str = WORKER
) -> bytes:
    """Frame 1."""
    sender = "c" if direction == TO_WORKER else "w"
    return f"{sender} {client} {worker} {count:016x}".encode()


def sign(line: bytes, body: bytes, key: str = KEY) -> bytes:
    """Frame 2."""
    data = VERSION + line + body
    return hmac.new(bytes.fromhex(key), data, hashlib.sha256).hexdigest().encode()


def seal(body: bytes, direction: str = TO_WORKER, **other: Any) -> list[bytes]:
    """The four frames; ``other`` is for a stamp unlike the usual."""
    line = stamp(direction, **other)
    return [VERSION, line, sign(line, body), body]


def good(
    name: str, direction: str, message: Message, raw: bytes | None = None, **other: Any
) -> Vector:
    """A message that must be understood; ``raw`` where its bytes are not voxmend's own."""
    frames = seal(text(message) if raw is None else raw, direction, **other)
    return vector(name, direction, frames, message)


def bad(name: str, body: Message | bytes, error: str = "bad_request") -> Vector:
    """A request, rightly signed, that must be refused with ``error``."""
    raw = body if isinstance(body, bytes) else text(body)
    return {**vector(name, TO_WORKER, seal(raw), None), "error": error}


def dropped(name: str, message: Message) -> Vector:
    """A message of the worker that a client drops."""
    frames = seal(text(message), TO_CLIENT)
    return {**vector(name, TO_CLIENT, frames, None), "error": "bad_request"}


def malformed(name: str, frames: list[bytes], direction: str = TO_WORKER) -> Vector:
    """Frames that get no answer at all."""
    return {**vector(name, direction, frames, None), "error": "malformed"}


def unknown(name: str, frames: list[bytes]) -> Vector:
    """A message, rightly signed, of a conversation that the worker does not know."""
    return {**vector(name, TO_WORKER, frames, None), "error": "hello_again"}


def vector(name: str, direction: str, frames: list[bytes], message: Message | None) -> Vector:
    """A vector is valid if it has a message."""
    return {
        "name": name,
        "direction": direction,
        "key": KEY if direction != FILE else "",
        "conversation": {"client": CLIENT, "worker": WORKER, "heard": HEARD},
        "frames_hex": [frame.hex() for frame in frames],
        "json": message,
        "valid": message is not None,
    }


def changed(message: Message, path: str, value: Any) -> Message:
    """A copy with one field set: ``clip.start_s``."""
    result = copy.deepcopy(message)
    place = result
    *parents, last = path.split(".")
    for name in parents:
        place = place[name]
    place[last] = value
    return result


def without(message: Message, name: str) -> Message:
    """A copy less one field."""
    return {key: value for key, value in message.items() if key != name}


def ask(kind: str, **fields: Any) -> Message:
    """A request."""
    return {"type": kind, "id": "q1", **fields}


def tell(kind: str, **fields: Any) -> Message:
    """A message of the worker that answers ``q1``."""
    return {"type": kind, "id": "a1", "re": "q1", "epoch": 3, **fields}
