"""Licences are shown and accepted once, before the first byte is fetched: here for every client.

What was accepted stands beside the weights, word for word: a licence that reads otherwise later is
asked about again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from voxmend_protocol.errors import LicenceNotAccepted

from ..disk import own_error
from . import receipt
from .model import Model

MOST_NAMED = 6
"""Licences that one sentence repeats, and models that its command names: a message is cut off
at 2,000 characters, and the command stands at its end."""
MOST_WORDS = 240
"""Characters of a licence that it repeats; ``models`` and ``voxmend models pull`` show more."""


def words(model: Model) -> str:
    """Licence and terms, as they are shown and remembered."""
    return f"{model.licence}. {model.terms}"


def not_accepted(root: Path, models: Iterable[Model]) -> list[Model]:
    """The models whose licence was never accepted as it reads now."""
    by_id = {model.id: model for model in models}
    known = receipt.accepted(root, {name: words(model) for name, model in by_id.items()})
    return [model for name, model in by_id.items() if name not in known]


def accept(root: Path, models: Iterable[Model]) -> None:
    """Remember that these licences were accepted.

    Raises:
        DiskFull, EnvironmentProblem: it cannot be written down.
    """
    try:
        receipt.accept(root, {model.id: words(model) for model in models})
    except OSError as error:
        raise own_error(root, error) from None


def refusal(models: Sequence[Model]) -> LicenceNotAccepted:
    """The error for models whose licence nobody has accepted, with each licence in words."""
    named = models[:MOST_NAMED]
    shown = " ".join(f"{model.id}: {_cut(words(model))}" for model in named)
    more = f" And {len(models) - MOST_NAMED} more." if len(models) > MOST_NAMED else ""
    names = " ".join(model.id for model in named)
    return LicenceNotAccepted(
        f"These licences must be accepted first. {shown}{more} If you do: "
        f"voxmend models pull {names} --accept-licence"
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 1] + "…"
