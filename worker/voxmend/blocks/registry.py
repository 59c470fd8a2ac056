"""Blocks by name: a file of its own, or a row of the catalogue that lends weights to one.

A block's file registers itself; ``load`` imports only the file it needs, so that naming a preset's
blocks costs nothing and a missing library hurts only its own block. A model that runs in a block
that is there already needs no code: its row says ``like`` which block, under which name.
"""

from __future__ import annotations

import importlib
from typing import Any, TypeVar

from voxmend_protocol.errors import BadRequest

from ..models.catalogue import Catalogue, Model
from ..models.catalogue import load as catalogue_of
from .contract import Block, faults

_BLOCKS: dict[str, Block] = {}

C = TypeVar("C", bound=type[Block])


def register(cls: C) -> C:
    """Class decorator: make a block known under its ``name``.

    Raises:
        TypeError: what the class says of itself is wrong or not enough.
    """
    if wrong := faults(cls):
        raise TypeError(f"{cls.__name__}: {'; '.join(wrong)}")
    _BLOCKS[cls.name] = cls()
    return cls


def load(name: str, catalogue: Catalogue | None = None) -> Block:
    """The block called ``name``: ``denoise.gate`` lives in ``blocks/denoise/gate.py``;
    ``separate.mdx_kim`` is a row of the catalogue.

    Args:
        catalogue: with the user's own rows; None = ours alone.

    Raises:
        BadRequest: no such block.
    """
    known = catalogue or catalogue_of()
    if name in known.likes:
        return _variant(name, known.likes[name], known)
    if name not in _BLOCKS:
        family, _, method = name.partition(".")
        module = f"{__package__}.{family}.{method}"
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
    if name not in _BLOCKS:
        raise BadRequest(f"There is no block called “{name}”. See: voxmend presets show NAME")
    return _BLOCKS[name]


def _variant(name: str, row: Model, catalogue: Catalogue) -> Block:
    """A block with other weights, and what was published with them."""
    like = row.like or ""
    if like in catalogue.likes:
        raise BadRequest(
            f"{row.id} in the catalogue is like {like}, which is itself only like another block. "
            "Name that one."
        )
    own = type(load(like, catalogue))
    said: dict[str, Any] = {
        "name": name,
        "models": (row.id,),
        "__doc__": f"``{name}``: {row.title}.",
    }
    if row.compensate is not None:
        said["compensate"] = row.compensate
    made = type(own.__name__, (own,), said)
    wrong = faults(made) if own.models else [f"{like} has no weights"]
    if wrong:
        raise BadRequest(f"{row.id} in the catalogue cannot be like {like}: {'; '.join(wrong)}.")
    found: Block = made()
    return found
