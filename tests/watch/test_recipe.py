"""What is asked for a file, and the id that makes twice once."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace

import pytest

from voxmend.watch.recipe import Recipe, folder_id, job_id, order_for, recipe_for
from voxmend.watch.registry import Watched
from voxmend_protocol.errors import InputUnreadable
from voxmend_protocol.values import MAX_PATH, check_uuid

FOLDER = Watched("/exports", "studio", {"denoise.strength": 0.5})
PRESETS = ("quick", "restore", "studio")


def test_the_root_has_the_folders_own_preset_with_its_parameters() -> None:
    assert recipe_for(FOLDER, None, PRESETS) == Recipe("studio", {"denoise.strength": 0.5})


@pytest.mark.parametrize("sub", ["quick", "Quick", "QUICK", " quick "])
def test_a_sub_folder_is_a_preset_however_it_is_spelled(sub: str) -> None:
    assert recipe_for(FOLDER, sub, PRESETS) == Recipe("quick")


@pytest.mark.parametrize("sub", ["preview", "Light"])
def test_a_sub_folder_with_an_old_name_is_the_preset_of_today(sub: str) -> None:
    recipe = recipe_for(FOLDER, sub, PRESETS)
    assert recipe is not None
    assert (recipe.preset, recipe.set) == ("quick", {})
    assert recipe.remark.startswith(f"The preset {sub.casefold()} has been replaced by quick")
    old = Watched("/exports", "preview", {"denoise.strength": 0.5})
    root = recipe_for(old, None, PRESETS)
    assert root is not None
    assert (root.preset, root.set, root.remark != "") == ("quick", old.set, True)


def test_the_same_file_under_the_old_name_is_the_same_job_as_before_the_preset_was_renamed() -> (
    None
):
    before = recipe_for(FOLDER, "preview", ("preview", *PRESETS))
    after = recipe_for(FOLDER, "preview", PRESETS)
    assert before is not None
    assert after is not None
    assert after.key == before.key
    assert after != before
    group = folder_id("/exports")
    orders = {order_for("/a.wav", "/out", str(group), one, group).preset for one in (before, after)}
    assert orders == {"preview"}


def test_an_old_name_that_is_the_users_own_preset_is_that() -> None:
    assert recipe_for(FOLDER, "light", ("light", *PRESETS)) == Recipe("light")


def test_another_name_is_no_preset() -> None:
    assert recipe_for(FOLDER, "Album", PRESETS) is None


def test_a_job_id_is_a_uuid_of_version_5_and_the_same_each_time() -> None:
    one = job_id(folder_id("/a"), Recipe("quick"), "x.wav", "00ff", 1)
    check_uuid(one, "job")
    assert uuid.UUID(one).version == 5
    assert one == job_id(folder_id("/a"), Recipe("quick"), "x.wav", "00ff", 1)


def test_whatever_differs_makes_another_job() -> None:
    recipe, folder = Recipe("quick", {"denoise.strength": 0.5}), folder_id("/a")
    ids = {
        job_id(folder, recipe, "x.wav", "00ff", 1),
        job_id(folder_id("/b"), recipe, "x.wav", "00ff", 1),
        job_id(folder, Recipe("quick"), "x.wav", "00ff", 1),
        job_id(folder, Recipe("quick", {"denoise.strength": 0.6}), "x.wav", "00ff", 1),
        job_id(folder, replace(recipe, preset="restore"), "x.wav", "00ff", 1),
        job_id(folder, replace(recipe, format="flac"), "x.wav", "00ff", 1),
        job_id(folder, replace(recipe, stems=("vocals",)), "x.wav", "00ff", 1),
        job_id(folder, recipe, "y.wav", "00ff", 1),
        job_id(folder, recipe, "x.wav", "00fe", 1),
        job_id(folder, recipe, "x.wav", "00ff", 2),
    }
    assert len(ids) == 10


def test_the_order_of_parameters_makes_no_other_job() -> None:
    assert Recipe("a", {"b.c": 1, "d.e": 2}).key == Recipe("a", {"d.e": 2, "b.c": 1}).key


def test_a_path_that_is_not_unicode_or_too_long_is_the_files_own_fault() -> None:
    order = Recipe("quick")
    group = folder_id("/a")
    with pytest.raises(InputUnreadable, match="Rename"):
        order_for(os.fsdecode(b"/\xff.wav"), "/out", str(group), order, group)
    with pytest.raises(InputUnreadable, match="Rename"):
        order_for("/" + "x" * MAX_PATH, "/out", str(group), order, group)
