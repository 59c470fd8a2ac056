"""The memory ladder: what to give up next when memory runs out. Pure.

Least first: batch size costs a little speed, idle models cost a load, precision costs a little
sound where its gate holds, the CPU costs a lot of time. The window is never touched: another window
is another result. Each step down is a warning that the user sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

FULL = "fp32"


@dataclass(frozen=True, slots=True)
class Rung:
    """How a stage is run.

    Attributes:
        device: torch's type of device, such as "cuda".
        batch: windows at a time.
        evicted: idle models were let go for it, and one more try is due.
    """

    device: str
    batch: int = 1
    precision: str = FULL
    evicted: bool = False


@dataclass(frozen=True, slots=True)
class Descent:
    """One step down: where to, and what to tell the user."""

    rung: Rung
    code: str
    words: str


def down(rung: Rung, name: str, lower: str | None = None) -> Descent | None:
    """The next rung, or None at the end.

    Args:
        name: of the block, for the sentence.
        lower: a precision that takes less memory and whose gate holds, if there is one.
    """
    if rung.batch > 1:
        return Descent(
            replace(rung, batch=rung.batch // 2),
            "oom_smaller_batch",
            f"{name} ran short of memory and takes smaller steps.",
        )
    if not rung.evicted:
        return Descent(
            replace(rung, evicted=True),
            "oom_models_released",
            f"{name} ran short of memory, so idle models were let go.",
        )
    if lower is not None and rung.precision == FULL:
        return Descent(
            replace(rung, precision=lower),
            "oom_lower_precision",
            f"{name} does not fit on {rung.device} in {FULL} and runs in {lower}.",
        )
    if rung.device != "cpu":
        return Descent(
            Rung("cpu"),
            "cpu_fallback",
            f"{name} does not fit on {rung.device} and runs on the CPU, slower.",
        )
    return None


def together(used: Iterable[str]) -> str:
    """The precisions that a stage's windows were made in, in one word such as "bf16+fp32"."""
    return "+".join(sorted(used))


def ends(chosen: str, lower: str | None) -> tuple[str, ...]:
    """What a stage may turn out to be made in, the chosen precision first: all of it or its last
    windows in the other one, where memory was short or the numbers were none.

    Args:
        chosen: what it begins in.
        lower: as for ``down``; the chosen one may be it.
    """
    if lower is None:
        return (chosen,)
    other = lower if chosen == FULL else FULL
    return (chosen, other, together((chosen, other)))
