"""Which build of voxmend this is, in one word: two of one version's number may differ.

Whoever asks another machine for the stems that this one would give asks for the same build. Reads
each file of the package once a process, some ten milliseconds; so it is asked for late.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import voxmend_protocol

KINDS = ("json", "py", "toml")
"""Code, presets, catalogues."""


@functools.cache
def mark() -> str:
    """A digest of voxmend's own code and data, in 16 hex digits."""
    house, protocol = Path(__file__).parent, Path(voxmend_protocol.__file__).parent
    return digest(house, protocol)


def digest(*folders: Path) -> str:
    """The same of these packages."""
    found = hashlib.sha256()
    for folder in folders:
        files = {
            file.relative_to(folder).as_posix(): file
            for kind in KINDS
            for file in folder.rglob(f"*.{kind}")
        }
        for name in sorted(files):
            data = files[name].read_bytes()
            found.update(f"{folder.name}/{name} {len(data)}\n".encode() + data)
    return found.hexdigest()[:16]
