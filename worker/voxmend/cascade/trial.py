"""Tries a network's lower precision on the clip at hand, once for its weights on this device.

``precision`` says what counts as proof; here the window is found and run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from .. import manners
from ..audio.levels import peak
from ..audio.signal import Signal
from ..networks.memory import out_of_memory
from .context import Context
from .ladder import FULL, ends
from .naming import code
from .plan import BlockRun
from .precision import EXACT, QUIET, Proof, attempt, key, offered
from .render import cut, for_rate, groups, level_of, plan_windows


@dataclass(frozen=True, slots=True)
class Ways:
    """The precisions of a block.

    Attributes:
        chosen: what it runs in.
        lower: what else it could run in where memory is short; it may be the chosen one.
    """

    chosen: str = FULL
    lower: str | None = None


FULLY = Ways()
"""fp32, and nothing else."""


def may_end_in(ways: Ways) -> tuple[str, ...]:
    """What a stage may turn out to be made in, the chosen precision first."""
    return ends(ways.chosen, ways.lower)


def known(step: BlockRun, context: Context) -> Ways | None:
    """What ``choose`` gives, or None where it has to try."""
    if _lower(step, context) is None:
        return FULLY
    proof = context.proofs.find(_key(step, context))
    return None if proof is None else _ways(proof, context)


def choose(
    step: BlockRun, lead: Callable[[int | None], Signal], alone: bool, context: Context
) -> Ways:
    """As it is known, or by a trial.

    Args:
        lead: gives what the block hears, at a rate.
        alone: that is the voice, and no mixture goes with it.

    Raises:
        Cancelled: seen between the runs of a trial.
        ModelMissing, ModelCorrupt: the block's weights.
    """
    settled, lower = known(step, context), _lower(step, context)
    if settled is not None or lower is None:
        return settled or FULLY
    proof = _try_out(step, lower, lead(step.heard_at), alone, context)
    manners.give_back()  # once for these weights: nothing after it is of these sizes
    if proof is None:
        return FULLY
    context.proofs.keep(_key(step, context), proof)
    return _ways(proof, context)


def _ways(proof: Proof, context: Context) -> Ways:
    asked = context.precision
    return Ways(proof.chosen(asked), proof.precision if proof.holds(asked) else None)


def _lower(step: BlockRun, context: Context) -> str | None:
    """The lower precision that is wanted and may be had, if there is one."""
    if context.precision in (EXACT, FULL):
        return None
    return offered(step.block.precisions, context.device)


def _key(step: BlockRun, context: Context) -> str:
    block = step.block
    name = " ".join((block.name, *block.targets))
    return key(name, code(), context.networks.hashes(block), context.device)


def _try_out(
    step: BlockRun, lower: str, lead: Signal, alone: bool, context: Context
) -> Proof | None:
    """Run the loudest window of a pair of channels in fp32 and in the lower precision; None where
    nothing sounds, or where there is no memory for it."""
    block = step.block
    try:
        with context.networks.use(block, context.device) as network:
            windows = plan_windows(block, network, lead)
            loudest, pair, highest = windows[0], slice(0, 0), 0.0
            for window in windows:
                heard = lead.read(window.start, window.length)
                for group in groups(block, lead.channels):
                    if (own := peak(heard[group])) > highest:
                        loudest, pair, highest = window, group, own
            if highest < QUIET:
                return None
            level = level_of(block, lead)  # as it will hear it: another level is another error
            sound = cut(lead, [loudest], level, context.device, network.margin)[:, pair]

            def run(window: Tensor, precision: str) -> Tensor:
                context.check()
                params = for_rate(step, lead.rate, precision).params
                mix, voice = (None, window) if alone else (window, None)
                return block.run(network, mix, voice, params)

            return attempt(run, lower, sound, lead.rate, block.outputs)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    return None
