"""Which device does the work, chosen by itself or as asked, and what it is called.

What was asked for and is not there is said, never passed over in silence.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable

import torch

from voxmend_protocol.values import Warned

from ..cascade.networks import place

BATCH = {"cuda": 8, "mps": 2}
"""Windows at a time. On the CPU one: there, more at once are slower."""


def choose(asked: str = "auto") -> tuple[torch.device, Warned | None]:
    """The device, and what to tell the user about it.

    Args:
        asked: "auto" takes CUDA if there is any, else Apple's MPS, else the CPU.
    """
    there = _there()
    if asked in ("auto", *there):
        name = there[0] if asked == "auto" else asked
        return torch.device("cuda", 0) if name == "cuda" else torch.device(name), None
    return torch.device(there[0]), Warned(
        "device_absent",
        f"{asked} was asked for, but torch finds none here, so the work was done on {there[0]}. "
        "See: voxmend doctor",
    )


def prepare() -> None:
    """fp32 is fp32 on every device, and the same window gives the same numbers each time: without
    this a CUDA card would multiply 19-bit numbers and choose among algorithms by time."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def threads(wanted: int) -> int:
    """Compute with so many threads on the CPU from now on; 0: as torch finds right. How many there
    are."""
    if wanted:
        torch.set_num_threads(wanted)
    return torch.get_num_threads()


def empty() -> None:
    """Give back the memory of a card that torch keeps for later."""
    torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def batch(device: torch.device) -> int:
    """Windows at a time to begin with."""
    return BATCH.get(device.type, 1)


def describe(device: torch.device, ran: Iterable[tuple[str, str]] = ()) -> str:
    """The device in words, as a record shows it.

    Args:
        ran: block and what its network read back: what ran elsewhere is named.
    """
    words = f"cpu ({platform.machine()}, {torch.get_num_threads()} threads)"
    if device.type == "cuda":
        words = f"cuda ({torch.cuda.get_device_name(device)})"
    elif device.type == "mps":
        words = "mps (Apple GPU)"
    elsewhere = [f"{block} on {place(on)}" for block, on in ran if place(on) != device.type]
    return "; ".join([words, *elsewhere])


def _there() -> list[str]:
    """Types of device that torch can use, the fastest first."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]
