"""``Errors/``: one text file for each thing that went wrong, gone again once it is well.

The text says what, and what to do next. A file there that we did not write is never touched; one
of ours is known by its last line.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ..disk import shown
from . import names

_MARK = "— voxmend, watch folder"
_SUFFIX = ".txt"
_MOST = 255 - len(_SUFFIX) - len("_9")


def write(root: Path, name: str, sentence: str) -> Path:
    """Put a sentence into ``Errors/<name>.txt``.

    Args:
        name: a file, or a sub-folder, relative to the watched folder.

    Raises:
        OSError: it cannot be written.
    """
    for file in _files(root, name):
        if _ours(file) is not False:
            break
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{os.getpid()}.voxmend-new")
    new.write_text(f"{shown(name)}\n\n{sentence}\n\n{_MARK}\n", "utf-8", newline="\r\n")
    os.replace(new, file)
    return file


def clear(root: Path, name: str) -> None:
    """Remove our sentence about a file or sub-folder, and a folder that this leaves empty."""
    for file in _files(root, name):
        if _ours(file):
            with contextlib.suppress(OSError):
                file.unlink()
                if file.parent != root / names.ERRORS:
                    file.parent.rmdir()


def _files(root: Path, name: str) -> list[Path]:
    """Where the sentence may stand: the second where the first is somebody else's."""
    folder, _, last = name.rpartition("/")
    last = os.fsencode(last).decode("utf-8", "backslashreplace").replace("\\", "_")
    while len(last.encode()) > _MOST:  # the end tells more than the beginning
        last = last[1:]
    place = root / names.ERRORS / folder if folder else root / names.ERRORS
    return [place / f"{last}{_SUFFIX}", place / f"{last}_2{_SUFFIX}"]


def _ours(file: Path) -> bool | None:
    """Whether the file is one of ours; None where there is none."""
    try:
        return file.read_text("utf-8", "replace").rstrip().endswith(_MARK)
    except FileNotFoundError:
        return None
    except OSError:
        return False
