"""What a measurement runs: a preset of ours, and the commands a user types for the same work.

``split`` is separation alone. ``classic`` is the literal chain: two separators, one denoiser over
the whole voice, one vocoder over the whole voice, nothing guarded; so both sides do the same work,
and only the way differs.
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


SPLIT = Chain("split", SEPARATORS, ("demucs", "audio_separator", "onnxruntime", "onnx"))

CLASSIC = Chain(
    "classic",
    (*SEPARATORS, *REPAIRS),
    (*SPLIT.packages, "voicefixer", "librosa", "matplotlib"),
)

CHAINS: Mapping[str, Chain] = {chain.preset: chain for chain in (SPLIT, CLASSIC)}
