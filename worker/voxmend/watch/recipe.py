"""What is asked for a file, and the id of its job: pure.

The id is made of folder, preset with its parameters, name, contents and try, so the same file
found twice, by whatever way and after whatever crash, is one job, which the worker knows. No
table of claims is needed, and none can be wrong.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, InputUnreadable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEFAULT_STEMS, Clip, Format, Output

from .. import targets
from ..disk import shown
from ..presets.former import named
from .registry import Watched

_FOLDERS = uuid.UUID("3f0b5f5e-0c5e-5a53-9d3c-5d4e1f6f7a10")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a file is made into.

    Attributes:
        preset: its name of today.
        stems: voice and band stand for what the preset says.
        asked: the name under which it was asked for, where that is an old one.
        remark: what is to be said of that.
        key: a short name for exactly this; by the name asked for, so that nothing is mended again
            because a preset got another name.
    """

    preset: str
    set: Mapping[str, Scalar] = field(default_factory=dict)
    stems: tuple[str, ...] = DEFAULT_STEMS
    format: Format = "wav"
    asked: str = ""
    remark: str = ""
    key: str = field(init=False)

    @property
    def count(self) -> int:
        """How many stems are written; of a preset with stems of its own, how many are usual."""
        return len(targets.written(self.stems))

    def __post_init__(self) -> None:
        parts = [self.asked or self.preset, dict(sorted(self.set.items())), self.stems, self.format]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        object.__setattr__(self, "key", key)


def recipe_for(folder: Watched, sub: str | None, presets: Sequence[str]) -> Recipe | None:
    """The recipe of the files in a sub-folder, None for the root; none if it is no preset.

    Args:
        presets: the names there are.
    """
    asked = folder.preset if sub is None else sub.strip().casefold()
    meant = named(asked, presets)
    if sub is not None and meant.name not in presets:
        return None
    values = folder.set if sub is None else {}
    old = asked if meant.remark else ""
    return Recipe(meant.name, values, folder.stems, folder.format, old, meant.remark)


def folder_id(path: str) -> uuid.UUID:
    """A folder's id: the same for the same real path."""
    return uuid.uuid5(_FOLDERS, path.encode("utf-8", "surrogateescape").hex())


def job_id(folder: uuid.UUID, recipe: Recipe, name: str, digest: str, attempt: int) -> str:
    """The id of the job that makes these contents under this name into that."""
    return str(uuid.uuid5(folder, json.dumps([recipe.key, name, digest, attempt])))


def order_for(path: str, output: str, job: str, recipe: Recipe, group: uuid.UUID) -> Submit:
    """The job as the worker takes it.

    Raises:
        InputUnreadable: the file's path cannot be put into a message.
    """
    try:
        f"{path}{output}".encode()
        return Submit(
            job, Clip(path), recipe.asked or recipe.preset, Output(output, format=recipe.format),
            dict(recipe.set), None if recipe.stems == DEFAULT_STEMS else recipe.stems, str(group),
        )  # fmt: skip
    except UnicodeEncodeError:
        raise InputUnreadable(
            f"The name {shown(path)} is not valid Unicode. Rename the file or folder."
        ) from None
    except BadRequest as error:
        raise InputUnreadable(f"{error.message} Rename the file or its folder.") from None
