"""What a measurement runs: a preset of ours, and the commands a user types for the same work.

``split`` is separation alone. ``chain`` is all of the classic chain, literally: two separators, one
denoiser over the whole voice, one vocoder over the whole voice, nothing guarded; so both sides do
the same work, and only the way differs.
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
        text: the preset's own text, where it is none of those that come with voxmend.
        commands: upstream's, in the order a user runs them.
        packages: what they need.
    """

    preset: str
    text: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def repairs(self) -> bool:
        """Whether it goes on after separation."""
        return "voicefixer" in self.commands


SPLIT = Chain("split", "", SEPARATORS, ("demucs", "audio_separator", "onnxruntime", "onnx"))

WHOLE = Chain(
    "chain",
    """title = "Chain"
description = "For measuring: two separators, DeepFilterNet, VoiceFixer, unguarded."
guarded = false

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

[[block]]
name = "denoise.deepfilternet"
strength = 1.0
wet = true

[[block]]
name = "phase.voicefixer"
strength = 1.0
full = true
""",
    (*SEPARATORS, *REPAIRS),
    (*SPLIT.packages, "libdf", "voicefixer", "librosa", "matplotlib"),
)

CHAINS: Mapping[str, Chain] = {"split": SPLIT, "chain": WHOLE}
