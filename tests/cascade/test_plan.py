"""From a preset to a plan: every block and parameter is checked before the first sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmend import presets
from voxmend.cascade import plan
from voxmend_protocol.errors import BadRequest, UnknownPreset

NOWHERE = Path("/nonexistent")


def written(folder: Path, text: str) -> presets.Preset:
    (folder / "mine.toml").write_text(text)
    return presets.find("mine", folder)


def test_every_shipped_preset_makes_a_plan() -> None:
    for preset in presets.all_of(NOWHERE):
        made = plan.make(preset)
        assert [run.block.name for run in made.runs] == [step.block for step in preset.steps]


def test_every_shipped_preset_names_every_parameter_of_its_blocks() -> None:
    for preset in presets.all_of(NOWHERE):
        for step, run in zip(preset.steps, plan.make(preset).runs, strict=True):
            known = set(run.params.__dataclass_fields__) - plan.SET_BY_THE_RUNNER
            assert set(step.params) == known, f"{preset.name}: {step.block}"


def test_a_value_reaches_the_block() -> None:
    preset = presets.find("preview", NOWHERE).with_values({"denoise.strength": 0.25})
    assert plan.make(presets.parse(preset.dump())).runs[1].params.strength == 0.25  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[block]]\nname = "denoise.gate"\n', "begin with one separate"),
        ('[[block]]\nname = "separate.midside"\n' * 2, "begin with one separate"),
        ('[[block]]\nname = "separate.none"\n', "no block called"),
        ('[[block]]\nname = "nowhere.none"\n', "no block called"),
        ('[[block]]\nname = "separate.midside"\nstrength = 1\n', "no parameter"),
        (
            '[[block]]\nname = "separate.midside"\n'
            '[[block]]\nname = "denoise.gate"\nstrength = 7.0\n',
            "strength",
        ),
    ],
)  # fmt: skip
def test_a_preset_that_cannot_be_run_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        plan.make(written(tmp_path, text))


@pytest.mark.parametrize(
    "text", ["", "[[block]]\n", "block = 1\n", '[[block]]\nname = "os.system; rm"\n', "[[", "\xff"]
)
def test_a_file_that_is_no_preset_is_an_error_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadRequest, match="mine"):
        written(tmp_path, text)


def test_a_users_preset_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "preview.toml").write_text('title = "Mine"\n[[block]]\nname = "separate.midside"\n')
    assert presets.find("preview", tmp_path).title == "Mine"
    assert presets.names(tmp_path).count("preview") == 1


def test_a_name_with_a_path_in_it_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[[block]]\nname = "separate.midside"\n')
    for name in ("../mine", "a/b", ".", "", "Mine", "x" * 100):
        with pytest.raises(UnknownPreset):
            presets.find(name, tmp_path / "sub" if name == "../mine" else tmp_path)


def test_an_ensemble_plans_its_members(tmp_path: Path) -> None:
    text = (
        '[[block]]\nname = "separate.ensemble"\nmembers = "separate.midside separate.repetition"\n'
    )
    (run,) = plan.make(written(tmp_path, text)).runs
    assert [m.block.name for m in run.members] == ["separate.midside", "separate.repetition"]
    for wrong in ("", "denoise.gate", "separate.none"):
        with pytest.raises(BadRequest):
            plan.make(
                written(tmp_path, text.replace("separate.midside separate.repetition", wrong))
            )


def test_what_the_runner_sets_no_preset_can(tmp_path: Path) -> None:
    text = '[[block]]\nname = "separate.midside"\nrate = 44100\n'
    with pytest.raises(BadRequest, match="no parameter"):
        plan.make(written(tmp_path, text))
