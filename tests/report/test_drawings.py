"""Pictures and curves: levels where the sound is, colours for every eye, arrays that come back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from made_job import JOB, drawn, voices
from PIL import Image

from voxmend.audio import Signal
from voxmend.audio.spectrogram import BANDS, COLUMNS, FULL, HIGH_HZ, LOW_HZ, mel, picture
from voxmend.report import axes, curves, palette, shelf, sketch

Colours = npt.NDArray[np.float64]


def lightness(colours: Colours) -> Colours:
    """L* of CIE 1976 of sRGB colours, 0..100."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y))


def without_green(colours: Colours) -> Colours:
    """As a deuteranope sees them (Machado, Oliveira, Fernandes 2009, severity 1)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    seen = linear @ np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ).T  # fmt: skip
    seen = seen.clip(0, 1)
    return np.asarray(np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("eye", [lambda colours: colours, without_green])
def test_lightness_rises_evenly_with_level_for_every_eye(eye: object) -> None:
    seen = lightness(eye(palette.table() / 255.0))  # type: ignore[operator]
    assert np.diff(seen[::4]).min() > 0  # of eight bits: between neighbours is only rounding
    even = np.diff(seen[::16])
    assert even.max() < 2 * even.min()


def test_the_colours_of_curves_can_be_told_apart_and_read_on_their_paper() -> None:
    for paper, one, other in (
        ("ffffff", palette.BEFORE, palette.AFTER),
        ("161618", palette.BEFORE_DARK, palette.AFTER_DARK),
    ):
        for colour in (one, other):
            assert contrast(paper, colour) > 4.5


def contrast(one: str, other: str) -> float:
    """Of WCAG 2."""
    found = []
    for colour in (one, other):
        part = np.array(palette.rgb(colour)) / 255
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        found.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(found) / min(found)


def sine(hertz: float, rate: int = 44_100, seconds: float = 4.0) -> Signal:
    time = np.arange(round(seconds * rate)) / rate
    return Signal.of(np.sin(2 * np.pi * hertz * time, dtype=np.float64)[None].astype("f4"), rate)


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 8000.0])
def test_a_sine_lies_in_its_band_at_full_scale(hertz: float) -> None:
    seen = picture("x", sine(hertz), 1.0)
    low, here, high = (float(mel(each)) for each in (LOW_HZ, hertz, seen.high_hz))
    place = (here - low) / (high - low)
    middle = seen.cells[:, seen.cells.shape[1] // 2]
    assert abs(int(middle.argmax()) - place * BANDS) <= 1.5
    assert middle.max() > 0.88 * FULL


def test_a_part_of_a_clip_is_seen_where_it_sounds_and_levels_are_the_peaks() -> None:
    sound = sine(1000.0).read(0, 4 * 44_100)
    sound[:, : 2 * 44_100] *= 0.001
    seen = picture("x", Signal.of(sound, 44_100), 1.0).cells.max(0).astype(float)
    quiet, loud = seen[: len(seen) // 2 - 2].mean(), seen[len(seen) // 2 + 2 :].mean()
    assert (loud - quiet) / FULL * 90 == pytest.approx(60, abs=3)


@pytest.mark.parametrize(("rate", "frames"), [(8000, 1), (8000, 40_000), (192_000, 300_000)])
def test_any_rate_and_length_has_a_picture(rate: int, frames: int) -> None:
    seen = picture("x", Signal.of(np.zeros((2, frames), dtype=np.float32), rate), 0.0)
    assert seen.cells.shape[0] == BANDS
    assert 1 <= seen.cells.shape[1] <= COLUMNS
    assert seen.high_hz == min(HIGH_HZ, rate / 2)
    assert not seen.cells.any()


def test_a_picture_is_a_png_with_low_sounds_at_the_bottom() -> None:
    image = Image.open(io.BytesIO(palette.png(picture("x", sine(200.0), 1.0)))).convert("RGB")
    light = np.asarray(image).astype(int).sum((1, 2))
    assert int(light.argmax()) > 0.8 * BANDS


def test_arrays_come_back_as_they_were_kept(tmp_path: Path) -> None:
    kept = drawn(*voices())
    sketch.write(tmp_path, JOB, kept)
    found = sketch.read(tmp_path, JOB)
    assert found is not None
    assert found.hop_s == kept.hop_s
    for one, other in ((found.before, kept.before), (found.after, kept.after)):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-3)
    assert [p.name for p in found.pictures] == [p.name for p in kept.pictures]
    np.testing.assert_array_equal(found.pictures[1].cells, kept.pictures[1].cells)
    assert shelf.file_of(tmp_path, JOB).stat().st_size < 600_000


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive at all"])
def test_broken_arrays_are_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    assert sketch.read(tmp_path, JOB) is None
    file = shelf.file_of(tmp_path, JOB)
    file.parent.mkdir()
    file.write_bytes(damage)
    assert sketch.read(tmp_path, JOB) is None


def test_the_oldest_arrays_go_first(tmp_path: Path) -> None:
    import os

    for n in range(5):
        file = shelf.file_of(tmp_path, f"job{n}")
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
        os.utime(file, (n, n))
    assert shelf.prune(tmp_path, keep=2) == 3
    assert sorted(f.stem for f in (tmp_path / shelf.FOLDER).iterdir()) == ["job3", "job4"]


def test_a_curve_is_broken_where_nothing_is_known() -> None:
    line = np.array([0, 1, np.nan, 2, np.nan, 0, 0], dtype=np.float32)
    drawn = curves.path(line, 1.0, 2.0)
    assert drawn == "M0.50 100.00L1.50 50.00M3.00 0.00H4.00M5.50 100.00L6.50 100.00"


def test_ticks_are_few_and_round() -> None:
    for seconds in (0.3, 5.0, 61.0, 183.0, 7200.0):
        ticks = axes.times(seconds, 12)
        assert 1 <= len(ticks) <= 13
        assert ticks[0] == (0, "0:00")
    assert [label for _, label in axes.times(183.0, 8)][:3] == ["0:00", "0:30", "1:00"]
    assert axes.frequencies(50, 4000)[-1][1] == "2 kHz"
