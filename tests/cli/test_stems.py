"""``--stems`` and ``--mended-instrumental``: what is asked for."""

from __future__ import annotations

import pytest

from voxmend.cli.stems import parse_stems

OWN = ("vocals", "drums")
"""What a preset may say that it writes."""


@pytest.mark.parametrize(
    ("typed", "mended", "usual", "asked"),
    [
        (None, False, OWN, None),
        (None, True, (), ("vocals", "vocals_raw", "instrumental", "instrumental_mended")),
        (None, True, OWN, (*OWN, "instrumental_mended")),
        (None, True, (*OWN, "instrumental_mended"), None),
        ("bass", True, OWN, ("bass", "instrumental_mended")),
    ],
)
def test_the_mended_instrumental_comes_beside_what_the_preset_writes(
    typed: str | None, mended: bool, usual: tuple[str, ...], asked: tuple[str, ...] | None
) -> None:
    assert parse_stems(typed, mended, usual) == asked
