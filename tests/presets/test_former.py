"""Names of earlier releases: understood for a time, and never in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voxmend import __version__, presets
from voxmend.presets import former
from voxmend_protocol.errors import BadRequest, UnknownPreset

NOWHERE = Path("/nonexistent")
OWN = 'title = "Mine"\n[[block]]\nname = "separate.htdemucs"\n'


@pytest.mark.parametrize("old", former.PRESETS)
def test_an_old_name_means_a_preset_of_today_and_says_which(old: str) -> None:
    found = presets.find(old, NOWHERE)
    assert (found.name, found.dump()) == ("quick", presets.find("quick", NOWHERE).dump())
    assert found.remark == (
        f"The preset {old} has been replaced by quick; use that name: voxmend {former.UNTIL} will "
        "not know the old one."
    )


def test_a_name_of_today_has_no_remark() -> None:
    assert all(preset.remark == "" for preset in presets.all_of(NOWHERE))


def test_old_names_are_in_no_list_and_the_default_is_the_first_of_the_menu() -> None:
    assert not former.PRESETS.keys() & set(presets.names(NOWHERE))
    menu = [preset.name for preset in presets.menu(NOWHERE)]
    assert menu[0] == presets.DEFAULT
    assert sorted(menu) == presets.names(NOWHERE)


def test_a_preset_of_the_users_own_keeps_an_old_name(tmp_path: Path) -> None:
    (tmp_path / "preview.toml").write_text(OWN)
    found = presets.find("preview", tmp_path)
    assert (found.name, found.title, found.remark) == ("preview", "Mine", "")
    (tmp_path / "light.toml").write_text("[[")
    with pytest.raises(BadRequest, match=r"light\.toml is not a valid preset"):
        presets.find("light", tmp_path)


def test_an_unknown_name_is_told_with_the_names_of_today() -> None:
    with pytest.raises(UnknownPreset, match=r"There are: classic, diagnose, lead, mend, quick"):
        presets.find("previews", NOWHERE)


def test_a_parameter_of_an_old_preset_is_refused_with_the_new_name_and_what_it_has() -> None:
    with pytest.raises(BadRequest) as said:
        presets.find("light", NOWHERE).with_values({"bandwidth.strength": 0.5})
    assert said.value.message == (
        f"The preset light has been replaced by quick; use that name: voxmend {former.UNTIL} will "
        "not know the old one. The preset quick has no parameter “bandwidth.strength”. "
        "Did you mean denoise.strength? It has: denoise.caution, denoise.strength, separate.speeds."
    )


@pytest.mark.parametrize("key", ["separate.pan", "separate.midside.pan"])
def test_a_parameter_of_a_block_that_is_gone_is_told_as_such(key: str) -> None:
    with pytest.raises(BadRequest, match=r"it belonged to separate\.midside, which is gone\. It"):
        presets.find("quick", NOWHERE).with_values({key: -0.3})


@pytest.mark.parametrize("block", former.BLOCKS)
@pytest.mark.parametrize("member", [False, True])
def test_a_block_that_is_gone_is_refused_with_the_file_and_what_to_write(
    tmp_path: Path, block: str, member: bool
) -> None:
    text = f'[[block]]\nname = "{block}"\n'
    if member:
        text = f'[[block]]\nname = "separate.ensemble"\n{text.replace("block]", "block.member]")}'
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(BadRequest) as said:
        presets.find("mine", tmp_path)
    assert said.value.message == (
        f"{tmp_path / 'mine.toml'}: the block {block} is gone. Write separate.spleeter in its "
        "place, without the old one's parameters."
    )


def test_a_job_that_was_queued_with_such_a_block_gets_the_sentence_too() -> None:
    plan = json.loads(presets.find("quick", NOWHERE).dump())
    plan["block"] = [{"name": "separate.midside", "pan": 0.0}]
    with pytest.raises(BadRequest, match=r"the block separate\.midside is gone"):
        presets.parse(json.dumps(plan))


def test_what_stands_in_the_place_of_an_old_name_is_there() -> None:
    assert set(former.PRESETS.values()) <= set(presets.names(NOWHERE))


def test_old_names_go_with_the_release_that_was_said() -> None:
    """Red once that version begins: take the names out of ``former`` then."""
    coming = tuple(int(part) for part in former.UNTIL.split("."))
    assert tuple(int(part) for part in __version__.split(".")[:2]) < coming
