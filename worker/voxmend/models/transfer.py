"""One exchange over HTTP: the rest of a file into its ``.part``, or a reason why not.

A later try asks for the rest only, and only of the same version (RFC 9110: Range, If-Range,
Content-Range). ``fetch.py`` decides about tries and addresses and judges the whole; nothing here
knows what a good file is.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import re
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from voxmend_protocol.errors import DiskFull, EnvironmentProblem

from .. import safe_files
from ..version import __version__
from .model import File
from .part import Part

RESERVE = 64_000_000
"""Bytes of disk that a download leaves free."""

_KEPT = ": what has come so far is kept"
_UNSAFE = "sends on in a way that is not safe to follow"
_PIECE = 1 << 16
_LOOK_EACH = 1 << 25
_LATER = {408, 425, 429, 500, 502, 503, 504}


class CutError(Exception):
    """The exchange ended too early; the same address may give the rest later.

    Attributes:
        wait: seconds the server asked to wait, if it did.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class RefusedError(Exception):
    """This address will not give the file."""


class OnlyHttp(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to http or https, and from https to https only."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        allowed = ("https",) if urlsplit(req.full_url).scheme == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            raise RefusedError(_UNSAFE)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def http_opener() -> urllib.request.OpenerDirector:
    """Opens http and https and nothing else; proxies as the environment says."""
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        OnlyHttp(),
        urllib.request.HTTPErrorProcessor(),
    ):
        director.add_handler(handler)
    director.addheaders = [
        ("User-Agent", f"voxmend/{__version__}"),
        ("Accept-Encoding", "identity"),
    ]
    return director


