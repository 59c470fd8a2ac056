"""A watched folder on the disk: everything the inbox does to files stands here, decided nowhere.

The inbox knows this as ``Place``; tests give it one that has no disk.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from .. import foreign, safe_files
from . import complaint, names
from .look import Look, look
from .scan import Sight, scan

MOST_BYTES = 100_000_000


class Place(Protocol):
    """What the inbox needs of a folder."""

    def scan(self) -> Sight:
        """See ``scan.scan``; raises OSError where the folder is gone."""

    def look(self, name: str) -> Look:
        """See ``look.look``."""

    def path(self, name: str) -> str:
        """The absolute path of a file."""

    def output(self, name: str) -> str:
        """The folder in which a file's results get a folder of their own."""

    def result(self, name: str, preset: str, job: str) -> str | None:
        """The folder that already holds this job's result."""

    def free(self) -> int:
        """Bytes of room for results."""

    def complain(self, name: str, sentence: str) -> None:
        """Write ``Errors/<name>.txt``; raises OSError."""

    def withdraw(self, name: str) -> None:
        """Remove it."""

    def file_away(self, name: str) -> str:
        """Move a file to ``Done/``; its new path, or OSError."""


class Folder:
    """The real one."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)

    def scan(self) -> Sight:
        if not os.path.lexists(self.root / names.LOCK):  # unmounted, or made anew
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.root))
        return scan(str(self.root))

    def look(self, name: str) -> Look:
        return look(Path(self.path(name)))

    def path(self, name: str) -> str:
        return os.path.join(self.root, *name.split("/"))

    def output(self, name: str) -> str:
        return os.path.dirname(os.path.join(self.root, names.RESTORED, *name.split("/")))

    def result(self, name: str, preset: str, job: str) -> str | None:
        for folder in self._results(Path(self.output(name)), PurePosixPath(name).stem, preset):
            try:
                found = foreign.table(safe_files.read(folder / "job.json", MOST_BYTES, "shared"))
                if (found["job"], found["state"]) == (job, "succeeded"):
                    return str(folder)
            except (OSError, ValueError, KeyError):
                continue
        return None

    def _results(self, output: Path, stem: str, preset: str) -> Iterator[Path]:
        """Folders that the worker may have named after this file. It may have cut a long name."""
        wanted = re.compile(rf"(?P<stem>.+)_{re.escape(preset)}(_\d+)?", re.DOTALL)
        try:
            found = os.listdir(output)
        except OSError:
            return
        for name in found:
            match = wanted.fullmatch(name)
            if match and stem.endswith(match["stem"]):
                yield output / name

    def free(self) -> int:
        return shutil.disk_usage(self.root).free

    def complain(self, name: str, sentence: str) -> None:
        complaint.write(self.root, name, sentence)

    def withdraw(self, name: str) -> None:
        complaint.clear(self.root, name)

    def file_away(self, name: str) -> str:
        target = self.root / names.DONE / Path(*name.split("/"))
        safe_files.make_folders(target.parent)
        number, free = 1, target
        while os.path.lexists(free):
            number += 1
            free = target.with_stem(f"{target.stem}_{number}")
        safe_files.rename(self.path(name), free)
        return str(free)
