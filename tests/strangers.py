"""What somebody without the key can do to a worker's port: floods, and connections that say
nothing. Raw sockets: an attacker is not bound to libzmq."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psutil

from voxmend_protocol.zmtp import frame, hello, initiate

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00"
NULL = GREETING + b"NULL".ljust(20, b"\0") + bytes(32)
PLAIN = GREETING + b"PLAIN".ljust(20, b"\0") + bytes(32)
READY = frame(b"\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER", 4)
WRONG = hello(b"0" * 64)

FLOODS = {
    "60 kB frames with MORE": (NULL + READY, frame(bytes(60_000), 1)),
    "60 kB frames with MORE after PLAIN": (PLAIN + WRONG + initiate(), frame(bytes(60_000), 1)),
    "60 kB frames with MORE in the handshake": (PLAIN, frame(bytes(60_000), 1)),
    "commands of 60 kB in the handshake": (PLAIN, frame(b"\x05HELLO" + bytes(60_000), 4)),
    "one-byte frames": (NULL + READY, frame(b"x", 1) * 10_000),
    "one-byte frames of ZMTP 1": (b"\x01\x00", b"\x02\x01x" * 10_000),
    "one-byte frames of ZMTP 2": (GREETING[:10] + b"\x01\x05\x00\x00", frame(b"x", 1) * 10_000),
    "a frame that is said to be of 2^62 bytes": (PLAIN, b"\x02\x40" + bytes(7) + bytes(60_000)),
    # An “a” was once taken for the flags of a frame with MORE.
    "HTTP": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"a" * 60_000),
    "the password's command again and again": (PLAIN, WRONG * 500),
}
"""A name: what a connection begins with, and what follows for ever."""


def flood(
    port: int, first: bytes, then: bytes, size: int, look: Callable[[], object] = lambda: None
) -> int:
    """Send until ``size`` bytes have gone out, over as many connections as that takes; how many
    it took. ``look`` is called while a connection is there: what it takes is given back after."""
    gone = connections = 0
    while gone < size:
        connections += 1
        with socket.create_connection(("127.0.0.1", port)) as there:
            there.settimeout(5)
            with contextlib.suppress(OSError):
                there.sendall(first)
                while gone < size:
                    there.sendall(then)
                    gone += len(then)
                    look()
            gone += len(first)
    return connections


@contextmanager
def idle(port: int, count: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections that say nothing, or only the beginning."""
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            there = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            if said:
                there.sendall(said)
            made.append(there)
        yield made


def hung_up(sockets: list[socket.socket]) -> bool:
    """Whether the other side has ended each of these connections."""
    poll = select.poll()
    for one in sockets:
        poll.register(one, select.POLLRDHUP if hasattr(select, "POLLRDHUP") else select.POLLHUP)
    return len(poll.poll(0)) == len(sockets)


def memory(pid: int) -> int:
    """Bytes that a process has in memory."""
    return int(psutil.Process(pid).memory_info().rss)
