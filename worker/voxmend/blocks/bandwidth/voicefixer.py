"""Bandwidth extension with VoiceFixer (Liu et al., 2021), up to 22.05 kHz.

The network makes the whole voice anew; of that only the highs count, at the level that makes its
lows as loud as the voice's. With a mixture they are a prior, how loud and never what, see
``carrying``; without one they are spliced in. The network hears one channel; each channel gets its
share by its own level below the edge. For stage B.

Always holds: highs are added and nothing else; where there is no edge, or no voice above it in the
mixture, the same voice bit for bit; same shape, zero lag, gain in = gain out. It runs at the clip's
own rate: what lies below the edge meets no resampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ..contract import Params, Proposal
from ..registry import register
from ..stft import TINY
from ..voicefixer import network
from ..voicefixer.analysis import RATE
from ..voicefixer.network import VoiceFixer
from .carrying import Heard, at_level, hear, highs
from .even_level import even_gain
from .other_rate import resampled
from .speechsr import CARRIERS, MIXTURE, upright
from .voice_above import mean_over_time

LEVEL_S = 0.35
"""Reach of the mean, each way, of the level below the edge: some two syllables in all."""

MOST_DB = 20.0
"""What its level may be off, each way: upstream's own pairs differ by up to 8 dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceFixerParams(Params):
    """How the highs are made.

    Attributes:
        strength: 0 changes nothing, 1 adds them at the level that was found. 0..1.
        carrier: "mixture": the mixture's own highs, as loud as the network says and no louder;
            "own": the network's highs spliced in as they are.
    """

    strength: float = 1.0
    carrier: str = MIXTURE

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadRequest(
                f"bandwidth.voicefixer: strength is {self.strength:g}; give a number from 0 to 1."
            )
        if self.carrier not in CARRIERS:
            raise BadRequest(
                f"bandwidth.voicefixer: carrier is {self.carrier!r}; give {' or '.join(CARRIERS)}."
            )


class Generator:
    """The loaded network, at whatever rate the clip has.

    Attributes:
        voicefixer: the network itself, at 44.1 kHz.
    """

    window = context = margin = 0  # the block's own, at the clip's own rate

    def __init__(self, voicefixer: VoiceFixer) -> None:
        self.voicefixer = voicefixer
        self.bytes = voicefixer.bytes

    @property
    def runs_on(self) -> str:
        """The device its weights are on."""
        return self.voicefixer.runs_on


@register
class VoiceFixerHighs:
    """``bandwidth.voicefixer``: VoiceFixer's highs above an edge."""

    name: ClassVar[str] = "bandwidth.voicefixer"
    version: ClassVar[int] = 1
    rate: ClassVar[int | None] = None
    window_s: ClassVar[float | None] = 24.0
    context_s: ClassVar[float] = 2.0
    channels: ClassVar[int | None] = None
    models: ClassVar[tuple[str, ...]] = (network.MODEL,)
    params: ClassVar[type[Params]] = VoiceFixerParams

    def load(self, files: Sequence[Path], device: torch.device) -> Generator:
        """Load both halves.

        Raises:
            ModelCorrupt: a file is not what its name says.
        """
        return Generator(network.load(files, device))

    def run(
        self, model: Generator, mix: Tensor | None, voice: Tensor | None, params: VoiceFixerParams
    ) -> Proposal:
        """Propose the voice with highs above its edge.

        Args:
            mix: float32, or None. Shape: (batch, channels, samples).
            voice: float32, same shape.
            params: ``strength``, ``carrier`` and ``rate``.
        """
        if voice is None:
            raise ValueError("a repair needs a voice")
        heard = hear(voice, mix if params.carrier == MIXTURE else None, params.rate)
        evidence = {"cutoff": heard.cutoff}
        if params.strength == 0 or heard.hopeless:
            return Proposal(voice, evidence)
        guess = guessed(model.voicefixer, heard, voice)
        return Proposal(voice + params.strength * highs(heard, guess), evidence)


def guessed(model: VoiceFixer, heard: Heard, voice: Tensor) -> Tensor:
    """The network's spectrum of the voice, at the voice's level. Shape: as ``heard.voice``."""
    middle, share = upright(voice, heard)
    even = even_gain(middle, heard.rate)
    made = torch.zeros_like(middle)
    for n, one in enumerate(middle):
        if bool(heard.edges[n].any()):
            said = model(resampled(one * even[n], heard.rate, RATE)[None])[0]
            back = resampled(said, RATE, heard.rate)[:, : heard.samples]
            made[n] = F.pad(back, (0, heard.samples - back.shape[1]))
    made = made / even
    told, wanted = (at_level(sound, heard.level, heard.rate) for sound in (made, middle))
    below = heard.frequency[:, None] < heard.edges[:, None]
    reach = round(LEVEL_S * heard.per_second)
    had, has = (
        mean_over_time((x[:, 0].abs().square() * below).sum(1), reach) for x in (told, wanted)
    )
    db = 10 * torch.log10((has + TINY) / (had + TINY))
    gain = 10 ** (db.clamp(-MOST_DB, MOST_DB) / 20)
    return told * gain[:, None, None] * share
