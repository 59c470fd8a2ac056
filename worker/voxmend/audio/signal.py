"""A stretch of sound that is read and written by window: in memory when short, on disk when long.

From the decoder to the writer sound is handed on as a ``Signal``, so nothing ever holds a whole
long clip. A finished stage's scratch file *is* its cache entry: ``persist`` names it, ``open``
takes it up again. What always holds: float32, full scale 1.0, (channels, frames); ``read`` gives
a copy that the caller may change; what was never written is silence.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from .scratch import Facts, Scratch, facts_of

IN_MEMORY_BYTES = 64 << 20
"""Up to here a signal stays in memory: three minutes of stereo at 44.1 kHz."""

_BLOCK_VALUES = 1 << 19
"""Samples that pass through at a time over all channels: 2 MiB."""

Samples = npt.NDArray[np.float32]


class Signal:
    """Sound by window. Use it as a context manager, or ``close`` it; one that is forgotten
    removes its scratch file when it is collected.

    Attributes:
        channels, frames, rate: its shape and its samples per second.
        digest: SHA-256 in hex that was given to ``persist``; None otherwise.
    """

    def __init__(self, held: Samples | Scratch, facts: Facts) -> None:
        """Internal: ``empty``, ``of`` and ``open`` make signals."""
        self._held = held
        self._facts = facts
        self._closed = False
        # A bound method of the scratch file, not of this object: that would keep it alive.
        self._end = weakref.finalize(self, held.close) if isinstance(held, Scratch) else None

    @classmethod
    def empty(
        cls,
        channels: int,
        frames: int,
        rate: int,
        folder: Path,
        in_memory_bytes: int = IN_MEMORY_BYTES,
    ) -> Signal:
        """Silence, to be written to.

        Args:
            folder: an existing one, for the scratch file of a long signal. The file grows as it
                is written, so a length that is only promised takes no room.
            in_memory_bytes: the largest signal that is held in memory.

        Raises:
            DiskFull, EnvironmentProblem: no scratch file can be made.
            ValueError: a shape or a rate that no sound has.
        """
        if channels < 1 or frames < 0 or rate < 1:
            raise ValueError(f"no signal has {channels} channels, {frames} frames at {rate} Hz")
        facts = Facts(channels, frames, rate)
        if channels * frames * 4 <= in_memory_bytes:
            return cls(np.zeros((channels, frames), dtype=np.float32), facts)
        return cls(Scratch.make(folder, channels), facts)

    @classmethod
    def of(cls, array: Samples, rate: int) -> Signal:
        """The array itself as a signal, not a copy. Shape: (channels, frames), float32."""
        if array.ndim != 2 or array.dtype != np.float32 or array.shape[0] < 1 or rate < 1:
            raise ValueError(
                f"a signal is (channels, frames) float32, not {array.dtype} {array.shape}"
            )
        return cls(array, Facts(array.shape[0], array.shape[1], rate))

    @classmethod
    def open(cls, file: Path) -> Signal:
        """A signal that was persisted, read-only; ``close`` leaves the file where it is.

        Raises:
            OSError: it cannot be opened.
            ValueError: it is no finished signal, or not all of it is there.
        """
        facts = facts_of(file)
        return cls(Scratch(file, facts.channels, finished=True), facts)

    @property
    def channels(self) -> int:
        return self._facts.channels

    @property
    def frames(self) -> int:
        return self._facts.frames

    @property
    def rate(self) -> int:
        return self._facts.rate

    @property
    def digest(self) -> str | None:
        return self._facts.digest

    @property
    def nbytes(self) -> int:
        """Bytes of its samples, wherever they lie."""
        return self.channels * self.frames * 4

    @property
    def in_memory(self) -> bool:
        """Whether it has no file."""
        return not isinstance(self._held, Scratch)

    def read(self, start: int, count: int) -> Samples:
        """A copy of ``count`` frames from ``start`` on. Shape: (channels, count), contiguous.

        Raises:
            ValueError: some of them lie outside.
        """
        self._check(start, count)
        if not isinstance(self._held, Scratch):
            return self._held[:, start : start + count].copy(order="C")
        out = np.empty((self.channels, count), dtype=np.float32)
        step = self._step()
        block = np.empty((min(step, count), self.channels), dtype=np.float32)
        for at in range(0, count, step):
            part = block[: count - at]
            self._held.read(start + at, part)
            out[:, at : at + len(part)] = part.T
        return out

    def write(self, start: int, samples: Samples) -> None:
        """Put samples at frame ``start``. Shape: (channels, count), any strides, float32.

        Raises:
            ValueError: it is no such array, it does not fit, or the signal is read-only.
            DiskFull, EnvironmentProblem: the disk does not take it.
        """
        if samples.ndim != 2 or samples.dtype != np.float32 or len(samples) != self.channels:
            raise ValueError(
                f"a signal of {self.channels} channels takes no {samples.dtype} {samples.shape}"
            )
        count = samples.shape[1]
        self._check(start, count)
        if not isinstance(self._held, Scratch):
            self._held[:, start : start + count] = samples
            return
        if self._held.finished:
            raise ValueError("a persisted signal is read-only")
        step = self._step()
        for at in range(0, count, step):
            self._held.write(start + at, np.ascontiguousarray(samples[:, at : at + step].T))

    def blocks(self) -> Iterator[tuple[int, Samples]]:
        """All of it, block after block of 2 MiB: (first frame, samples as ``read`` gives them)."""
        step = self._step()
        for start in range(0, self.frames, step):
            yield start, self.read(start, min(step, self.frames - start))

    def trim(self, frames: int) -> None:
        """Make it shorter: the frames from ``frames`` on are forgotten."""
        self._check(0, frames)
        if not isinstance(self._held, Scratch):
            self._held = self._held[:, :frames]
        elif self._held.finished:
            raise ValueError("a persisted signal is read-only")
        else:
            self._held.cut(frames)
        self._facts = Facts(self.channels, frames, self.rate)

    def persist(self, file: Path, digest: str | None = None) -> None:
        """Give it a name on disk, durably and in one step; from then on it is read-only.

        Best on the disk of its own folder: else all of it is copied.

        Args:
            file: replaced if it is there, and there only when all of it is.
            digest: goes into the header, for whoever opens it.

        Raises:
            DiskFull, EnvironmentProblem: it could not be done; ``file`` is as it was.
        """
        facts = Facts(self.channels, self.frames, self.rate, digest)
        if isinstance(self._held, Scratch):
            if self._held.finished:
                raise ValueError("a persisted signal is read-only")
            self._held.finish(file, facts)
        else:
            scratch = Scratch.make(file.parent, self.channels)
            try:
                for start, block in self.blocks():
                    scratch.write(start, np.ascontiguousarray(block.T))
                scratch.finish(file, facts)
            finally:
                scratch.close()
            self._held = self._held.view()
            self._held.flags.writeable = False
        self._facts = facts

    def close(self) -> None:
        """Let go of memory and file; a scratch file that was not persisted is removed."""
        self._closed = True
        if self._end is not None:
            self._end()
        else:
            self._held = np.empty((self.channels, 0), dtype=np.float32)

    def __enter__(self) -> Signal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self, start: int, count: int) -> None:
        if self._closed:
            raise ValueError("the signal is closed")
        if start < 0 or count < 0 or start + count > self.frames:
            raise ValueError(
                f"frames {start} to {start + count} lie outside a signal of {self.frames}"
            )

    def _step(self) -> int:
        return max(1, _BLOCK_VALUES // self.channels)
