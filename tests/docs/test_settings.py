"""The page about other programs says of the settings what voxmend goes by."""

from __future__ import annotations

import dataclasses
import re

import pytest
from docs.pages import text

from voxmend import config

PAGE = "docs/beside-other-programs.md"
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
