"""What is checked before a job exists: the source is there, the preset is known, its models are
here. The preset and the source's size and time are frozen here, so that a later change of either
cannot alter a queued job.

Models are glanced at, not read: the broker's thread must not wait for the hash of a gigabyte. A
file that nobody has proved yet, put there by hand, is the engine's to prove and its job's to fail.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from voxmend_protocol import codec
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import (
    BadRequest,
    ModelCorrupt,
    ModelMissing,
)
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEFAULT_STEMS, Warned

from .. import presets
from ..asked import mind_files, status_of
from ..disk import shown
from ..models import needs, stems
from ..models.catalogue import Catalogue
from ..models.store import Store
from ..plain_names import absolute, fault
from ..presets import Preset
from ..remote.choice import Choice
from .events import Spec


def payload(submit: Submit) -> str:
    """A digest of everything asked for, the job id left out: two submits of one id must agree. One
    that names no stems is as those of earlier clients, which named voice and band."""
    body = codec.to_dict(submit)
    del body["job"]
    body.setdefault("stems", list(DEFAULT_STEMS))
    ordered = codec.dump({key: body[key] for key in sorted(body)})
    return hashlib.sha256(ordered).hexdigest()


def admit(
    submit: Submit,
    user_presets: Path,
    store: Callable[[Preset], Store],
    shared: bool = False,
    choice: Choice | None = None,
) -> Spec:
    """Freeze what was asked for.

    Args:
        store: gives the store for a preset.
        shared: whether the source lies in a folder where others may lay links.
        choice: says which machine does it; None: this one.

    Raises:
        BadRequest: there is no such device, a path is none of this system, the output's name none
            of any, or the preset cannot give a stem.
        InputMissing, InputUnreadable: there is no such file, or it is no file.
        UnknownPreset, BadRequest: the preset or one of its parameters.
        ModelMissing, ModelCorrupt: the preset needs weights that are not here, or not good.
        EnvironmentProblem: it needs weights, and the user's own catalogue is not valid.
    """
    _mind_places(submit)
    remote = None if choice is None else choice.remote(submit)
    found = status_of(Path(submit.clip.path), shared)
    preset = _preset(submit, user_presets).with_values(submit.set)
    if submit.mixture is not None:
        status_of(Path(submit.mixture.path))
        if preset.steps:
            raise BadRequest(
                f"The preset {preset.name} takes no mixture; only one that changes nothing does, "
                "such as diagnose."
            )
    needed = preset
    if submit.voice is not None:
        status_of(Path(submit.voice.path))
        if not preset.steps:
            raise BadRequest(
                f"The preset {preset.name} changes nothing, so it takes no voice to mend. Take "
                "another, such as mend."
            )
        needed = preset.after_separation()
    held = store(needed)
    names = stems.chosen(preset, submit.stems, held.catalogue, submit.voice is None)
    mind_files(submit.output.files, names, preset.name)
    mind_unasked(submit.set, preset, held.catalogue, names)
    needed = needs.narrowed(needed, held.catalogue, names)
    fallback = False
    if remote is None:
        _mind_models(needed, held, submit.voice is not None)
    else:  # whose models are asked for there
        fallback = choice is not None and choice.fallback and choice.near and _able(needed, held)
    warnings = (Warned("preset_renamed", preset.remark),) if preset.remark else ()
    return Spec(
        replace(submit, preset=preset.name, stems=names), payload(submit), preset.dump(),
        found.st_size, str(found.st_mtime_ns), warnings, shared, remote, fallback,
    )  # fmt: skip


def _preset(submit: Submit, user: Path) -> Preset:
    """The preset that was named, or the one that was brought.

    Raises:
        UnknownPreset, BadRequest: there is none, or it is none.
    """
    if submit.plan is None:
        return presets.find(submit.preset, user)
    preset = presets.parse(submit.plan)
    if preset.name != submit.preset or not presets.is_name(preset.name):
        raise BadRequest("plan is a preset of another name than the job's. Give both the same.")
    return preset


def _mind_models(needed: Preset, held: Store, voice: bool) -> None:
    """The models of a job are here.

    Raises:
        ModelMissing, ModelCorrupt: they are not.
    """
    try:
        needs.insist(needed, held)
    except ModelMissing as missing:
        if not voice:
            raise
        raise ModelMissing(
            f"{missing.message} Or have the voice placed and nothing mended, which needs none of "
            f"them: the preset {presets.DEFAULT}."
        ) from None


def _able(needed: Preset, held: Store) -> bool:
    """Whether they are."""
    try:
        needs.insist(needed, held)
    except (ModelMissing, ModelCorrupt):
        return False
    return True


def _mind_places(submit: Submit) -> None:
    """Paths are whole by the rules of this system: by those of another they would be relative, and
    lead to wherever the worker stands. The protocol cannot know on which one it is."""
    places = {"clip.path": submit.clip.path, "output.folder": submit.output.folder}
    if submit.mixture is not None:
        places["mixture.path"] = submit.mixture.path
    if submit.voice is not None:
        places["voice.path"] = submit.voice.path
    for field, path in places.items():
        if not absolute(path):
            begins = "a drive, such as C:\\, or a share" if os.name == "nt" else "/"
            raise BadRequest(
                f"{field} is {shown(path)}, which is no whole path on the worker's system. Write "
                f"one that begins with {begins}."
            )
    if submit.output.name is not None and (wrong := fault(submit.output.name)):
        raise BadRequest(f"output.name {wrong}. Write a plain name.")


def mind_unasked(
    values: Mapping[str, Scalar], preset: Preset, catalogue: Catalogue, names: Sequence[str]
) -> None:
    """What takes the voice apart only runs where that is asked for: then it may be told how."""
    for step in preset.steps:
        for split in catalogue.splits([step.block]):
            told = [key for key in values if step.has(key)]
            if told and not set(split.names) & set(names):
                raise BadRequest(
                    f"{told[0]} has no effect here: neither {split.kept} nor {split.rest} is asked "
                    f"for. Ask for one: --stems {split.kept},{split.rest}"
                )
