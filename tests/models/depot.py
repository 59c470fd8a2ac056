"""A real HTTP server on loopback that gives files, and misbehaves exactly as told."""

from __future__ import annotations

import hashlib
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from waiting import PATIENCE_S

from voxmend.models.catalogue import Catalogue, parse
from voxmend.models.fetch import Fetcher
from voxmend.models.store import Store

Manner = Callable[["Handler", bytes], None]


def weights(size: int = 300_000, seed: int = 1) -> bytes:
    """Bytes that begin like an ONNX file."""
    return b"\x08\x07" + random.Random(seed).randbytes(size - 2)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers as the depot says; notes what was asked and how many bytes went out."""

    protocol_version = "HTTP/1.1"
    depot: Depot

    def do_GET(self) -> None:
        path = self.path
        sent = Sent(path, dict(self.headers))
        with self.depot.lock:
            self.depot.sent.append(sent)
            manners = self.depot.manners.get(path, [])
            manner = manners.pop(0) if len(manners) > 1 else (manners or [plain])[0]
        self.now = sent
        self.close_connection = True
        try:
            manner(self, self.depot.files.get(path, b""))
        except (BrokenPipeError, ConnectionResetError):
            sent.broken = True

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Connection", "close")
        self.end_headers()

    def body(self, data: bytes) -> None:
        self.wfile.write(data)
        self.now.bytes += len(data)

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Sent:
    """One request and what went back."""

    path: str
    headers: dict[str, str]
    bytes: int = 0
    broken: bool = False


@dataclass
class Depot:
    """Files by path, and how each request for a path is answered, the last manner for ever."""

    files: dict[str, bytes] = field(default_factory=dict)
    manners: dict[str, list[Manner]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        handler = type("Bound", (Handler,), {"depot": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def bytes_out(self) -> int:
        """All bytes of bodies that went out."""
        return sum(sent.bytes for sent in self.sent)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def give(self, path: str, data: bytes, *manners: Manner, tag: str = '"one"') -> str:
        """Put a file there; its address."""
        self.files[path] = data
        self.manners[path] = list(manners)
        self.tags[path] = tag
        return self.url + path


def plain(handler: Handler, data: bytes) -> None:
    """As a good server does: Range, and If-Range by ETag."""
    if not data:
        handler.head(404, Content_Length=0)
        return
    tag = handler.depot.tags[handler.path]
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    same = handler.headers.get("If-Range", tag) == tag
    if asked and same:
        start = int(asked[1])
        if start >= len(data):
            handler.head(416, Content_Range=f"bytes */{len(data)}", Content_Length=0)
            return
        span = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.head(206, Content_Range=span, Content_Length=len(data) - start, ETag=tag)
        handler.body(data[start:])
        return
    handler.head(200, Content_Length=len(data), ETag=tag)
    handler.body(data)


def cut(after: int) -> Manner:
    """Promise all, send so many bytes, hang up."""

    def manner(handler: Handler, data: bytes) -> None:
        handler.head(200, Content_Length=len(data), ETag=handler.depot.tags[handler.path])
        handler.body(data[:after])

    return manner


def says_length(length: int) -> Manner:
    """Send all, and lie about how much that is."""

    def manner(handler: Handler, data: bytes) -> None:
        handler.head(200, Content_Length=length, ETag='"one"')
        handler.body(data)

    return manner


def without_range(handler: Handler, data: bytes) -> None:
    """Send all, whatever was asked."""
    handler.head(200, Content_Length=len(data))
    handler.body(data)


def without_length(handler: Handler, data: bytes) -> None:
    """Send all, and end by hanging up, as HTTP/1.0 does."""
    handler.head(200)
    handler.body(data)


def another_piece(handler: Handler, data: bytes) -> None:
    """Answer a Range with the beginning."""
    half = data[: len(data) // 2]
    span = f"bytes 0-{len(half) - 1}/{len(data)}"
    handler.head(206, Content_Range=span, Content_Length=len(half))
    handler.body(half)


def slow(handler: Handler, data: bytes) -> None:
    """Drip."""
    handler.head(200, Content_Length=len(data))
    for start in range(0, len(data), 50_000):
        handler.body(data[start : start + 50_000])
        time.sleep(0.05)


SILENT_S = 2.0


def silent(handler: Handler, data: bytes) -> None:
    """Half of it, then nothing for so long, and the line stays open."""
    handler.head(200, Content_Length=len(data), ETag='"one"')
    handler.body(data[: len(data) // 2])
    handler.wfile.flush()
    time.sleep(SILENT_S)


def status(code: int, **headers: object) -> Manner:
    """Refuse."""
    return lambda handler, _: handler.head(code, Content_Length=0, **headers)


def web_page(handler: Handler, data: bytes) -> None:
    """As a hotel does."""
    page = b"<html>Please log in</html>"
    handler.head(200, Content_Type="text/html; charset=utf-8", Content_Length=len(page))
    handler.body(page)


def moved(to: str) -> Manner:
    """Send on."""
    return lambda handler, _: handler.head(302, Location=to, Content_Length=0)


ROW = """
[tiny]
title = "Tiny"
stage = "separate"
purpose = "For tests."
licence = "MIT"
terms = "Do as you like."
source = "https://example.org"
citation = "Nobody."
blocks = ["separate.tiny"]
"""
"""A row of the catalogue for tests, but for its files."""


def catalogue(*urls: str, name: str = "net.onnx", **proof: Any) -> Catalogue:
    """One model with one file."""
    rows = "\n".join(f"{key} = {value!r}" for key, value in proof.items())
    return parse(
        f"""{ROW}
[[tiny.file]]
name = "{name}"
urls = {list(urls)!r}
{rows}
"""
    )


@dataclass
class Bench:
    """A store over one catalogue, a fetcher that notes its waits."""

    root: Path
    catalogue: Catalogue
    mirrors: tuple[str, ...] = ()
    offline: bool = False
    free: int = 10**12
    waits: list[float] = field(default_factory=list)
    timeout_s: float = PATIENCE_S

    @property
    def store(self) -> Store:
        return Store(self.root / "models", self.catalogue)

    @property
    def place(self) -> Path:
        """Where the file of the one model belongs."""
        model = self.catalogue.models[0]
        return self.root / "models" / model.id / model.files[0].name

    def fetcher(self) -> Fetcher:
        return Fetcher(
            self.mirrors, self.offline, tries=3, timeout=self.timeout_s,
            sleep=self.waits.append, room=lambda _: self.free,
        )  # fmt: skip

    def pull(self) -> list[str]:
        came = self.store.pull(self.catalogue.models, self.fetcher())
        return [file.name for _, file in came]

    def state(self) -> str:
        return self.store.state(self.catalogue.models[0]).state
