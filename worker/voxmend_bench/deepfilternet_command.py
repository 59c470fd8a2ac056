"""DeepFilterNet3 as a command of its own: its official ONNX files in a fresh process, over a whole
file, as its own ``deepFilter`` does it.

That command cannot be installed beside the others: its package wants an older numpy and a part of
torchaudio that is gone, and its library has no wheels after Python 3.11. The same analysis, the
same network and the same synthesis run here, without torch: so this starts faster than the real
one would.

Arguments: the folder of the network's files, a sound, the file to write.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

RATE, FFT, HOP, BANDS, LOW, ORDER = 48_000, 960, 480, 32, 96, 5
DECAY = 0.99
AHEAD = 2
"""Frames the network's features and its filters look ahead."""

WIDTHS = [2] * 13 + [5, 5, 7, 7, 8, 10, 12, 13, 15, 18, 20, 24, 28, 31, 37, 42, 50, 56, 67]
"""Bins in each ERB band."""

WINDOW = np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(FFT) + 0.5) / FFT) ** 2).astype(np.float32)

Array = npt.NDArray[Any]


def enhanced(folder: Path, sound: Array) -> Array:
    """The enhanced sound, each channel on its own. Shape: (channels, samples) at 48 kHz, kept."""
    samples = sound.shape[1]
    padded = np.pad(sound, ((0, 0), (HOP, FFT + -samples % HOP))).astype(np.float32)
    cuts = np.lib.stride_tricks.sliding_window_view(padded, FFT, axis=1)[:, ::HOP]
    spectrum = np.fft.rfft(cuts * WINDOW, norm="forward").astype(np.complex64)
    networks = [_open(folder / f"{name}.onnx") for name in ("enc", "erb_dec", "df_dec")]
    out = np.empty_like(spectrum)
    for n, one in enumerate(spectrum):
        out[n] = _applied(one, *_heard(networks, *(_early(seen) for seen in _features(one))))
    made = np.fft.irfft(out, FFT, norm="forward") * WINDOW
    whole = made[:, 1:, :HOP] + made[:, :-1, HOP:]
    return np.asarray(whole.reshape(len(sound), -1)[:, :samples], np.float32)


def _features(spectrum: Array) -> tuple[Array, Array]:
    """Of one channel: the bands' levels less their running mean, the low bins over the root of
    their running size. Shape: (frames, bins) to (frames, BANDS) and (frames, LOW)."""
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    bands = np.add.reduceat(power, np.cumsum([0, *WIDTHS[:-1]]), axis=1) / WIDTHS
    level = 10 * np.log10(bands + 1e-10)
    low = spectrum[:, :LOW]
    mean = _running_mean(level, np.linspace(-60, -90, BANDS))
    size = _running_mean(np.abs(low), np.linspace(1e-3, 1e-4, LOW))
    return (level - mean) / 40, low / np.sqrt(size)


def _running_mean(values: Array, mean: Array) -> Array:
    """Frame after frame, from ``mean`` on. Shape: (frames, bands), kept."""
    out = np.empty_like(values)
    for n, value in enumerate(values):
        mean = (1 - DECAY) * value + DECAY * mean
        out[n] = mean
    return out


def _heard(networks: list[Any], erb: Array, low: Array) -> tuple[Array, Array]:
    """Gains of the bands, and taps of the low bins."""
    known = {
        "feat_erb": erb[None, None].astype(np.float32),
        "feat_spec": np.stack([low.real, low.imag])[None].astype(np.float32),
    }
    for network in networks:
        taken = {end.name: known[end.name] for end in network.get_inputs()}
        names = [end.name for end in network.get_outputs()]
        known |= dict(zip(names, network.run(names, taken), strict=True))
    taps = known["coefs"].reshape(-1, LOW, ORDER, 2)
    return known["m"].reshape(-1, BANDS), taps[..., 0] + 1j * taps[..., 1]


def _applied(spectrum: Array, gain: Array, taps: Array) -> Array:
    """The enhanced spectrum of one channel. Shape: (frames, bins)."""
    out: Array = spectrum * np.repeat(gain, WIDTHS, axis=1)
    frames = len(spectrum)
    late = np.pad(spectrum[:, :LOW], ((ORDER - 1 - AHEAD, AHEAD), (0, 0)))
    out[:, :LOW] = sum(late[k : k + frames] * taps[:, :, k] for k in range(ORDER))
    return out


def _early(feature: Array) -> Array:
    return np.concatenate([feature[AHEAD:], np.zeros_like(feature[:AHEAD])])


def _open(file: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    if os.environ.get("OMP_NUM_THREADS", "").isdecimal():  # it does not read it, torch does
        options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def main() -> None:
    """Enhance a file."""
    import soundfile
    import soxr

    folder, source, target = (Path(argument) for argument in sys.argv[1:])
    sound, rate = soundfile.read(source, dtype="float32", always_2d=True)
    made = enhanced(folder, soxr.resample(sound, rate, RATE).T)
    target.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(target, soxr.resample(made.T, RATE, rate), rate, "PCM_16")


if __name__ == "__main__":
    main()
