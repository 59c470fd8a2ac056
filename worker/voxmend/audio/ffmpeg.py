"""One run of ffmpeg: a file goes in, its first stream of sound comes out as float32.

The file is a stranger's and ffmpeg is large, so it gets as little as it needs. It is told what the
file is (``kinds``), opens the one descriptor that was checked, knows no protocol but files, has no
input, an empty environment, nothing to write but a pipe, and limits of time and memory; and what
comes out is bounded. What always holds: whatever ends this process or the job ends the run.
"""

from __future__ import annotations

import os
import queue
import re
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from voxmend_protocol.errors import Cancelled, InputUnreadable, UnsupportedAudio, VoxmendError

from ..disk import shown
from .source import Source

CPU_S = 900
"""Seconds of the processor: days of AAC, or minutes of a file that is made to take long."""
MEMORY_KB = 3 << 20
STALL_S = 300.0
"""Without a byte for so long it is given up: a disk or a network that hangs."""
LONGEST_S = 24 * 3600
"""More sound than this is taken for a trick."""

_CHUNK = 1 << 18
_LIMITS = (
    'ulimit -t {cpu}; ulimit -c 0; ulimit -f 0; ulimit -v {memory} 2>/dev/null || :; exec "$@"'
)
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_COMPLAINS = re.compile(r"invalid|error|corrupt|partial|truncat|missing|overread|damaged", re.I)
_OURS = re.compile(r"^\[[^\]]* @ 0x[0-9a-f]+\] *|file:/\S*/fd/\d+: ")
"""Addresses of memory and the name that we gave the file: no words for a user."""


@dataclass(slots=True)
class Run:
    """A run under way.

    Attributes:
        rate, channels: of what comes out.
        complaint: what it said of the file; "" for nothing, and until it has ended.
    """

    rate: int
    channels: int
    complaint: str = ""
    _chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))

    def chunks(self) -> Iterator[bytes]:
        """Interleaved float32 in the machine's order, in pieces of any size.

        Raises:
            Cancelled: the caller said so.
            InputUnreadable: it gave up, or was given up.
        """
        return self._chunks


def command(program: str, demuxer: str, file: str) -> list[str]:
    """The command line for one file, by its name for ffmpeg."""
    apart = ["-enable_drefs", "0", "-use_absolute_path", "0"] if demuxer == "mov" else []
    order = "le" if sys.byteorder == "little" else "be"
    return [
        program, "-nostdin", "-hide_banner", "-nostats", "-v", "error", "-threads", "1",
        "-protocol_whitelist", "file", *apart, "-f", demuxer, "-i", f"file:{file}",
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
        "-fflags", "+bitexact", "-threads", "1", "-c:a", f"pcm_f32{order}", "-f", "wav", "pipe:1",
    ]  # fmt: skip


@contextmanager
def run(program: str, source: Source, demuxer: str, cancelled: Callable[[], bool]) -> Iterator[Run]:
    """Decode the first stream of sound in a file.

    Raises:
        Cancelled: the caller said so.
        InputUnreadable: it cannot be decoded, or there is no sound in it.
    """
    descriptor = source.fileno()
    name = f"/dev/fd/{descriptor}"
    passed: tuple[int, ...] = (descriptor,)
    if os.name == "nt" or not os.path.exists(name):
        name, passed = str(source.path.absolute()), ()
    line = command(program, demuxer, name)
    if os.name != "nt":
        limits = _LIMITS.format(cpu=CPU_S, memory=MEMORY_KB)
        line = ["/bin/sh", "-c", limits, "sh", *line]
    process = subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"LC_ALL": "C", **{key: os.environ[key] for key in _KEPT if key in os.environ}},
        cwd=os.path.abspath(os.sep), pass_fds=passed, bufsize=0,
    )  # fmt: skip
    try:
        yield _begun(process, source, cancelled)
    finally:
        process.kill()
        process.wait()


