"""The pages say of the settings what voxmend goes by."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from docs.pages import text

from voxmend import config

PAGE = "docs/beside-other-programs.md"
TABLE = "docs/command-line.md"
SETTINGS = ("priority", "threads", "memory_gb", "engines")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_has_a_row_with_its_default_its_choices_and_its_range(name: str) -> None:
    found = re.search(rf"^\| `worker.{name}` \| (.*?) \| (.*) \|$", text(PAGE), re.MULTILINE)
    assert found
    (default,) = (f.default for f in dataclasses.fields(config.Worker) if f.name == name)
    shown = str(default).removesuffix(".0")
    assert found[1].strip("`") == shown
    key = f"worker.{name}"
    for choice in config.CHOICES.get(key, ()):
        assert f"`{choice}`" in found[2]
    if key in config.RANGES:
        assert f"{config.RANGES[key][0]}" in found[2]


def test_the_table_of_all_settings_has_each_of_them_with_its_default() -> None:
    written = {}
    for row in re.findall(r"^\| (`\w+\.\w+`.*?) \| (.*?) \|", text(TABLE), re.MULTILINE):
        names = re.findall(r"`([\w.]+)`", row[0])
        section = names[0].partition(".")[0]
        for name in names:
            written[name if "." in name else f"{section}.{name}"] = row[1].strip("`")
    _, known = config.load(Path("no such file"), {})
    assert sorted(written) == sorted(value.key for value in known)
    for value in known:
        if value.key.partition(".")[2] in SETTINGS:  # their page has the defaults
            continue
        usual = str(value.value).lower().removesuffix(".0") or "empty"
        assert written[value.key] == usual, value.key
