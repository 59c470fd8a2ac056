"""What one may do with weights, in one word: derived here from a row's ``grant``, and nowhere else.

``free``: commercial use too, for a notice or a credit. ``copyleft``: that too, but whoever passes
the weights on must give the same rights with them. ``ask``: nobody has said it in words. The last,
``non-commercial``: whoever published them allows science or private use alone.
A preset's word is the strictest of its models'. This is what publishers state, no legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from voxmend_protocol.errors import LicenceNotAccepted

from .model import Grant, Model

Use = Literal["free", "copyleft", "ask", "non-commercial"]
USES: tuple[Use, ...] = get_args(Use)
"""From the loosest to the strictest."""

NOT_STATED = "NOASSERTION"
"""SPDX's own word where nothing is stated."""

RESEARCH = "LicenseRef-research-only"
"""For a publisher who writes, in words of his own, that weights are for science."""

FREE = frozenset(
    {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "CC0-1.0", "CC-BY-4.0",
     "Unlicense"}
)  # fmt: skip
COPYLEFT = re.compile(r"(A|L)?GPL-[0-9.]+(-only|-or-later)?|MPL-2\.0|CC-BY-SA-[0-9.]+")
NON_COMMERCIAL = re.compile(r"CC-BY-NC(-SA|-ND)?-[0-9.]+")

MOST_NAMED = 6


def of_grant(grant: Grant | None) -> Use:
    """The word of what a publisher states. Of several licences that all apply, joined by ``AND``,
    the strictest counts; one that is not known here, and no statement at all, is ``ask``."""
    if grant is None:
        return "ask"
    return strictest(_of_licence(each) for each in grant.licence.split(" AND "))


def of(models: Iterable[Model]) -> Use:
    """The word of these models together, ``free`` where there are none."""
    return strictest(of_grant(model.grant) for model in models)


def strictest(words: Iterable[Use]) -> Use:
    """The strictest, ``free`` of none."""
    return max(words, key=USES.index, default="free")


def insist_free(models: Iterable[Model], instead: Sequence[str]) -> None:
    """Refuse models that are not free for commercial use.

    Args:
        instead: presets that need no others.

    Raises:
        LicenceNotAccepted: the sentence names each with its word and where that stands.
    """
    bound = [model for model in models if of_grant(model.grant) != "free"]
    if not bound:
        return
    named = "; ".join(_named(model) for model in bound[:MOST_NAMED])
    more = f"; and {len(bound) - MOST_NAMED} more" if len(bound) > MOST_NAMED else ""
    free = f"The presets {', '.join(instead)} are free. " if instead else ""
    raise LicenceNotAccepted(
        f"Nothing was fetched: not free for commercial use are {named}{more}. {free}See: voxmend "
        "models list --commercial"
    )


def _named(model: Model) -> str:
    proof = f", {model.grant.proof[0]}" if model.grant else ""
    return f"{model.id} ({of_grant(model.grant)}: {model.licence}{proof})"


def _of_licence(licence: str) -> Use:
    if licence in FREE:
        return "free"
    if COPYLEFT.fullmatch(licence):
        return "copyleft"
    if licence == RESEARCH or NON_COMMERCIAL.fullmatch(licence):
        return "non-commercial"
    return "ask"
