"""Which stems a preset writes, and what it says to one that it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmend import presets
from voxmend.models.catalogue import load
from voxmend.models.stems import chosen
from voxmend_protocol.errors import BadRequest

NOBODYS = Path("/nonexistent")
LEAD = ("lead", "backing_vocals")


def stems(name: str, *asked: str, apart: bool = True) -> tuple[str, ...]:
    return chosen(presets.find(name, NOBODYS), asked or None, load(), apart)


def test_lead_backing_and_band_are_three_files_and_no_rest() -> None:
    assert stems("lead") == (*LEAD, "instrumental")
    assert stems("lead", *LEAD, "dry", "reverb") == (*LEAD, "dry", "reverb")


@pytest.mark.parametrize(("name", "apart"), [("mend", True), ("mend", False), ("lead", False)])
def test_a_vocal_is_taken_apart_whether_it_came_alone_or_beside_its_song(
    name: str, apart: bool
) -> None:
    assert stems(name, *LEAD, "dry", apart=apart) == (*LEAD, "dry")


@pytest.mark.parametrize(
    ("name", "stem", "apart", "words"),
    [
        ("quick", "lead", True, "The preset quick gives no lead. It gives: vocals."),
        ("quick", "lead", False, "Nothing is separated here, so there is no lead."),
        ("mend", "drums", True, "there is no drums.*lead, backing_vocals, dry, reverb"),
        ("lead", "drums", True, "gives no drums. It gives: vocals, lead, backing_vocals, dry"),
    ],
)
def test_what_a_preset_cannot_give_is_named_with_what_it_can(
    name: str, stem: str, apart: bool, words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        stems(name, stem, apart=apart)
