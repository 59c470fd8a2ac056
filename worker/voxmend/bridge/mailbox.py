"""The mailbox as files: PROTOCOL.md, chapter 17, the bridge's side. Knows no socket and no clock.

Every file is written beside its place and renamed into it, so the host reads the old one or the new
one. An ask goes away only after its answer stands: a bridge that is killed in between leaves it to
the next one, which carries it out again.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxmend_protocol import JobRecord, codec
from voxmend_protocol.envelope import MAX_REQUEST
from voxmend_protocol.errors import BadRequest, EnvironmentProblem

from .. import disk, foreign, safe_files
from ..disk import full, own_error, shown

MAILBOX = 1
FOLDERS = ("ask", "answer", "record")
MOST_BEAT, MOST_NEWS = 1000, 10_000_000
"""Bytes that are read of what the host and an earlier bridge wrote."""

_NAME = re.compile(r"[0-9A-Za-z._-]{1,64}\.json")
_TRIES, _PAUSE_S = 40, 0.025


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it lies in the box. ``body`` is None where it is not JSON."""

    id: str
    body: dict[str, Any] | None
    problem: str = ""


class Mailbox:
    """One box: the folder of one REAPER process."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, closed to others.

        Raises:
            EnvironmentProblem: it is not a folder of this user's own.
        """
        self.folder = folder
        try:
            if not stat.S_ISDIR(folder.lstat().st_mode):
                raise NotADirectoryError(20, "it is not a folder")
            # The box first: then nobody adds to what is looked at in it.
            for name in ("", *FOLDERS):
                safe_files.take(folder / name)
        except safe_files.UnsafeError as error:
            raise EnvironmentProblem(
                f"{shown(folder)} cannot be a mailbox: {shown(str(error))} Or close REAPER, remove "
                "the mailbox, and start voxmend from REAPER again."
            ) from None
        except OSError as error:
            if full(error):
                raise own_error(folder, error) from None
            raise EnvironmentProblem(
                f"{folder} cannot be a mailbox ({error.strerror}). Start voxmend from REAPER."
            ) from None
        self._news = self._old_news()

    def asks(self) -> list[Ask]:
        """All asks, the oldest first. What is no file of the host's naming is left alone, as is
        one that another user laid there."""
        found = []
        with os.scandir(self.folder / "ask") as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    if safe_files.trusted_owner(status):
                        found.append((status.st_mtime_ns, entry.name))
        return [ask for _, name in sorted(found) if (ask := self._read(name)) is not None]

    def _read(self, name: str) -> Ask | None:
        path = self.folder / "ask" / name
        named = name.removesuffix(".json")
        try:
            if path.lstat().st_size > MAX_REQUEST:
                return Ask(named, None, f"The ask is larger than {MAX_REQUEST} bytes.")
            body = codec.parse(safe_files.read(path, MAX_REQUEST, "shared"))
        except FileNotFoundError:
            return None
        except (OSError, BadRequest) as error:
            return Ask(named, None, f"The ask cannot be read ({error}).")
        return Ask(named, body)

    def answer(self, ask: str, body: dict[str, Any]) -> None:
        """Put the answer, then take the ask away.

        Raises:
            OSError: it cannot be written; the ask stays.
        """
        self.put(f"answer/{ask}.json", body)
        _again(lambda: (self.folder / "ask" / f"{ask}.json").unlink(missing_ok=True))

    def record(self, record: JobRecord) -> None:
        """Put a job's newest record, then the news of it.

        Raises:
            OSError: it cannot be written.
        """
        self.put(f"record/{record.job}.json", codec.to_dict(record))
        records = self._news["records"]
        records[record.job] = records.get(record.job, 0) + 1
        self._news["seq"] += 1
        self.put("news.json", self._news)

    def put(self, name: str, body: dict[str, Any]) -> None:
        """Write one file, whole.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        _again(lambda: disk.put(self.folder / name, text))

    def beat(self) -> str:
        """What the host last wrote to say that it lives."""
        try:
            said = safe_files.read(self.folder / "beat", MOST_BEAT, "shared")
            return said.decode("ascii", "replace")
        except OSError:
            return ""

    def take_start(self) -> bool:
        """Whether the user wants the worker started, also where somebody has stopped it. Said
        once: the file goes."""
        there = os.path.lexists(self.folder / "start")
        if there:
            _again(lambda: (self.folder / "start").unlink(missing_ok=True))
        return there

    def _old_news(self) -> dict[str, Any]:
        """A bridge before this one may have counted: the host knows its numbers."""
        try:
            found = foreign.table(safe_files.read(self.folder / "news.json", MOST_NEWS))
            records = {str(job): int(count) for job, count in found["records"].items()}
            return {"seq": int(found["seq"]), "records": records}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return {"seq": 0, "records": {}}


def _again(step: Any) -> None:
    """On Windows a file that the host is reading cannot be replaced for that moment."""
    for left in reversed(range(_TRIES)):
        try:
            step()
            return
        except PermissionError:
            if os.name != "nt" or not left:
                raise
            time.sleep(_PAUSE_S)
