"""Frames that get no answer, bodies that are not JSON objects, and sizes at their limits."""

from __future__ import annotations

from .requests import HELLO, SUBMIT
from .vector import (
    MOST,
    OTHER_KEY,
    TO_WORKER,
    UUID,
    VERSION,
    Message,
    Vector,
    ask,
    bad,
    changed,
    good,
    malformed,
    seal,
    sign,
    text,
)

MOST_PATH = 4096 - 2
"""Bytes of a path between its quotes."""


def bad_auth() -> list[Vector]:
    body = text(HELLO)
    frames = seal(body)
    flipped = bytes([frames[1][0] ^ 1]) + frames[1][1:]
    without_version = sign(body[len(VERSION) :])
    return [
        good("a signature that fits", TO_WORKER, HELLO),
        malformed("a wrong signature", [VERSION, flipped, body]),
        malformed("a signature with another key", [VERSION, sign(body, OTHER_KEY), body]),
        malformed("a signature in upper case", [VERSION, frames[1].upper(), body]),
        malformed("a signature of other bytes", [VERSION, sign(body + b" "), body]),
        malformed("a signature without the version", [VERSION, without_version, body]),
        malformed("a signature that is short", [VERSION, frames[1][:-1], body]),
        malformed("a signature as 32 bytes", [VERSION, bytes.fromhex(frames[1].decode()), body]),
        malformed("no signature", [VERSION, b"", body]),
        malformed("a body changed on its way", [VERSION, frames[1], text({**HELLO, "id": "q2"})]),
        malformed("another version", [b"voxmend/2", frames[1], body]),
        malformed("a version in upper case", [b"VOXMEND/1", frames[1], body]),
        malformed("no version", [b"", frames[1], body]),
        malformed("one frame", [body]),
        malformed("two frames", [VERSION, body]),
        malformed("four frames", [*frames, b"opaque"]),
        malformed("an empty frame at the end", [*frames, b""]),
        malformed("an empty frame in front", [b"", *frames]),
    ]


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
