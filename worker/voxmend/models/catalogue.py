"""What weights there are: ``catalogue.toml`` and the user's own ``models.toml``, typed and checked.

The store, the command line and the worker ask here; nothing here touches disk beyond those files.
A file's publisher proves it by a hash of some kind, or by none; ``File.proof`` says which. A file
may be had from addresses, from inside a Python package that is installed with voxmend, or both.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import BadRequest, EnvironmentProblem, InternalError

from .. import foreign, near, safe_files, targets
from ..disk import safely
from ..targets import Split
from . import rows
from .model import Model
from .rows import SlipError, rule

MOST_TEXT = 1_000_000
"""Bytes of a catalogue."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models, in the order they are shown."""

    models: tuple[Model, ...]

    def find(self, name: str) -> Model:
        """The model of this id.

        Raises:
            BadRequest: there is none.
        """
        for model in self.models:
            if model.id == name:
                return model
        hint = near.meant(name, (model.id for model in self.models))
        raise BadRequest(f"There is no model “{name[:60]}”.{hint} See: voxmend models list")

    def of_blocks(self, blocks: Iterable[str]) -> tuple[Model, ...]:
        """The models that these blocks load; none if they need none."""
        wanted = set(blocks)
        return tuple(model for model in self.models if wanted & set(model.blocks))

    def gives(self, blocks: Iterable[str]) -> tuple[str, ...]:
        """What separators can be asked for, together, the voice first; of a block without weights
        that is the voice, and of one that takes a voice apart the two stems that it makes."""
        given = {b: model.splits or model.gives for model in self.models for b in model.blocks}
        found = {target for block in blocks for target in given.get(block, (targets.VOICE,))}
        return tuple(sorted(found, key=lambda target: (target != targets.VOICE, target)))

    def splits(self, blocks: Iterable[str]) -> tuple[Split, ...]:
        """How these blocks take a voice apart, in their order."""
        of = {block: m.splits for m in self.models if m.splits for block in m.blocks}
        return tuple(Split(*of[block]) for block in blocks if block in of)

    @property
    def likes(self) -> dict[str, Model]:
        """The blocks that have no code of their own, by name."""
        return {model.blocks[0]: model for model in self.models if model.like is not None}

    def with_own(self, own: Catalogue) -> Catalogue:
        """This catalogue and another: a row of the same id takes the place of ours.

        Raises:
            SlipError: a row would change which model one of our blocks loads; that is code.
        """
        ours = {model.id: model for model in self.models}
        loads = {block: model.id for model in self.models for block in model.blocks}
        for model in own.models:
            if model.id in ours:
                here = ours[model.id]
                same = set(model.blocks) == set(here.blocks) and model.like == here.like
                words = f"blocks must be {', '.join(here.blocks)}"
                if here.like:
                    words += f", like {here.like}"
                rule(same, model.id, words)
                continue
            for block in model.blocks:
                rule(block not in loads, model.id, f"{block} loads {loads.get(block)}: use that id")
        return Catalogue(tuple({**ours, **{model.id: model for model in own.models}}.values()))


@functools.cache
def load() -> Catalogue:
    """Our catalogue."""
    return parse(Path(__file__).with_name("catalogue.toml").read_text("utf-8"))


def of_user(own: Path) -> Catalogue:
    """Our catalogue with the rows of the user's own file, if there is one.

    Raises:
        EnvironmentProblem: that file cannot be read or breaks a rule; the sentence names both.
    """
    with foreign.foreign(
        lambda why: EnvironmentProblem(f"{own} is not a valid catalogue of models: {why}. Mend it.")
    ):
        try:
            with safely():
                data = safe_files.read(own, MOST_TEXT)
        except (FileNotFoundError, NotADirectoryError):
            return load()
        return load().with_own(Catalogue(rows.read(foreign.toml(data), own=True)))


def parse(text: str) -> Catalogue:
    """A catalogue from TOML.

    Raises:
        InternalError: it breaks a rule; the sentence names the model and the rule.
    """
    try:
        return Catalogue(rows.read(tomllib.loads(text), own=False))
    except SlipError as slip:
        raise InternalError(f"The model catalogue is broken: {slip}.") from None
