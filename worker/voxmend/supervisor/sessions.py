"""Who has proved that it is here now: conversations of clients, told apart by their nonces.

The worker gives each new conversation a nonce (``offer``), and a client that comes back under it
has a session. What somebody recorded earlier carries an older nonce, so it gets another offer and
does nothing. Pure: no socket, the clock's time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voxmend_protocol.stamp import WORKER, Stamp, new_nonce

from .outbox import Outbox

MAX_SESSIONS = 256


@dataclass(slots=True)
class Session:
    """One conversation.

    Attributes:
        client, worker: its two nonces.
        came: the highest count of the client that was taken.
        told: the count of the worker's last message.
        heard: when the client spoke last.
        kind: what the client says it is.
    """

    client: str = ""
    worker: str = ""
    came: int = 0
    told: int = 0
    outbox: Outbox = field(default_factory=Outbox)
    heard: float = 0.0
    kind: str = ""

    def next_stamp(self) -> Stamp:
        """The stamp of the worker's next message."""
        self.told += 1
        return Stamp(WORKER, self.client, self.worker, self.told)

    def takes(self, stamp: Stamp) -> bool:
        """Whether a message is new; one that is taken is not taken again."""
        if stamp.count <= self.came:
            return False
        self.came = stamp.count
        return True

    def is_of(self, stamp: Stamp) -> bool:
        """Whether a message belongs here."""
        return (self.client, self.worker) == (stamp.client, stamp.worker)


class Sessions:
    """At most ``MAX_SESSIONS`` clients, and as many that were offered a nonce."""

    def __init__(self) -> None:
        self.known: dict[bytes, Session] = {}
        self._offered: dict[bytes, Session] = {}

    def find(self, peer: bytes, stamp: Stamp) -> Session | None:
        """The session of a message; None where its nonces are not the ones this peer has."""
        for place in (self.known, self._offered):
            session = place.get(peer)
            if session is not None and session.is_of(stamp):
                return session
        return None

    def offer(self, peer: bytes, client: str) -> Session:
        """A new conversation, which counts once the client comes back under its nonce. Strangers
        who repeat what they recorded push out other offers at most, never a session."""
        self._offered.pop(peer, None)
        while len(self._offered) >= MAX_SESSIONS:
            del self._offered[next(iter(self._offered))]
        made = self._offered[peer] = Session(client, new_nonce())
        return made

    def keep(self, peer: bytes, session: Session, now: float) -> list[bytes]:
        """The client has spoken in this session; the peers that are forgotten for it."""
        session.heard = now
        if self.known.get(peer) is session:
            return []
        self._offered.pop(peer, None)
        self.known.pop(peer, None)
        gone = []
        while len(self.known) >= MAX_SESSIONS:
            gone.append(min(self.known, key=lambda name: self.known[name].heard))
            del self.known[gone[-1]]
        self.known[peer] = session
        return gone
