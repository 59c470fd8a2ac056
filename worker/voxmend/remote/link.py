"""A laptop's connection to a remote worker: pinned, encrypted, over as soon as it is broken.

libzmq would connect again without a word, and lose what was under way. Who sends a song wants to
know: so each connection is made once and watched, and what its loss means is its owner's to decide.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from types import TracebackType

import zmq
from zmq.utils.monitor import recv_monitor_message

from voxmend_protocol.errors import BadRequest, RemoteRefused, from_code

from . import forms, keys
from .peers import Server

SHAKE_S = 15.0
SILENCE_S = 30.0
"""A remote worker answers at once, however busy its engines are: after so long the network, or the
machine, is gone."""

_WATCHED = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_CLOSED
    | zmq.EVENT_DISCONNECTED
)
_STRANGE = "what listens there does not hold the key that {name} was added with"
_WHY: dict[int, str] = {
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: _STRANGE,
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: _STRANGE,
    zmq.EVENT_CLOSED: "nobody listens there",
    zmq.EVENT_DISCONNECTED: "the connection broke off",
}


class LinkLost(Exception):  # noqa: N818  it is tried again
    """The connection is gone; why, as the end of a sentence."""


class Link:
    """One connection. Not for use from two threads at once."""

    def __init__(
        self,
        server: Server,
        pair: keys.Pair,
        heard: Callable[[], object] = lambda: None,
        silence_s: float = SILENCE_S,
        shake_s: float = SHAKE_S,
    ) -> None:
        """Connect and shake hands.

        Args:
            heard: called whenever the other side has answered: that it shakes hands is libzmq's
                doing, and no answer.
            silence_s: how long an answer may take.

        Raises:
            LinkLost: nobody answers there, or not with the pinned key.
            RemoteRefused: the other side does not know this machine's key.
        """
        self._server, self._heard, self._silence_s = server, heard, silence_s
        self._number = self._answered = 0
        self._gone: str | None = None
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.IPV6, 1),
            (zmq.MAXMSGSIZE, forms.MOST_FORM + 1024),
            (zmq.RECONNECT_IVL, -1),
            (zmq.HANDSHAKE_IVL, round(shake_s * 1000)),
            (zmq.CURVE_SERVERKEY, keys.wired(server.key)),
            (zmq.CURVE_PUBLICKEY, keys.wired(pair.public)),
            (zmq.CURVE_SECRETKEY, keys.wired(pair.secret)),
        ):
            self._socket.setsockopt(option, value)
        self._watch = self._socket.get_monitor_socket(_WATCHED)
        try:
            try:
                self._socket.connect(server.address)
            except zmq.ZMQError as error:
                raise LinkLost(f"its address is no good ({error})") from None
            self._shake_hands(time.monotonic() + shake_s)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let it go; may be called twice."""
        if not self._socket.closed:
            self._socket.disable_monitor()
        self._watch.close(0)
        self._socket.close(0)
        self._context.term()

    def call(self, asked: forms.Question) -> forms.Answer:
        """Ask, and wait for the answer.

        Raises:
            LinkLost: the connection is gone, or silent.
            VoxmendError: the other side refuses.
        """
        return self.hear(self.send(asked))[0]

    def send(self, asked: forms.Question, data: bytes | None = None) -> int:
        """Ask, and do not wait. The question's number.

        Raises:
            LinkLost: the connection is gone, or takes nothing any more.
        """
        self._number += 1
        frames = [forms.dump(asked, self._number), *([] if data is None else [data])]
        if self._gone is None and not self._socket.poll(self._ms, zmq.POLLOUT):
            self._gone = "it takes nothing any more"
        if self._gone is not None:
            raise LinkLost(self._told(self._gone))
        self._socket.send_multipart(frames)
        return self._number

    def hear(self, number: int) -> tuple[forms.Answer, bytes]:
        """The answer to a question, with its sound. Answers to earlier ones are passed over: nobody
        waits for them any more. Each comes once, and in order.

        Raises:
            LinkLost: the connection is gone, or silent.
            VoxmendError: the other side refuses.
        """
        found = self._answered
        while found != number:
            frames = self._receive(time.monotonic() + self._silence_s)
            self._heard()
            try:
                found, answer = forms.answer_of(frames[0])
            except BadRequest as error:
                raise LinkLost(f"what it says cannot be read: {error.message}") from None
            if not self._answered < found <= number:
                raise LinkLost("it answers what was not asked")
            self._answered = found
        if isinstance(answer, forms.Refused):
            body = answer.error
            raise from_code(body.code, body.message.replace("{name}", self._server.name))
        return answer, frames[1] if len(frames) > 1 else b""

    def _receive(self, deadline: float) -> list[bytes]:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._watch, zmq.POLLIN)
        while self._gone is None:
            left = deadline - time.monotonic()
            if left <= 0:
                self._gone = f"it has said nothing for {self._silence_s:.0f} s"
                break
            came = dict(poller.poll(max(1, round(left * 1000))))
            if self._socket in came:
                return self._socket.recv_multipart()
            if self._watch in came:
                self._event()
        raise LinkLost(self._told(self._gone or ""))

    def _shake_hands(self, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not self._watch.poll(max(1, round(left * 1000))):
                raise LinkLost("nobody answers there")
            event = self._event(shaking=True)
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return
            if self._gone is not None:
                raise LinkLost(self._told(self._gone))

    def _event(self, shaking: bool = False) -> int:
        """What became of the connection.

        Raises:
            RemoteRefused: the other side does not know this machine's key.
        """
        event = int(recv_monitor_message(self._watch)["event"])
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            raise RemoteRefused(
                f"{self._server.name} does not know this machine's key. Pair the two: type voxmend "
                "remote pair here, and give what it shows to the same command there."
            )
        if event in _WHY and self._gone is None:
            strange = shaking and event == zmq.EVENT_DISCONNECTED
            self._gone = _STRANGE if strange else _WHY[event]
        return event

    def _told(self, why: str) -> str:
        return why.replace("{name}", self._server.name)

    @property
    def _ms(self) -> int:
        return round(self._silence_s * 1000)


def drop(link: Link, jobs: list[str]) -> None:
    """Say that these jobs are wanted no more, where that is still possible."""
    with contextlib.suppress(Exception):
        for job in list(jobs):
            link.call(forms.Drop(job))
            jobs.remove(job)
