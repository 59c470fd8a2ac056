"""A client's side of one conversation: it stamps what goes out and knows what has been heard.

One for each connection. The worker's nonce is not known at first; ``hello_again`` brings it, and
brings another one where the worker has forgotten this client.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from . import codec, envelope
from .errors import MalformedMessage
from .stamp import CLIENT, NOBODY, WORKER, Stamp, new_nonce

HELLO_AGAIN = "hello_again"


class Conversation:
    """Knows no socket and no time."""

    def __init__(self, key: str, nonce: Optional[str] = None) -> None:
        self._key = key
        self._client, self._worker = nonce or new_nonce(), NOBODY
        self._sent = self._heard = 0

    def seal(self, message: Mapping[str, Any]) -> List[bytes]:
        """The frames of a message.

        Raises:
            BadRequest: it holds what JSON cannot.
        """
        self._sent += 1
        stamp = Stamp(CLIENT, self._client, self._worker, self._sent)
        return envelope.seal(self._key, stamp, message)

    def unseal(self, frames: List[bytes]) -> Dict[str, Any]:
        """The JSON object of a message of the worker.

        Raises:
            MalformedMessage: it is not the worker's, of another conversation, or heard before.
            BadRequest: it is the worker's, and no JSON object.
        """
        stamp, body = envelope.unseal(self._key, frames, WORKER)
        if stamp.client != self._client:
            raise MalformedMessage("The message is of another conversation.")
        if stamp.worker == self._worker:
            if stamp.count <= self._heard:
                raise MalformedMessage("The message was heard before.")
            self._heard = stamp.count
            return codec.parse(body)
        data = codec.parse(body)
        if data.get("type") != HELLO_AGAIN or data.get("nonce") != stamp.worker:
            raise MalformedMessage("The message is of another conversation.")
        return data

    def turn_to(self, nonce: str) -> None:
        """Go on with the nonce that ``hello_again`` brought; that message was the worker's first
        under it."""
        self._worker, self._heard = nonce, 1
