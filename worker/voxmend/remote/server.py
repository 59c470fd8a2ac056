"""The socket for laptops: one ROUTER with CURVE, one loop, in a process of its own.

The supervisor starts it where ``remote.listen`` says an address. It is a client of that worker like
any other, so nothing of the worker's own port opens. Its memory is limited: what floods it ends it
alone, and it is started anew.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import zmq

from voxmend_protocol import Client
from voxmend_protocol.errors import (
    BadRequest,
    EnvironmentProblem,
    InternalError,
    VoxmendError,
)
from voxmend_protocol.messages import Report, Status
from voxmend_protocol.values import ErrorBody

from .. import descriptors, memory_limit, wire
from ..config import Settings
from ..disk import met
from ..log import log, log_defect, open_log
from ..paths import Paths
from . import forms, keys, peers
from .gate import USER, Gate
from .guests import Guests
from .shelf import room
from .task import Around

MEMORY_GB = 1.0
SNDHWM = RCVHWM = 16
"""Messages that wait for one peer, or of it: with their sound about 4 MB."""
TURN_MS = 500
BURST = 64
SWEEP_S = 60.0
LOOK_S = 1.0
"""How often the list of known keys is looked at."""


class Known:
    """Whose keys are let in, as the file says now. Used from two threads."""

    def __init__(self, paths: Paths, clock: Callable[[], float] = time.monotonic) -> None:
        self._paths, self._clock = paths, clock
        self._looked = -LOOK_S
        self._guests: dict[str, peers.Guest] | None = None
        self._lock = threading.Lock()

    def get(self, key: str) -> peers.Guest | None:
        """The laptop that has this key. Where the file cannot be read, nobody's."""
        return (self._all() or {}).get(key)

    def all(self) -> list[peers.Guest] | None:
        """All of them; None where the file cannot be read."""
        found = self._all()
        return None if found is None else list(found.values())

    def _all(self) -> dict[str, peers.Guest] | None:
        with self._lock:
            if self._clock() - self._looked >= LOOK_S:
                self._looked = self._clock()
                try:
                    found = peers.read(self._paths).guests
                    self._guests = {guest.key: guest for guest in found}
                except (VoxmendError, OSError) as error:
                    log("peers_unreadable", logging.ERROR, why=error)
                    self._guests = None
            return self._guests

    def __call__(self, key: str) -> bool:
        return self.get(key) is not None


