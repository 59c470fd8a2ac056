"""Bandwidth extension with SpeechSR, 16 to 48 kHz (Lee, Choi, Kim, Lee: HierSpeech++, 2023).

A small network guesses the highs of speech from the band below 8 kHz. On singing it is up to 13 dB
too hot, so with a mixture it is only a prior: how loud, never what, see ``highs``; and alone it
is made no louder than the mirror, which follows the voice's own envelope. Where the edge lies below
8 kHz the mirror fills what the network was trained to be given. The network hears one channel; each
channel gets its share by its own level below the edge. For stage B.

Always holds: highs are added and nothing else, up to 24 kHz or half the rate; where there is no
edge, or no voice above it in the mixture, the same voice bit for bit; same shape, zero lag, gain in
= gain out. It runs at the clip's own rate: what lies below the edge meets no resampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import BadRequest, ModelCorrupt

from ...dsp.above_edge import WINDOW_S, AboveEdge, above_edge
from ...dsp.curves import TINY, mean_over_time
from ...dsp.polarity import signs
from ...dsp.stft import istft, stft
from ...networks.onnx import Session
from ..contract import Repair, RepairParams
from ..registry import register
from .even_level import even_gain
from .highs import SPARES, highs, restrained
from .mirror import mirrored
from .other_rate import resampled

HEARS, SAYS = 16_000, 48_000
"""Rates of what the network takes and gives."""

SILENCE = 160
"""Samples at 16 kHz put around what it hears, of which it hears 26: at the ends it clicks."""

FULL_HZ = 7800.0
"""Up to here the network's own input says how loud it is."""

IMAGE_S = 0.1
"""Reach of the mean, each way, of each channel's share."""

MIXTURE, OWN = "mixture", "own"
CARRIERS = (MIXTURE, OWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSrParams(RepairParams):
    """How the highs are made.

    Attributes:
        strength: 0 changes nothing, 1 adds them at the level that was found. 0..1.
        carrier: "mixture": the mixture's own highs, as loud as the network says and no louder, or
            without one the network's at the level of the voice's envelope; "own": the network's
            highs spliced in as they are, as the classic chain does.
    """

    carrier: str = MIXTURE

    def __post_init__(self) -> None:
        RepairParams.__post_init__(self)
        if self.carrier not in CARRIERS:
            raise BadRequest(f"carrier is {self.carrier!r}; give {' or '.join(CARRIERS)}.")


class SpeechSr:
    """The loaded network.

    Attributes:
        runs_on: onnxruntime's name for what computes.
        bytes: what its weights take.
    """

    window = context = margin = 0
    step = 1  # the block's own, at the clip's own rate

    def __init__(self, file: Path, device: torch.device) -> None:
        """Open the network.

        Raises:
            ModelCorrupt: it does not take and give one channel of sound.
        """
        self._session = Session(file, device)
        ends = [*self._session.inputs.items(), *self._session.outputs.items()]
        sound = (1, 1, None)
        if [shape for _, shape in ends] != [sound, sound]:
            raise ModelCorrupt(
                f"{file.name} takes no sound, so it is no SpeechSR. Check what is there: voxmend "
                "models verify"
            )
        (self._input, _), (self._output, _) = ends
        self.runs_on = self._session.runs_on
        self.bytes = self._session.bytes
        # To silence it answers with a constant, which would be a click where a clip ends.
        self._hum = self._answer(torch.zeros(100)).median()

    def __call__(self, sound: Tensor) -> Tensor:
        """Three times as many samples. Shape: (samples,) at 16 kHz to (3 · samples,) at 48 kHz."""
        return self._answer(sound) - self._hum

    def _answer(self, sound: Tensor) -> Tensor:
        padded = F.pad(sound, (SILENCE, SILENCE))[None, None]
        said = self._session(**{self._input: padded})[self._output][0, 0]
        more = SILENCE * SAYS // HEARS
        return said[more : len(said) - more]


@register
class SpeechSrBlock(Repair):
    """``bandwidth.speechsr``: SpeechSR's highs above an edge."""

    name = "bandwidth.speechsr"
    models = ("speechsr48k",)
    params = SpeechSrParams
    mends = ("bandwidth",)
    spares = SPARES

    def load(self, files: Sequence[Path], device: torch.device) -> SpeechSr:
        """Open the one .onnx file there is.

        Raises:
            ModelCorrupt: it is not what its name says.
        """
        return SpeechSr(next(file for file in files if file.suffix == ".onnx"), device)

    def repair(
        self, model: SpeechSr, mix: Tensor | None, voice: Tensor, params: SpeechSrParams
    ) -> Tensor:
        """The voice with highs above its edge. Shape: (batch, channels, samples), kept."""
        seen = above_edge(voice, mix if params.carrier == MIXTURE else None, params.rate)
        if seen.hopeless:
            return voice
        prior = mirrored(seen.voice, seen.frequency, seen.edges)
        guess = guessed(model, seen, prior)
        if seen.mix is None and params.carrier == MIXTURE:
            guess = restrained(guess, prior, seen)
        return voice + params.strength * highs(seen, guess)


def guessed(model: SpeechSr, seen: AboveEdge, prior: Tensor) -> Tensor:
    """The network's spectrum of the voice, at the voice's level; the prior's up to where it begins.
    Shape: as ``seen.voice``, and of the prior."""
    filled = seen.voice + prior * (seen.frequency < FULL_HZ)[:, None]
    sound = istft(filled, seen.samples)
    middle, share = in_one_channel(sound, seen)
    even = even_gain(middle, seen.rate)
    made = torch.zeros_like(middle)
    for n, one in enumerate(middle):
        if bool(seen.edges[n].any()) and bool(one.any()):
            said = model(resampled(one * even[n], seen.rate, HEARS)[0])
            back = resampled(said[None], SAYS, seen.rate)[:, : seen.samples]
            made[n] = F.pad(back, (0, seen.samples - back.shape[1]))
    spectrum = _spectrum(made / even, seen.rate) * share
    return torch.where((seen.frequency < FULL_HZ)[:, None], filled, spectrum)


def in_one_channel(sound: Tensor, seen: AboveEdge) -> tuple[Tensor, Tensor]:
    """What a network of one channel hears, and each channel's part in it.

    The mean of all channels, inverted ones turned round; a channel's part is its level against that
    of the mean, its sign with it.

    Args:
        sound: Shape: (batch, channels, samples).

    Returns:
        Shapes: (batch, 1, samples) and (batch, channels, 1, STFT frames).
    """
    sign = signs(sound, below=0.0)
    middle = (sign * sound).mean(1, keepdim=True)
    reach = round(IMAGE_S * seen.per_second)
    level, whole = (
        mean_over_time(_spectrum(each, seen.rate).abs().square().sum(2, keepdim=True), reach)
        for each in (sound, middle)
    )
    return middle, sign[..., None] * (level / whole.clamp_min(TINY)).sqrt().clamp_max(4)


def _spectrum(sound: Tensor, rate: int) -> Tensor:
    """On the frames of ``AboveEdge``, at its own level."""
    spectrum, level = stft(sound, rate, WINDOW_S)
    return spectrum * level[..., None]
