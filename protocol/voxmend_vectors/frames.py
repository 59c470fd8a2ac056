"""Frames that get no answer, bodies that are not JSON objects, and sizes at their limits."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from .requests import HELLO, SUBMIT
from .vector import (
    CLIENT,
    HEARD,
    KEY,
    MOST,
    OTHER_KEY,
    TO_CLIENT,
    TO_WORKER,
    UUID,
    VERSION,
    WORKER,
    Message,
    Vector,
    ask,
    bad,
    changed,
    good,
    malformed,
    seal,
    sign,
    stamp,
    tell,
    text,
    unknown,
    vector,
)

OTHER_NONCE = "00112233445566778899aabbccddeeff"
PASSWORD = (
    hmac.new(bytes.fromhex(KEY), b"password of voxmend/2 at tcp://127.0.0.1:50432", hashlib.sha256)
    .hexdigest()
    .encode()
)

MOST_PATH = 4096 - 2
"""Bytes of a path between its quotes."""


def bad_auth() -> list[Vector]:
    body = text(HELLO)
    frames = seal(body)
    line, sent = frames[1:3]
    flipped = bytes([sent[0] ^ 1]) + sent[1:]
    return [
        good("a signature that fits", TO_WORKER, HELLO),
        malformed("a wrong signature", [VERSION, line, flipped, body]),
        malformed("a signature with another key", _signed(line, sign(line, body, OTHER_KEY))),
        malformed("a signature in upper case", _signed(line, sent.upper())),
        malformed("a signature of other bytes", _signed(line, sign(line, body + b" "))),
        malformed("a signature without the stamp", _signed(line, sign(b"", body))),
        malformed("a signature of another stamp", _signed(stamp(TO_WORKER, 8), sent)),
        malformed("a signature that is short", _signed(line, sent[:-1])),
        malformed("a signature as 32 bytes", _signed(line, bytes.fromhex(sent.decode()))),
        malformed("no signature", _signed(line, b"")),
        malformed("the password as a signature", _signed(line, PASSWORD)),
        malformed("a body changed on its way", [*frames[:3], text({**HELLO, "id": "q2"})]),
        malformed("an earlier version", [b"voxmend/1", *frames[1:]]),
        malformed("a later version", [b"voxmend/3", *frames[1:]]),
        malformed("a version in upper case", [b"VOXMEND/2", *frames[1:]]),
        malformed("no version", [b"", *frames[1:]]),
        malformed("one frame", [body]),
        malformed("two frames", [VERSION, body]),
        malformed("three frames, as in version 1", [VERSION, sent, body]),
        malformed("five frames", [*frames, b"opaque"]),
        malformed("an empty frame at the end", [*frames, b""]),
        malformed("an empty frame in front", [b"", *frames]),
    ]


def _signed(line: bytes, signature: bytes) -> list[bytes]:
    return [VERSION, line, signature, text(HELLO)]


def replayed() -> list[Vector]:
    """Rightly signed, and somewhere else or for the second time."""
    ask_text, told = text(HELLO), text(tell("ack"))
    again = tell("hello_again", nonce=OTHER_NONCE)
    other = seal(text(again), TO_CLIENT, worker=OTHER_NONCE, count=1)
    lines = {
        "a stamp that is empty": b"",
        "a stamp in upper case": stamp(TO_WORKER).upper(),
        "a stamp of nobody": b"x" + stamp(TO_WORKER)[1:],
        "a stamp without a count": stamp(TO_WORKER)[:-17],
        "a stamp with a short count": stamp(TO_WORKER)[:-1],
        "a stamp and more": stamp(TO_WORKER) + b"0",
        "a count of 0": stamp(TO_WORKER, 0),
        "a count of 2^53 + 1": stamp(TO_WORKER, 2**53 + 1),
        "the largest count of 64 bits": stamp(TO_WORKER, 2**64 - 1),
        "a count with a sign": stamp(TO_WORKER)[:-16] + b"+000000000000007",
    }
    return [
        good("a count that leaves some out", TO_WORKER, HELLO, count=2**53),
        good("an answer that leaves some out", TO_CLIENT, tell("ack"), count=2**53),
        malformed("a count heard before", seal(ask_text, count=HEARD)),
        malformed("a count heard long ago", seal(ask_text, count=1)),
        malformed("an answer heard before", seal(told, TO_CLIENT, count=HEARD), TO_CLIENT),
        malformed("an answer thrown back", seal(told, TO_CLIENT)),
        malformed("a request thrown back", seal(ask_text), TO_CLIENT),
        unknown("another nonce of the client", seal(ask_text, client=OTHER_NONCE)),
        unknown("another nonce of the worker", seal(ask_text, worker=OTHER_NONCE)),
        unknown("the nonces the wrong way round", seal(ask_text, client=WORKER, worker=CLIENT)),
        unknown("no nonce of the worker", seal(ask_text, worker="0" * 32, count=1)),
        unknown("no JSON in no conversation", seal(b"hm", worker="0" * 32, count=1)),
        malformed("an answer to another client", _told(told, client=OTHER_NONCE), TO_CLIENT),
        malformed("an answer of another day", _told(told, worker=OTHER_NONCE), TO_CLIENT),
        {**vector("hello_again", TO_CLIENT, other, again)},
        malformed(
            "hello_again with another nonce than its stamp",
            _told(text(tell("hello_again", nonce=WORKER)), worker=OTHER_NONCE, count=1),
            TO_CLIENT,
        ),
        malformed(
            "hello_again to another client",
            _told(text(again), client=WORKER, worker=OTHER_NONCE, count=1),
            TO_CLIENT,
        ),
        *(malformed(name, _lined(line, ask_text)) for name, line in lines.items()),
    ]


def _told(body: bytes, **other: Any) -> list[bytes]:
    return seal(body, TO_CLIENT, **other)


def _lined(line: bytes, body: bytes) -> list[bytes]:
    return [VERSION, line, sign(line, body), body]


def bad_json() -> list[Vector]:
    ping = '{"type":"ping","id":"q1"'
    bodies: dict[str, bytes] = {
        "an empty body": b"",
        "a body of one space": b" ",
        "truncated JSON": text(HELLO)[:-1],
        "truncated in a string": text(HELLO)[:-4],
        "two objects": text(HELLO) * 2,
        "a list": text([HELLO]),
        "a string": text("ping"),
        "a number": b"1",
        "null": b"null",
        "not UTF-8": f'{ping},"x":"'.encode() + b'\xff"}',
        "UTF-16": text(HELLO).decode().encode("utf-16"),
        "an overlong character": f'{ping},"x":"'.encode() + b'\xc0\xaf"}',
        "a surrogate in UTF-8": f'{ping},"x":"'.encode() + b'\xed\xa0\x80"}',
        "half a surrogate pair": f'{ping},"x":"\\ud83c"}}'.encode(),
        "a surrogate pair backwards": f'{ping},"x":"\\udfa4\\ud83c"}}'.encode(),
        "half a surrogate pair in a name": f'{ping},"\\udc00":1}}'.encode(),
        "a byte order mark": b"\xef\xbb\xbf" + text(HELLO),
        "a line feed in a string": f'{ping},"x":"a\nb"}}'.encode(),
        "a bad escape": f'{ping},"x":"\\q"}}'.encode(),
        "a comma at the end": f"{ping},}}".encode(),
        "single quotes": ping.replace('"', "'").encode() + b"}",
        "a comment": f"{ping}/* hm */}}".encode(),
        "a leading zero": f'{ping},"x":01}}'.encode(),
        "a number without digits": f'{ping},"x":1.}}'.encode(),
        "a plus sign": f'{ping},"x":+1}}'.encode(),
    }
    numbers = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")
    return [
        good(
            "spaces and line feeds", TO_WORKER, ask("ping"), b' {\n"type": "ping",\t"id":"q1"}\r\n'
        ),
        good("fields in another order", TO_WORKER, ask("ping"), b'{"id":"q1","type":"ping"}'),
        good("a null nobody reads", TO_WORKER, {**ask("ping"), "x": None}),
        good("a large number nobody reads", TO_WORKER, {**ask("ping"), "x": 1e300}),
        *(bad(name, body) for name, body in bodies.items()),
        *(bad(f"{number} nobody reads", f'{ping},"x":{number}}}'.encode()) for number in numbers),
    ]


def limits() -> list[Vector]:
    def padded(size: int) -> Message:
        message = {**ask("ping"), "x": ""}
        return {**message, "x": "x" * (size - len(text(message)))}

    def nested(levels: int) -> bytes:
        head = text(ask("ping"))[:-1]
        return head + b',"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    def path(size: int) -> Message:
        return changed(SUBMIT, "clip.path", "/" + "p" * (size - 1))

    deep: list[object] = []
    for _ in range(62):
        deep = [deep]
    quotes = '/"' + '"' * (MOST_PATH // 2 - 1)
    return [
        good("a body of 65536 bytes", TO_WORKER, padded(MOST)),
        malformed("a body of 65537 bytes", seal(text(padded(MOST + 1)))),
        good("nested 64 deep", TO_WORKER, {**ask("ping"), "x": deep}, nested(64)),
        bad("nested 65 deep", nested(65)),
        bad("nested 10000 deep", nested(10000)),
        good("watch 1000 jobs", TO_WORKER, ask("watch", jobs=[UUID] * 1000)),
        bad("watch 1001 jobs", ask("watch", jobs=[UUID] * 1001)),
        good("a path of 4094 bytes", TO_WORKER, path(MOST_PATH)),
        bad("a path of 4095 bytes", path(MOST_PATH + 1)),
        good("2046 quotes in a path", TO_WORKER, changed(SUBMIT, "clip.path", quotes[:-1])),
        bad("2047 quotes in a path", changed(SUBMIT, "clip.path", quotes)),
        good("the largest integer", TO_WORKER, ask("jobs", before=2**53)),
        good("the smallest integer", TO_WORKER, ask("jobs", before=-(2**53))),
        bad("an integer past the largest", ask("jobs", before=2**53 + 1)),
    ]
