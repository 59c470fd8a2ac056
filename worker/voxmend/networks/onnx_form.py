"""Whether an ONNX file stands alone, found without the library that runs it.

Its weights may lie in other files, by paths that the file itself names: so it could have any file
of this machine read. None that we know does that, and one that does is refused here, whatever a
version of onnxruntime makes of such paths. The file is walked as protobuf's wire format (varints,
and pieces that say their length), down every way to a tensor that ONNX has; pieces between are not
read. Field numbers: onnx.proto of ONNX 1.16.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..foreign import ForeignError

Piece = tuple[int, int, int, int]
"""Field, and of a varint its value; of all else where its bytes begin and end."""

_TENSOR = "tensor"

_WAYS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: _TENSOR, 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: _TENSOR, 6: "graph", 10: _TENSOR, 11: "graph", 22: "sparse", 23: "sparse",
    },
    "sparse": {1: _TENSOR, 2: _TENSOR},
    _TENSOR: {},
}  # fmt: skip
"""By kind of message: which field holds a message of which kind."""

_ELSEWHERE, _LOCATION = 13, 14
"""Fields of a tensor: where else its numbers lie, and whether they do."""

_DEPTH, _MOST = 64, 2_000_000


def check(file: Path) -> None:
    """Refuse a file that is no ONNX model, or no whole one.

    Raises:
        ForeignError: why.
        OSError: it cannot be read.
    """
    if file.stat().st_size == 0:
        raise ForeignError("it is empty")
    with open(file, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _walk(data)


def _walk(data: mmap.mmap) -> None:
    left = [("model", 0, len(data), 0)]
    seen = 0
    has_graph = False
    while left:
        kind, start, end, depth = left.pop()
        if depth > _DEPTH:
            raise ForeignError(f"it is nested more than {_DEPTH} deep")
        for field, value, first, last in _pieces(data, start, end):
            seen += 1
            if seen > _MOST:
                raise ForeignError(f"it has more than {_MOST:,} parts")
            if kind == _TENSOR and (field == _ELSEWHERE or (field == _LOCATION and value)):
                raise ForeignError("it keeps its weights in another file, which is not opened")
            below = _WAYS[kind].get(field)
            if below is not None:
                has_graph = has_graph or below == "graph"
                if value >= 0:
                    raise ForeignError("it is no protobuf of a model")
                left.append((below, first, last, depth + 1))
    if not has_graph:
        raise ForeignError("it holds no network")


def _pieces(data: mmap.mmap, at: int, end: int) -> Iterator[Piece]:
    """The fields of a message; of one that is no varint the value is -1."""
    while at < end:
        key, at = _varint(data, at, end)
        field, form = key >> 3, key & 7
        if field == 0:
            raise ForeignError("it is no protobuf")
        if form == 0:
            value, at = _varint(data, at, end)
            yield field, value, at, at
            continue
        if form == 2:
            length, at = _varint(data, at, end)
        elif form in (1, 5):
            length = 8 if form == 1 else 4
        else:
            raise ForeignError("it is no protobuf")
        if length > end - at:
            raise ForeignError("it ends too early")
        yield field, -1, at, at + length
        at += length


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise ForeignError("it ends too early")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ForeignError("it is no protobuf")
