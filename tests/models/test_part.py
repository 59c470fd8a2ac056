"""The beginning of a file: whose bytes they are, and how they become the whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voxmend.models.part import Part

URL = "http://127.0.0.1:9/net"


@pytest.fixture
def part(tmp_path: Path) -> Part:
    return Part.of(tmp_path / "net.onnx")


def test_it_lies_beside_the_place_and_is_nothing_at_first(part: Part, tmp_path: Path) -> None:
    assert part.path == tmp_path / "net.onnx.part"
    assert (part.size, part.version(URL)) == (0, None)


def test_bytes_count_for_the_address_and_the_version_they_came_from(part: Part) -> None:
    part.begin(URL, '"one"')
    part.path.write_bytes(b"123")
    assert (part.size, part.version(URL)) == (3, '"one"')
    assert part.version(URL + "2") is None
    part.begin(URL, None)
    assert (part.size, part.version(URL)) == (0, None)


@pytest.mark.parametrize("text", ["", "[]", '{"url": 1}', f'{{"url": "{URL}", "version": 1}}'])
def test_a_damaged_mark_speaks_of_no_bytes(part: Part, text: str) -> None:
    part.begin(URL, '"one"')
    part._mark.write_text(text)
    assert part.version(URL) is None


def test_the_bytes_go_before_their_mark(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    part.begin(URL, '"one"')
    gone: list[str] = []
    unlink = Path.unlink

    def noted(path: Path, missing_ok: bool = False) -> None:
        gone.append(path.name)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", noted)
    part.begin(URL, '"two"')
    assert gone == ["net.onnx.part", "net.onnx.part.json"]


def test_the_whole_takes_the_place_of_what_was_there(part: Part, tmp_path: Path) -> None:
    place = tmp_path / "net.onnx"
    place.write_bytes(b"old")
    part.begin(URL, None)
    part.path.write_bytes(b"new")
    part.settle(place)
    assert place.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["net.onnx"]


def test_what_cannot_be_put_in_place_leaves_the_place_as_it_was(
    part: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "net.onnx"
    place.write_bytes(b"old")
    part.begin(URL, None)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        part.settle(place)
    assert place.read_bytes() == b"old"
