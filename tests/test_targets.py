"""Which stems a job writes, and which of them add up to what."""

from __future__ import annotations

import pytest

from voxmend.targets import Split, of, parts, sums, taken, written

LEAD, DRY = Split("lead", "backing_vocals"), Split("dry", "reverb")
BOTH = (LEAD, DRY)

PARTS = ("lead", "backing_vocals")
OTHERS = ("drums", "bass")


@pytest.mark.parametrize(
    ("stems", "made"),
    [
        (("drums",), ("drums",)),
        (("instrumental",), ("vocals",)),
        (("backing_vocals",), ("vocals", "backing_vocals")),
        (("dry", "drums"), ("vocals", "dry", "drums")),
    ],
)
def test_a_part_of_the_voice_takes_the_voice_to_make(
    stems: tuple[str, ...], made: tuple[str, ...]
) -> None:
    assert of(stems, BOTH) == made


def test_what_is_left_of_the_song_comes_with_parts_of_the_song_and_not_of_the_voice() -> None:
    assert written((*PARTS, "instrumental"), BOTH) == (*PARTS, "instrumental")
    assert written((*PARTS, "drums"), BOTH) == (*PARTS, "drums", "rest")
    assert written(PARTS) == (*PARTS, "rest")  # no part of the voice where nothing splits it


ALL = ("vocals", "vocals_raw", "lead", "backing_vocals", "dry", "reverb")


def test_a_mended_voice_and_its_parts_go_with_the_mended_instrumental() -> None:
    assert sums((*ALL, "instrumental_mended"), BOTH) == (
        ("vocals", "instrumental_mended"),
        ("lead", "backing_vocals", "instrumental_mended"),
        ("dry", "reverb", "backing_vocals", "instrumental_mended"),
    )


def test_with_the_instrumental_they_go_only_where_nothing_was_changed() -> None:
    stems = (*PARTS, "instrumental")
    assert sums(stems, BOTH) == ()
    assert sums(stems, BOTH, changed=False) == (stems,)
    assert sums((*ALL, "instrumental"), BOTH)[0] == ("vocals_raw", "instrumental")


def test_of_a_voice_that_came_alone_its_parts_are_all_of_it_where_nothing_was_changed() -> None:
    assert sums((*PARTS, "vocals"), BOTH, changed=False, from_voice=True) == (PARTS,)
    assert sums((*PARTS, "vocals"), BOTH, from_voice=True) == ()


@pytest.mark.parametrize(
    ("stems", "less"),
    [
        ((*ALL, *OTHERS), ("vocals_raw", *OTHERS)),
        (("vocals", *PARTS, *OTHERS), ("vocals", *OTHERS)),
        ((*PARTS, "dry", "reverb", *OTHERS), (*PARTS, *OTHERS)),
        (("dry", "backing_vocals", *OTHERS), ("dry", "backing_vocals", *OTHERS)),
        (("reverb", "lead", "drums"), ("lead", "drums")),
        (("reverb", "drums"), ("reverb", "drums")),
    ],
)
def test_nothing_is_taken_from_the_rest_twice(
    stems: tuple[str, ...], less: tuple[str, ...]
) -> None:
    assert taken(stems, BOTH) == less
    assert sums((*stems, "rest"), BOTH)[-1] == (*less, "rest")


def test_each_voice_has_two_parts_that_were_asked_for() -> None:
    assert parts(("dry", "backing_vocals"), BOTH) == {
        "vocals": ("lead", "backing_vocals"),
        "lead": ("dry", "reverb"),
    }
    assert parts(("reverb",), BOTH) == {"vocals": ("dry", "reverb")}
    assert parts(("vocals", "drums"), BOTH) == {}
