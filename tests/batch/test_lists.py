"""What a list names: one path a line, each once, and what is no list is refused."""

from __future__ import annotations

import io
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import sounds

from voxmend.batch.lists import given
from voxmend_protocol.errors import BadRequest, InputMissing, VoxmendError


def paths(*arguments: str | Path, recursive: bool = False) -> list[str]:
    return [file.path for file in given([str(each) for each in arguments], recursive).files]


def test_a_list_gives_its_paths_in_order_each_once_and_none_is_named_itself(
    tmp_path: Path,
) -> None:
    file = tmp_path / "songs.txt"
    file.write_bytes("\ufeffb.wav\r\n\r\n  \nZo\u00eb [live].flac\nb.wav\n./b.wav\n".encode())
    found = given([str(file)]).files
    assert [each.path for each in found] == ["b.wav", "Zo\u00eb [live].flac"]
    assert not any(each.named for each in found)


def test_a_list_between_zero_bytes_may_hold_names_with_line_breaks(tmp_path: Path) -> None:
    file = tmp_path / "songs"
    file.write_bytes(b"a\nb.wav\0c.wav\0")
    assert paths(file) == ["a\nb.wav", "c.wav"]


def test_standard_input_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"a.wav\nb.wav\n")))
    assert paths("-") == ["a.wav", "b.wav"]


def test_folders_patterns_sounds_and_lists_go_together(tmp_path: Path) -> None:
    for name in ("in/a.wav", "in/deep/b.wav", "c.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        sounds.write(tmp_path / name, sounds.tone(0.1))
    songs = tmp_path / "songs.txt"
    songs.write_text(f"{tmp_path / 'c.wav'}\n{tmp_path / 'in' / 'a.wav'}\n")
    taken = paths(tmp_path / "in", songs, tmp_path / "*.wav", recursive=True)
    assert [os.path.relpath(each, tmp_path) for each in taken] == [
        "in/a.wav",
        "in/deep/b.wav",
        "c.wav",
    ]
    assert paths(tmp_path / "c.wav") == [str(tmp_path / "c.wav")]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", BadRequest),
        (b"\n \n", BadRequest),
        (b"RIFF\x01\x02\xff", BadRequest),
        (b"a\x07.wav\n", BadRequest),
        (b"x" * 40_000, BadRequest),
        (None, InputMissing),
    ],
    ids=["empty", "blank", "bytes", "control", "long", "absent"],
)
def test_what_is_no_list_is_refused_with_the_next_step(
    tmp_path: Path, data: bytes | None, error: type[VoxmendError]
) -> None:
    file = tmp_path / "songs.txt"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(error) as caught:
        given([str(file)])
    assert caught.type is error
    assert "one path a line" in caught.value.message
