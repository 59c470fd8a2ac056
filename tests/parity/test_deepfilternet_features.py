"""DeepFilterNet's analysis, features and synthesis against those of libdf, the library that
upstream computes them with: frozen ones, and where it is installed its own over all of a minute."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from parity import libdf_vectors as vectors
from rack import snr
from torch import Tensor

from voxmend.blocks.denoise import deepfilternet_features as ours
from voxmend.blocks.denoise.deepfilternet_network import evening

Found = dict[str, npt.NDArray[np.generic]]

RESULTS = ("spectrum", "levels", "erb", "low", "sound")

LEAST_DB = 80.0


@pytest.fixture(scope="module")
def found() -> Found:
    """Ours, in full."""
    spectrum = ours.analysed(torch.from_numpy(vectors.minute()))
    erb, low = ours.features(spectrum[0])
    changed = torch.from_numpy(vectors.changed(spectrum.numpy()))
    made = {
        "spectrum": spectrum,
        "levels": ours.band_levels(spectrum[0]),
        "erb": erb,
        "low": low,
        "sound": ours.sounding(changed),
    }
    return {name: whole.numpy() for name, whole in made.items()}


def parity(theirs: npt.NDArray[np.generic], mine: npt.NDArray[np.generic]) -> float:
    """Signal to error, dB; complex numbers as pairs."""
    assert theirs.shape == mine.shape
    a, b = (torch.from_numpy(np.ascontiguousarray(each)) for each in (theirs, mine))
    return snr(*((torch.view_as_real(a), torch.view_as_real(b)) if a.is_complex() else (a, b)))


@pytest.mark.parametrize("name", RESULTS)
def test_it_is_what_was_frozen_of_libdf(found: Found, name: str) -> None:
    with np.load(vectors.FROZEN) as frozen:
        at = parity(frozen[name], vectors.kept(name, found[name]))
    print(f"\nparity libdf {name}, frozen: {at:.1f} dB")
    assert at >= LEAST_DB


def test_the_bands_are_as_wide() -> None:
    with np.load(vectors.FROZEN) as frozen:
        assert tuple(frozen["widths"]) == ours.WIDTHS
    assert sum(ours.WIDTHS) == ours.BINS


@pytest.fixture(scope="module")
def theirs() -> Found:
    """libdf's own, in full."""
    if importlib.util.find_spec("libdf") is None:
        pytest.skip("DeepFilterLib is not installed: it has no wheels after Python 3.11")
    return vectors.of_libdf(vectors.minute())


@pytest.mark.parametrize("name", RESULTS)
def test_it_is_what_libdf_makes_of_a_minute(found: Found, theirs: Found, name: str) -> None:
    at = parity(theirs[name], found[name])
    print(f"\nparity libdf {name}, a minute: {at:.1f} dB")
    assert at >= LEAST_DB


def test_the_last_seconds_of_a_minute_are_as_near_as_the_first(found: Found, theirs: Found) -> None:
    for name in ("erb", "low"):
        a, b = (
            parity(theirs[name][:300], found[name][:300]),
            parity(theirs[name][-300:], found[name][-300:]),
        )
        print(f"\nparity libdf {name}, first 3 s: {a:.1f} dB, last 3 s: {b:.1f} dB")
        assert min(a, b) >= LEAST_DB


def one_by_one(values: Tensor, start: Tensor) -> Tensor:
    """The running mean as it is defined, in float64."""
    mean, out = start.double(), []
    for value in values.double():
        mean = ours.DECAY * mean + (1 - ours.DECAY) * value
        out.append(mean)
    return torch.stack(out)


@pytest.mark.parametrize("frames", [1, 2, 3, 1000, 9001])
def test_the_running_mean_is_the_recursion(frames: int) -> None:
    values = torch.randn(frames, 5, generator=torch.Generator().manual_seed(frames)) - 60
    values[frames // 2 :] *= 1e-3  # what is long gone must be forgotten in the right measure
    start = torch.linspace(*ours.START_DB, 5)
    assert snr(one_by_one(values, start), ours.running_mean(values, start)) > 120


def test_what_is_analysed_comes_back() -> None:
    sound = torch.randn(2, 48_000, generator=torch.Generator().manual_seed(3))
    assert snr(sound, ours.sounding(ours.analysed(sound))) > 120


def test_two_minutes_of_silence_before_a_sound_give_numbers() -> None:
    sound = torch.zeros(1, 121 * 48_000)
    sound[:, -48_000:] = 1e-3
    for feature in ours.features(ours.analysed(sound)[0]):
        assert bool(torch.view_as_real(feature + 0j).isfinite().all())


@pytest.mark.parametrize("what", [ours.analysed, lambda s: ours.features(ours.analysed(s)[0])])
def test_nothing_of_a_window_leaves_its_device(what: Callable[[Tensor], object]) -> None:
    """A tensor on ``meta`` has a shape and no numbers: whoever wants to see one fails."""
    sound = torch.zeros(2, 48_000, device="meta")
    what(sound)
    assert ours.sounding(ours.analysed(sound)).shape == sound.shape


def test_the_slow_gain_of_a_stretch_is_the_one_measured_on_the_cpu() -> None:
    from voxmend.audio import Signal, SlowGain

    swell = 1.01 + torch.sin(torch.arange(200_123) / 30_000)
    noise = torch.randn(2, 200_123, generator=torch.Generator().manual_seed(4))
    for sound in (swell * noise, 1e-7 * noise, 0 * noise):
        wanted = SlowGain.of(Signal.of(sound.numpy(), 48_000)).gain(0, 200_640)
        assert snr(torch.from_numpy(wanted), evening(sound, 200_640)) > 110
