"""``--stems``: which stems are written, and what a command says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from voxmend_protocol.errors import BadRequest
from voxmend_protocol.values import DEFAULT_STEMS, check_stems

from ..targets import BAND_MENDED

Stems = Annotated[
    str | None,
    typer.Option(
        "--stems",
        help="What to write, for example vocals,drums; default: what the preset says (voxmend "
        "presets show NAME).",
        metavar="NAMES",
        show_default=False,
    ),
]


def parse_stems(
    text: str | None, mended_instrumental: bool = False, usual: Sequence[str] = ()
) -> tuple[str, ...] | None:
    """The stems that were typed, with commas or spaces between them; None: what the preset says.

    Args:
        mended_instrumental: the mix less the mended voice is wanted too.
        usual: what the preset says; empty: voice and band.

    Raises:
        BadRequest: one of them is no name, or one is there twice.
    """
    names = None if text is None else tuple(text.lower().replace(",", " ").split())
    if names == ():
        raise BadRequest("--stems is empty. Name what to write, such as vocals,instrumental.")
    if mended_instrumental and BAND_MENDED not in (names or usual):
        names = (*(names or usual or DEFAULT_STEMS), BAND_MENDED)
    if names is not None:
        try:
            check_stems(names)
        except BadRequest as wrong:
            raise BadRequest(f"--{wrong.message}") from None
    return names
