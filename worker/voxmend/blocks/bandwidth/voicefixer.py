"""Bandwidth extension with VoiceFixer (Liu et al., 2021), up to 22.05 kHz.

The network makes the whole voice anew; of that only the highs count, at the level that makes its
lows as loud as the voice's. With a mixture they are a prior, how loud and never what, see
``highs``; without one they are spliced in. The network hears one channel; each channel gets its
share by its own level below the edge. For stage B.

Always holds: highs are added and nothing else; where there is no edge, or no voice above it in the
mixture, the same voice bit for bit; same shape, zero lag, gain in = gain out. It runs at the clip's
own rate: what lies below the edge meets no resampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest

from ...dsp.above_edge import AboveEdge, above_edge
from ...dsp.curves import TINY, decibel, mean_over_time
from ...networks.voicefixer import network
from ...networks.voicefixer.analysis import RATE
from ...networks.voicefixer.network import VoiceFixer
from ..contract import Repair, RepairParams
from ..registry import register
from .even_level import even_gain
from .highs import SPARES, highs
from .other_rate import resampled
from .speechsr import CARRIERS, MIXTURE, in_one_channel

LEVEL_S = 0.35
"""Reach of the mean, each way, of the level below the edge: some two syllables in all."""

MOST_DB = 20.0
"""What its level may be off, each way: upstream's own pairs differ by up to 8 dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceFixerParams(RepairParams):
    """How the highs are made.

    Attributes:
        strength: 0 changes nothing, 1 adds them at the level that was found. 0..1.
        carrier: "mixture": the mixture's own highs, as loud as the network says and no louder;
            "own": the network's highs spliced in as they are.
    """

    carrier: str = MIXTURE

    def __post_init__(self) -> None:
        RepairParams.__post_init__(self)
        if self.carrier not in CARRIERS:
            raise BadRequest(f"carrier is {self.carrier!r}; give {' or '.join(CARRIERS)}.")


class Generator:
    """The loaded network, at whatever rate the clip has.

    Attributes:
        voicefixer: the network itself, at 44.1 kHz.
    """

    window = context = margin = 0
    step = 1  # the block's own, at the clip's own rate

    def __init__(self, voicefixer: VoiceFixer) -> None:
        self.voicefixer = voicefixer
        self.bytes = voicefixer.bytes

    @property
    def runs_on(self) -> str:
        """The device its weights are on."""
        return self.voicefixer.runs_on


@register
class VoiceFixerHighs(Repair):
    """``bandwidth.voicefixer``: VoiceFixer's highs above an edge."""

    name = "bandwidth.voicefixer"
    window_s = 24.0
    models = (network.MODEL,)
    params = VoiceFixerParams
    mends = ("bandwidth",)
    spares = SPARES

    def load(self, files: Sequence[Path], device: torch.device) -> Generator:
        """Load both halves.

        Raises:
            ModelCorrupt: a file is not what its name says.
        """
        return Generator(network.load(files, device))

    def repair(
        self, model: Generator, mix: Tensor | None, voice: Tensor, params: VoiceFixerParams
    ) -> Tensor:
        """The voice with highs above its edge. Shape: (batch, channels, samples), kept."""
        seen = above_edge(voice, mix if params.carrier == MIXTURE else None, params.rate)
        if seen.hopeless:
            return voice
        guess = guessed(model.voicefixer, seen, voice)
        return voice + params.strength * highs(seen, guess)


def guessed(model: VoiceFixer, seen: AboveEdge, voice: Tensor) -> Tensor:
    """The network's spectrum of the voice, at the voice's level. Shape: as ``seen.voice``."""
    middle, share = in_one_channel(voice, seen)
    even = even_gain(middle, seen.rate)
    made = torch.zeros_like(middle)
    for n, one in enumerate(middle):
        if bool(seen.edges[n].any()):
            said = model(resampled(one * even[n], seen.rate, RATE)[None])[0]
            back = resampled(said, RATE, seen.rate)[:, : seen.samples]
            made[n] = F.pad(back, (0, seen.samples - back.shape[1]))
    made = made / even
    spectrum, wanted = (seen.spectrum_of(sound) for sound in (made, middle))
    below = seen.frequency[:, None] < seen.edges[:, None]
    reach = round(LEVEL_S * seen.per_second)
    had, has = (
        mean_over_time((x[:, 0].abs().square() * below).sum(1), reach) for x in (spectrum, wanted)
    )
    db = decibel((has + TINY) / (had + TINY))
    gain = 10 ** (db.clamp(-MOST_DB, MOST_DB) / 20)
    return spectrum * gain[:, None, None] * share
