"""The four kinds of damage by name, in the order of every vector of four, and as people say it.

No torch here: the command line, the report and REAPER's side name damage without measuring it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

NAMES = ("phase", "bandwidth", "musical", "bleed")

WORDS: Mapping[str, str] = {
    "phase": "metallic",
    "bandwidth": "muffled",
    "musical": "chirping",
    "bleed": "bleed",
}
"""As a musician says it."""

Why = Literal["no_mixture", "no_voice", "no_pause", "hidden"]
"""Why a stretch says nothing of a damage."""

LEFT = ("unchanged", "no_damage", "no_gap", "no_mixture")
"""Reasons of a decision by which a voice stays as it is without anything having been refused."""
