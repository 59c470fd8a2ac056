"""What a measurement runs: a preset of ours, and the commands a user types for the same work.

``separation`` is separation alone, by a preset that a measurement brings along. ``classic`` is the
literal chain: two separators, one denoiser over the whole voice, one vocoder over the whole voice,
nothing guarded; so both sides do the same work, and only the way differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SEPARATORS = ("demucs", "audio-separator")
REPAIRS = ("deepfilternet", "voicefixer")


@dataclass(frozen=True, slots=True)
class Chain:
    """One thing to measure.

    Attributes:
        preset: ours.
        commands: upstream's, in the order a user runs them.
        packages: what they need.
    """

    preset: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def repairs(self) -> bool:
        """Whether it goes on after separation."""
        return "voicefixer" in self.commands


SEPARATION = Chain("separation", SEPARATORS, ("demucs", "audio_separator", "onnxruntime", "onnx"))

SEPARATION_PRESET = """\
title = "Separation"
description = "The separators of classic, and no more: for measurements."

[[block]]
name = "separate.ensemble"
rule = "average"
weights = ""
bound = 2.0

[[block.member]]
name = "separate.htdemucs"

[[block.member]]
name = "separate.mdx"
polarity = false
"""
"""What ``SEPARATION`` runs, in the form of a preset of the user's."""

CLASSIC = Chain(
    "classic",
    (*SEPARATORS, *REPAIRS),
    (*SEPARATION.packages, "voicefixer", "librosa", "matplotlib"),
)

CHAINS: Mapping[str, Chain] = {chain.preset: chain for chain in (SEPARATION, CLASSIC)}
