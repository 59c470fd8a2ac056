"""The ordered block runs of one clip, fixed before the first sample.

Made from a preset's steps: each block is looked up, its parameters are checked against the block's
own class. Diagnosis never adds a step later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from voxmend_protocol.errors import BadRequest

from ..blocks import registry
from ..blocks.contract import (
    Block,
    Combiner,
    CombinerParams,
    Params,
    Repair,
    Separator,
    SpeedsParams,
    Splitter,
)
from ..models.catalogue import Catalogue
from ..models.catalogue import load as catalogue_of
from ..presets import Preset, Step
from ..targets import VOICE, Split

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

    def only(self, targets: Sequence[str]) -> BlockRun:
        """The same separator, asked for these of its targets."""
        assert isinstance(self.block, Separator)
        return replace(self, block=self.block.asked(targets))

    def of(self, target: str) -> BlockRun:
        """What makes one target: the separator, or what combines those members that give it."""
        if not self.members:
            return self.only((target,))
        part = [n for n, member in enumerate(self.members) if target in member.block.targets]
        params = self.params
        if isinstance(params, CombinerParams) and (weights := params.weights.split()):
            params = replace(params, weights=" ".join(weights[n] for n in part))
        return replace(
            self, params=params, members=tuple(self.members[n].only((target,)) for n in part)
        )

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
    """What will be done. The separator comes first: it alone makes a voice of a mixture. Then what
    takes the voice apart, as long as it is as it came; then what repairs it.

    Attributes:
        from_voice: the source is an isolated voice; there is no mixture and no separator.
        guarded: whether proposals are judged before they are taken.
        targets: what is made of the mixture, the voice first where it is among them. Only the voice
            is repaired.
    """

    preset: str
    runs: tuple[BlockRun, ...]
    from_voice: bool = False
    guarded: bool = True
    targets: tuple[str, ...] = (VOICE,)

    def after_separation(self) -> Plan:
        """The plan for a song whose voice is there already: what takes it apart and its repairs,
        with the song as the mixture. There may be none."""
        runs = tuple(run for run in self.runs if isinstance(run.block, Splitter | Repair))
        return replace(self, runs=runs, from_voice=False, targets=(VOICE,))

    @property
    def splits(self) -> tuple[Split, ...]:
        """How the voice is taken apart, in order."""
        blocks = [run.block for run in self.runs]
        return tuple(Split(*block.splits) for block in blocks if isinstance(block, Splitter))

    @property
    def stages(self) -> int:
        """Block runs, members among them; what combines members runs for each target."""
        return sum(
            len(step.members) + len(self.targets) if step.members else 1 for step in self.runs
        )


def make(
    preset: Preset, catalogue: Catalogue | None = None, targets: Sequence[str] = (VOICE,)
) -> Plan:
    """Turn a preset into a plan.

    Args:
        catalogue: with the user's own rows; None = ours alone.
        targets: what is to be made of a mixture, and stems of a voice that is taken apart; of the
            blocks that do so only those run that give one of them.

    Raises:
        BadRequest: a block or a parameter does not exist, a value is out of range, no separator
            gives a target, or the blocks do not stand in the order of a plan.
    """
    known = catalogue or catalogue_of()
    rows = known.likes
    _mind_splits(preset, known)
    preset = preset.for_targets(targets, lambda block: known.gives([block]))
    parts = {name for split in known.splits(preset.blocks) for name in split.names}
    targets = tuple(target for target in targets if target not in parts)
    runs = tuple(_combined(_run(step, rows, targets)) for step in preset.steps)
    from_voice = preset.input == "voice"
    if from_voice and not all(isinstance(run.block, Splitter | Repair) for run in runs):
        raise BadRequest(
            f"The preset {preset.name} takes an isolated voice, so it cannot separate. "
            "Mend the preset."
        )
    begins = bool(runs) and isinstance(runs[0].block, Separator | Combiner)
    after = runs if from_voice else runs[1:]
    if not from_voice and not (
        begins and all(isinstance(run.block, Splitter | Repair) for run in after)
    ):
        raise BadRequest(
            f"The preset {preset.name} must begin with one separate block and have no other. "
            "Mend the preset."
        )
    apart = [isinstance(run.block, Splitter) for run in after]
    if apart != sorted(apart, reverse=True):
        raise BadRequest(
            f"The preset {preset.name} takes a voice apart after a repair. Put part and reverb "
            "blocks before the repairs. Mend the preset."
        )
    return Plan(preset.name, runs, from_voice, preset.guarded, tuple(targets))


def _mind_splits(preset: Preset, known: Catalogue) -> None:
    """A stem has one meaning: no two blocks of a preset give a stem of the same name."""
    names = [name for split in known.splits(preset.blocks) for name in split.names]
    names += known.gives(preset.separators)
    for name in names:
        if names.count(name) > 1:
            raise BadRequest(
                f"The preset {preset.name} has two blocks that give {name}. Mend the preset."
            )


def block_called(name: str, catalogue: Catalogue | None = None) -> Block:
    """A block by its name, whether it has code of its own or only weights.

    Raises:
        BadRequest: there is none.
    """
    return registry.load(name, (catalogue or catalogue_of()).likes)


def _run(step: Step, rows: Mapping[str, registry.Row], targets: Sequence[str]) -> BlockRun:
    block = registry.load(step.block, rows)
    if isinstance(block, Separator):
        block = _asked(block, targets)
    known = block.params.settable()
    for name in step.params:
        if name not in known:
            raise BadRequest(
                f"{step.block} has no parameter “{name}”. It has: {', '.join(known) or 'none'}."
            )
    try:
        params = block.params(**step.params)  # type: ignore[arg-type]
    except BadRequest as wrong:
        raise BadRequest(f"{step.block}: {wrong}") from None
    except (TypeError, ValueError, AttributeError):  # compared before anybody asked its kind
        raise BadRequest(
            f"{step.block}: a parameter is not of its kind. Mend the preset."
        ) from None
    members = _members(step, block, rows, targets)
    asked = [_at_speeds(member) for member in members]
    if isinstance(params, CombinerParams) and any(len(each) > 1 for each in asked):
        params = replace(params, weights=_shared(params, asked))
    return BlockRun(step.stage, block, params, tuple(run for each in asked for run in each))


def _asked(block: Separator, targets: Sequence[str]) -> Separator:
    """The separator, asked for those of the targets that it gives."""
    given = [target for target in targets if target in block.gives]
    if not given:
        raise BadRequest(f"{block.name} gives {', '.join(block.gives)}, and no {targets[0]}.")
    return block.asked(given)


def _combined(run: BlockRun) -> BlockRun:
    """A separator that is asked at several speeds becomes an average of them."""
    asked = _at_speeds(run)
    if len(asked) == 1:
        return asked[0]
    block = registry.load(COMBINES)
    return BlockRun(run.stage, block, block.params(), asked)


def _at_speeds(run: BlockRun) -> tuple[BlockRun, ...]:
    """One run for each speed at which a block is asked: the same block at another rate."""
    own, params = run.block.rate, run.params
    if own is None or not isinstance(params, SpeedsParams) or params.speeds == 1:
        return (run,)
    rates = [round(own * speed) for speed in run.block.speeds[: params.speeds]]
    params = replace(params, speeds=1)
    return tuple(replace(run, params=params, rate=None if rate == own else rate) for rate in rates)


def _shared(params: CombinerParams, asked: Sequence[Sequence[BlockRun]]) -> str:
    """The weights of an ensemble, each shared by the speeds of its member."""
    weights = params.weights.split() or ["1"] * len(asked)
    return " ".join(
        f"{float(weight) / len(each):.9g}"
        for weight, each in zip(weights, asked, strict=True)
        for _ in each
    )


def _members(
    step: Step, block: Block, rows: Mapping[str, registry.Row], targets: Sequence[str]
) -> tuple[BlockRun, ...]:
    """The separators whose voices a combining block takes."""
    if not isinstance(block, Combiner):
        if step.members:
            raise BadRequest(f"{step.block} takes no members. Mend the preset.")
        return ()
    blocks = [registry.load(member.block, rows) for member in step.members]
    for own in blocks:
        if isinstance(own, Combiner):
            raise BadRequest(
                f"{step.block}: its member {own.name} combines members itself. Name those in "
                "its place. Mend the preset."
            )
    if not blocks or not all(isinstance(own, Separator) for own in blocks):
        raise BadRequest(
            f"{step.block} needs members, each a separator: [[block.member]] with a name such as "
            "separate.spleeter. Mend the preset."
        )
    members = tuple(_run(member, rows, targets) for member in step.members)
    weights = str(step.params.get("weights", "")).split()
    if weights and len(weights) != len(members):
        raise BadRequest(
            f"{step.block}: there are {len(weights)} weights for {len(members)} members; give one "
            "number for each."
        )
    return members
