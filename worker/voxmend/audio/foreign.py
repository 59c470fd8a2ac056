"""A file that ffmpeg reads, as a decoder: decoded once, from its start, into a scratch file.

So every span of it is the same samples as the whole, whatever ffmpeg does when it seeks. A probe
needs no samples: they are counted and forgotten.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from voxmend_protocol.errors import InputUnreadable

from ..disk import shown
from . import converter, ffmpeg
from .decoder import Block
from .refusals import unkept
from .source import Source


@dataclass(frozen=True, slots=True)
class Way:
    """How what only ffmpeg reads is decoded.

    Attributes:
        folder: for the scratch file; None where the samples are not wanted.
        cancelled: asked now and then; it ends the run.
    """

    folder: Path | None = None
    cancelled: Callable[[], bool] = lambda: False


class ForeignDecoder:
    """Such a file, at frame 0 to begin with; decodes as ``Decodes`` says.

    Attributes:
        rate, channels, frames: of its sound; frames is a count.
        complaint: what ffmpeg said of it; "" for nothing.

    Raises:
        UnsupportedAudio: there is no ffmpeg.
        InputUnreadable: it cannot be decoded.
        Cancelled: the job was.
        DiskFull, EnvironmentProblem: the scratch file cannot be made or filled.
    """

    def __init__(self, source: Source, words: str, demuxer: str, way: Way) -> None:
        program = converter.find()
        if program is None:
            raise converter.lacking(source.path, words)
        self._file: IO[bytes] | None = None
        self._at = 0
        try:
            with ffmpeg.run(program, source, demuxer, way.cancelled) as run:
                self.rate, self.channels = run.rate, run.channels
                self.frames = self._keep(run, way.folder) // (4 * run.channels)
                self.complaint = run.complaint
        except BaseException:
            self.close()
            raise
        if self.frames == 0:
            self.close()
            why = f" ({self.complaint})" if self.complaint else ""
            raise InputUnreadable(
                f"{shown(source.path.name)} holds no sound that ffmpeg can read{why}; export it "
                "again."
            )

    def close(self) -> None:
        """Remove the scratch file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def go_to(self, frame: int) -> int:
        """Move to a frame."""
        self._at = min(frame, self.frames)
        return self._at

    def next(self, block: Block) -> tuple[int, bool]:
        """The next frames. Shape of the block: (frames, channels)."""
        wanted = min(len(block), self.frames - self._at)
        if self._file is None or wanted <= 0:
            return 0, False
        frame = 4 * self.channels
        view = block[:wanted].data.cast("B")
        got = 0
        self._file.seek(self._at * frame)
        while got < len(view):
            more = self._file.readinto(view[got:])  # type: ignore[attr-defined]
            if not more:
                break
            got += more
        self._at += got // frame
        return got // frame, got < len(view)

    def whole_frames(self) -> int:
        """All of them."""
        return self.frames

    def _keep(self, run: ffmpeg.Run, folder: Path | None) -> int:
        """Put the samples into the scratch file; returns how many bytes they are."""
        count = 0
        try:
            if folder is not None:
                self._file = tempfile.TemporaryFile("w+b", 0, dir=folder)  # noqa: SIM115
            for chunk in run.chunks():
                view = memoryview(chunk)
                count += len(view)
                while self._file is not None and view:
                    view = view[self._file.write(view) :]
        except OSError as error:
            raise unkept((folder or Path()) / "a scratch file", error) from error
        return count
