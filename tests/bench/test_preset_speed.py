"""The presets' speed side by side, with tiny networks: that each is really run. Never how fast."""

from __future__ import annotations

from voxmend_bench import preset_speed

BLOCKS = {
    "restore": ["separate.scnet_large", "separate.mdx", "separate.ensemble"],
    "studio": ["separate.roformer", "separate.scnet_large", "separate.ensemble"],
    "lead": ["separate.roformer", "part.lead"],
}
"""What each runs before the gaps."""


def test_every_preset_that_separates_can_be_measured_but_those_with_other_repairs() -> None:
    names = {preset.name for preset in preset_speed.candidates()}
    assert {"quick", "restore", "studio", "split", "stems", "lead"} <= names
    assert not names & {"classic", "mend", "diagnose"}


def test_a_preset_runs_whole_and_its_work_is_counted() -> None:
    chosen = [one for one in preset_speed.candidates() if one.name in ("restore", "studio", "lead")]
    for row in preset_speed.measure(chosen, 2.5, full=False, precision="fp32"):
        blocks = [block.partition(" ")[0] for block in row.blocks]
        assert blocks == [*BLOCKS[row.preset], "denoise.gaps"]
        assert all(" fp32 " in block for block in row.blocks)
        assert row.clip_s == 2.5
        assert row.took_s > 0
        assert row.work_s > 0
