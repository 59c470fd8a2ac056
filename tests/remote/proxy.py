"""A TCP proxy that does what a network does: delays, narrows, cuts, goes silent. And what somebody
between two machines could do: record what passes, and say it again."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Between a laptop and a server at ``port`` on loopback.

    Attributes:
        delay_s: one way, for each byte.
        rate: bytes a second each way; 0: as fast as it goes.
        cut_after: bytes of the laptop, over one connection, after which it breaks off; None: never.
        cuts: how many connections broke off so.
        silent: what comes goes nowhere.
        sent: bytes of the laptop that went through, over each connection.
    """

    port: int
    delay_s: float = 0.0
    rate: int = 0
    cut_after: int | None = None
    most_cuts: int = 1
    cuts: int = 0
    silent: bool = False
    sent: list[int] = field(default_factory=list)
    said: list[bytearray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open: list[socket.socket] = []
        self._servers: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.own: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End it, with all connections."""
        self._listener.close()
        self.break_off()

    def inject(self, number: int, data: bytes) -> None:
        """Say something to the server, over a connection of the laptop's."""
        self._servers[number].sendall(data)

    def break_off(self) -> None:
        """Break all connections."""
        while self._open:
            _shut(self._open.pop())

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                try:
                    theirs = socket.create_connection(("127.0.0.1", self.port))
                except OSError:
                    _shut(ours)
                    continue
                self._open += [ours, theirs]
                self._servers.append(theirs)
                number = len(self.sent)
                self.sent.append(0)
                self.said.append(bytearray())
                Flow(self, ours, theirs, number).start()
                Flow(self, theirs, ours, None).start()

    def passed(self, number: int, data: bytes) -> bool:
        """Count what the laptop has sent. Whether the connection breaks off now."""
        self.sent[number] += len(data)
        if len(self.said[number]) < 1_000_000:
            self.said[number] += data
        over = self.cut_after is not None and self.sent[number] >= self.cut_after
        if over and self.cuts < self.most_cuts:
            self.cuts += 1
            return True
        return False


class Flow:
    """One way of one connection: a thread takes bytes, another one gives them on in their time."""

    def __init__(
        self, proxy: Proxy, source: socket.socket, sink: socket.socket, number: int | None
    ) -> None:
        self._proxy, self._source, self._sink, self._number = proxy, source, sink, number
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._there = threading.Semaphore(0)
        self._room = threading.Semaphore(64)

    def start(self) -> None:
        """Begin."""
        for work in (self._take, self._give):
            threading.Thread(target=work, daemon=True).start()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._source.recv(16_384):
                self._room.acquire()
                self._waiting.append((time.monotonic() + self._proxy.delay_s, data))
                self._there.release()
        self._waiting.append((0.0, b""))
        self._there.release()

    def _give(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._there.acquire()
                due, data = self._waiting.popleft()
                self._room.release()
                if not data:
                    break
                time.sleep(max(0.0, due - time.monotonic()))
                if self._proxy.rate:
                    time.sleep(len(data) / self._proxy.rate)
                if self._proxy.silent:
                    continue
                self._sink.sendall(data)
                if self._number is not None and self._proxy.passed(self._number, data):
                    break
        _shut(self._source)
        _shut(self._sink)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
