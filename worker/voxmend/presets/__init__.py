"""Presets: TOML lists of blocks and their parameters. No torch here: the supervisor reads them.

A preset names every parameter a user may set for one job (``--set denoise.strength=0.5``), each
with its value. The user's own presets are files of the same form in the config folder; one of the
same name takes the place of ours.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, UnknownPreset
from voxmend_protocol.values import PresetInfo

_OURS = Path(__file__).parent
Input = Literal["mixture", "voice"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_BLOCK = re.compile(r"[a-z]+\.[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Step:
    """One block with its parameters; the family of its name (``denoise``) is the stage's name."""

    block: str
    params: Mapping[str, Scalar]

    @property
    def stage(self) -> str:
        """The family of the block's name."""
        return self.block.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Preset:
    """A named list of steps.

    Attributes:
        input: "mixture", or "voice" for a preset that mends an isolated vocal.
        guarded: whether proposals are judged before they are taken.
    """

    name: str
    title: str
    description: str
    steps: tuple[Step, ...]
    input: Input = "mixture"
    guarded: bool = True

    def with_values(self, values: Mapping[str, Scalar]) -> Preset:
        """The preset with some parameters set: ``denoise.strength`` or ``denoise.gate.strength``.

        Raises:
            BadRequest: no block of this preset has such a parameter, or the kind is wrong.
        """
        steps = list(self.steps)
        for key, value in values.items():
            target, _, param = key.rpartition(".")
            hits = [
                n
                for n, step in enumerate(steps)
                if target in (step.stage, step.block) and param in step.params
            ]
            if not hits:
                known = sorted(f"{s.stage}.{p}" for s in self.steps for p in s.params)
                raise BadRequest(
                    f"The preset {self.name} has no parameter “{key}”. It has: "
                    f"{', '.join(known) or 'none'}."
                )
            for n in hits:
                kept = steps[n].params
                steps[n] = replace(steps[n], params={**kept, param: _like(kept[param], value, key)})
        return replace(self, steps=tuple(steps))

    def info(self) -> PresetInfo:
        """What a menu shows."""
        blocks = tuple(step.block for step in self.steps)
        return PresetInfo(self.name, self.title, self.description, blocks)

    def dump(self) -> str:
        """The preset as JSON: the frozen form that a job carries."""
        return json.dumps(
            {
                "name": self.name,
                "title": self.title,
                "description": self.description,
                "input": self.input,
                "guarded": self.guarded,
                "block": [{"name": step.block, **step.params} for step in self.steps],
            }
        )


def parse(text: str) -> Preset:
    """The preset of a dump."""
    data = json.loads(text)
    return _build(data["name"], data, data["name"])


def names(user: Path) -> list[str]:
    """All presets there are, ours and the user's."""
    files = [*_OURS.glob("*.toml"), *(user.glob("*.toml") if user.is_dir() else ())]
    return sorted({file.stem for file in files})


def find(name: str, user: Path) -> Preset:
    """The preset called ``name``.

    Raises:
        UnknownPreset: there is none.
        BadRequest: its file is not valid.
    """
    if _NAME.fullmatch(name):
        for folder in (user, _OURS):
            file = folder / f"{name}.toml"
            try:
                data = tomllib.loads(file.read_text("utf-8"))
            except FileNotFoundError:
                continue
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise BadRequest(f"{file} is not a valid preset: {error}. Mend it.") from None
            return _build(name, data, str(file))
    raise UnknownPreset(f"There is no preset “{name[:60]}”. There are: {', '.join(names(user))}.")


def all_of(user: Path) -> list[Preset]:
    """Every valid preset. A user's file that is not valid is left out; ``find`` says why."""
    found = []
    for name in names(user):
        try:
            found.append(find(name, user))
        except BadRequest:
            continue
    return found


def _build(name: str, data: Mapping[str, Any], where: str) -> Preset:
    steps = []
    blocks = data.get("block")
    if not isinstance(blocks, list) or not blocks:
        raise BadRequest(f"{where} needs at least one [[block]]. Mend it.")
    for block in blocks:
        params = dict(block)
        block_name = params.pop("name", None)
        if not isinstance(block_name, str) or not _BLOCK.fullmatch(block_name):
            raise BadRequest(f"{where}: a [[block]] needs a name such as denoise.gate. Mend it.")
        for key, value in params.items():
            if type(value) not in (str, int, float, bool):
                raise BadRequest(f"{where}: {block_name}.{key} must be one value. Mend it.")
        steps.append(Step(block_name, params))
    wanted = data.get("input", "mixture")
    if wanted not in get_args(Input) or type(data.get("guarded", True)) is not bool:
        raise BadRequest(f'{where}: input is "mixture" or "voice", guarded true or false. Mend it.')
    return Preset(
        name,
        str(data.get("title", name)),
        str(data.get("description", "")),
        tuple(steps),
        wanted,
        data.get("guarded", True),
    )


def _like(old: Scalar, new: Scalar, key: str) -> Scalar:
    if type(old) is float and type(new) is int:
        return float(new)
    if type(old) is not type(new):
        raise BadRequest(f"{key} must be of the kind of {old!r}, not {new!r}.")
    return new
