"""Denoising with DeepFilterNet3 as a gain, never as a replacement (DESIGN 4.4).

The network hears one mono sum of all channels, evened out by a slow gain that is undone afterwards
(here and not by the runner: the cues of a voice want the sound as it is). What it would leave of
each cell is a gain; ``cautious_gain`` lets through only as much of it as a second witness confirms;
the voice keeps its phase and its stereo image. ``wet`` takes the network's own answer in place of
the voice, for the literal chain.

Always holds: same shape, zero lag, one gain for all channels, only the change passes through the
STFT; the sound's first sample is the first that the network hears, so a clip's start does not
depend on the silence around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dsp.curves import TINY
from ...dsp.polarity import signs
from ...dsp.stft import hertz
from ..contract import LOSS, Repair, RepairParams
from ..registry import register
from .cautious_gain import Scene, cautious_gain
from .deepfilternet_features import HOP, RATE, analysed, sounding
from .deepfilternet_network import CONTEXT, WINDOW, DeepFilterNet, evening
from .deepfilternet_voicing import activity, heard_cues

SIZE = 4 * HOP
"""Window of the gain, 40 ms."""

INAUDIBLE = 1e-6
"""Energy of a change against the voice's, −60 dB, up to which it is not made: over dry recordings
in their mixtures what is left of the doubt lies at −80 dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepFilterNetParams(RepairParams):
    """How much of the network's answer to take.

    Attributes:
        strength: 0 changes nothing. 0..1.
        wet: take the answer itself in place of the voice, as the network gives it.
    """

    wet: bool = False


@register
class DeepFilter(Repair):
    """``denoise.deepfilternet``: DeepFilterNet3."""

    name = "denoise.deepfilternet"
    rate = RATE
    window_s = WINDOW / RATE
    context_s = CONTEXT / RATE
    models = ("deepfilternet3",)
    params = DeepFilterNetParams
    mends = ("musical", "bleed", LOSS)

    def load(self, files: Sequence[Path], device: torch.device) -> DeepFilterNet:
        """Open the network.

        Raises:
            ModelCorrupt: a part is missing or not what its name says.
        """
        return DeepFilterNet(files, device)

    def repair(
        self, model: DeepFilterNet, mix: Tensor | None, voice: Tensor, params: DeepFilterNetParams
    ) -> Tensor:
        """The voice without what the network takes for noise. Shape: (batch, channels, samples),
        kept."""
        out = voice.clone()
        for n, sound in enumerate(voice):
            first, end = sounding_span(sound, model.margin)
            if first < end:
                heard = None if mix is None else mix[n, :, first:end]
                change = _change(model, sound[:, first:end], heard, params.wet)
                out[n, :, first:end] += params.strength * change
        return out


def _change(model: DeepFilterNet, voice: Tensor, mix: Tensor | None, wet: bool) -> Tensor:
    """What is added to a stretch of voice. Shape: (channels, samples), kept."""
    samples = voice.shape[1]
    pad = (0, -samples % HOP)
    plain = F.pad(voice, pad)
    level = evening(voice, plain.shape[1])
    even = plain * level
    mono = analysed((signs(even[None])[0] * even).mean(0, keepdim=True))[0]
    heard = model(mono)
    enhanced = heard.applied(mono)
    cues = heard_cues(plain, RATE, len(mono))
    sings = activity(mono, enhanced, cues)
    if wet:
        change = sounding(heard.applied(analysed(even))) - even
    else:
        spectrum = stft(even)
        rest = None if mix is None else stft(F.pad(mix, pad) * level) - spectrum
        frames = spectrum.shape[-1]
        scene = Scene(
            voice=spectrum,
            rest=rest,
            frequency=hertz(spectrum.shape[-2], RATE, voice.device),
            network=between(mono, enhanced)[:, :frames],
            sings=sings[:frames],
            cues=cues[:frames],
            level=F.pad(level, (0, 1), value=float(level[-1]))[::HOP],
            lsnr=heard.lsnr[:frames],
            rate=RATE,
        )
        change = istft((cautious_gain(scene) - 1) * spectrum, even.shape[1])
    change = (change / level)[:, :samples]
    if float(change.square().sum()) <= INAUDIBLE * float(voice.square().sum()):
        change = torch.zeros_like(change)
    return change


def between(mono: Tensor, enhanced: Tensor) -> Tensor:
    """The network's gain on bins half as wide as its own. Shape: (frames, bins) to (2·bins − 1,
    frames)."""
    gain = (enhanced.abs() / mono.abs().clamp_min(TINY)).clamp(max=1).mT
    halves = (gain[:-1] + gain[1:]) / 2
    return torch.cat([torch.stack([gain[:-1], halves], dim=1).flatten(0, 1), gain[-1:]])


def stft(sound: Tensor) -> Tensor:
    """Spectrum on the network's frames, with bins half as wide: the partials of a low voice lie
    apart. Shape: (channels, samples) to (channels, bins, frames)."""
    window = torch.hann_window(SIZE, device=sound.device)
    return torch.stft(sound, SIZE, HOP, window=window, pad_mode="constant", return_complex=True)


def istft(spectrum: Tensor, samples: int) -> Tensor:
    """Back from ``stft``. Shape: (channels, samples)."""
    window = torch.hann_window(SIZE, device=spectrum.device)
    sound: Tensor = torch.istft(spectrum, SIZE, HOP, window=window, length=samples)
    return sound


def sounding_span(sound: Tensor, margin: int) -> tuple[int, int]:
    """First sample and end of a window without the silence at its ends, of which no more is left
    out than the runner may have put there. Shape: (channels, samples)."""
    (places,) = sound.abs().amax(0).nonzero(as_tuple=True)
    if len(places) == 0:
        return 0, 0
    first = min(int(places[0]), margin) // HOP * HOP  # all on one grid of frames
    return first, max(int(places[-1]) + 1, sound.shape[1] - margin)
