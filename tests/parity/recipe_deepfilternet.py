"""DeepFilterNet3 over a whole sound in numpy and onnxruntime alone, written from the published
constants: no library of upstream's and nothing of ours. For test_deepfilternet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

Array = npt.NDArray[Any]

HOP, SIZE = 480, 960
WIDTHS = [2] * 13 + [5, 5, 7, 7, 8, 10, 12, 13, 15, 18, 20, 24, 28, 31, 37, 42, 50, 56, 67]
WINDOW = np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(SIZE) + 0.5) / SIZE) ** 2)


def enhanced(folder: Path, sound: Array) -> Array:
    """The enhanced sound. Shape: (samples,), 48 kHz, kept."""
    frames = -(-len(sound) // HOP) + 2
    padded = np.zeros((frames + 1) * HOP)
    padded[HOP : HOP + len(sound)] = sound
    cuts = np.stack([padded[HOP * t : HOP * t + SIZE] for t in range(frames)])
    spectrum = np.fft.rfft(WINDOW * cuts) / SIZE
    erb, low = _features(spectrum)
    gain, taps = _network(folder, erb, low)
    out = spectrum * np.repeat(gain, WIDTHS, axis=1)
    late = np.pad(spectrum[:, :96], ((2, 2), (0, 0)))
    out[:, :96] = sum(late[k : k + frames] * taps[:, :, k] for k in range(5))
    made = np.zeros((frames + 1) * HOP)
    for t in range(frames):
        made[HOP * t : HOP * t + SIZE] += SIZE * np.fft.irfft(out[t]) * WINDOW
    return made[HOP : HOP + len(sound)]


def _features(spectrum: Array) -> tuple[Array, Array]:
    ends = np.cumsum(WIDTHS)
    power = np.abs(spectrum) ** 2
    bands = [power[:, end - width : end].mean(1) for end, width in zip(ends, WIDTHS, strict=True)]
    erb = 10 * np.log10(np.stack(bands, axis=1) + 1e-10)
    low = spectrum[:, :96].copy()
    mean, size = np.linspace(-60, -90, 32), np.linspace(1e-3, 1e-4, 96)
    for t in range(len(spectrum)):
        mean = 0.01 * erb[t] + 0.99 * mean
        size = 0.01 * np.abs(low[t]) + 0.99 * size
        erb[t] = (erb[t] - mean) / 40
        low[t] = low[t] / np.sqrt(size)
    return _early(erb), _early(low)


def _early(feature: Array) -> Array:
    return np.concatenate([feature[2:], np.zeros_like(feature[:2])])


def _network(folder: Path, erb: Array, low: Array) -> tuple[Array, Array]:
    seen = _run(
        folder / "enc.onnx",
        {
            "feat_erb": erb[None, None].astype(np.float32),
            "feat_spec": np.stack([low.real, low.imag])[None].astype(np.float32),
        },
    )
    gain = _run(folder / "erb_dec.onnx", seen)["m"][0, 0]
    taps = _run(folder / "df_dec.onnx", seen)["coefs"].reshape(-1, 96, 5, 2)
    return gain, taps[..., 0] + 1j * taps[..., 1]


def _run(file: Path, known: dict[str, Array]) -> dict[str, Array]:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    wanted = {end.name: known[end.name] for end in session.get_inputs()}
    names = [end.name for end in session.get_outputs()]
    return dict(zip(names, session.run(names, wanted), strict=True))
