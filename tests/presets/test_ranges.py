"""What a parameter takes is said twice, by its block and where torch is not: both say the same."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from voxmend import presets
from voxmend.blocks import registry
from voxmend.blocks.contract import Block, Combiner, Fader, Repair, Separator
from voxmend.presets import ranges
from voxmend_protocol.errors import BadRequest

NOWHERE = Path("/nonexistent")
FAMILIES = Path(registry.__file__).parent

VALUES: dict[type, list[Any]] = {
    float: [
        *(-math.inf, -1.0, -1e-9, -0.0, 0.0, 1e-9, 0.5, 1.0, 1.0000001, 2, 99.9, 100.0, 100.1),
        *(1e300, math.inf, math.nan, 2**60),
    ],
    int: [-1, 0, 1, 2, 3, 4, 2**60],
    bool: [True, False],
    str: [
        *("", "average", "median", "max", "min", "mean", "mixture", "own", "Own", "1 0.5", "0 0"),
        *("-1 1", "nan", "inf 1", "1,5", "  "),
    ],
}


def blocks() -> list[type[Block]]:
    for file in FAMILIES.glob("*/*.py"):
        if file.stem != "__init__":
            try:
                registry.load(f"{file.parent.name}.{file.stem}")
            except BadRequest:  # a file that holds no block
                continue
    ours = [type(block) for block in registry._BLOCKS.values()]
    return [cls for cls in ours if cls.__module__.startswith("voxmend.blocks.")]


def refused_by_block(block: type[Block], **params: Any) -> bool:
    try:
        block.params(**params)
    except BadRequest:
        return True
    return False


def refused_here(block: type[Block], **params: Any) -> bool:
    try:
        ranges.check(block.name, params)
    except BadRequest:
        return True
    return False


def test_every_block_of_ours_takes_what_is_said_without_torch() -> None:
    found = blocks()
    assert len(found) >= len(ranges.BLOCKS) > 10
    plain = {Separator.params, Repair.params, Fader.params, Combiner.params}
    for block in found:
        assert block.name in ranges.BLOCKS or block.params in plain, block.name
    for block in found:
        known = ranges.BLOCKS.get(block.name)
        if known is not None:
            assert set(known.ranges) == set(block.params.settable()), block.name
        for name, wanted in (known.ranges if known else ranges.ANY).items():
            default = getattr(block.params(), name, None)
            if default is None:
                continue
            assert type(default) is wanted.kind, (block.name, name)
            for value in VALUES[wanted.kind]:
                asked = {name: value}
                assert refused_here(block, **asked) == refused_by_block(block, **asked), (
                    block.name,
                    asked,
                )


def test_what_goes_together_is_known_too() -> None:
    full = next(block for block in blocks() if block.name == "phase.voicefixer")
    for strength in (0.5, 1.0):
        asked = {"full": True, "strength": strength}
        assert refused_here(full, **asked) == refused_by_block(full, **asked)


def test_a_value_of_another_kind_is_refused_for_every_parameter() -> None:
    for block, known in ranges.BLOCKS.items():
        for name, wanted in known.ranges.items():
            for kind, values in VALUES.items():
                if kind is wanted.kind or (wanted.kind, kind) == (float, int):
                    continue
                with pytest.raises(BadRequest, match="give"):
                    ranges.check(block, {name: values[-1]})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"denoise.strength": 2}, r"strength is 2(\.0)?; give a number from 0 to 1"),
        ({"denoise.strength": math.nan}, "strength is nan; give a number from 0 to 1"),
        ({"denoise.caution": 0.5}, "caution is 0.5; give a number from 1 to 100"),
        ({"separate.speeds": 2}, "speeds is 2; give 1 or 3"),
        ({"denoise.strength": 10**400}, "strength is inf; give a number from 0 to 1"),
        (
            {"denoise.strength": "0,5"},
            "must be a number, not “0,5”.* Write a fraction with a point",
        ),
        ({"denoise.strength": True}, "must be a number, not true"),
    ],
)
def test_a_value_out_of_range_is_refused_by_whoever_reads_a_preset(
    values: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        presets.find("quick", NOWHERE).with_values(values)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "denoise.gaps"\nstrength = 2', "strength is 2; give"),
        ('name = "denoise.gaps"\nstrength = "all"', "strength is “all”; give a number"),
        ('name = "denoise.gaps"\npower = 2', "has no parameter “power”"),
        ('name = "phase.voicefixer"\nfull = true\nstrength = 0.5', "strength stays at 1"),
        (
            'name = "separate.ensemble"\n[[block.member]]\nname = "separate.mdx"\npolarity = 3',
            "give",
        ),
        ('name = "denoise.unheard_of"\nstrength = -1', "strength is -1"),
        ('name = "denoise.unheard_of"\nreach = inf', "reach is inf; give a number that is finite"),
        ('name = "separate.identity"\nshare = nan', "share is nan; give a finite number"),
    ],
)
def test_a_preset_file_with_such_a_value_is_refused_when_it_is_read(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "mine.toml").write_text(f"[[block]]\n{text}\n")
    with pytest.raises(BadRequest, match=f"mine.toml: .*{said}"):
        presets.find("mine", tmp_path)


def test_every_preset_of_ours_is_within_its_ranges() -> None:
    assert {preset.name for preset in presets.all_of(NOWHERE)} == set(presets.names(NOWHERE))


def test_a_preset_saved_with_a_mark_of_the_byte_order_is_read(tmp_path: Path) -> None:
    text = '\ufefftitle = "Mine"\n[[block]]\nname = "denoise.gate"\nstrength = 0.5\n'
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    assert presets.find("mine", tmp_path).title == "Mine"
