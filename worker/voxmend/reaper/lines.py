"""Lines of REAPER's ini files as bytes. Nothing is decoded: the files hold whatever code page the
system had when each line was written, and every byte that is not ours must survive."""

from __future__ import annotations


def split(data: bytes) -> list[bytes]:
    """Lines with their ends; only CR LF, LF and CR end a line, as in REAPER."""
    return data.splitlines(keepends=True)


def ending(data: bytes) -> bytes:
    """The line end that a file uses; CR LF, which REAPER writes, where nothing tells."""
    crlf = data.count(b"\r\n")
    lf = data.count(b"\n") - crlf
    return b"\n" if lf > crlf else b"\r\n"


def after(line: bytes, end: bytes) -> bytes:
    """A line that another may follow: the last one of a file may lack its end."""
    return line if line.endswith((b"\n", b"\r")) else line + end
