"""What is remembered of good files, and of licences."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from voxmend.models import receipt
from voxmend.models.receipt import Entry


def test_what_is_written_is_read_and_fits_until_size_or_time_change(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"12345")
    entry = Entry.of_file(file, "ab")
    receipt.write(tmp_path, {"net.onnx": entry})
    assert receipt.read(tmp_path) == {"net.onnx": entry}
    assert entry.fits(file)
    os.utime(file, ns=(entry.mtime_ns, entry.mtime_ns + 1))
    assert not entry.fits(file)
    file.write_bytes(b"123456")
    os.utime(file, ns=(entry.mtime_ns, entry.mtime_ns))
    assert not entry.fits(file)
    file.unlink()
    assert not entry.fits(file)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "[" * 10_000, '{"net.onnx": 1}', '{"net.onnx": {"size": 1}}',
        '{"net.onnx": {"size": "1", "mtime_ns": 1, "sha256": "ab"}}',
        '{"net.onnx": {"size": 1, "mtime_ns": 1, "sha256": "ab", "more": 1}}',
    ],
)  # fmt: skip
def test_a_receipt_that_is_damaged_proves_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / receipt.NAME).write_text(text)
    assert receipt.read(tmp_path) == {}


def test_one_damaged_entry_takes_no_other_along(tmp_path: Path) -> None:
    good = {"size": 1, "mtime_ns": 2, "sha256": "ab"}
    (tmp_path / receipt.NAME).write_text(json.dumps({"a": good, "b": {**good, "size": None}}))
    assert list(receipt.read(tmp_path)) == ["a"]


def test_a_licence_is_accepted_as_it_reads_and_others_stay_so(tmp_path: Path) -> None:
    root = tmp_path / "models"
    assert receipt.accepted(root, {"a": "One."}) == set()
    receipt.accept(root, {"a": "One."})
    receipt.accept(root, {"b": "Two."})
    assert receipt.accepted(root, {"a": "One.", "b": "Two!", "c": "Three."}) == {"a"}
    assert receipt.accepted(root, {"b": "Two."}) == {"b"}


@pytest.mark.parametrize("text", ["[]", "{", "7"])
def test_what_was_accepted_is_asked_about_again_where_the_file_is_damaged(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "licences.json").write_text(text)
    assert receipt.accepted(tmp_path, {"a": "One."}) == set()
    receipt.accept(tmp_path, {"a": "One."})
    assert receipt.accepted(tmp_path, {"a": "One."}) == {"a"}
