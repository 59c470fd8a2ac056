"""``Errors/``: one text file for each thing that went wrong, gone again once it is well.

The text says what, and what to do next. A file there that we did not write is never touched; one
of ours is known by its last line.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .. import safe_files
from ..disk import put, shown
from ..terminal import harmless
from . import names

_MARK = "— voxmend, watch folder"
_SUFFIX = ".txt"
_MOST_BYTES = 100_000
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
    safe_files.make_folders(file.parent)
    text = f"{shown(name)}\n\n{harmless(sentence)}\n\n{_MARK}\n".replace("\n", "\r\n")
    put(file, text.encode())
    return file


def clear(root: Path, name: str) -> None:
    """Remove our sentence about a file or sub-folder, and a folder that this leaves empty."""
    for file in _files(root, name):
        if _ours(file):
            with contextlib.suppress(OSError):
                safe_files.remove(file)
                if file.parent != root / names.ERRORS:
                    safe_files.remove_empty(file.parent)


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
        text = safe_files.read(file, _MOST_BYTES, "shared").decode("utf-8", "replace")
        return text.rstrip().endswith(_MARK)
    except FileNotFoundError:
        return None
    except OSError:  # a link or a pipe is none of ours either
        return False
