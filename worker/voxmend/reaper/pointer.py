"""``install.json``: how the scripts in REAPER find this voxmend.

REAPER hands command lines to the system in its own way and, on Windows, in the code page of old:
so paths there are short 8.3 ones where they are not plain ASCII.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from .. import disk, foreign, safe_files
from ..installation.program import stable, windowless
from ..version import __version__
from .refusals import refusing

NAME = "install.json"
MOST_BYTES = 1_000_000
SCHEMA = 1


def wanted(data: Path, home: Path) -> dict[str, Any]:
    """What the pointer should hold."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "command": [plain(windowless(stable())), "-m", "voxmend"],
        "data": plain(str(data)),
        "home": plain(str(home)),
    }


def write(data: Path, home: Path) -> None:
    """Write the pointer.

    Raises:
        OutputError: it cannot be written.
    """
    with refusing(data):
        data.mkdir(parents=True, exist_ok=True)
        # A path that is not Unicode cannot stand in JSON; what is written is what can be read.
        disk.write_json(data / NAME, _clean(wanted(data, home)))


def problem(data: Path, home: Path) -> str:
    """Why the scripts would not find this voxmend; empty if they would."""
    file = data / NAME
    try:
        found = foreign.table(safe_files.read(file, MOST_BYTES))
        command = found["command"]
        program, version = str(command[0]), str(found["version"])
        facts = (found["schema"], found["command"], found["data"], found["home"])
    except FileNotFoundError:
        return f"{file} is not there"
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return f"{file} cannot be read"
    if "\0" in program or not os.access(program, os.X_OK):
        return f"{program} is not there any more"
    if version != __version__:
        return f"it was written by version {version}, this is {__version__}"
    now = _clean(wanted(data, home))
    if facts != (now["schema"], now["command"], now["data"], now["home"]):
        return "it points to another voxmend"
    return ""


def remove(data: Path) -> None:
    """Take the pointer away.

    Raises:
        OutputError: it cannot be removed.
    """
    with refusing(data):
        (data / NAME).unlink(missing_ok=True)


def plain(path: str) -> str:
    """A path that survives the way through REAPER's ExecProcess."""
    if path.isascii() or sys.platform != "win32":
        return path
    return _short(path)


def _short(path: str) -> str:
    """The 8.3 form, where the volume keeps such names."""
    if sys.platform != "win32":
        return path
    import ctypes

    buffer = ctypes.create_unicode_buffer(32768)
    length = ctypes.windll.kernel32.GetShortPathNameW(path, buffer, len(buffer))
    return buffer.value if 0 < length < len(buffer) else path


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    return value
