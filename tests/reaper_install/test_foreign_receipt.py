"""A receipt that somebody changed counts as none: nothing outside REAPER's scripts is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from voxmend.reaper import keymap, menu, pointer, receipt, resource
from voxmend.reaper.edits import Edit

HASH = "ab" * 32
GOOD: dict[str, Any] = {
    "schema": 1, "version": "0.1.0", "files": {"lib/a.lua": HASH}, "ids": [], "keymap": None,
    "menu": {"before": "", "after": HASH}, "commands": [],
}  # fmt: skip


def read(folder: Path, **change: Any) -> receipt.Receipt | None:
    (folder / receipt.NAME).write_text(json.dumps({**GOOD, **change}))
    return receipt.read(folder)


def test_a_receipt_as_it_was_written_is_read(tmp_path: Path) -> None:
    assert read(tmp_path) == receipt.Receipt("0.1.0", {"lib/a.lua": HASH}, menu=Edit("", HASH))


@pytest.mark.parametrize(
    "change",
    [
        *({"files": {name: HASH}} for name in ("../x", "/x", "C:\\x", "a\\b", "NUL", "a.", "x:y")),
        *({"menu": {"before": hash_, "after": HASH}} for hash_ in ("../../x", "AB" * 32, "ab", 3)),
        {"keymap": {"before": ""}},
        {"files": []},
        {"files": ["lib/a.lua"]},
        {"schema": 2},
    ],
)
def test_a_receipt_that_reaches_elsewhere_counts_as_none(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    assert read(tmp_path, **change) in (None, read(tmp_path, files={}))


def test_what_is_nested_without_end_is_no_receipt_no_pointer_and_no_list(tmp_path: Path) -> None:
    for name in (receipt.NAME, pointer.NAME, "reaper.json"):
        (tmp_path / name).write_text("[" * 100_000)
    assert receipt.read(tmp_path) is None
    assert "cannot be read" in pointer.problem(tmp_path, tmp_path)
    assert resource.remembered(tmp_path / "reaper.json") == []


def test_a_number_too_long_for_python_is_no_entry() -> None:
    digits = b"9" * 5000
    data = menu.SECTION + b"\r\nitem_0=40012 A\r\nitem_" + digits + b"=40013 B\r\n"
    assert menu.customised(data)
    assert menu.remove(data, ["40012"]).count(digits) == 1
    assert keymap.registered(b"SCR 4 " + digits + b' RSx "Script: x" x\r\n') == set()
