"""What presets ask of the store: which models, and which of them are not here.

Asked before a job exists and for every menu, by those who must not wait: so it only glances.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem, ModelCorrupt, ModelMissing
from voxmend_protocol.values import PresetInfo

from .. import presets, targets
from ..paths import Paths
from ..presets import Preset
from . import store as stores
from . import use as uses
from .catalogue import Catalogue, load
from .model import Model
from .state import ModelState, size_words
from .store import Store

MOST_NAMED = 6
"""Models that a sentence names; a user's own preset may need any number."""


def info(preset: Preset, store: Store) -> PresetInfo:
    """What a menu shows of a preset, with the models it needs and those that must be fetched."""
    models = usual(preset, store.catalogue)
    missing = tuple(now.model.id for now in lacking(models, store))
    ids = tuple(model.id for model in models)
    return preset.info(ids, missing, *_stems(preset, store.catalogue), uses.of(models))


def listed(found: Iterable[Preset], where: Paths) -> list[PresetInfo]:
    """What a menu shows of all presets. While the user's own catalogue is not valid no model can be
    used, so all are missing; a pull says why."""
    try:
        store = stores.of(where)
    except EnvironmentProblem:
        ours = load()
        infos = []
        for preset in found:
            models = usual(preset, ours)
            ids = tuple(model.id for model in models)
            infos.append(preset.info(ids, ids, *_stems(preset, ours), uses.of(models)))
        return infos
    return [info(preset, store) for preset in found]


def usual(preset: Preset, catalogue: Catalogue) -> tuple[Model, ...]:
    """The models that a preset needs for the stems that it writes unasked. One that takes the voice
    apart only where that is asked for needs its model only then."""
    return for_stems(preset, catalogue, preset.usual)


def for_stems(preset: Preset, catalogue: Catalogue, stems: Sequence[str]) -> tuple[Model, ...]:
    """The models that a preset needs for these stems."""
    return catalogue.of_blocks(narrowed(preset, catalogue, stems).blocks)


def narrowed(preset: Preset, catalogue: Catalogue, stems: Sequence[str]) -> Preset:
    """The preset with the blocks alone that these stems take."""
    wanted = targets.of(stems, catalogue.splits(preset.blocks))
    return preset.for_targets(wanted, lambda block: catalogue.gives([block]))


def _stems(
    preset: Preset, catalogue: Catalogue
) -> tuple[tuple[str, ...], tuple[targets.Split, ...]]:
    """What a preset can be asked for, and how it takes a voice apart."""
    splits = catalogue.splits(preset.blocks)
    gives = catalogue.gives(preset.separators)
    if splits and not gives:
        gives = (targets.VOICE,)
    return (*gives, *(name for split in splits for name in split.names)), splits


def lacking(models: Iterable[Model], store: Store) -> list[ModelState]:
    """Those that are not here whole, and how they are."""
    states = [store.glance(model) for model in models]
    return [now for now in states if now.state != "present"]


def insist(preset: Preset, store: Store) -> None:
    """Refuse a preset whose models are not here.

    Raises:
        ModelMissing: the sentence names each with size and licence, and the command.
        ModelCorrupt: the only trouble is files that are not what they should be.
    """
    found = lacking(store.catalogue.of_blocks(preset.blocks), store)
    missing = [now for now in found if now.state != "corrupt"]
    known = usual(preset, store.catalogue)
    more = any(now.model not in known for now in found)
    fetch = f"--preset {preset.name}"
    if more:  # a preset is fetched for what it writes unasked
        fetch = " ".join(now.model.id for now in found if now.fetchable)
    fetch = f"voxmend models pull {fetch}"
    if missing:
        named = "; ".join(
            f"{now.model.id} ({_words(now.model)}){now.reason}" for now in missing[:MOST_NAMED]
        )
        others = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise ModelMissing(
            f"The preset {preset.name} needs models that are not on this machine: {named}{others}. "
            f"{_steps(found, f'Fetch them: {fetch}')}"
        )
    if found:
        bad = "; ".join(
            f"{file.name} of {now.model.id} {file.fault}"
            for now in found
            for file in now.files
            if file.state == "corrupt"
        )
        steps = _steps(found, f"Fetch it again: {fetch}")
        raise ModelCorrupt(f"The preset {preset.name} cannot run: {bad}. {steps}")


def free(catalogue: Catalogue, folder: Path) -> list[str]:
    """The presets that take a song apart with models that are all free for commercial use, the
    default first.

    Args:
        folder: of the user's own presets.
    """
    return [
        preset.name
        for preset in presets.menu(folder)
        if preset.separators
        and set(preset.separators) <= {b for model in catalogue.models for b in model.blocks}
        and uses.of(usual(preset, catalogue)) == "free"
    ]


def users(catalogue: Catalogue, folder: Path) -> dict[str, tuple[str, ...]]:
    """For each model the presets that need it, ours and those in the user's ``folder``."""
    found: dict[str, list[str]] = {model.id: [] for model in catalogue.models}
    for preset in presets.all_of(folder):
        for model in catalogue.of_blocks(preset.blocks):
            found[model.id].append(preset.name)
    return {name: tuple(of) for name, of in found.items()}


def _steps(found: Iterable[ModelState], fetch: str) -> str:
    """What to do about these, first what no pull does: while that is wrong, none is made."""
    steps = {str(now.remedy) for now in found if not now.fetchable}
    return " ".join([*sorted(steps), *([fetch] if any(now.fetchable for now in found) else [])])


def _words(model: Model) -> str:
    return f"{model.title}, {size_words(model)}, licence: {model.licence}"
