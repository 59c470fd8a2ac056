"""DeepFilterNet3 (Schröter, Rosenkranz, Escalante-B., Maier, Interspeech 2023): what it hears in a
sound, from upstream's official ONNX export.

``deepfilternet_features`` makes the spectrum and the features; onnxruntime runs the encoder and
both decoders over the whole stretch at once, because their recurrent state starts where the
stretch starts. Fed frame by frame, the same files lose it. Called by ``denoise.deepfilternet``,
which decides what is done with the answer.

Always holds: 48 kHz, frames of 10 ms, frame n centred on sample 480·n, so no lag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend_protocol.errors import ModelCorrupt

from ...audio.slow_gain import SlowGain
from ...networks.onnx import Session
from .deepfilternet_features import BANDS, FILTERED, HOP, RATE, WIDTHS, features

ORDER, AHEAD = 5, 2
"""Of the second stage: low bins get a filter over five frames, two of them ahead."""

LOOKAHEAD = 2
"""Frames by which the features run ahead of the answer."""

MARGIN = 6 * RATE
"""Samples heard before and after what is kept. Against one run over two singers in hiss the worst
three seconds lie at 26 dB with 4 s, at 40 dB with 6 s, at 38 dB with 8 s."""

WINDOW = 20 * RATE + 2 * MARGIN
"""A pass takes some 19 MB per second: 0.6 GB."""

CONTEXT = RATE // 2
"""Samples at each side that are cross-faded."""

TAKES: dict[str, dict[str, int]] = {
    "enc.onnx": {"feat_erb": BANDS, "feat_spec": FILTERED},
    "erb_dec.onnx": {"emb": 512},
    "df_dec.onnx": {"emb": 512, "c0": FILTERED},
}
"""Each file, and the last axis of what it is given."""

GIVES: dict[str, dict[str, int | None]] = {
    "enc.onnx": {"emb": None, "c0": FILTERED, "lsnr": 1},
    "erb_dec.onnx": {"m": BANDS},
    "df_dec.onnx": {"coefs": 2 * ORDER},
}
"""Each file, and the last axis of what is wanted of it; None where the file does not say."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the network says of one mono sound.

    Attributes:
        gain: of each bin, 0..1: the first stage. Shape: (frames, bins).
        taps: of each low bin, complex: the second stage. Shape: (frames, FILTERED, ORDER).
        lsnr: local signal-to-noise ratio that it believes in, −15..35 dB. Shape: (frames,).
    """

    gain: Tensor
    taps: Tensor
    lsnr: Tensor

    def applied(self, spectrum: Tensor) -> Tensor:
        """The enhanced spectrum of the sound itself, or of another channel in the same way.

        Shape: (..., frames, bins), kept.
        """
        out = spectrum * self.gain
        frames = spectrum.shape[-2]
        low = spectrum[..., :FILTERED]
        edge = low.new_zeros(*low.shape[:-2], ORDER - 1, FILTERED)
        padded = torch.cat([edge[..., : ORDER - 1 - AHEAD, :], low, edge[..., :AHEAD, :]], dim=-2)
        out[..., :FILTERED] = sum(
            (padded[..., tap : tap + frames, :] * self.taps[..., tap] for tap in range(ORDER)),
            torch.zeros_like(low),
        )
        return out


class DeepFilterNet:
    """The loaded network.

    Attributes:
        step: samples between two frames: on another grid of frames the answer is another, 32 dB
            away.
        runs_on: onnxruntime's name for what computes.
        bytes: what its weights take.
    """

    window, context, margin, step = WINDOW, CONTEXT, MARGIN, HOP

    def __init__(self, files: Sequence[Path], device: torch.device) -> None:
        """Open the three networks.

        Args:
            files: among them enc.onnx, erb_dec.onnx and df_dec.onnx.

        Raises:
            ModelCorrupt: one of them is missing, or takes or gives something else.
        """
        by_name = {file.name: file for file in files}
        self._encoder, self._gains, self._filters = (_open(by_name, name, device) for name in TAKES)
        self.runs_on = self._encoder.runs_on
        self.bytes = sum(s.bytes for s in (self._encoder, self._gains, self._filters))

    def __call__(self, spectrum: Tensor) -> Heard:
        """Listen to a stretch of sound from its very start.

        Args:
            spectrum: of one channel, from ``analysed``. Shape: (frames, bins).
        """
        erb, low = (ahead(feature) for feature in features(spectrum))
        parts = torch.view_as_real(low).movedim(-1, 0)
        seen = self._encoder(feat_erb=erb[None, None], feat_spec=parts[None])
        gain = self._gains(**{name: seen[name] for name in self._gains.inputs})["m"]
        taps = self._filters(**{name: seen[name] for name in self._filters.inputs})["coefs"]
        bands = gain.reshape(-1, BANDS, 1).unbind(1)
        return Heard(
            torch.cat([one.expand(-1, n) for one, n in zip(bands, WIDTHS, strict=True)], dim=-1),
            torch.view_as_complex(taps.reshape(-1, FILTERED, ORDER, 2).contiguous()),
            seen["lsnr"].reshape(-1),
        )


def evening(sound: Tensor, samples: int) -> Tensor:
    """The slow gain that brings a stretch to the level the network was trained at, over so many
    samples, which may be more than it has. Only the energy of each hop leaves the device.

    Shape: (channels, any) to (samples,).
    """
    square = F.pad(sound.square().sum(0), (0, -sound.shape[1] % HOP))
    energy = square.view(-1, HOP).sum(-1).cpu().double().numpy()
    level = SlowGain.of_energies(energy, sound.shape, RATE)
    return torch.from_numpy(level.gain(0, samples)).to(sound.device)


def ahead(feature: Tensor) -> Tensor:
    """Each frame sees what comes ``LOOKAHEAD`` frames later; zeros at the end. Shape: kept."""
    return torch.cat([feature[LOOKAHEAD:], torch.zeros_like(feature[:LOOKAHEAD])])


def _open(files: dict[str, Path], name: str, device: torch.device) -> Session:
    """One of the three networks, seen to be what its name says."""
    if name in files:
        session = Session(files[name], device)
        taken = {end: shape[-1] for end, shape in session.inputs.items() if shape}
        given = {end: shape[-1] for end, shape in session.outputs.items() if shape}
        if TAKES[name].items() <= taken.items() and GIVES[name].items() <= given.items():
            return session
    raise ModelCorrupt(
        f"{name} is missing, or no part of DeepFilterNet3. Check what is there: voxmend models "
        "verify"
    )
