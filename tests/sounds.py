"""Small sounds and broken files for tests."""

from __future__ import annotations

import functools
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]


def tone(seconds: float = 1.0, rate: int = 44_100, channels: int = 2, seed: int = 0) -> Samples:
    """A chord over faint noise, different in each channel. Shape: (channels, frames)."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal((channels, len(time))) * 0.01
    chord = sum(np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6)) * 0.2
    gains = np.linspace(1.0, 0.5, channels)[:, None]
    return np.asarray(gains * chord + noise, "float32")


def song(seconds: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The demo's voice and backing, made once for each length. Shape: (2, frames) at 44.1 kHz."""
    voice, backing = _made(seconds)
    return voice.copy(), backing.copy()


@functools.cache
def _made(seconds: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    from voxmend.demo import song as demo

    return demo.make(seconds)


def write(file: Path, samples: Samples, rate: int = 44_100, subtype: str = "FLOAT") -> Path:
    """Write a WAV."""
    soundfile.write(file, samples.T, rate, subtype)
    return file


def read(file: Path | str) -> tuple[Samples, int]:
    """Read a file. Shape: (channels, frames)."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    return samples.T, rate


def peak_db(samples: npt.NDArray[Any]) -> float:
    """Sample peak in dBFS."""
    return float(20 * np.log10(max(float(np.max(np.abs(samples))), 1e-30)))


def header(
    channels: int = 2, rate: int = 44_100, bits: int = 16, tag: int = 1, promised: int = 400
) -> bytes:
    """A WAV header as somebody else might have written it."""
    block = channels * bits // 8 & 0xFFFF
    return (
        b"RIFF" + struct.pack("<I", promised + 36 & 0xFFFFFFFF) + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
        + b"data" + struct.pack("<I", promised & 0xFFFFFFFF)
    )  # fmt: skip
