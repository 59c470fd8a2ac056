"""Licences: asked about once each, in words, and again when the words change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from models.depot import catalogue

from voxmend.models import licence
from voxmend.models.model import Model
from voxmend_protocol.errors import EnvironmentProblem


@pytest.fixture
def model() -> Model:
    return catalogue("http://127.0.0.1:9/net", sha256="ab" * 32).models[0]


def test_a_licence_is_asked_about_until_it_is_accepted_and_when_it_changes(
    model: Model, tmp_path: Path
) -> None:
    assert licence.not_accepted(tmp_path, [model, model]) == [model]
    licence.accept(tmp_path, [model])
    assert licence.not_accepted(tmp_path, [model]) == []
    stricter = replace(model, terms="Only on Sundays.")
    assert licence.not_accepted(tmp_path, [stricter]) == [stricter]


def test_a_folder_that_takes_nothing_is_a_sentence(model: Model, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="VOXMEND_HOME"):
        licence.accept(tmp_path / "models", [model])


def test_the_refusal_shows_each_licence_and_ends_with_the_command(model: Model) -> None:
    said = licence.refusal([model]).message
    assert f"tiny: {licence.words(model)}" in said
    assert said.endswith("voxmend models pull tiny --accept-licence")


def test_many_long_licences_still_fit_a_message_with_the_command_at_its_end(model: Model) -> None:
    many = [replace(model, id=f"m{n}", terms="word " * 500) for n in range(40)]
    said = licence.refusal(many).message
    assert len(said) < 2000
    assert "And 34 more." in said
    assert said.endswith("m0 m1 m2 m3 m4 m5 --accept-licence")
