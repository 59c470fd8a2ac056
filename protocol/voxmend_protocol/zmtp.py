"""A ZMTP 3.0 DEALER on a plain socket, in the standard library alone.

It lives inside REAPER's Python, where C extensions crash when the host re-initialises Python, and
serves every client that cannot have libzmq. One peer, mechanism PLAIN, no reconnect: the client
above it dials again. Bytes: RFC 23/ZMTP, 24/ZMTP-PLAIN and 37/ZMTP of the ZeroMQ project.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import List, Optional, Sequence, Tuple

from .envelope import MAX_REPLY, USER
from .errors import WorkerUnreachable

_GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"PLAIN".ljust(20, b"\0") + bytes(32)
_MORE, _LONG, _COMMAND = 1, 2, 4
_MAX_FRAME = 4 * MAX_REPLY
_MAX_FRAMES = 8
_ERRORS = (b"\x05ERROR", b"^RROR")
"""As RFC 24 has it, and as libzmq 4.3.5 writes it: C reads ``\\x5E`` as one letter."""


REFUSED = (
    "What listens at the worker's port does not know this worker's key: it is another program, or "
    "another worker. Type: voxmend worker restart"
)


def frame(body: bytes, flags: int = 0) -> bytes:
    """One ZMTP frame: flags, size, body."""
    if len(body) > 255:
        return bytes([flags | _LONG]) + struct.pack(">Q", len(body)) + body
    return bytes([flags, len(body)]) + body


def hello(password: bytes) -> bytes:
    """The HELLO command: user name and password."""
    both = b"".join(bytes([len(part)]) + part for part in (USER, password))
    return frame(b"\x05HELLO" + both, _COMMAND)


def initiate(identity: bytes = b"") -> bytes:
    """The INITIATE command of a DEALER."""
    properties = b""
    for name, value in ((b"Socket-Type", b"DEALER"), (b"Identity", identity)):
        properties += bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
    return frame(b"\x08INITIATE" + properties, _COMMAND)


class Parser:
    """Bytes in, (flags, body) out; knows no socket."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what the socket gave."""
        self._buffer += data

    def take(self, count: int) -> Optional[bytes]:
        """The next ``count`` bytes, or None until they are there."""
        if len(self._buffer) < count:
            return None
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def frame(self) -> Optional[Tuple[int, bytes]]:
        """The next whole frame, or None.

        Raises:
            WorkerUnreachable: the peer announces more than any message of ours has.
        """
        head = 9 if self._buffer and self._buffer[0] & _LONG else 2
        if len(self._buffer) < head:
            return None
        size = struct.unpack_from(">Q" if head == 9 else ">B", self._buffer, 1)[0]
        if size > _MAX_FRAME:
            raise WorkerUnreachable("The peer does not speak voxmend's protocol.")
        if len(self._buffer) < head + size:
            return None
        flags = self._buffer[0]
        body = bytes(self._buffer[head : head + size])
        del self._buffer[: head + size]
        return flags, body


class Dealer:
    """A connected DEALER: send frames, receive frames."""

    def __init__(self, port: int, password: bytes, timeout_s: float = 2.0) -> None:
        """Connect to 127.0.0.1 and shake hands.

        Args:
            password: of ``envelope.password``, for the worker that is meant.

        Raises:
            WorkerUnreachable: nobody listens, it is not a ZeroMQ ROUTER, or it does not take the
                password.
        """
        self._parser = Parser()
        self._parts: List[bytes] = []
        self._deadline = time.monotonic() + timeout_s
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        except OSError as error:
            raise WorkerUnreachable(
                f"Nobody listens on port {port} ({error.strerror or error}). "
                "Start a worker: voxmend worker start"
            ) from None
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._write(_GREETING)
            self._greeted()
            self._write(hello(password))
            self._commanded(b"\x07WELCOME")
            self._write(initiate())
            self._commanded(b"\x05READY")
        except BaseException:
            self.close()
            raise

    def _greeted(self) -> None:
        greeting = None
        while greeting is None:
            self._read(self._deadline)
            greeting = self._parser.take(64)
        # Octets 1 to 8 are padding that libzmq fills in its own way: not checked.
        if greeting[0] != 0xFF or greeting[9] != 0x7F or greeting[10] < 3:
            raise WorkerUnreachable("The peer does not speak ZeroMQ 3.")
        if greeting[12:32].rstrip(b"\0") != b"PLAIN":
            raise WorkerUnreachable("The peer wants another ZeroMQ security mechanism.")

    def _commanded(self, wanted: bytes) -> None:
        """Wait for a command of the handshake."""
        while (found := self._parser.frame()) is None:
            self._read(self._deadline)
        flags, body = found
        if flags & _COMMAND and body.startswith(wanted):
            return
        if flags & _COMMAND and body.startswith(_ERRORS):
            raise WorkerUnreachable(REFUSED)
        raise WorkerUnreachable("The peer refused the ZeroMQ handshake.")

    def send(self, frames: Sequence[bytes]) -> None:
        """Send one message.

        Raises:
            WorkerUnreachable: the connection is gone.
        """
        last = len(frames) - 1
        self._write(b"".join(frame(f, 0 if n == last else _MORE) for n, f in enumerate(frames)))

    def recv(self, timeout_s: float) -> Optional[List[bytes]]:
        """The next message, or None after ``timeout_s``; 0 only looks.

        Raises:
            WorkerUnreachable: the connection is gone.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self._parser.frame()
            if found is not None:
                message = self._sort(*found)
                if message is not None:
                    return message
            elif not self._readable(deadline):
                return None
            else:
                self._read(deadline)

    def _sort(self, flags: int, body: bytes) -> Optional[List[bytes]]:
        if flags & _COMMAND:
            if body.startswith(b"\x04PING"):  # 2 octets of TTL, then a context to echo
                self._write(frame(b"\x04PONG" + body[7:], _COMMAND))
            return None
        self._parts.append(body)
        if len(self._parts) > _MAX_FRAMES:
            raise WorkerUnreachable("The peer does not speak voxmend's protocol.")
        if flags & _MORE:
            return None
        message, self._parts = self._parts, []
        return message

    def _readable(self, deadline: float) -> bool:
        wait = max(0.0, deadline - time.monotonic())
        if hasattr(select, "poll"):  # select() fails on descriptors over 1023: a host may have them
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(wait * 1000))
        return bool(select.select([self._socket], [], [], wait)[0])

    def _read(self, deadline: float) -> None:
        try:
            data = self._socket.recv(65536) if self._readable(deadline) else b""
        except OSError as error:
            raise WorkerUnreachable(f"The connection broke ({error.strerror or error}).") from None
        if not data:
            raise WorkerUnreachable("The worker closed the connection or does not answer.")
        self._parser.feed(data)

    def _write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise WorkerUnreachable(f"The connection broke ({error.strerror or error}).") from None

    def close(self) -> None:
        """Close the socket; may be called twice."""
        self._socket.close()
