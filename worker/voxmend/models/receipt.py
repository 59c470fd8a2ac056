"""What is remembered of files that were found good, in ``receipt.json`` beside them.

With size and time unchanged a file need not be hashed again to be listed; ``verify`` hashes it all
the same. For a file whose publisher gives no hash the receipt is the only proof there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import foreign, safe_files
from ..disk import write_json

MOST_BYTES = 10_000_000
NAME = "receipt.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One good file.

    Attributes:
        made_of: sha256 of the file that it was made of, where it is a working copy.
    """

    size: int
    mtime_ns: int
    sha256: str
    made_of: str = ""

    @classmethod
    def of_file(cls, file: Path, sha256: str) -> Entry:
        """The entry of a file that was just read.

        Raises:
            OSError: it is not there any more.
        """
        now = file.stat()
        return cls(now.st_size, now.st_mtime_ns, sha256)

    @property
    def sound(self) -> bool:
        """Whether it holds what it should: the file may have been damaged."""
        kinds = (type(self.size), type(self.mtime_ns), type(self.sha256), type(self.made_of))
        return kinds == (int, int, str, str)

    def fits(self, file: Path) -> bool:
        """Whether the file seems to be the one that was found good: same size, same time."""
        try:
            now = file.stat()
        except OSError:
            return False
        return (self.size, self.mtime_ns) == (now.st_size, now.st_mtime_ns)


def read(folder: Path, name: str = NAME) -> dict[str, Entry]:
    """The receipt of a model's folder; empty where there is none that can be read."""
    try:
        data = foreign.table(safe_files.read(folder / name, MOST_BYTES))
        read = {str(name): Entry(**entry) for name, entry in data.items()}
    except (OSError, ValueError, TypeError):
        return {}
    return {name: entry for name, entry in read.items() if entry.sound}


def write(folder: Path, entries: Mapping[str, Entry], name: str = NAME) -> None:
    """Replace the receipt.

    Raises:
        OSError: it cannot be written.
    """
    write_json(folder / name, {name: asdict(entry) for name, entry in sorted(entries.items())})


def accepted(root: Path, terms: Mapping[str, str]) -> set[str]:
    """Of these models (id: licence in words) those whose licence was accepted as it reads now."""
    try:
        data = foreign.table(safe_files.read(root / "licences.json", MOST_BYTES))
        return {model for model, words in terms.items() if data.get(model) == words}
    except (OSError, ValueError):
        return set()


def accept(root: Path, terms: Mapping[str, str]) -> None:
    """Remember that these licences were accepted.

    Raises:
        OSError: it cannot be written.
    """
    file = root / "licences.json"
    try:
        data = foreign.table(safe_files.read(file, MOST_BYTES))
    except (OSError, ValueError):
        data = {}
    root.mkdir(parents=True, exist_ok=True)
    write_json(file, {**data, **terms})
