"""The file that a clip is cut from: the one that was asked for, and who may read it.

What was frozen at submit is compared with the file that is open, not with a path that may be
another file a moment later. In a watched folder, where others may lay links, none of theirs is
followed. What a stem is made of was perhaps for its owner's eyes only, so the stem is too.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol

from voxmend_protocol.errors import InputChanged, InputMissing
from voxmend_protocol.messages import Submit

from . import safe_files


class Wanted(Protocol):
    """What was asked for, and what its source was then: an engine's order."""

    @property
    def submit(self) -> Submit: ...
    @property
    def size(self) -> int: ...
    @property
    def mtime_ns(self) -> str: ...
    @property
    def shared(self) -> bool: ...


class ClipFile:
    """Opens the source of one job."""

    def __init__(self, order: Wanted) -> None:
        self._order = order
        self._opened: os.stat_result | None = None

    def open(self, path: Path) -> int:
        """A descriptor of the file, once it is found to be the one that was submitted.

        Raises:
            InputMissing: it is gone.
            InputChanged: it is another one, or was written to.
            OSError: it may not be read, or is not to be trusted.
        """
        try:
            handle = safe_files.opened(path, "shared" if self._order.shared else "named")
        except FileNotFoundError:
            raise InputMissing(f"{path} is gone. Put it back, then retry the job.") from None
        now = os.fstat(handle)
        if (now.st_size, str(now.st_mtime_ns)) != (self._order.size, self._order.mtime_ns):
            os.close(handle)
            raise InputChanged(f"{path} was changed while the job waited. Submit it again.")
        self._opened = now
        return handle

    def sha256(self) -> str | None:
        """SHA-256 of the whole file, by which a later batch knows that it is done; None where it
        went meanwhile: what was read of it is worth finishing."""
        try:
            with os.fdopen(self.open(Path(self._order.submit.clip.path)), "rb", 0) as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, InputMissing, InputChanged):
            return None

    def mode(self, beside: Path) -> int:
        """The mode of what is made of it: whoever may not read each source reads no stem.

        Args:
            beside: a file that was made where the stems will be.
        """
        submit = self._order.submit
        sources = [os.stat(part.path) for part in (submit.mixture, submit.voice) if part]
        if self._opened is not None:
            sources.append(self._opened)
        mode, group = 0o666, beside.lstat().st_gid
        for source in sources:
            mode &= source.st_mode
            if source.st_gid != group:  # another group's right is not this one's
                mode &= ~0o060 | (source.st_mode & 0o006) << 3
        return mode | 0o600
