"""How much an installation fetches and takes on disk, told by the packages it really chose.

uv writes the chosen files down as ``pylock.toml`` (PEP 751), with a size each where the index gives
one. Torch's own index gives none: for those packages a figure by experience stands in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNPACKED = 1.9
"""Bytes on disk for a byte fetched: the whole set for the worker, measured on Linux."""

_TORCH = {"cpu": 200e6, "cuda": 900e6, "rocm": 4500e6}
_OF_A_CARD = ("nvidia-", "cuda-", "triton", "pytorch-triton")
_OF_A_CARD_BYTES = 180e6
_OTHER_BYTES = 2e6


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes.

    Attributes:
        fetched: over the network, if nothing is in uv's cache.
        unpacked: on disk afterwards; uv's cache and the environment share it on one disk.
        known: whether every package said its size.
    """

    fetched: float
    unpacked: float
    known: bool

    @property
    def words(self) -> str:
        """For the user."""
        return f"about {_gb(self.fetched)} GB to fetch, {_gb(self.unpacked)} GB on disk"


def read(lock: Path, device: str) -> Size | None:
    """The size of what a ``pylock.toml`` names; None where it cannot be read.

    Args:
        device: what torch is for, where its index says no size.
    """
    try:
        packages = tomllib.loads(lock.read_text("utf-8"))["packages"]
        sizes = [(str(one["name"]), _of(one)) for one in packages]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    fetched = sum(_guess(name, device) if size is None else size for name, size in sizes)
    return Size(fetched, fetched * UNPACKED, all(size is not None for _, size in sizes))


def has_card(names: Iterable[str]) -> bool:
    """Whether packages of a graphics card are among these."""
    return any(name.startswith(_OF_A_CARD) for name in names)


def _of(package: Mapping[str, Any]) -> float | None:
    """Bytes of the one file that is installed: the largest wheel that fits, else the source."""
    wheels = [wheel.get("size") for wheel in package.get("wheels", ())]
    if wheels:
        return None if None in wheels else float(max(wheels))
    size = package.get("sdist", {}).get("size")
    return None if size is None else float(size)


def _guess(name: str, device: str) -> float:
    if name == "torch":
        return _TORCH.get(device, _TORCH["cpu"])
    return _OF_A_CARD_BYTES if name.startswith(_OF_A_CARD) else _OTHER_BYTES


def _gb(size: float) -> str:
    return f"{size / 1e9:.1f}"
