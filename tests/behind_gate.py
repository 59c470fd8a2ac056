"""A ROUTER that only who has the password of a key reaches, as a worker's; and a conversation as
the worker keeps it, for tests that play a worker of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import zmq
from waiting import PATIENCE_S

from voxmend.supervisor.gate import Gate
from voxmend_protocol import codec, envelope
from voxmend_protocol.stamp import CLIENT, WORKER, Stamp, new_nonce


class Router:
    """Bound to a free port of the loopback address."""

    def __init__(self, key: str, **options: int) -> None:
        """``options``: of the socket, by their names in libzmq, set before it is bound."""
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.gate = Gate(self.context)
        self.socket = self.context.socket(zmq.ROUTER)
        Gate.guard(self.socket)
        patience = round(1000 * PATIENCE_S)
        self.socket.setsockopt(zmq.HANDSHAKE_IVL, patience)  # however slow the machine is
        for name, value in {
            "LINGER": 0, "ROUTER_MANDATORY": 1, "RCVTIMEO": patience, **options,
        }.items():  # fmt: skip
            self.socket.setsockopt(getattr(zmq, name), value)
        self.port = int(self.socket.bind_to_random_port("tcp://127.0.0.1"))
        self.endpoint = f"tcp://127.0.0.1:{self.port}"
        self.password = envelope.password(key, self.endpoint)
        self.gate.password = self.password

    def close(self) -> None:
        """Close the socket and end the gate; may be called twice."""
        self.socket.close()
        self.context.term()
        self.gate.wait_closed()


@dataclass
class WorkersSide:
    """One client after the other; a message under another nonce than the last one given gets
    ``hello_again``."""

    key: str
    nonce: str = field(default_factory=new_nonce)
    client: str = ""
    told: int = 0

    def hear(self, frames: list[bytes]) -> tuple[dict[str, Any], bool]:
        """What a client says, and whether it is to be asked for hello."""
        stamp, body = envelope.unseal(self.key, frames, CLIENT)
        foreign = (stamp.client, stamp.worker) != (self.client, self.nonce)
        if foreign:
            self.client, self.nonce, self.told = stamp.client, new_nonce(), 0
        return codec.parse(body), foreign

    def stamp(self) -> Stamp:
        """The worker's next."""
        self.told += 1
        return Stamp(WORKER, self.client, self.nonce, self.told)

    def seal(self, body: dict[str, Any]) -> list[bytes]:
        """A message of the worker."""
        return envelope.seal(self.key, self.stamp(), body)

    def again(self, re: str) -> list[bytes]:
        """``hello_again`` to a request."""
        return self.seal(
            {"type": "hello_again", "id": "again", "re": re, "epoch": 1, "nonce": self.nonce}
        )