def _begun(process: subprocess.Popen[bytes], source: Source, cancelled: Callable[[], bool]) -> Run:
    """The run, once it has said what comes out."""
    said = _Said(process)
    arriving = _arriving(process, cancelled, source)
    head = b""
    for chunk in arriving:
        head += chunk
        found = _sound_at(head)
        if found is not None:
            rate, channels, at = found
            begun = Run(rate, channels)
            begun._chunks = _bounded(begun, head[at:], arriving, said, source)
            return begun
        if len(head) > 1 << 16:
            break
    raise _refused(process, said, source)


def _bounded(
    begun: Run, first: bytes, arriving: Iterator[bytes], said: _Said, source: Source
) -> Iterator[bytes]:
    most = LONGEST_S * begun.rate * begun.channels * 4
    got = len(first)
    if first:
        yield first
    for chunk in arriving:
        got += len(chunk)
        if got > most:
            raise UnsupportedAudio(
                f"{shown(source.path.name)} holds more than {LONGEST_S // 3600} hours of sound; "
                "cut it into shorter files."
            )
        yield chunk
    begun.complaint = said.complaint()


def _arriving(
    process: subprocess.Popen[bytes], cancelled: Callable[[], bool], source: Source
) -> Iterator[bytes]:
    """What it writes, as it comes; ends with it."""
    waiting: queue.Queue[bytes] = queue.Queue(maxsize=8)
    assert process.stdout is not None
    threading.Thread(target=_pour, args=(process.stdout, waiting), daemon=True).start()
    last = time.monotonic()
    while True:
        if cancelled():
            raise Cancelled("The job was cancelled.")
        try:
            chunk = waiting.get(timeout=0.1)
        except queue.Empty:
            if time.monotonic() - last > STALL_S:
                raise InputUnreadable(
                    f"{shown(source.path.name)} gave no sound for {STALL_S:.0f} s and was given "
                    "up; check its disk or network, or convert it to WAV."
                ) from None
            continue
        if not chunk:
            return
        last = time.monotonic()
        yield chunk


def _pour(pipe: object, waiting: queue.Queue[bytes]) -> None:
    """Read a pipe into a queue; an empty piece is the end."""
    read = pipe.read  # type: ignore[attr-defined]
    while True:
        try:
            chunk = bytes(read(_CHUNK))
        except (OSError, ValueError):
            chunk = b""
        waiting.put(chunk)
        if not chunk:
            return


class _Said:
    """What it writes to its error output: the first lines of it, however many come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._pipe = process.stderr
        self._text = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def complaint(self) -> str:
        """The first line that speaks of damage."""
        lines = self.lines()
        return next((line for line in lines if _COMPLAINS.search(line)), "")

    def lines(self) -> list[str]:
        """All of it, without what means nothing to a user."""
        self._thread.join(5.0)
        text = self._text.decode("utf-8", "replace")
        return [shown(_OURS.sub("", line)).strip()[:160] for line in text.splitlines() if line]

    def _read(self) -> None:
        assert self._pipe is not None
        while True:
            try:
                more = self._pipe.read(4096)
            except (OSError, ValueError):
                return
            if not more:
                return
            if len(self._text) < 1 << 14:
                self._text += more


def _sound_at(head: bytes) -> tuple[int, int, int] | None:
    """Rate, channels and the first byte of sound in a WAV's head; None where it goes on."""
    at, rate, channels = 12, 0, 0
    while at + 8 <= len(head):
        mark, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if mark == b"fmt " and at + 16 <= len(head):
            channels, rate = struct.unpack("<HI", head[at + 10 : at + 16])
        if mark == b"data":
            return (rate, channels, at + 8) if rate and channels else None
        at += 8 + size + size % 2
    return None


def _refused(process: subprocess.Popen[bytes], said: _Said, source: Source) -> VoxmendError:
    """Why nothing came."""
    name = shown(source.path.name)
    lines = said.lines()
    if any("matches no streams" in line for line in lines):
        return InputUnreadable(f"{name} holds no sound that ffmpeg can read; export it again.")
    code = process.wait()
    if code < 0 or code > 128:
        return InputUnreadable(
            f"ffmpeg was ended while it looked at {name}: it took too much time or memory; convert "
            "the file to WAV, or export it again."
        )
    why = lines[0] if lines else f"exit code {code}"
    return InputUnreadable(
        f"{name} is damaged or not finished: ffmpeg cannot read it ({why}); export it again."
    )
