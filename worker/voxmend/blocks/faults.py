"""What is wrong with what a block says of itself: asked when it is registered."""

from __future__ import annotations

from .contract import (
    NUMBERS,
    Block,
    Combiner,
    CombinerParams,
    Fader,
    Repair,
    RepairParams,
    Separator,
    SpeedsParams,
    Splitter,
)

SAID = "__annotations__"
"""Where a class keeps the names of attributes that its heirs must set."""


def faults(block: type[Block]) -> list[str]:
    """What is wrong with a block's class attributes, each as a sentence; empty = nothing."""
    kinds = (Separator, Splitter, Fader, Repair, Combiner)
    kind = next((kind for kind in kinds if issubclass(block, kind)), None)
    if kind is None:
        return ["it must be a Separator, a Splitter, a Repair or a Combiner"]
    found = []
    known = {*dir(kind), *(name for each in kind.__mro__ for name in vars(each).get(SAID, ()))}
    for name, value in vars(block).items():
        plain = isinstance(value, type) or not (callable(value) or isinstance(value, property))
        if plain and not name.startswith("_") and name not in known:
            found.append(f"“{name}” is no attribute of a block")
    if len(getattr(block, "name", "").split(".")) != 2:
        found.append("its name must be family.method")
    if issubclass(block, Repair):
        mends = getattr(block, "mends", ())
        if not mends or not {*mends, *block.spares} <= set(NUMBERS):
            found.append(f"a repair must say what it mends, of {', '.join(NUMBERS)}")
        if not issubclass(block.params, RepairParams):
            found.append("a repair's parameters must extend RepairParams")
    if issubclass(block, Fader) and not getattr(block, "step_s", 0) > 0:
        found.append("a fader must say step_s, the seconds from one frame to the next")
    if issubclass(block, Combiner) and not issubclass(block.params, CombinerParams):
        found.append("a combiner's parameters must extend CombinerParams")
    if block.models and block.load is Block.load:
        found.append("it has models and no load")
    if issubclass(block, Separator) and (not block.gives or block.targets != block.gives[:1]):
        found.append("a separator must say what it gives, and is asked for the first of it")
    if issubclass(block, Splitter) and len(set(getattr(block, "splits", ()))) != 2:
        found.append("a splitter must say splits, the two stems that a voice falls into")
    if len(block.speeds) > 1 and not issubclass(block.params, SpeedsParams):
        found.append("it has speeds, so its parameters must extend SpeedsParams")
    return found
