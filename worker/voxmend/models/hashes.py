"""What a file's bytes say about it, in one pass, and whether that is what they should say.

Weights are read here as bytes only. A pickle (``.th``, ``.pt``, ``.ckpt``) is never loaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .. import safe_files
from .model import File

TAIL = 10_240_000
"""UVR identifies a model by the MD5 of so many last bytes, or of all if there are fewer."""

CHUNK = 1 << 20
_HEAD = 64


@dataclass(frozen=True, slots=True)
class Digest:
    """All that is asked of a file's bytes."""

    size: int
    sha256: str
    md5_tail: str
    head: bytes


class Digester:
    """Takes bytes as they come."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._size = 0
        self._head = b""
        self._tail = bytearray()

    def update(self, data: bytes) -> None:
        """The next bytes."""
        self._sha256.update(data)
        self._size += len(data)
        if len(self._head) < _HEAD:
            self._head = (self._head + data)[:_HEAD]
        self._tail += data
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]

    def digest(self) -> Digest:
        """What they say so far."""
        tail = hashlib.md5(self._tail[-TAIL:], usedforsecurity=False).hexdigest()
        return Digest(self._size, self._sha256.hexdigest(), tail, self._head)


def read_through(source: BinaryIO, each: Callable[[bytes], object] = lambda _: None) -> Digest:
    """Read a stream to its end and digest it; ``each`` sees every piece first.

    Raises:
        OSError: it cannot be read.
    """
    digester = Digester()
    while data := source.read(CHUNK):
        each(data)
        digester.update(data)
    return digester.digest()


def digest_of(path: Path) -> Digest:
    """Digest a file.

    Raises:
        OSError: it cannot be read.
    """
    with os.fdopen(safe_files.opened(path, "named"), "rb") as handle:
        return read_through(handle)


def recognised(file: File, digest: Digest) -> bool:
    """Whether a published hash says that these bytes are this file, whatever they are called."""
    return file.proof != "recorded" and fault(file, digest) is None


def fault(file: File, digest: Digest, recorded: str | None = None) -> str | None:
    """Why these bytes are not this file, as the end of a sentence; None if they are.

    Args:
        recorded: sha256 of the file when it first came; judged where nothing published
            covers every byte.
    """
    if file.size is not None and digest.size != file.size:
        return f"is {digest.size:,} bytes long and should be {file.size:,}"
    if file.sha256 and digest.sha256 != file.sha256:
        return "does not have the published sha256"
    if file.sha256_prefix and not digest.sha256.startswith(file.sha256_prefix):
        return "does not have the sha256 that its name promises"
    if file.md5_tail and digest.md5_tail != file.md5_tail:
        return "does not have the published MD5 of its end"
    if not file.whole and recorded and digest.sha256 != recorded:
        return "is not what it was when it first came"
    if not _plausible(file.name, digest):
        return f"is not a {Path(file.name).suffix} file"
    return None


def _plausible(name: str, digest: Digest) -> bool:
    """Whether the first bytes are of the kind the name says: a web page is no network."""
    head = digest.head
    kind = Path(name).suffix.lower()
    if kind == ".safetensors":  # u64 length of a JSON header, then the header
        return len(head) > 8 and int.from_bytes(head[:8], "little") < digest.size and head[8] == 123
    if kind in (".th", ".pt", ".ckpt", ".pth"):  # a zip, or a bare pickle of protocol 2 and later
        return head.startswith((b"PK\x03\x04", b"\x80"))
    if kind == ".onnx":  # protobuf: field 1, ir_version, a varint
        return head.startswith(b"\x08")
    return bool(head) and not head.lstrip().startswith(b"<") and b"\0" not in head
