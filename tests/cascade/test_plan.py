"""From a preset to a plan: every block and parameter is checked before the first sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmend import presets
from voxmend.blocks import registry
from voxmend.blocks.contract import Separator
from voxmend.cascade import plan
from voxmend.models.catalogue import Catalogue, load, of_user
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, UnknownPreset

NOWHERE = Path("/nonexistent")


def written(folder: Path, text: str) -> presets.Preset:
    (folder / "mine.toml").write_text(text)
    return presets.find("mine", folder)


SHIPPED = [preset.name for preset in presets.all_of(NOWHERE)]


def test_the_shipped_presets_are_these() -> None:
    assert SHIPPED == [
        "classic",
        "diagnose",
        "lead",
        "mend",
        "quick",
        "restore",
        "split",
        "stems",
        "studio",
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_preset_makes_a_plan(name: str) -> None:
    preset = presets.find(name, NOWHERE)
    parts = [name for split in load().splits(preset.blocks) for name in split.names]
    made = plan.make(presets.parse(preset.dump()), targets=("vocals", *parts))
    blocks = {run.block.name for step in made.runs for run in (*step.members, step)}
    assert blocks - {plan.COMBINES} == set(preset.blocks) - {plan.COMBINES}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_preset_names_every_parameter_of_its_blocks(name: str) -> None:
    preset = presets.find(name, NOWHERE)
    for step in preset.steps:
        for one in (step, *step.members):
            params = plan.block_called(one.block).params
            assert set(one.params) == set(params.settable()), f"{preset.name}: {one.block}"


def test_a_value_reaches_the_block() -> None:
    preset = presets.find("restore", NOWHERE).with_values({"denoise.strength": 0.25})
    assert plan.make(presets.parse(preset.dump())).runs[1].params.strength == 0.25  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[block]]\nname = "denoise.gate"\n', "begin with one separate"),
        ('[[block]]\nname = "separate.htdemucs"\n' * 2, "begin with one separate"),
        ('[[block]]\nname = "separate.none"\n', "no block called"),
        ('[[block]]\nname = "nowhere.none"\n', "no block called"),
        ('[[block]]\nname = "separate.htdemucs"\nstrength = 1\n', "no parameter"),
        (
            '[[block]]\nname = "separate.htdemucs"\n'
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
    (tmp_path / "quick.toml").write_text('title = "Mine"\n[[block]]\nname = "separate.htdemucs"\n')
    assert presets.find("quick", tmp_path).title == "Mine"
    assert presets.names(tmp_path).count("quick") == 1


def test_a_name_with_a_path_in_it_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[[block]]\nname = "separate.htdemucs"\n')
    for name in ("../mine", "a/b", ".", "", "Mine", "x" * 100):
        with pytest.raises(UnknownPreset):
            presets.find(name, tmp_path / "sub" if name == "../mine" else tmp_path)


ENSEMBLE = """
[[block]]
name = "separate.ensemble"
rule = "average"
weights = ""
[[block.member]]
name = "separate.mdx"
polarity = true
[[block.member]]
name = "separate.htdemucs"
"""


def test_an_ensemble_plans_its_members_each_with_its_own_parameters(tmp_path: Path) -> None:
    preset = written(tmp_path, ENSEMBLE)
    assert preset.blocks == ("separate.mdx", "separate.htdemucs", "separate.ensemble")
    (run,) = plan.make(presets.parse(preset.dump())).runs
    assert [m.block.name for m in run.members] == ["separate.mdx", "separate.htdemucs"]
    assert run.members[0].params.polarity is True  # type: ignore[attr-defined]


def test_a_value_reaches_a_member_by_its_block_and_the_ensemble_by_its_stage(
    tmp_path: Path,
) -> None:
    values: dict[str, Scalar] = {
        "separate.mdx.polarity": False,
        "separate.rule": "max",
        "separate.ensemble.weights": "1 2",
    }
    (run,) = plan.make(written(tmp_path, ENSEMBLE).with_values(values)).runs
    assert run.members[0].params.polarity is False  # type: ignore[attr-defined]
    assert (run.params.rule, run.params.weights) == ("max", "1 2")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "key", ["separate.polarity", "separate.htdemucs.polarity", "separate.mdx.rule"]
)
def test_a_member_is_not_reached_by_the_stage_nor_for_another_s_parameter(
    tmp_path: Path, key: str
) -> None:
    with pytest.raises(BadRequest, match=r"separate\.mdx\.polarity, separate\.rule"):
        written(tmp_path, ENSEMBLE).with_values({key: 0.0})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("separate.htdemucs", "denoise.gate", "each a separator"),
        ("separate.htdemucs", "separate.none", "no block called"),
        ("separate.htdemucs", "separate.ensemble", "combines members itself"),
        ("polarity = true", "polarities = true", "no parameter “polarities”"),
        ('name = "separate.htdemucs"', 'name = "separate.spleeter"\nspeeds = 2', "give 1 or 3"),
        ('weights = ""', 'weights = "1"', "1 weights for 2 members"),
        ('weights = ""', 'weights = "1 1 1"', "3 weights for 2 members"),
        ("[[block.member]]", "[[other]]", "needs members"),
    ],
)
def test_members_that_cannot_be_say_why(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in ENSEMBLE
    with pytest.raises(BadRequest, match=said):
        plan.make(written(tmp_path, ENSEMBLE.replace(old, new)))


def test_a_block_that_combines_nothing_takes_no_members(tmp_path: Path) -> None:
    text = '[[block]]\nname = "separate.mdx"\n[[block.member]]\nname = "separate.htdemucs"\n'
    with pytest.raises(BadRequest, match=r"separate\.mdx takes no members"):
        plan.make(written(tmp_path, text))


@pytest.mark.parametrize(
    "more",
    ["member = 3", 'member = "separate.htdemucs"', "member = [1]", "[[block.member]]\nx = 1",
     '[[block.member]]\nname = "separate.mdx"\n[[block.member.member]]\nname = "separate.mdx"'],
)  # fmt: skip
def test_members_that_are_no_tables_are_an_error_with_the_file_s_name(
    tmp_path: Path, more: str
) -> None:
    with pytest.raises(BadRequest, match=r"mine\.toml"):
        written(tmp_path, f'[[block]]\nname = "separate.ensemble"\n{more}\n')


def test_what_the_runner_sets_no_preset_can(tmp_path: Path) -> None:
    for param in ("rate = 44100", 'precision = "bf16"'):
        text = f'[[block]]\nname = "separate.htdemucs"\n{param}\n'
        with pytest.raises(BadRequest, match="no parameter"):
            plan.make(written(tmp_path, text))


def quick(**values: Scalar) -> plan.BlockRun:
    given = {f"separate.{name}": value for name, value in values.items()}
    return plan.make(presets.find("quick", NOWHERE).with_values(given)).runs[0]


def test_a_separator_at_three_speeds_is_an_average_of_itself_at_three_rates() -> None:
    run = quick()
    assert (run.block.name, run.params.rule) == ("separate.ensemble", "average")  # type: ignore[attr-defined]
    assert [member.heard_at for member in run.members] == [44_100, 41_454, 46_746]
    assert len({member.name for member in run.members}) == 3


def test_a_separator_at_one_speed_is_itself() -> None:
    run = quick(speeds=1)
    assert (run.name, run.members, run.heard_at) == ("separate.spleeter", (), 44_100)


def test_each_speed_is_known_by_its_rate_and_not_by_how_many_there_are() -> None:
    assert quick().members[0] == quick(speeds=1)


def test_in_an_ensemble_the_speeds_of_a_member_share_its_weight(tmp_path: Path) -> None:
    text = ENSEMBLE.replace('weights = ""', 'weights = "2 3"').replace(
        'name = "separate.htdemucs"', 'name = "separate.spleeter"\nspeeds = 3'
    )
    (run,) = plan.make(written(tmp_path, text)).runs
    assert [member.name for member in run.members] == [
        "separate.mdx", "separate.spleeter", "separate.spleeter@41454", "separate.spleeter@46746",
    ]  # fmt: skip
    assert run.params.weights == "2 1 1 1"  # type: ignore[attr-defined]


def test_without_weights_a_member_counts_as_much_at_three_speeds_as_at_one(tmp_path: Path) -> None:
    text = ENSEMBLE.replace('name = "separate.htdemucs"', 'name = "separate.spleeter"\nspeeds = 3')
    (run,) = plan.make(written(tmp_path, text)).runs
    shares = [float(weight) for weight in run.params.weights.split()]  # type: ignore[attr-defined]
    assert shares[0] == pytest.approx(sum(shares[1:]))


MINE = """
[my_mdx]
title = "Mine"
stage = "separate"
purpose = "Mine."
licence = "mine"
terms = "Mine."
source = "me"
citation = "me"
blocks = ["separate.mine"]
like = "separate.mdx"
compensate = 1.05
[[my_mdx.file]]
name = "mine.onnx"
"""


def own(tmp_path: Path, text: str = MINE) -> Catalogue:
    (tmp_path / "models.toml").write_text(text)
    return of_user(tmp_path / "models.toml")


def test_a_row_of_the_user_s_catalogue_is_a_block(tmp_path: Path) -> None:
    block, like = plan.block_called("separate.mine", own(tmp_path)), registry.load("separate.mdx")
    assert isinstance(block, Separator)
    assert (block.name, block.models, block.compensate) == ("separate.mine", ("my_mdx",), 1.05)
    assert (block.rate, block.params, block.band_hz) == (like.rate, like.params, like.band_hz)
    assert like.models == ("mdx_voc_ft",), "the block it is like stays what it is"
    with pytest.raises(BadRequest, match="no block called"):
        plan.block_called("separate.mine")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"separate.mdx"', '"separate.mdx_kim"', "itself only like another"),
        ('"separate.mdx"', '"separate.nothing"', "no block called “separate.nothing”"),
        ('"separate.mdx"', '"denoise.gate"', "has no weights"),
    ],
)
def test_a_row_that_is_like_nothing_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        plan.block_called("separate.mine", own(tmp_path, MINE.replace(old, new)))


def test_a_row_takes_no_block_s_place(tmp_path: Path) -> None:
    shadow = MINE.replace("separate.mine", "denoise.gate")
    assert not plan.block_called("denoise.gate", own(tmp_path, shadow)).models
