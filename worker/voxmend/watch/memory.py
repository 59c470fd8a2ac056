"""What became of each file: a list on disk beside the worker's own state, one for each folder.

It saves reading files again, tells a failed file that was dropped again from one that only lies
there, and outlives the worker's list of jobs. It is no table of claims: lines are written after
the fact, a lost one costs a second look, and twice is once by the job's id. Lines are appended, a
torn last one is ignored, and a list of many stale lines is written anew when it is opened.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from voxmend_protocol.errors import EnvironmentProblem

from .. import foreign, safe_files
from ..disk import own_error, private, safely
from .recipe import folder_id
from .settle import Stamp

State = Literal["sent", "done", "failed", "again"]
"""sent: the worker has it. failed: waits to be dropped again. again: to be tried again without."""

MOST_ATTEMPTS = 1_000_000_000
MOST_BYTES = 200_000_000

KEPT = 10_000
"""Entries of files that are gone which are kept: those changed last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. ``stamp`` is the one it had when it was read, ``recipe`` the recipe's key."""

    name: str
    stamp: Stamp
    digest: str
    recipe: str
    attempt: int
    job: str
    state: State
    result: str | None = None


def memory_file(state: Path, path: str) -> Path:
    """Where the memory of a folder lies."""
    return state / f"{folder_id(path)}.jsonl"


class Memory:
    """The list of one folder; used by one thread of one watcher, which holds the folder's lock.

    Attributes:
        trouble: why a line could not be written; what it said is known until we end.
    """

    def __init__(self, file: Path) -> None:
        """Read the list.

        Raises:
            EnvironmentProblem: it cannot be read or written.
        """
        self._file = file
        self._entries: dict[str, Entry] = {}
        self._sounds: dict[str, str] = {}
        self.trouble = ""
        lines = 0
        try:
            private(file.parent)
            with safely(), contextlib.suppress(FileNotFoundError):
                for line in safe_files.read(file, MOST_BYTES).splitlines():
                    lines += 1
                    entry = _entry(line)
                    if entry is not None:
                        self._note(entry)
            with safely():
                self._writer = open(safe_files.append(file), "a", encoding="utf-8")  # noqa: SIM115  until close
            if self._writer.tell():
                self._writer.write("\n")  # behind a torn line
            if lines > 2 * len(self._entries) + 1000:
                self._rewrite()
        except foreign.ForeignError as error:
            raise EnvironmentProblem(
                f"{file} is no list of ours: {error}. Move it away; files that were mended before "
                "are then looked at again."
            ) from None
        except OSError as error:
            raise own_error(file.parent, error) from None

    def close(self) -> None:
        """Let the file go."""
        with contextlib.suppress(OSError):
            self._writer.close()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def get(self, name: str) -> Entry | None:
        """What is known of a file."""
        return self._entries.get(name)

    def same_sound(self, digest: str, name: str) -> str | None:
        """Another file with the same contents that was mended already."""
        other = self._sounds.get(digest)
        return other if other != name else None

    def put(self, entry: Entry) -> None:
        """Note what became of a file, in place of what was known."""
        self._note(entry)
        self._append(_line(entry))

    def forget(self, name: str) -> None:
        """Take a file for one that was never seen."""
        self._entries.pop(name, None)
        self._append(json.dumps({"name": name}))

    def prune(self, present: set[str], kept: int = KEPT) -> None:
        """Forget the oldest of the files that are gone."""
        gone = [entry for entry in self if entry.name not in present and entry.state != "sent"]
        for entry in gone[: max(0, len(gone) - kept)]:
            self.forget(entry.name)

    def _note(self, entry: Entry) -> None:
        self._entries.pop(entry.name, None)  # to the end: the order is that of the last change
        if entry.state != "again" or entry.digest:
            self._entries[entry.name] = entry
        if entry.state == "done":
            self._sounds.setdefault(entry.digest, entry.name)

    def _append(self, line: str) -> None:
        try:
            self._writer.write(line + "\n")
            self._writer.flush()
        except OSError as error:
            self.trouble = (
                f"{self._file} cannot be written ({error.strerror}): after a restart its folder "
                "will be read anew. Free some room there."
            )

    def _rewrite(self) -> None:
        with safe_files.put_beside(self._file) as file:
            file.writelines(f"{_line(entry)}\n".encode() for entry in self._entries.values())
            self._writer.close()  # Windows replaces no open file
        self._writer = open(safe_files.append(self._file), "a", encoding="utf-8")  # noqa: SIM115


def _line(entry: Entry) -> str:
    stamp = entry.stamp
    data = {
        "name": entry.name, "stamp": [stamp.size, stamp.mtime_ns, stamp.ctime_ns],
        "digest": entry.digest, "recipe": entry.recipe, "attempt": entry.attempt,
        "job": entry.job, "state": entry.state, "result": entry.result,
    }  # fmt: skip
    return json.dumps(data)  # ASCII: a name that is not Unicode survives as an escape


def _entry(line: bytes) -> Entry | None:
    """The entry of a line; of a line that only names a file, one that says so; None of no line."""
    try:
        data = foreign.table(line, surrogates=True)
        if set(data) == {"name"}:
            return Entry(str(data["name"]), Stamp(0, 0, 0), "", "", 0, "", "again")
        entry = Entry(**{**data, "stamp": Stamp(*data["stamp"])})
        good = (
            all(type(n) is int for n in (*data["stamp"], entry.attempt))
            and all(isinstance(getattr(entry, f), str) for f in ("name", "digest", "recipe", "job"))
            and entry.state in get_args(State)
            and not {"", ".", ".."} & set(entry.name.split("/"))
            and 0 <= entry.attempt <= MOST_ATTEMPTS
            and (entry.result is None or isinstance(entry.result, str))
        )
    except (ValueError, TypeError, KeyError):
        return None
    return entry if good else None
