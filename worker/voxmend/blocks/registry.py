"""Blocks by name. A block's file registers itself; ``load`` imports only the file it needs, so
that naming a preset's blocks costs nothing and a missing library hurts only its own block."""

from __future__ import annotations

import importlib
from typing import TypeVar

from voxmend_protocol.errors import BadRequest

from .contract import Block

_BLOCKS: dict[str, Block] = {}

C = TypeVar("C", bound=type)


def register(cls: C) -> C:
    """Class decorator: make a block known under its ``name``."""
    _BLOCKS[cls.name] = cls()  # type: ignore[attr-defined]
    return cls


def load(name: str) -> Block:
    """The block called ``name``: ``denoise.gate`` lives in ``blocks/denoise/gate.py``.

    Raises:
        BadRequest: no such block.
    """
    if name not in _BLOCKS:
        family, _, method = name.partition(".")
        # The identity separator ships with the fakes, so that no menu ever shows it.
        module = f"{__package__}.{family}.{method}"
        if name == "separate.identity":
            module = "voxmend.testing.identity"
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
    if name not in _BLOCKS:
        raise BadRequest(f"There is no block called “{name}”. See: voxmend presets show NAME")
    return _BLOCKS[name]
