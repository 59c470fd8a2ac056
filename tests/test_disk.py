"""A file is put in one step: it is the old one or the new one, and nothing stays beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voxmend.disk import put


def test_a_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    put(file, b"old")
    put(file, b"new")
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("broken", ["os.fdopen", "os.replace"])
def test_what_was_there_stays_where_it_cannot_be_done(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.bin"
    put(file, b"old")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(broken, refuse)
    with pytest.raises(OSError, match="no room"):
        put(file, b"new")
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]
