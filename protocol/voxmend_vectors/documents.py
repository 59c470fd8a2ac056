"""worker.json documents: what a client may trust, and what it must not.

The one frame of such a vector is the file. Rights and owner are no part of it.
"""

from __future__ import annotations

from .vector import FILE, KEY, Message, Vector, changed, pretty, text, vector, without

DOCUMENT: Message = {
    "schema": 2,
    "endpoint": "tcp://127.0.0.1:50432",
    "key": KEY,
    "protocol_min": 2,
    "protocol_max": 2,
    "epoch": 3,
    "pid": 4711,
    "started": "2026-01-02T03:04:05.678Z",
    "version": "0.1.0",
    "exe": "/home/zoë/.local/share/voxmend/bin/python",
}


FIRST = {"schema": 1, "protocol_min": 1, "protocol_max": 1}
"""It is read, so that its jobs can be waited for; none of its messages are of this version."""


def discovery() -> list[Vector]:
    windows = "C:\\Users\\Zoë\\AppData\\Local\\voxmend\\python.exe"
    endpoints = {
        "an endpoint on all addresses": "tcp://0.0.0.0:50432",
        "an endpoint in the network": "tcp://192.168.1.7:50432",
        "an endpoint by name": "tcp://localhost:50432",
        "an endpoint in the file system": "ipc:///tmp/voxmend",
        "an endpoint without a port": "tcp://127.0.0.1",
        "port 0": "tcp://127.0.0.1:0",
        "port 65536": "tcp://127.0.0.1:65536",
        "an endpoint and more": "tcp://127.0.0.1:50432/x",
    }
    return [
        _good("worker.json", DOCUMENT),
        _good("worker.json in one line", DOCUMENT, text(DOCUMENT)),
        _good("worker.json of Windows", changed(DOCUMENT, "exe", windows)),
        _good("worker.json with unknown fields", {**DOCUMENT, "hosts": None}),
        _good("worker.json of a later worker", {**DOCUMENT, "protocol_max": 9}),
        _good("worker.json of a worker of version 1", {**DOCUMENT, **FIRST}),
        _good("port 1", changed(DOCUMENT, "endpoint", "tcp://127.0.0.1:1")),
        _good("port 65535", changed(DOCUMENT, "endpoint", "tcp://127.0.0.1:65535")),
        _bad("an empty file", b""),
        _bad("a file half written", pretty(DOCUMENT)[:150]),
        _bad("a file that is a list", pretty([DOCUMENT])),
        _bad("a file in Latin-1", pretty(DOCUMENT).decode().encode("latin-1")),
        _bad("schema 0", pretty(changed(DOCUMENT, "schema", 0))),
        _bad("a later schema", pretty(changed(DOCUMENT, "schema", 3))),
        _bad("a file without a key", pretty(without(DOCUMENT, "key"))),
        _bad("a file without an epoch", pretty(without(DOCUMENT, "epoch"))),
        _bad("a short key", pretty(changed(DOCUMENT, "key", KEY[:-2]))),
        _bad("a key in upper case", pretty(changed(DOCUMENT, "key", KEY.upper()))),
        _bad("a key with spaces", pretty(changed(DOCUMENT, "key", " " + KEY[1:]))),
        _bad("an epoch in quotes", pretty(changed(DOCUMENT, "epoch", "3"))),
        _bad("a version of null", pretty(changed(DOCUMENT, "version", None))),
        *(_bad(name, pretty(changed(DOCUMENT, "endpoint", e))) for name, e in endpoints.items()),
    ]


def _good(name: str, document: Message, raw: bytes | None = None) -> Vector:
    return vector(name, FILE, [raw or pretty(document)], document)


def _bad(name: str, raw: bytes) -> Vector:
    return {**vector(name, FILE, [raw], None), "error": "worker_unreachable"}
