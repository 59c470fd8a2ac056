"""One look inside a file at rest: is the sound whole, and what is its hash.

Sizes and times cannot tell a finished file from one whose room was set aside first and is filled
later, or whose header is written last. So the header is asked before and after the whole file is
read; while reading we see where its zeros begin; and where the system can say so, whether a
program still has it open for writing. Called by ``place``; decides nothing, ``settle`` does.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import InputMissing, InputUnreadable, UnsupportedAudio, VoxmendError

from .. import safe_files
from ..audio.decoder import new_block
from ..audio.found import FFMPEG
from ..audio.probe import Probe, begins_like_sound, opened, probe
from ..audio.source import unopened
from ..disk import shown
from .scan import stamp_of
from .settle import Stamp, Verdict
from .writers import being_written

_CHUNK = 1 << 20
_HEAD = 12
"""Every kind of sound file says what it is within these; zeros there are a header still to come."""
_TAIL = 1 << 16
"""So many zeros at the end are a doubt, or an eighth of a small file."""

_WIDTHS = {"PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}
"""Codings whose silence is zeros, and the bytes of their samples."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found.

    Attributes:
        verdict: for ``settle.judge``.
        before, after: the file's stamps; the verdict holds only if both are the candidate's.
        digest: SHA-256 of the whole file; empty where the verdict needs none.
        stem_bytes: room that each stem of it takes.
        error: why it cannot be taken as it is.
    """

    verdict: Verdict
    before: Stamp
    after: Stamp
    digest: str = ""
    stem_bytes: int = 0
    error: VoxmendError | None = None


def look(path: Path) -> Look:
    """Look inside.

    Raises:
        InputMissing, InputUnreadable: it went, or may not be read.
    """
    before = _stamp(path)
    written = being_written(path)
    try:
        first = probe(path, _opened)
        digest, head_zero, zeros = _read(path)
        # What only ffmpeg reads is decoded by a probe: once is enough, the stamps tell the rest.
        second = first if first.subtype == FFMPEG else probe(path, _opened)
        ends = second.container != "FLAC" or _has_its_end(path)
    except UnsupportedAudio as error:
        return Look("wrong", before, _stamp(path), error=error)
    except InputMissing:
        raise
    except InputUnreadable as error:
        return Look(_sort(path), before, _stamp(path), error=error)
    after = _stamp(path)
    room = second.frames * second.channels * 4
    unfinished = _unfinished(path, first, second, after.size, zeros, ends)
    if unfinished is not None or head_zero:
        return Look("unfinished", before, after, error=unfinished)
    doubtful = written or second.unpromised or zeros >= min(_TAIL, max(1, after.size // 8))
    return Look("doubtful" if doubtful else "complete", before, after, digest, room)


def _unfinished(
    path: Path, first: Probe, second: Probe, size: int, zeros: int, ends: bool
) -> InputUnreadable | None:
    name = shown(path.name)
    width = _WIDTHS.get(second.subtype)
    if second.unclosed or first.frames != second.frames:
        return InputUnreadable(
            f"{name} was never finished by the program that wrote it. Export it again."
        )
    if not ends:
        return InputUnreadable(f"{name} ends before its time. Export it again.")
    if second.promised_frames > second.frames:
        return InputUnreadable(
            f"{name} is cut short: {second.seconds:.1f} s of {second.promised_seconds:.1f} s. "
            "Export it again."
        )
    if width and zeros >= min(size, second.frames * second.channels * width):
        return InputUnreadable(f"{name} holds nothing but silence. Export it again.")
    return None


def _has_its_end(path: Path) -> bool:
    """Whether the last frame can be decoded: how long a FLAC is, its header only claims."""
    with opened(path, _opened) as (seen, decoder, _):
        if decoder.go_to(seen.frames - 1) < seen.frames - 1:
            return False
        return decoder.next(new_block(seen.channels)[:1])[0] == 1


def _read(path: Path) -> tuple[str, bool, int]:
    """SHA-256 of the file, whether its head is zeros, how many zeros stand at its end."""
    digest = hashlib.sha256()
    size = behind = 0
    head_zero = True
    try:
        with os.fdopen(_opened(path), "rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                if size == 0:
                    head_zero = not any(chunk[:_HEAD])
                size += len(chunk)
                kept = chunk.rstrip(b"\0")
                if kept:
                    behind = size - len(chunk) + len(kept)
    except OSError as error:
        raise unopened(path, error) from None
    return digest.hexdigest(), head_zero, size - behind


def _sort(path: Path) -> Verdict:
    """Whether what the probe refused may still become sound."""
    return "unfinished" if begins_like_sound(path, _opened) else "wrong"


def _opened(path: Path) -> int:
    """Others may lay links into a watched folder; theirs are not followed."""
    return safe_files.opened(path, "shared")


def _stamp(path: Path) -> Stamp:
    try:
        return stamp_of(safe_files.status(path))
    except OSError as error:
        raise unopened(path, error) from None