@dataclass(frozen=True, slots=True)
class Transfer:
    """How exchanges are made.

    Attributes:
        timeout: seconds without a byte until an exchange counts as cut.
        room: bytes that are free in a folder.
    """

    opener: urllib.request.OpenerDirector
    timeout: float
    room: Callable[[Path], int]

    def rest(
        self, url: str, part: Part, file: File, tell: Callable[[int, int | None], None]
    ) -> None:
        """Get what is missing. Returns when the server has sent all it promised.

        Raises:
            CutError: it did not; what came is kept.
            RefusedError: it never will.
            DiskFull: there is no room.
        """
        have, version = part.size, part.version(url)
        if have and not (version or file.whole):
            have = 0  # nobody could tell whether the rest is of the same file
        if file.size is not None and have >= file.size:
            if have == file.size:
                return
            have = 0
        request = urllib.request.Request(url)
        if have:
            request.add_header("Range", f"bytes={have}-")
            if version:
                request.add_header("If-Range", version)
        try:
            reply = self.opener.open(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 416 and _total(error.headers) == have > 0:
                    return
                if error.code == 416:
                    part.drop()
                raise _refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise _broken(error) from None
        with contextlib.closing(reply):
            start, total = self._agree(reply, url, part, file, have, version)
            with writing(part.path):
                handle = os.fdopen(safe_files.update(part.path), "r+b")
            with handle:
                handle.seek(start)
                handle.truncate()
                self._pour(reply, handle, part.path, start, total, file, tell)

    def _agree(
        self, reply: Any, url: str, part: Part, file: File, have: int, version: str | None
    ) -> tuple[int, int | None]:
        """Where the bytes that come belong, and how long the whole is."""
        headers = reply.headers
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            raise RefusedError("sends the file packed, though it was asked not to")
        if headers.get_content_type() in ("text/html", "application/xhtml+xml"):
            raise RefusedError("sends a web page, not the file")
        now = _version(headers)
        start, total = 0, _length(headers)
        if reply.status == 206:
            begins = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
            if not begins or int(begins[1]) != have or (version and now and now != version):
                part.drop()
                raise CutError("sends another piece than the one asked for", 0)
            start, total = have, _total(headers)
        elif total is None and not file.size and not file.whole and not reply.chunked:
            raise RefusedError("does not say how long the file is")
        if total is not None and file.size is not None and total != file.size:
            raise RefusedError(f"has a file of {total:,} bytes, and it should be {file.size:,}")
        self.make_sure(part.path.parent, (total or file.bytes or 0) - start)
        if start == 0:
            with writing(part.path):
                part.begin(url, now)
        return start, total

    def _pour(
        self, reply: Any, handle: IO[bytes], path: Path, done: int, total: int | None, file: File,
        tell: Callable[[int, int | None], None],
    ) -> None:  # fmt: skip
        end = total if total is not None else file.size
        looked = done
        tell(done, end)
        while end is None or done < end:
            try:
                piece = reply.read1(_PIECE if end is None else min(_PIECE, end - done))
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise _broken(error) from None
            if not piece:
                break
            with writing(path):
                handle.write(piece)
                handle.flush()
            done += len(piece)
            tell(done, end)
            if end is None and done - looked >= _LOOK_EACH:
                looked = done
                self.make_sure(path.parent, 0)
        if end is not None and done < end:
            raise CutError(f"stopped at {done:,} of {end:,} bytes")

    def make_sure(self, folder: Path, needed: int) -> None:
        """Refuse to fill the disk.

        Raises:
            DiskFull: there is no room for so many more bytes.
        """
        make_sure(folder, needed, self.room)


def free_bytes(folder: Path) -> int:
    """Bytes that are free where this folder is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def make_sure(
    folder: Path, needed: int, room: Callable[[Path], int] = free_bytes, kept: bool = True
) -> None:
    """Refuse to fill the disk.

    Args:
        kept: whether what was begun is kept, as the sentence says.

    Raises:
        DiskFull: there is no room for so many more bytes.
    """
    free = room(folder)
    if free < needed + RESERVE:
        raise DiskFull(
            f"{folder} has {free / 1e6:,.0f} MB free, and {(needed + RESERVE) / 1e6:,.0f} MB "
            f"are needed. Free some and try again{_KEPT if kept else ''}."
        )


@contextlib.contextmanager
def writing(path: Path, kept: bool = True) -> Iterator[None]:
    """Words for a disk that will not take what is written to ``path``; ``kept`` as above."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"There is no room left in {path.parent}. Free some and try again"
                f"{_KEPT if kept else ''}."
            ) from None
        raise EnvironmentProblem(
            f"{path.parent} cannot be written ({error.strerror or error}). Mend its rights, or "
            "move voxmend's folder: VOXMEND_HOME=FOLDER"
        ) from None


def _version(headers: Any) -> str | None:
    """A validator good enough for If-Range: a strong ETag, else a date."""
    tag = headers.get("ETag", "")
    if tag.startswith('"'):
        return str(tag)
    return headers.get("Last-Modified") or None


def _length(headers: Any) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def _total(headers: Any) -> int | None:
    """The N of ``Content-Range: bytes 1-2/N``."""
    found = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d+)", headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _refusal(error: urllib.error.HTTPError) -> CutError | RefusedError:
    if error.code == 416:
        return CutError("has another length than before", 0)
    if 300 <= error.code < 400:
        return RefusedError(_UNSAFE)
    words = f"answers {error.code} {http.client.responses.get(error.code, '')}".rstrip()
    if error.code not in _LATER:
        return RefusedError(words)
    asked = error.headers.get("Retry-After", "")
    return CutError(words, float(asked) if asked.isdecimal() else None)


def _broken(error: Exception) -> CutError | RefusedError:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return RefusedError(f"shows a certificate that does not hold ({reason.verify_message})")
    if isinstance(reason, TimeoutError):
        return CutError("is silent")
    if isinstance(reason, http.client.InvalidURL):
        return RefusedError("is no valid address")
    if isinstance(reason, http.client.IncompleteRead):
        return CutError("stopped in the middle")
    return CutError(f"cannot be reached ({getattr(reason, 'strerror', None) or reason})")
