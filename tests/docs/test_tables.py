"""What the pages say of presets, parameters and models is what voxmend goes by."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from docs import tables
from docs.pages import text

from voxmend import presets
from voxmend.cascade import plan
from voxmend.models import catalogue, needs
from voxmend.presets import Preset

PRESETS, MODELS = "docs/presets.md", "docs/models.md"


@pytest.mark.parametrize(
    ("page", "made"),
    [
        (PRESETS, tables.parameters),
        (MODELS, tables.models),
        (MODELS, tables.terms),
        (MODELS, tables.proofs),
    ],
    ids=["parameters", "models", "terms", "proofs"],
)
def test_a_table_is_the_one_that_voxmend_goes_by(page: str, made: Callable[[], list[str]]) -> None:
    rows = made()
    assert rows
    assert "\n".join(["", *rows, ""]) in text(page), "it must be:\n" + "\n".join(rows)


def test_each_preset_has_a_chapter_and_no_other_has() -> None:
    chapters = re.findall(r"^## `(\w+)`$", text(PRESETS), re.MULTILINE)
    assert sorted(chapters) == sorted(preset.name for preset in tables.all_presets())
    listed = re.findall(r"^\| `(\w+)` \|", text("README.md"), re.MULTILINE)
    assert set(listed) <= set(chapters)


@pytest.mark.parametrize("row", tables.costs())
def test_a_preset_s_row_begins_with_the_word_and_the_size_of_its_models(row: str) -> None:
    lines = text(PRESETS).partition("\n## What each may be used for")[2].splitlines()
    assert [line for line in lines if line.startswith(row)], f"it must begin: {row}"


def test_the_files_of_the_users_own_that_pages_show_are_valid(tmp_path: Path) -> None:
    def shown(page: str) -> str:
        (found,) = re.findall(r"^```toml\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
        return str(found)

    (tmp_path / "mine.toml").write_text(shown(PRESETS), "utf-8")
    plan.make(presets.find("mine", tmp_path))
    (tmp_path / "models.toml").write_text(shown(MODELS), "utf-8")
    own = catalogue.of_user(tmp_path / "models.toml")
    assert own.find("htdemucs") != catalogue.load().find("htdemucs")


@pytest.mark.parametrize("preset", tables.all_presets(), ids=lambda preset: preset.name)
def test_a_chapter_names_the_size_that_the_preset_needs(preset: Preset) -> None:
    chapter = text(PRESETS).partition(f"\n## `{preset.name}`\n")[2].partition("\n## ")[0]
    said = re.search(r"\*\*Needs:\*\* (.*)", chapter)
    assert said
    models = needs.usual(preset, catalogue.load())
    known = sum(model.bytes for model in models) / 1e6
    if not models:
        assert said[1].startswith("nothing")
        return
    found = re.search(r"([\d.]+) (MB|GB) of models", said[1])
    assert found
    told = float(found[1]) * (1000 if found[2] == "GB" else 1)
    unknown = 1.4 if any(not file.bytes for model in models for file in model.files) else 1.06
    assert known * 0.94 <= told <= known * unknown
