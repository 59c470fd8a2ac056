"""What upstream's library libdf (DeepFilterLib 0.5.6) makes of one minute of sound, some of it
frozen in libdf_vectors.npz. For test_deepfilternet_features.

Where the library is installed (it has wheels up to Python 3.11), from the folder tests:
``python -m parity.libdf_vectors`` freezes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FROZEN = Path(__file__).with_name("libdf_vectors.npz")

RATE, FFT, HOP, BANDS, LOW = 48_000, 960, 480, 32, 96
DECAY = 0.99
SECONDS = 60

KEPT = {
    "spectrum": (0, slice(None, None, 400)),
    "levels": (slice(None, None, 50),),
    "erb": (slice(None, None, 50),),
    "low": (slice(None, None, 120),),
    "sound": (0, slice(None, None, 997)),
}
"""What of each result is frozen: frames that lie so far apart, and samples."""


def minute() -> Array:
    """Tones that come and go in hiss, with ten seconds of silence and ten at −80 dB: the running
    means get to see both. Shape: (2, samples), float32."""
    time = np.arange(SECONDS * RATE) / RATE
    hiss = np.random.RandomState(7).standard_normal((2, len(time)))  # a stream that never changes
    tones = sum(np.sin(2 * np.pi * hertz * time) / hertz for hertz in (110.0, 731.0, 3_350.0))
    sound = 40 * tones * (1 + np.sin(2 * np.pi * 0.4 * time)) + 0.05 * hiss
    sound[:, 20 * RATE : 30 * RATE] = 0
    sound[:, 40 * RATE : 50 * RATE] *= 1e-4
    even: Array = (0.2 * sound).astype(np.float32)
    return even


def changed(spectrum: Array) -> Array:
    """A spectrum that is no sound's, as a network gives it: each bin turned and lowered by itself.
    Shape: (channels, frames, bins), kept."""
    frames, bins = np.arange(spectrum.shape[1])[:, None], np.arange(spectrum.shape[2])
    turned = np.exp(0.3j * np.sin(0.37 * frames + 0.11 * bins) * ((bins > 0) & (bins < FFT // 2)))
    made: Array = spectrum * turned * (0.6 + 0.4 * np.cos(0.05 * bins * frames))
    return made.astype(np.complex64)


def of_libdf(sound: Array) -> dict[str, Array]:
    """The library's own results, in full.

    Returns:
        ``spectrum``, shape (channels, frames, bins); of the first channel the ``levels`` of its
        bands, dB, and both features, ``erb`` and ``low``, shape (frames, bands); the ``sound`` of
        the changed spectrum, shape (channels, samples); how wide the bands are, ``widths``.
    """
    import libdf

    padded = np.pad(sound, ((0, 0), (0, FFT)))
    state = libdf.DF(RATE, FFT, HOP, BANDS, 2)
    widths = state.erb_widths()
    spectrum = state.analysis(padded)
    first = np.ascontiguousarray(spectrum[:1])
    levels = libdf.erb(first, widths)
    low = np.ascontiguousarray(first[..., :LOW])
    made = libdf.DF(RATE, FFT, HOP, BANDS, 2).synthesis(changed(spectrum))
    return {
        "spectrum": spectrum,
        "levels": levels[0].copy(),  # the next call may write over it
        "erb": libdf.erb_norm(levels, DECAY)[0],
        "low": libdf.unit_norm(low, DECAY)[0],
        "sound": made[:, FFT - HOP : -HOP],
        "widths": np.asarray(widths).astype(np.int64),
    }


def kept(name: str, whole: Array) -> Array:
    """What is frozen of a result."""
    return whole[KEPT[name]] if name in KEPT else whole


if __name__ == "__main__":
    found = of_libdf(minute())
    frozen: dict[str, Any] = {name: kept(name, whole) for name, whole in found.items()}
    np.savez_compressed(FROZEN, **frozen)
    print(f"{FROZEN.name}: {FROZEN.stat().st_size / 1000:.0f} kB")
