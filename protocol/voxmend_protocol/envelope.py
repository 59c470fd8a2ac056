"""The three frames of every message, and the only place that signs or checks one.

    frame 0   voxmend/1
    frame 1   HMAC-SHA256 of frame 0 + frame 2, 64 lower-case hex digits
    frame 2   one flat JSON object, UTF-8

The key is the 64 hex digits of worker.json, as 32 bytes. Frames after the third are reserved for
opaque bytes of a later version and are refused today. Who cannot sign gets no answer.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, Dict, List, Mapping, Sequence

from . import codec
from .errors import MalformedMessage

VERSION_FRAME = b"voxmend/1"
MAX_REQUEST = 64 * 1024
MAX_REPLY = 16 * 1024
"""No message to a client is larger than this, so that a slow one cannot cost memory."""


def new_key() -> str:
    """A fresh key: 64 hex digits, 32 random bytes."""
    return secrets.token_hex(32)


def signature(key: str, body: bytes) -> bytes:
    """Frame 1 for ``body``."""
    digest = hmac.new(bytes.fromhex(key), VERSION_FRAME + body, hashlib.sha256)
    return digest.hexdigest().encode("ascii")


def seal(key: str, message: Mapping[str, Any]) -> List[bytes]:
    """Sign a JSON object: the three frames to send."""
    body = codec.dump(message)
    return [VERSION_FRAME, signature(key, body), body]


def unseal(key: str, frames: Sequence[bytes], limit: int = MAX_REQUEST) -> Dict[str, Any]:
    """Check three frames and give the JSON object back.

    Raises:
        MalformedMessage: wrong number of frames, another version, a bad signature, too large.
            Such a message gets no answer.
        BadRequest: rightly signed, and not a JSON object.
    """
    if len(frames) != 3:
        raise MalformedMessage(f"A message has 3 frames, not {len(frames)}.")
    version, sent, body = frames
    if version != VERSION_FRAME:
        raise MalformedMessage("The first frame names another protocol.")
    if len(body) > limit:
        raise MalformedMessage(f"A message has at most {limit} bytes, not {len(body)}.")
    if not hmac.compare_digest(sent, signature(key, body)):
        raise MalformedMessage("The signature does not fit.")
    return codec.parse(body)