class Server:
    """The socket and its loop."""

    def __init__(self, address: str, pair: keys.Pair, known: Known, guests: Guests) -> None:
        """Bind.

        Raises:
            EnvironmentProblem: the address cannot be had.
        """
        self._known, self._guests = known, guests
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.gate = Gate(self._context, known)
        self._socket = self._context.socket(zmq.ROUTER)
        Gate.guard(self._socket, pair)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.IPV6, 1),
            (zmq.MAXMSGSIZE, forms.MOST_FORM + 1024),
            (zmq.SNDHWM, SNDHWM),
            (zmq.RCVHWM, RCVHWM),
            (zmq.ROUTER_MANDATORY, 1),
            (zmq.HEARTBEAT_IVL, 15_000),
            (zmq.HEARTBEAT_TIMEOUT, 60_000),
        ):
            self._socket.setsockopt(option, value)
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:
            self.close()
            raise EnvironmentProblem(
                f"Nothing can listen at {address} ({error}). Choose another address: voxmend "
                f"worker run --listen tcp://ADDRESS:{peers.PORT}"
            ) from None
        self.endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        self._swept = time.monotonic()

    def turn(self, wait_ms: int = TURN_MS) -> None:
        """Wait for questions, and answer those that are here."""
        if self._socket.poll(wait_ms):
            for _ in range(BURST):
                try:
                    frames: list[Any] = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    break
                self._take(frames)
        if time.monotonic() - self._swept > SWEEP_S:
            self.sweep()

    def sweep(self) -> None:
        """Remove what is old, and what is of nobody. Where the list of keys cannot be read, nobody
        comes in, and what lies there stays."""
        self._swept = time.monotonic()
        known = self._known.all()
        if known is not None:
            self._guests.sweep(known)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close(0)
        self._context.term()
        self.gate.wait_closed()

    def _take(self, frames: list[Any]) -> None:
        peer, *rest = frames
        if not 1 <= len(rest) <= 2:
            return
        guest = self._known.get(str(rest[0].get(USER)))
        if guest is None:  # forgotten since it came in
            return
        number, sound = 0, b""
        answer: forms.Answer
        try:
            number, asked = forms.question_of(rest[0].bytes)
            data = rest[1].bytes if len(rest) == 2 else b""
            answer, sound = self._guests.answer(guest, asked, data)
        except VoxmendError as error:
            answer = forms.Refused(ErrorBody.of(descriptors.in_place_of(error) or error))
        except Exception as error:  # noqa: BLE001  the loop survives a defect; the laptop hears of it
            log_defect("remote_question_failed", guest=guest.name)
            defect = InternalError("{name} failed at this. See there: voxmend worker logs")
            answer = forms.Refused(ErrorBody.of(met(error) or defect))
        self._send(peer.bytes, answer, number, sound)

    def _send(self, peer: bytes, answer: forms.Answer, number: int, sound: bytes) -> None:
        try:
            frames = [peer, forms.dump(answer, number)]
        except BadRequest:
            log("remote_answer_unfit", logging.ERROR)
            return
        if isinstance(answer, forms.Piece):
            frames.append(sound)
        with contextlib.suppress(zmq.ZMQError):  # it is gone, or asks and never reads
            self._socket.send_multipart(frames, zmq.NOBLOCK)


def main(
    pipe: Connection, paths: Paths, settings: Settings, sketch: Callable[[Path, str], Path]
) -> None:
    """Be the listener until the pipe closes. Says through it the endpoint, or what is wrong.

    Args:
        sketch: where, in the state folder, the engine leaves what a job's report draws.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    open_log(paths.remote_log, settings.worker.log_level)
    memory_limit.hold(MEMORY_GB)
    try:
        known = Known(paths)
        # What is asked of this machine is done on it, and not sent on.
        device = settings.worker.own_device
        connect = partial(wire.client, "remote")
        around = Around(
            lambda job: sketch(paths.state, job), connect,
            lambda: room(paths.state),
            None if device == settings.worker.device else device,
        )  # fmt: skip
        guests = Guests(paths, settings.remote, around, Standing(connect))
        server = Server(settings.remote.listen, keys.own(paths), known, guests)
    except (VoxmendError, OSError) as error:
        said = met(error) or error
        pipe.send_bytes(f"!{getattr(said, 'message', said)}".encode())
        return
    pipe.send_bytes(server.endpoint.encode())
    log("remote_listens", endpoint=server.endpoint)
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    while True:
        try:
            server.turn()
        except Exception:  # noqa: BLE001  one bad turn is not the end for all laptops
            log_defect("remote_turn_failed")
            time.sleep(0.1)


def _end_with(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        pipe.recv_bytes()
    os._exit(0)


class Standing:
    """How this machine's own worker does, as it last said: whoever asks does not wait for it."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._last = (0, 0)
        self._asked = threading.Event()
        self._asked.set()
        threading.Thread(target=self._run, name="standing", daemon=True).start()

    def __call__(self) -> tuple[int, int]:
        """Its engines, and the jobs that wait."""
        self._asked.set()
        return self._last

    def _run(self) -> None:
        while True:
            self._asked.wait()
            with contextlib.suppress(VoxmendError), self._connect() as client:
                report = client.request(Status(), Report)
                self._last = max(1, len(report.engines)), report.queued
                self._asked.clear()
            time.sleep(LOOK_S)
