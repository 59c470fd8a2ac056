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


def places(asked: str = "auto") -> tuple[str, ...]:
    """The devices that would each have an engine, as torch names them; none where there is none
    of those asked for.

    Args:
        asked: "auto" takes all CUDA cards if there are any, else Apple's MPS, else the CPU.
    """
    there = _there()
    if asked == "auto":
        asked = there[0].partition(":")[0]
    return tuple(name for name in there if asked in (name, name.partition(":")[0]))


def choose(asked: str = "auto", own: str = "") -> tuple[torch.device, Warned | None]:
    """The device, and what to tell the user about it.

    Args:
        asked: a kind of device, one card ("cuda:1"), or "auto" for the fastest there is.
        own: the device of this engine, which is taken where it is as good as another.
    """
    found = places(asked)
    if found:
        return torch.device(own if own in found else found[0]), None
    instead = own or places()[0]
    return torch.device(instead), Warned(
        "device_absent",
        f"{asked} was asked for, but torch finds none here, so the work was done on {instead}. "
        "See: voxmend doctor",
    )


def prepare(device: torch.device) -> None:
    """fp32 is fp32 on every device, and the same window gives the same numbers each time: without
    this a CUDA card would multiply 19-bit numbers and choose among algorithms by time. What names
    no card means this one."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    if device.type == "cuda":
        torch.cuda.set_device(device)


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
        which = device if torch.cuda.device_count() > 1 else device.type
        words = f"{which} ({torch.cuda.get_device_name(device)})"
    elif device.type == "mps":
        words = "mps (Apple GPU)"
    elsewhere = [f"{block} on {place(on)}" for block, on in ran if place(on) != device.type]
    return "; ".join([words, *elsewhere])


def _there() -> list[str]:
    """The devices that torch can use, the fastest first."""
    found = []
    if torch.cuda.is_available():
        found += [f"cuda:{card}" for card in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]
