"""Two network namespaces of Linux, and a way between them that loses packets, delays them and is
narrow. The packets are real ones, so what TCP makes of it is real too: a kernel without netem has
no other way to lose some."""

from __future__ import annotations

import contextlib
import os
import random
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

NAME = "voxmend-far"
HERE, THERE = "10.213.7.1", "10.213.7.2"
"""The addresses of this side and of the other one."""

ALONE = FileLock(Path(tempfile.gettempdir()) / f"{NAME}.lock")
"""Each process of a test run asks whether there can be namespaces, all at the same moment; and the
names are the machine's."""

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


@dataclass
class Way:
    """What the way between the two does.

    Attributes:
        loss: share of packets that get lost, each way.
        delay_s: one way.
        rate: bytes a second each way; 0: as fast as it goes.
        queue_s: packets that would wait longer are lost, as in a router.
        cut: nothing gets through.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    rate: float = 0.0
    queue_s: float = 0.5
    cut: bool = False
    lost: int = 0
    passed: int = 0
    """Bytes that got to the other side."""


def missing() -> str:
    """Why there can be none here; empty where there can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces need Linux and root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    try:
        with ALONE:
            tried = subprocess.run(
                ["ip", "netns", "add", f"{NAME}-tried"], capture_output=True, text=True, check=False
            )
            _ip("netns", "del", f"{NAME}-tried", check=False)
    except OSError:
        return "ip is not installed"
    return tried.stderr.strip() and f"no network namespace can be made: {tried.stderr.strip()}"


@contextmanager
def far() -> Iterator[Way]:
    """The other network, and the way to it; it goes with the ``with``."""
    way, stopped = Way(), threading.Event()
    with ALONE:
        yield from _far(way, stopped)


def _far(way: Way, stopped: threading.Event) -> Iterator[Way]:
    _ip("netns", "del", NAME, check=False)
    ends = [_tun("voxmend-a"), _tun("voxmend-b")]
    try:
        _ip("netns", "add", NAME)
        _ip("link", "set", "voxmend-b", "netns", NAME)
        _ip("addr", "add", f"{HERE}/30", "dev", "voxmend-a")
        _ip("link", "set", "voxmend-a", "up")
        for words in (
            ("addr", "add", f"{THERE}/30", "dev", "voxmend-b"),
            ("link", "set", "voxmend-b", "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("netns", "exec", NAME, "ip", *words)
        for n in (0, 1):
            _OneWay(way, ends[n], ends[1 - n], stopped, n).start()
        yield way
    finally:
        stopped.set()
        _ip("netns", "exec", NAME, "ip", "link", "del", "voxmend-b", check=False)
        _ip("link", "del", "voxmend-a", check=False)  # who reads of it is woken
        _ip("netns", "del", NAME, check=False)
        for end in ends:
            with contextlib.suppress(OSError):
                os.close(end)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


def _tun(name: str) -> int:
    import fcntl

    handle = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(handle, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return handle


class _OneWay:
    """Packets of one end for the other: one thread takes them, one gives them on in their time."""

    def __init__(self, way: Way, source: int, sink: int, stopped: threading.Event, seed: int):
        self._way, self._source, self._sink, self._stopped = way, source, sink, stopped
        self._chance = random.Random(seed)
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._there = threading.Semaphore(0)
        self._free_at = 0.0

    def start(self) -> None:
        for work in (self._take, self._give):
            threading.Thread(target=work, daemon=True).start()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stopped.is_set():
                packet = os.read(self._source, 65_536)
                way, now = self._way, time.monotonic()
                start = max(now, self._free_at)
                late = bool(way.rate) and start - now > way.queue_s
                if way.cut or late or self._chance.random() < way.loss:
                    way.lost += 1
                    continue
                self._free_at = start + (len(packet) / way.rate if way.rate else 0.0)
                self._waiting.append((self._free_at + way.delay_s, packet))
                self._there.release()

    def _give(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stopped.is_set():
                if not self._there.acquire(timeout=0.5):
                    continue
                due, packet = self._waiting.popleft()
                time.sleep(max(0.0, due - time.monotonic()))
                if not self._way.cut:
                    self._way.passed += len(packet)
                    os.write(self._sink, packet)
