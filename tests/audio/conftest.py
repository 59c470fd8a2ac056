"""Sounds for the tests of `voxmend.audio`, and their difference in dB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

Samples = npt.NDArray[np.float32]


def _tone(rate: int, channels: int, seconds: float) -> Samples:
    time = np.arange(round(rate * seconds)) / rate
    pitches = 220.0 * 1.2 ** np.arange(channels)[:, None] % (rate / 4)
    hiss = np.random.default_rng(7).normal(0.0, 0.003, (channels, len(time)))
    return (0.4 * np.sin(2 * np.pi * pitches * time) + hiss).astype(np.float32)


@pytest.fixture(scope="session")
def tone() -> Callable[[int, int, float], Samples]:
    """Rate, channels and seconds to a sine per channel with hiss. Shape: (channels, frames)."""
    return _tone


@pytest.fixture(scope="session")
def error_db() -> Callable[[Samples, Samples], float]:
    """RMS of the difference of two arrays of one shape, in dB re full scale."""

    def measure(one: Samples, other: Samples) -> float:
        assert one.shape == other.shape
        difference = one.astype(np.float64) - other
        return 20 * float(np.log10(np.sqrt(np.mean(difference**2)) + 1e-15))

    return measure


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    """Bytes to a file whose name tells nothing."""

    def make(data: bytes) -> Path:
        path = tmp_path / "song.any"
        path.write_bytes(data)
        return path

    return make
