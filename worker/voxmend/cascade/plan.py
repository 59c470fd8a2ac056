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

SET_BY_THE_RUNNER = {"rate", "limits_hz", "precision"}
"""Parameters that follow from the clip and the members, never from a preset."""


@dataclass(frozen=True, slots=True)
class BlockRun:
    """One block with checked parameters (their ``rate`` is still unset)."""

    stage: str
    block: Block
    params: Params
    members: tuple[BlockRun, ...] = ()

    @property
    def combines(self) -> bool:
        """Whether the block takes several voices and makes one of them."""
        return bool(self.members)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done. The separator comes first: it alone makes a voice of a mixture.

    Attributes:
        from_voice: the source is an isolated voice; there is no mixture and no separator.
        guarded: whether proposals are judged before they are taken.
    """

    preset: str
    runs: tuple[BlockRun, ...]
    from_voice: bool = False
    guarded: bool = True


def make(preset: Preset) -> Plan:
    """Turn a preset into a plan.

    Raises:
        BadRequest: a block or a parameter does not exist, or a value is out of range.
    """
    runs = tuple(_run(step) for step in preset.steps)
    stages = [run.stage for run in runs]
    from_voice = preset.input == "voice"
    if from_voice and "separate" in stages:
        raise BadRequest(
            f"The preset {preset.name} takes an isolated voice, so it cannot separate. "
            "Mend the preset."
        )
    if not from_voice and ("separate" not in stages[:1] or "separate" in stages[1:]):
        raise BadRequest(
            f"The preset {preset.name} must begin with one separate block and have no other. "
            "Mend the preset."
        )
    return Plan(preset.name, runs, from_voice, preset.guarded)


def _run(step: Step) -> BlockRun:
    block = registry.load(step.block)
    known = {f.name for f in dataclasses.fields(block.params)} - SET_BY_THE_RUNNER
    for name in step.params:
        if name not in known:
            raise BadRequest(
                f"{step.block} has no parameter “{name}”. It has: "
                f"{', '.join(sorted(known)) or 'none'}."
            )
    params = block.params(**step.params)  # type: ignore[arg-type]
    return BlockRun(step.stage, block, params, _members(step, block))


def _members(step: Step, block: Block) -> tuple[BlockRun, ...]:
    """The blocks whose voices a combining block takes."""
    if not getattr(block, "combines", False):
        if step.members:
            raise BadRequest(f"{step.block} takes no members. Mend the preset.")
        return ()
    if not step.members or any(member.stage != "separate" for member in step.members):
        raise BadRequest(
            f"{step.block} needs members, each a separator: [[block.member]] with a name such as "
            "separate.midside. Mend the preset."
        )
    for member in step.members:
        if getattr(registry.load(member.block), "combines", False):
            raise BadRequest(
                f"{step.block}: its member {member.block} combines members itself. Name those in "
                "its place. Mend the preset."
            )
    members = tuple(_run(member) for member in step.members)
    weights = str(step.params.get("weights", "")).split()
    if weights and len(weights) != len(members):
        raise BadRequest(
            f"{step.block}: there are {len(weights)} weights for {len(members)} members; give one "
            "number for each."
        )
    return members
