"""A stub of the two places that torch comes from, on loopback: the default index, and torch's own.

Torch's own index has an address that uv knows by heart and reaches by TLS. So it is met on the way:
a proxy takes whatever host uv asks for, shows a certificate for it that a test authority signs, and
serves the same little packages.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


def wheel(
    folder: Path, name: str, version: str, needs: tuple[str, ...] = (), size: int = 0
) -> Path:
    """A package that holds nothing but ``size`` bytes."""
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    told = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    told += [f"Requires-Dist: {need}" for need in needs]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{info}/METADATA", "\n".join(told) + "\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        archive.writestr(f"{name}/data", bytes(size))
    return file


@dataclass
class Index:
    """Packages as an index serves them. ``sizes``: whether it says how large they are."""

    files: list[Path]
    sizes: bool = True

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, kind and body for a path."""
        last = [part for part in path.split("/") if part][-1]
        for file in self.files:
            if file.name == last.replace("%2B", "+"):
                return 200, "application/zip", file.read_bytes()
        found = [file for file in self.files if file.name.startswith(f"{last.replace('-', '_')}-")]
        if not found:
            return 404, "text/plain", b""
        listed = [
            {
                "filename": file.name, "url": f"/files/{file.name.replace('+', '%2B')}",
                "hashes": {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
                **({"size": file.stat().st_size} if self.sizes else {}),
            }
            for file in found
        ]  # fmt: skip
        told = {"meta": {"api-version": "1.1"}, "name": last, "versions": [], "files": listed}
        return 200, "application/vnd.pypi.simple.v1+json", json.dumps(told).encode()


def _handler(index: Index) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, body = index.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass
class Proxy:
    """Takes every host that is asked for by CONNECT as torch's own index; refuses where ``index``
    is None."""

    index: Index | None
    folder: Path
    asked: list[str] = field(default_factory=list)

    @property
    def authority(self) -> Path:
        """The test authority's certificate."""
        return self.folder / "ca.pem"

    def prepare(self) -> None:
        """Make the authority."""
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                "-keyout", str(self.folder / "ca.key"), "-out", str(self.authority))  # fmt: skip

    def context(self, host: str) -> ssl.SSLContext:
        """TLS with a certificate for a host."""
        key, ask, got = (self.folder / f"{host}.{end}" for end in ("key", "csr", "pem"))
        if not got.exists():
            names = self.folder / f"{host}.ext"
            names.write_text(f"subjectAltName=DNS:{host}\n")
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}",
                    "-keyout", str(key), "-out", str(ask))  # fmt: skip
            openssl("x509", "-req", "-in", str(ask), "-CA", str(self.authority), "-CAkey",
                    str(self.folder / "ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
                    str(names), "-out", str(got))  # fmt: skip
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(got, key)
        return made

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What serves one connection."""
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                host = self.path.partition(":")[0]
                proxy.asked.append(host)
                if proxy.index is None:
                    self.send_error(502)
                    return
                self.send_response(200)
                self.end_headers()
                inner = proxy.context(host).wrap_socket(self.connection, server_side=True)
                with suppress(OSError):
                    _handler(proxy.index)(inner, self.client_address, self.server)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def openssl(*words: str) -> None:
    """Run openssl."""
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@contextmanager
def served(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on loopback; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def default_index(index: Index) -> Iterator[str]:
    """The default index; its address."""
    with served(_handler(index)) as address:
        yield address
