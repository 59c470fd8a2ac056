"""Where a message stands: who sent it, in which conversation, and as which in the row.

Both sides bring a nonce into a conversation, and each counts what it sends. The stamp is signed
with the message, so a frame that somebody recorded counts for nothing: not in another conversation
(the nonces are others), not in the same one (its count has been heard), and not thrown back at its
sender (the first letter is the other side's).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from .codec import MAX_INT
from .errors import MalformedMessage

CLIENT, WORKER = "c", "w"
"""Who sent a message."""

NOBODY = "0" * 32
"""Stands for the worker's nonce until the client has heard it."""

_LINE = re.compile(rb"([cw]) ([0-9a-f]{32}) ([0-9a-f]{32}) ([0-9a-f]{16})")


def new_nonce() -> str:
    """A fresh nonce: 32 hex digits, 16 random bytes."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Stamp:
    """Frame 1 of a message.

    Attributes:
        sender: CLIENT or WORKER.
        client, worker: the nonces of the two, 32 hex digits each.
        count: rises with each message of this sender in this conversation, from 1.
    """

    sender: str
    client: str
    worker: str
    count: int

    def line(self) -> bytes:
        """The 84 bytes that are sent and signed; always as many, so no two stamps and bodies give
        the same bytes one after the other."""
        return f"{self.sender} {self.client} {self.worker} {self.count:016x}".encode("ascii")

    @classmethod
    def read(cls, line: bytes) -> "Stamp":
        """The stamp of a frame.

        Raises:
            MalformedMessage: it is none.
        """
        found = _LINE.fullmatch(line)
        if found is None:
            raise MalformedMessage("The second frame is no stamp.")
        sender, client, worker, count = (part.decode("ascii") for part in found.groups())
        if not 0 < int(count, 16) <= MAX_INT:
            raise MalformedMessage("A message cannot be counted so.")
        return cls(sender, client, worker, int(count, 16))
