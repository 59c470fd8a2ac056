"""DeepFilterNet3 as a command of its own: its official ONNX files in a fresh process, over a whole
file, as its own ``deepFilter`` does it.

That command cannot be installed beside the others: its package wants an older numpy and a part of
torchaudio that is gone. The same analysis (libdf), the same network and the same synthesis run
here, without torch: so this starts faster than the real one would.

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

Array = npt.NDArray[Any]


def enhanced(folder: Path, sound: Array) -> Array:
    """The enhanced sound, each channel on its own. Shape: (channels, samples) at 48 kHz, kept."""
    import libdf

    samples = sound.shape[1]
    state = libdf.DF(RATE, FFT, HOP, BANDS, 2)
    padded = np.pad(sound, ((0, 0), (0, FFT + -samples % HOP)))
    spectrum = state.analysis(np.ascontiguousarray(padded, np.float32))
    erb = libdf.erb_norm(libdf.erb(spectrum, state.erb_widths()), DECAY)
    low = libdf.unit_norm(np.ascontiguousarray(spectrum[..., :LOW]), DECAY)
    networks = [_open(folder / f"{name}.onnx") for name in ("enc", "erb_dec", "df_dec")]
    out = np.empty_like(spectrum)
    for n, one in enumerate(spectrum):
        out[n] = _applied(one, *_heard(networks, _early(erb[n]), _early(low[n])), state)
    made = state.synthesis(out)
    return np.asarray(made[:, FFT - HOP : FFT - HOP + samples], np.float32)


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


def _applied(spectrum: Array, gain: Array, taps: Array, state: Any) -> Array:
    """The enhanced spectrum of one channel. Shape: (frames, bins)."""
    out: Array = spectrum * np.repeat(gain, state.erb_widths().astype(int), axis=1)
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
