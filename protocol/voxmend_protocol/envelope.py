"""The four frames of every message, and the only place that signs or checks one.

    frame 0   voxmend/2
    frame 1   the stamp: who sent it, the two nonces, the count (stamp.py)
    frame 2   HMAC-SHA256 of frames 0 + 1 + 3, 64 lower-case hex digits
    frame 3   one flat JSON object, UTF-8

The key is the 64 hex digits of worker.json, as 32 bytes. Frames after the fourth are reserved for
opaque bytes of a later version and are refused today. Who cannot sign gets no answer; who has no
password does not even get so far.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, List, Mapping, Sequence, Tuple

from . import codec
from .errors import MalformedMessage
from .stamp import Stamp

VERSION_FRAME = b"voxmend/2"
MAX_REQUEST = 64 * 1024
MAX_REPLY = 16 * 1024
"""No message to a client is larger than this, so that a slow one cannot cost memory."""

USER = b"voxmend"
"""The user name of the handshake; the password alone counts."""


def new_key() -> str:
    """A fresh key: 64 hex digits, 32 random bytes."""
    return secrets.token_hex(32)


def _mac(key: str, data: bytes) -> bytes:
    return hmac.new(bytes.fromhex(key), data, hashlib.sha256).hexdigest().encode("ascii")


def password(key: str, endpoint: str) -> bytes:
    """What opens the handshake at ``endpoint`` (``tcp://127.0.0.1:<port>``): 64 hex digits.

    Whoever took the port of a worker that is gone hears it. So it is never the key, no signature
    of any message (those begin with the version), and of no use at another port or to another run
    of the worker, which has another key.
    """
    return _mac(key, b"password of voxmend/2 at " + endpoint.encode("ascii"))


def signature(key: str, stamp: Stamp, body: bytes) -> bytes:
    """Frame 2 for ``body``."""
    return _mac(key, VERSION_FRAME + stamp.line() + body)


def seal(key: str, stamp: Stamp, message: Mapping[str, Any]) -> List[bytes]:
    """Sign a JSON object: the four frames to send."""
    body = codec.dump(message)
    return [VERSION_FRAME, stamp.line(), signature(key, stamp, body), body]


def unseal(
    key: str, frames: Sequence[bytes], sender: str, limit: int = MAX_REQUEST
) -> Tuple[Stamp, bytes]:
    """Check four frames and give the stamp and the body back, whatever the body is.

    Args:
        sender: who must have sent it; a message that comes back to its sender is none.

    Raises:
        MalformedMessage: wrong number of frames, another version, no stamp, of the wrong side, a
            bad signature, too large. Such a message gets no answer.
    """
    if len(frames) != 4:
        raise MalformedMessage(f"A message has 4 frames, not {len(frames)}.")
    version, line, sent, body = frames
    if version != VERSION_FRAME:
        raise MalformedMessage("The first frame names another protocol.")
    if len(body) > limit:
        raise MalformedMessage(f"A message has at most {limit} bytes, not {len(body)}.")
    stamp = Stamp.read(line)
    if not hmac.compare_digest(sent, signature(key, stamp, body)):
        raise MalformedMessage("The signature does not fit.")
    if stamp.sender != sender:
        raise MalformedMessage("The message came back to who sent it.")
    return stamp, body
