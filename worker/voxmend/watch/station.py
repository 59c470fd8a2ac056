"""One watched folder over time: opened, locked, scanned when it is time, lost and found again.

The inbox is the machine, this keeps one running on a disk that may go away. What always holds: one
watcher for each folder (a lock in the folder, which the system frees when its holder dies), and a
folder that is not there, empty as an unmounted share is, or not writable is told once and looked
for again, for ever.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from voxmend_protocol.errors import VoxmendError

from .. import safe_files
from ..disk import shown
from . import mounts, names
from .client import Worker
from .event import Event
from .filing import Filing
from .inbox import Inbox
from .memory import Memory, memory_file
from .place import Folder
from .registry import Watched
from .settle import LOCAL, POLLED, Pace

RESCAN_S = 60.0
"""Between scans of a local folder of which no notice came."""
POLL_S = 10.0
"""Between scans of a folder of which none ever comes."""
BREATH_S = 0.5
"""Between two scans, however many notices come."""
AWAY_S = 5.0
"""Between two looks for a folder that is not there."""
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, getattr(errno, "ENOTSUP", -1), errno.EOPNOTSUPP)


class Wakes(Protocol):
    """A source of notices."""

    @property
    def alive(self) -> bool:
        """Whether they still come."""

    def close(self) -> None:
        """No more."""


class Station:
    """One folder; used by one thread.

    Args:
        folder: which, and what is asked for.
        state: where memories lie.
        presets: the names of all presets there are now.
        tell: takes each event.
        notices: gives a source of notices that calls what it is given; raises OSError where the
            system has none left. It may call from another thread.
    """

    def __init__(
        self,
        folder: Watched,
        state: Path,
        presets: Callable[[], Sequence[str]],
        tell: Callable[[Event], None],
        notices: Callable[[str, Callable[[], None]], Wakes],
    ) -> None:
        self.folder = folder
        self._memory_file = memory_file(state, folder.path)
        self._presets, self._tell, self._notices = presets, tell, notices
        self._inbox: Inbox | None = None
        self._memory: Memory | None = None
        self._lock: FileLock | None = None
        self._wakes: Wakes | None = None
        self._pace: Pace = LOCAL
        self._noticed = False
        self._scanned_at: float | None = None
        self._tried_at: float | None = None
        self._away = ""

    @property
    def away(self) -> bool:
        """Whether the folder cannot be watched now."""
        return self._inbox is None

    @property
    def flying(self) -> int:
        """Jobs that the worker has."""
        return self._inbox.flying if self._inbox else 0

    @property
    def names(self) -> list[str]:
        """Files that wait to be sent."""
        return self._inbox.names if self._inbox else []

    @property
    def waiting(self) -> int:
        """Files that may still be sent by themselves."""
        return self._inbox.waiting if self._inbox else 0

    @property
    def stuck(self) -> int:
        """Files that wait for the user."""
        return self._inbox.stuck if self._inbox else 0

    def notice(self) -> None:
        """Something happened in the folder."""
        self._noticed = True

    def turn(self, now: float) -> None:
        """Open the folder if it is closed, scan it if it is time."""
        if self._inbox is None:
            if _passed(self._tried_at, now) >= AWAY_S:
                self._tried_at = now
                self._open(now)
            return
        if not self._time(now):
            return
        self._noticed = False
        self._scanned_at = now
        try:
            self._inbox.scan(now)
        except OSError as error:
            self.close()
            self._lost(error)
            return
        if self._wakes is not None and not self._wakes.alive:
            self._wakes.close()
            self._poll("The system's notices have stopped.")
        if self._memory is not None and self._memory.trouble:
            self._remark(self._memory.trouble)

    def work(self, now: float, worker: Worker, room: int) -> None:
        """Follow this folder's jobs, and give the worker as many more as there is room for.

        Raises:
            VoxmendError: the worker does not answer.
        """
        if self._inbox is None:
            return
        if self._inbox.flying:
            self._inbox.follow(now, worker)
        try:
            self._inbox.send(now, worker, room)
        except OSError:  # the folder went this moment: the next scan says so
            self._noticed = True

    def busy(self, now: float) -> bool:
        """Whether there is anything to say to the worker."""
        return self._inbox is not None and (self._inbox.flying > 0 or self._inbox.due(now))

    def close(self) -> None:
        """Let the folder go."""
        if self._wakes is not None:
            self._wakes.close()
        if self._memory is not None:
            self._memory.close()
        if self._lock is not None:
            self._lock.release()
        self._wakes = self._memory = self._lock = self._inbox = None

    def _time(self, now: float) -> bool:
        passed = _passed(self._scanned_at, now)
        if self._noticed and passed >= BREATH_S:
            return True
        if self._inbox is not None and self._inbox.restless and passed >= self._pace.look_s:
            return True
        return passed >= (RESCAN_S if self._wakes is not None else POLL_S)

    def _open(self, now: float) -> None:
        root = self.folder.path
        try:
            empty = not os.listdir(root)
            if empty and self._memory_file.exists():
                self._stay_away(
                    f"{shown(root)} is empty.",
                    "If it is on a drive or a share, connect that; else drop a file there.",
                )
                return
            self._lock = self._locked(root)
            self._memory = Memory(self._memory_file)
        except Timeout:
            self._stay_away(
                f"Another watcher has {shown(root)}.",
                f"End that one, or here: voxmend watch remove {shown(root)}",
            )
            return
        except safe_files.UnsafeError as error:
            self._stay_away(f"{shown(root)} cannot be watched.", shown(str(error)))
            return
        except OSError as error:
            self._lost(error)
            return
        except VoxmendError as error:
            self.close()
            self._stay_away(f"{shown(root)} cannot be watched.", error.message)
            return
        self._begin(now, root)

    def _begin(self, now: float, root: str) -> None:
        assert self._memory is not None
        place = Folder(root)
        self._pace = LOCAL
        if self.folder.poll or mounts.is_remote(root):
            self._pace = POLLED
        else:
            try:
                self._wakes = self._notices(root, self.notice)
            except OSError as error:
                self._poll(f"The system gives no notices ({error.strerror}).")
        one_spelling = os.path.lexists(os.path.join(root, names.LOCK.upper()))
        filing = Filing(self.folder, place, self._tell)
        self._inbox = Inbox(
            self.folder, place, self._memory, self._presets, self._pace, filing, one_spelling
        )
        how = "" if self._wakes else f", every {POLL_S:.0f} s"
        self._away = ""
        self._tell(
            Event("watching", f"Watching {shown(root)}, preset {self.folder.preset}{how}.", root)
        )
        self._scanned_at = None
        self.turn(now)

    def _locked(self, root: str) -> FileLock:
        """The folder's lock; where the disk knows no locks, one beside the memory."""
        file = os.path.join(root, names.LOCK)
        if os.path.lexists(file) and not stat.S_ISREG(os.lstat(file).st_mode):
            raise safe_files.UnsafeError(file, "is no file", "Remove it.")
        lock = FileLock(file, timeout=0, mode=0o666)
        try:
            lock.acquire()
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            lock = FileLock(self._memory_file.with_suffix(".lock"), timeout=0)
            lock.acquire()
            with contextlib.suppress(FileExistsError):  # it says that this is the folder it was
                os.close(safe_files.create(file))
        return lock

    def _lost(self, error: OSError) -> None:
        root = shown(self.folder.path)
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            self._stay_away(
                f"{root} may not be read and written.",
                f"Give your account the right to, or: voxmend watch remove {root}",
            )
        elif error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            self._stay_away(f"There is no room left on the disk of {root}.", "Free some.")
        else:
            self._stay_away(
                f"{root} cannot be reached ({error.strerror}).",
                f"Connect its drive, make the folder again, or: voxmend watch remove {root}",
            )

    def _stay_away(self, what: str, then: str) -> None:
        sentence = f"{what} It is looked for again. {then}"
        if sentence != self._away:
            self._away = sentence
            self._tell(Event("away", sentence, self.folder.path))

    def _poll(self, why: str) -> None:
        self._wakes = None
        self._remark(f"{why} {shown(self.folder.path)} is looked at every {POLL_S:.0f} s instead.")

    def _remark(self, sentence: str) -> None:
        if sentence != self._away:
            self._away = sentence
            self._tell(Event("remark", sentence, self.folder.path))


def _passed(since: float | None, now: float) -> float:
    """Seconds since then; a clock that went back counts as a long time: one scan too many."""
    return float("inf") if since is None or now < since else now - since
