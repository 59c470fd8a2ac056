"""The ordered block runs of one clip, fixed before the first sample.

Made from a preset's steps: each block is looked up, its parameters are checked against the block's
own class. Diagnosis never adds a step later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace

from voxmend_protocol.errors import BadRequest

from ..blocks import registry
from ..blocks.contract import Block, Params
from ..presets import Preset, Step

SET_BY_THE_RUNNER = {"rate", "limits_hz", "precision"}
"""Parameters that follow from the clip and the members, never from a preset."""


COMBINES = "separate.ensemble"
"""What averages the answers of a separator that is asked at several speeds."""


@dataclass(frozen=True, slots=True)
class BlockRun:
    """One block with checked parameters (their ``rate`` is still unset).

    Attributes:
        rate: samples per second of what the block hears, where that is not its own rate: a song at
            41,454 Hz, taken for one at 44,100, is heard 6 % faster.
    """

    stage: str
    block: Block
    params: Params
    members: tuple[BlockRun, ...] = ()
    rate: int | None = None

    @property
    def combines(self) -> bool:
        """Whether the block takes several voices and makes one of them."""
        return bool(self.members)

    @property
    def heard_at(self) -> int | None:
        """The rate at which the block hears the clip; None for the clip's own."""
        return self.block.rate if self.rate is None else self.rate

    @property
    def name(self) -> str:
        """The block's name, and the rate where it is not its own: tells members apart."""
        return self.block.name if self.rate is None else f"{self.block.name}@{self.rate}"


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
    runs = tuple(_combined(_run(step)) for step in preset.steps)
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
    if getattr(block, "combines", False):
        members = _members(step, block)
        asked = [_at_speeds(member) for member in members]
        if any(len(each) > 1 for each in asked):
            params = replace(params, weights=_shared(params, asked))  # type: ignore[call-arg]
        return BlockRun(step.stage, block, params, tuple(run for each in asked for run in each))
    _members(step, block)
    return BlockRun(step.stage, block, params)


def _combined(run: BlockRun) -> BlockRun:
    """A separator that is asked at several speeds becomes an average of them."""
    asked = _at_speeds(run)
    if len(asked) == 1:
        return asked[0]
    block = registry.load(COMBINES)
    return BlockRun(run.stage, block, block.params(), asked)


def _at_speeds(run: BlockRun) -> tuple[BlockRun, ...]:
    """One run for each speed at which a block is asked: the same block at another rate."""
    count = getattr(run.params, "speeds", 1)
    if count == 1:
        return (run,)
    own: int = run.block.rate  # type: ignore[assignment]
    params = replace(run.params, speeds=1)  # type: ignore[call-arg]
    rates = [round(own * speed) for speed in run.block.speeds[:count]]  # type: ignore[attr-defined]
    return tuple(replace(run, params=params, rate=None if rate == own else rate) for rate in rates)


def _shared(params: Params, asked: Sequence[Sequence[BlockRun]]) -> str:
    """The weights of an ensemble, each shared by the speeds of its member."""
    weights = str(params.weights).split() or ["1"] * len(asked)  # type: ignore[attr-defined]
    return " ".join(
        f"{float(weight) / len(each):.9g}"
        for weight, each in zip(weights, asked, strict=True)
        for _ in each
    )


def _members(step: Step, block: Block) -> tuple[BlockRun, ...]:
    """The blocks whose voices a combining block takes."""
    if not getattr(block, "combines", False):
        if step.members:
            raise BadRequest(f"{step.block} takes no members. Mend the preset.")
        return ()
    if not step.members or any(member.stage != "separate" for member in step.members):
        raise BadRequest(
            f"{step.block} needs members, each a separator: [[block.member]] with a name such as "
            "separate.spleeter. Mend the preset."
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
