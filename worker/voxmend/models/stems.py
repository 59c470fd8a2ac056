"""Which stems a preset can write: asked before a job exists, by the worker and by what is typed.

A preset takes a mixture apart with its separators, and perhaps the voice after that; each gives
what its row of the catalogue says. No torch here.
"""

from __future__ import annotations

from collections.abc import Sequence

from voxmend_protocol.errors import BadRequest

from .. import targets
from ..presets import Preset
from .catalogue import Catalogue


def chosen(
    preset: Preset, asked: Sequence[str] | None, catalogue: Catalogue, apart: bool = True
) -> tuple[str, ...]:
    """The stems that a job writes.

    Args:
        asked: what was asked for; None: what the preset says.
        apart: a mixture is taken apart; else the voice is there already.

    Raises:
        BadRequest: the preset cannot give one of them; the sentence says what it gives.
    """
    names = tuple(asked or preset.usual)
    splits = catalogue.splits(preset.blocks)
    wanted = targets.of(names, splits)
    parts = [name for split in splits for name in split.names]
    if preset.input == "voice" or not apart:
        of_voice = (*targets.OF_VOICE, *parts)
        if more := [name for name in names if name not in of_voice]:
            raise BadRequest(
                f"Nothing is separated here, so there is no {more[0]}. Ask for stems of the voice: "
                f"{', '.join(of_voice)}."
            )
        return names
    if not wanted:
        raise BadRequest(
            f"{targets.REST} is what is left of other stems. Ask for one of those too, such as "
            f"{targets.VOICE}."
        )
    gives = (*(catalogue.gives(preset.separators) or (targets.VOICE,)), *parts)
    if lacking := [target for target in wanted if target not in gives]:
        raise BadRequest(
            f"The preset {preset.name} gives no {lacking[0]}. It gives: {', '.join(gives)}. What "
            "each preset gives: voxmend presets list"
        )
    return targets.written(names, splits)
