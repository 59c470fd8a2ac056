"""A clip's samples from its file, as float32, and what the user should know about them.

The engine calls this with the span a client asked for. Full scale of an integer format is 1.0
(libsndfile's convention: 16 bit is divided by 32768); floats beyond full scale are kept. What
always holds: a long clip goes to a scratch file block after block, a file that breaks off still
gives everything before the break, with a warning that says how much, and neither memory nor disk
is taken on the word of a header alone.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxmend_protocol.errors import BadRequest, InputUnreadable, OutOfMemory, UnsupportedAudio
from voxmend_protocol.values import Warned

from ..disk import shown
from .decoder import Decodes, new_block
from .foreign import Way
from .probe import Probe, opened
from .signal import IN_MEMORY_BYTES, Signal
from .source import Opener, Source

INPUT_TRUNCATED = "input_truncated"
"""Warning: the file breaks off inside the span; the clip is shorter than was asked for."""

INPUT_UNCLOSED = "input_unclosed"
"""Warning: the file was never finished, so nobody knows whether its end is missing."""

INPUT_SILENT = "input_silent"
"""Warning: the span holds nothing but silence."""

SPAN_CUT = "span_cut"
"""Warning: the span ends behind the file's end; the clip ends with the file."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stretch of sound from a file.

    Attributes:
        signal: its samples, finite, at least one frame; the caller closes it.
        start_frame: where in the file it begins.
        probe: what the file is.
        digest: SHA-256 in hex of rate, channels and samples: equal for equal sound, whatever the
            file's name, container or tags.
        warnings: what the user should know.
    """

    signal: Signal
    start_frame: int
    probe: Probe
    digest: str
    warnings: tuple[Warned, ...] = ()


def load(
    path: Path,
    start_s: float | None,
    end_s: float | None,
    folder: Path,
    in_memory_bytes: int = IN_MEMORY_BYTES,
    cancelled: Callable[[], bool] = lambda: False,
    opener: Opener | None = None,
) -> Loaded:
    """Decode a span of a file.

    Args:
        path: any sound file.
        start_s, end_s: seconds from the file's start, rounded to the nearest frame; None means
            the file's own start or end.
        folder: where the scratch file of a long clip goes.
        in_memory_bytes: the largest clip that is held in memory.
        cancelled: asked now and then while ffmpeg reads a file that libsndfile does not.
        opener: opens the file in place of the plain way.

    Raises:
        Cancelled: ``cancelled`` said so.
        BadRequest: the span is empty, not a number, or outside the file.
        InputMissing, InputUnreadable: there is no such file, or no sound in it.
        UnsupportedAudio: channels or rate beyond ``probe``'s limits, a sample in the span that is
            not a finite number, or a coding that only ffmpeg reads, and there is none.
        DiskFull, EnvironmentProblem: the scratch file cannot be made or filled.
        OutOfMemory: not even a block of it fits into memory.
    """
    with opened(path, opener, Way(folder, cancelled)) as (seen, decoder, source):
        name = shown(path.name)
        there = decoder.whole_frames()
        start, end = _span(name, seen, there, start_s, end_s)
        warnings = list(seen.warnings)
        if end > seen.promised_frames and not seen.unclosed:
            warnings.append(
                Warned(
                    SPAN_CUT,
                    f"The span ends at {end_s:.3f} s and {name} at {seen.promised_seconds:.3f} s; "
                    "the clip ends with the file: check the item's length.",
                )
            )
        stop = min(end, there)
        try:
            signal, digest, loud = _decode_span(
                name, decoder, source, start, stop, folder, in_memory_bytes
            )
        except MemoryError as error:
            raise OutOfMemory(
                f"{(stop - start) / seen.rate:.0f} s of {name} do not fit into memory; choose a "
                "shorter span."
            ) from error
        reached = start + signal.frames
        if reached < min(end, seen.promised_frames):
            warnings.append(
                Warned(
                    INPUT_TRUNCATED,
                    f"{name} breaks off: of {seen.promised_seconds:.3f} s only the "
                    f"first {reached / seen.rate:.3f} s can be read and were used; export it "
                    "again to get the rest.",
                )
            )
        elif seen.unclosed and end >= seen.frames:
            warnings.append(
                Warned(
                    INPUT_UNCLOSED,
                    f"{name} was never finished by what recorded it; the {seen.seconds:.3f} s "
                    "that are there were used: check its end.",
                )
            )
        if not loud:
            warnings.append(
                Warned(
                    INPUT_SILENT,
                    f"{name} holds nothing but silence from {start / seen.rate:.3f} s to "
                    f"{reached / seen.rate:.3f} s, so there is no voice to find; check the file, "
                    "or choose another span.",
                )
            )
        return Loaded(signal, start, seen, digest, tuple(warnings))


def _span(
    name: str, seen: Probe, there: int, start_s: float | None, end_s: float | None
) -> tuple[int, int]:
    """First frame and the one behind the last, as asked for; the end may lie beyond the file."""
    start = 0 if start_s is None else _frame(start_s, seen.rate)
    end = seen.promised_frames if end_s is None else _frame(end_s, seen.rate)
    if start < 0 or start >= seen.promised_frames:
        raise BadRequest(
            f"The span starts at {start_s} s, outside {name}, which is "
            f"{seen.promised_seconds:.3f} s long; choose a span inside the file."
        )
    if end <= start:
        raise BadRequest(
            f"The span from {start_s or 0} s to {end_s} s of {name} holds no sound; choose an end "
            "behind its start."
        )
    if start >= there:
        raise InputUnreadable(
            f"{name} breaks off at {there / seen.rate:.3f} s, before the span that was asked for "
            f"(from {start / seen.rate:.3f} s); export it again, or choose an earlier span."
        )
    return start, end


def _frame(seconds: float, rate: int) -> int:
    frame = seconds * rate
    if not math.isfinite(frame):
        raise BadRequest(f"A span is given in seconds, not as {seconds}; give its start and end.")
    return math.floor(frame + 0.5)


def _decode_span(
    name: str,
    decoder: Decodes,
    source: Source,
    start: int,
    stop: int,
    folder: Path,
    in_memory_bytes: int,
) -> tuple[Signal, str, bool]:
    """Samples of [start, stop), fewer where the file breaks off, their digest, and whether any of
    them is not 0."""
    wanted = stop - start
    block = new_block(decoder.channels)
    digest = hashlib.sha256(f"{decoder.rate} {decoder.channels} f4\n".encode("ascii"))
    signal = Signal.empty(decoder.channels, wanted, decoder.rate, folder, in_memory_bytes)
    try:
        done, broken, loud = 0, decoder.go_to(start) < start, False
        while done < wanted and not broken:
            got, broken = decoder.next(block[: wanted - done])
            if got == 0:
                break
            _refuse_non_finite(name, block[:got], start + done, decoder.rate)
            signal.write(done, block[:got].T)
            digest.update(block[:got].data)
            loud = loud or bool(block[:got].any())
            done += got
        source.check()
        if done == 0:
            raise InputUnreadable(
                f"{name} is damaged: no sound can be read from {start / decoder.rate:.3f} s on; "
                "export it again, or choose an earlier span."
            )
        signal.trim(done)
    except BaseException:
        signal.close()
        raise
    return signal, digest.hexdigest(), loud


def _refuse_non_finite(
    name: str, block: npt.NDArray[np.float32], first_frame: int, rate: int
) -> None:
    finite = np.isfinite(block)
    if not finite.all():
        frame = first_frame + int(np.argmin(finite.all(axis=1)))
        raise UnsupportedAudio(
            f"{name} holds a sample that is not a number at {frame / rate:.3f} s; render it again "
            "without the effect that made it, or choose a span without it."
        )
