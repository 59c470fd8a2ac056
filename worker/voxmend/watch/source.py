"""Wake-ups: watchdog's notices, which say only that it is time for another scan.

Notices may come late, twice, or never, and for a share or a full inotify table there are none:
nothing depends on them but how soon a file is noticed. Our own outputs do not wake us.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from . import names

# Its warnings are about itself, and would land on the user's screen.
logging.getLogger("watchdog").addHandler(logging.NullHandler())
logging.getLogger("watchdog").propagate = False

_CHANGES = ("created", "modified", "moved", "deleted", "closed")
"""Not "opened" and "closed_no_write": we open files ourselves."""


class Notices(FileSystemEventHandler):
    """Calls ``wake`` for what happens in a folder, in watchdog's own thread.

    Raises:
        OSError: the system gives no notices for this folder.
    """

    def __init__(self, root: str, wake: Callable[[], None]) -> None:
        self._root, self._wake = root, wake
        self._observer = Observer()
        self._observer.daemon = True
        self._observer.schedule(self, root, recursive=True)
        self._observer.start()

    @property
    def alive(self) -> bool:
        """Whether notices still come."""
        return self._observer.is_alive() and all(e.is_alive() for e in self._observer.emitters)

    def close(self) -> None:
        """End the thread."""
        self._observer.stop()
        self._observer.join(5)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _CHANGES and any(
            self._ours_to_see(path) for path in (event.src_path, event.dest_path) if path
        ):
            self._wake()

    def _ours_to_see(self, path: bytes | str) -> bool:
        relative = os.path.relpath(os.fsdecode(path), self._root)
        first = relative.split(os.sep, 1)[0]
        return first.casefold() not in names.OURS and first != names.LOCK
