"""The ordered block runs of one clip, fixed before the first sample.

Made from a preset's steps: each block is looked up, its parameters are checked against the block's
own class. Diagnosis never adds a step later.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from voxmend_protocol.errors import BadRequest

from ..blocks import registry
from ..blocks.contract import Block, Params
from ..presets import Preset, Step


@dataclass(frozen=True, slots=True)
class BlockRun:
    """One block with checked parameters (their ``rate`` is still unset)."""

    stage: str
    block: Block
    params: Params


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done. The separator comes first: it alone makes a voice of a mixture."""

    preset: str
    runs: tuple[BlockRun, ...]


def make(preset: Preset) -> Plan:
    """Turn a preset into a plan.

    Raises:
        BadRequest: a block or a parameter does not exist, or a value is out of range.
    """
    runs = tuple(_run(step) for step in preset.steps)
    stages = [run.stage for run in runs]
    if "separate" not in stages[:1] or "separate" in stages[1:]:
        raise BadRequest(
            f"The preset {preset.name} must begin with one separate block and have no other. "
            "Mend the preset."
        )
    return Plan(preset.name, runs)


def _run(step: Step) -> BlockRun:
    block = registry.load(step.block)
    known = {f.name for f in dataclasses.fields(block.params)} - {"rate"}
    for name in step.params:
        if name not in known:
            raise BadRequest(
                f"{step.block} has no parameter “{name}”. It has: "
                f"{', '.join(sorted(known)) or 'none'}."
            )
    return BlockRun(step.stage, block, block.params(**step.params))  # type: ignore[arg-type]
