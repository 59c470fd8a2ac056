"""Blocks by name: a file of its own, or other weights in a block that is there.

A block's file registers itself; ``load`` imports only the file it needs, so that naming a preset's
blocks costs nothing and a missing library hurts only its own block. A model that runs in a block
that is there already needs no code: its row in the catalogue says ``like`` which block it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from voxmend_protocol.errors import BadRequest

from .contract import Block, Separator, Splitter
from .faults import faults

_BLOCKS: dict[str, Block] = {}

C = TypeVar("C", bound=type[Block])


class Row(Protocol):
    """What the catalogue says of a model whose block has no code of its own.

    Attributes:
        id: of the model.
        like: the block that it is with these weights.
        compensate: in place of that block's own; None = as that block says.
        gives: what a separator can be asked for.
        splits: the two stems that a voice falls into; empty for what splits none.
    """

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def like(self) -> str | None: ...
    @property
    def compensate(self) -> float | None: ...
    @property
    def gives(self) -> tuple[str, ...]: ...
    @property
    def splits(self) -> tuple[str, ...]: ...


def register(cls: C) -> C:
    """Class decorator: make a block known under its ``name``.

    Raises:
        TypeError: what the class says of itself is wrong or not enough.
    """
    if wrong := faults(cls):
        raise TypeError(f"{cls.__name__}: {'; '.join(wrong)}")
    _BLOCKS[cls.name] = cls()
    return cls


def load(name: str, rows: Mapping[str, Row] | None = None) -> Block:
    """The block called ``name``: ``denoise.gate`` lives in ``blocks/denoise/gate.py``.

    Args:
        rows: blocks without code of their own, by name; the catalogue's ``likes``.

    Raises:
        BadRequest: no such block.
    """
    if name not in _BLOCKS:
        family, _, method = name.partition(".")
        module = f"{__package__}.{family}.{method}"
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
    if name not in _BLOCKS and rows and name in rows:  # a row takes no file's place
        return _variant(name, rows[name], rows)
    if name not in _BLOCKS:
        raise BadRequest(f"There is no block called “{name}”. See: voxmend presets show NAME")
    return _BLOCKS[name]


def _variant(name: str, row: Row, rows: Mapping[str, Row]) -> Block:
    """A block with other weights, and what was published with them."""
    like = row.like or ""
    if like in rows:
        raise BadRequest(
            f"{row.id} in the catalogue is like {like}, which is itself only like another block. "
            "Name that one."
        )
    own = type(load(like))
    said: dict[str, Any] = {
        "name": name,
        "models": (row.id,),
        "__doc__": f"``{name}``: {row.title}.",
    }
    if row.compensate is not None:
        said["compensate"] = row.compensate
    if issubclass(own, Separator):
        said["gives"], said["targets"] = row.gives, row.gives[:1]
    if issubclass(own, Splitter):
        said["splits"] = row.splits
    made = type(own.__name__, (own,), said)
    wrong = faults(made) if own.models else [f"{like} has no weights"]
    if wrong:
        raise BadRequest(f"{row.id} in the catalogue cannot be like {like}: {'; '.join(wrong)}.")
    found: Block = made()
    return found
