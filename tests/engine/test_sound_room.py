"""The whole cascade on every kind of clip: as long, in place, finite, the same at any level."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import sounds
import torch
from engine_orders import means, orders_for
from real_weights import RealWeights
from sampled import sampled
from work_alone import do

from voxmend import presets
from voxmend.audio import Signal
from voxmend.cascade import plan
from voxmend.cascade.context import Context
from voxmend.cascade.guard import lag_of
from voxmend.cascade.networks import Networks
from voxmend.cascade.runner import Outcome, run
from voxmend.demo import song
from voxmend.engine.work import Line
from voxmend_protocol.codec import Scalar

NOWHERE = Path("/nonexistent")
SPLEETER = RealWeights(NOWHERE)
RATES = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000)


def mended(
    mix: sounds.Samples,
    rate: int,
    folder: Path,
    preset: str = "quick",
    networks: Networks | None = None,
    **values: Scalar,
) -> Outcome:
    """A clip through a shipped preset, without files around it."""
    chosen = presets.find(preset, NOWHERE).with_values(
        {key.replace("_", ".", 1): value for key, value in values.items()}
    )
    context = Context(torch.device("cpu"), folder, networks=networks or SPLEETER)
    return run(plan.make(chosen), Signal.of(mix, rate), context)


def samples(signal: Signal | None) -> sounds.Samples:
    assert signal is not None
    return signal.read(0, signal.frames)


def sung(seconds: float, rate: int, channels: int) -> sounds.Samples:
    """The demo's song at another rate and width, crudely: pitch does not matter here."""
    voice, backing = sounds.song(max(4.0, seconds * rate / song.RATE + 2.0))
    first = round(1.2 * song.RATE)  # the singer begins after a second
    mix = (voice + backing)[:, first : first + round(seconds * rate)]
    rows = [mix[n % 2] * (1 - 0.1 * n) for n in range(channels)]
    return np.ascontiguousarray(np.stack(rows), dtype=np.float32)


WIDTHS = (1, 2, 6)


IN_TURN = [(rate, WIDTHS[n % len(WIDTHS)]) for n, rate in enumerate(RATES)]


@pytest.mark.parametrize(("rate", "channels"), sampled(itertools.product(RATES, WIDTHS), IN_TURN))
def test_any_rate_and_width_comes_out_as_long_finite_and_in_place(
    tmp_path: Path, rate: int, channels: int
) -> None:
    mix = sung(1.0, rate, channels)
    outcome = mended(mix, rate, tmp_path)
    for signal in (outcome.vocals_raw, outcome.vocals):
        found = samples(signal)
        assert found.shape == mix.shape
        assert np.isfinite(found).all()
        assert sounds.peak_db(found) > -60
        assert lag_of(torch.from_numpy(mix), torch.from_numpy(found), rate) == 0


DEPTHS, FORMS = ("PCM_16", "PCM_24", "PCM_32", "FLOAT"), ("wav", "wav24", "flac", "aiff")
EACH_ONCE = [*zip(DEPTHS, FORMS, strict=True), ("FLOAT", "wav"), ("PCM_16", "flac")]


@pytest.mark.parametrize(("subtype", "form"), sampled(itertools.product(DEPTHS, FORMS), EACH_ONCE))
def test_any_depth_in_and_any_format_out(tmp_path: Path, subtype: str, form: Any) -> None:
    source = sounds.write(tmp_path / "a.wav", 0.5 * sung(0.5, 44_100, 2), subtype=subtype)
    order = orders_for(source, tmp_path / "x.partial", "quick", form)
    own = replace(means(tmp_path / "cache"), networks=SPLEETER)
    stems = do(order, Line(lambda _: None, lambda: False), own).stems
    mix, _ = sounds.read(source)
    found = {stem.name: sounds.read(Path(order.partial) / stem.file)[0] for stem in stems}
    assert {stem.coding for stem in stems} == {
        {"wav": "WAV FLOAT", "wav24": "WAV PCM_24", "flac": "FLAC PCM_24", "aiff": "AIFF PCM_24"}[
            form
        ]
    }
    rest = found["vocals_raw"] + found["instrumental"] - mix
    assert sounds.peak_db(rest) < -130
    assert all(stem.true_peak and stem.true_peak >= 0.99 * stem.peak for stem in stems)


def test_a_stem_over_full_scale_is_written_as_float_with_a_warning(tmp_path: Path) -> None:
    loud = sung(0.5, 44_100, 2)
    loud *= np.float32(1.3) / np.max(np.abs(loud))
    source = sounds.write(tmp_path / "a.wav", loud)
    order = orders_for(source, tmp_path / "x.partial", "identity", "flac")
    voice = Line(lambda _: None, lambda: False)
    stems = {stem.name: stem for stem in do(order, voice, means(tmp_path / "cache")).stems}
    assert stems["vocals"].peak > 1
    assert (stems["vocals"].coding, stems["vocals"].file) == ("WAV FLOAT", "vocals.wav")
    assert stems["instrumental"].coding == "FLAC PCM_24"
    assert {warned.code for warned in voice.warnings} == {"stem_as_float"}


def test_the_time_stamp_of_a_broadcast_wav_moves_with_the_clip(tmp_path: Path) -> None:
    from voxmend.audio import probe, write_stem

    source = tmp_path / "a.wav"
    write_stem(source, sung(1.0, 48_000, 2), 48_000, time_reference=480_000)
    order = orders_for(source, tmp_path / "x.partial", "identity", "wav", start_s=0.25)
    do(order, Line(lambda _: None, lambda: False), means(tmp_path / "cache"))
    assert probe(Path(order.partial) / "vocals.wav").time_reference == 480_000 + 12_000


ODD = {
    "one_sample": lambda: np.full((2, 1), 0.5, dtype=np.float32),
    "a_tenth": lambda: sung(0.1, 44_100, 2),
    "silence": lambda: np.zeros((2, 44_100), dtype=np.float32),
    "square": lambda: np.sign(np.sin(np.arange(88_200) * 0.02)).astype(np.float32).reshape(2, -1),
    "impulse": lambda: np.eye(2, 20_000, 10_000, dtype=np.float32),
    "dc": lambda: np.ones((2, 30_000), dtype=np.float32),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_clips_come_out_finite_and_as_long(tmp_path: Path, kind: str) -> None:
    mix = ODD[kind]()  # type: ignore[no-untyped-call]
    outcome = mended(mix, 44_100, tmp_path)
    for signal in (outcome.vocals_raw, outcome.vocals):
        found = samples(signal)
        assert found.shape == mix.shape
        assert np.isfinite(found).all()
    if kind == "silence":
        assert not samples(outcome.vocals).any()


@pytest.mark.parametrize("gain_db", sampled([-20, -40, -60], [-60]))
def test_a_quieter_clip_gives_the_same_stems_as_much_quieter(tmp_path: Path, gain_db: int) -> None:
    mix = sung(6.0, 44_100, 2)
    gain = np.float32(10 ** (gain_db / 20))
    loud, quiet = mended(mix, 44_100, tmp_path), mended(mix * gain, 44_100, tmp_path)
    for one, other in ((loud.vocals_raw, quiet.vocals_raw), (loud.vocals, quiet.vocals)):
        a, b = samples(one).astype(np.float64), samples(other) / gain
        assert abs(10 * np.log10(np.mean(b**2) / np.mean(a**2))) < 0.01
        assert 10 * np.log10(np.mean((a - b) ** 2) / np.mean(a**2)) < -60


def test_batch_and_memory_change_nothing(tmp_path: Path) -> None:
    mix = sung(14.0, 16_000, 2)  # more than one window
    chosen = plan.make(presets.find("quick", NOWHERE))
    context = Context(torch.device("cpu"), tmp_path, networks=SPLEETER)
    one = run(chosen, Signal.of(mix, 16_000), context)
    held = Signal.empty(2, mix.shape[1], 16_000, tmp_path, in_memory_bytes=0)
    held.write(0, mix)
    other = run(chosen, held, replace(context, batch=4))
    a, b = samples(one.vocals), samples(other.vocals)
    assert 10 * np.log10(np.mean((a - b) ** 2) / np.mean(a**2) + 1e-20) < -60
    again = run(chosen, Signal.of(mix, 16_000), context)
    assert np.array_equal(samples(again.vocals), a)


def reverberant(dry: sounds.Samples, rate: int, seconds: float) -> sounds.Samples:
    """Dry sound with a tail of RT ``seconds``, 12 dB under it. Shape: (frames,)."""
    rng = np.random.default_rng(5)
    length = round(seconds * rate)
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail *= 0.25 / np.sqrt(np.sum(tail**2))
    size = 1 << (len(dry) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size), size)
    return np.asarray(wet[: len(dry)] + dry, dtype=np.float32)


def test_a_quiet_verse_and_a_long_tail_are_voice(
    tmp_path: Path, shared: Path, weights: Path
) -> None:
    dry, rate = soundfile.read(shared / "audio" / "vocadito_10.wav", dtype="float32")
    loud, verse = dry[: 4 * rate], dry[4 * rate : 8 * rate] * 10 ** (-24 / 20)
    clip = reverberant(np.concatenate([loud, verse, np.zeros(2 * rate, "float32")]), rate, 2.0)
    voice = np.ascontiguousarray(np.stack([clip, clip]))
    outcome = mended(voice, rate, tmp_path, "mend", RealWeights(weights))
    found = samples(outcome.vocals)
    parts = {"verse": slice(4 * rate, 8 * rate), "tail": slice(8 * rate, 10 * rate)}
    for name, part in parts.items():
        change = 10 * np.log10(np.mean(found[:, part] ** 2) / np.mean(voice[:, part] ** 2))
        assert abs(change) < 0.5, name


def mixed(
    shared: Path, voice: str, backing: str, offset: int, mono: bool = False
) -> tuple[Any, Any, int]:
    """Truth and mixture: the voice centred, the backing as loud over the voice's length."""
    v, rate = soundfile.read(shared / "audio" / voice, dtype="float32")
    b, other = soundfile.read(shared / "audio" / backing, dtype="float32", always_2d=True)
    assert rate == other
    truth = np.stack([v, v])
    band = b.T[:, offset * rate : offset * rate + len(v)]
    band = np.repeat(band.mean(0, keepdims=True), 2, 0) if mono or len(band) == 1 else band
    assert band.shape == truth.shape, "the backing is too short"
    band = band * np.sqrt(np.mean(truth**2) / np.mean(band**2))
    return truth, np.ascontiguousarray(truth + band, dtype=np.float32), rate


def plain_mid_side(mix: sounds.Samples, rate: int) -> sounds.Samples:
    """The ten lines that every other separator must beat."""
    window = torch.hann_window(4096)
    spectrum = torch.stft(torch.from_numpy(mix), 4096, 1024, window=window, return_complex=True)
    mid, side = spectrum.mean(0), (spectrum[0] - spectrum[1]) / 2
    mask = (mid.abs() ** 2 / (mid.abs() ** 2 + 4 * side.abs() ** 2 + 1e-12)).clamp(0, 1)
    mask[: round(110 / rate * 4096)] = 0
    out = torch.istft(spectrum * mask, 4096, 1024, window=window, length=mix.shape[1])
    return np.asarray(out.numpy())


LIFTED = [
    ("vibe_ace.ogg", False, 12.8),
    ("vibe_ace.ogg", True, 12.0),
    ("sugar_plum_fairy.ogg", False, 9.5),
    ("sugar_plum_fairy.ogg", True, 7.8),
]


@pytest.mark.parametrize(("backing", "mono", "mean_db"), sampled(LIFTED, LIFTED[-1:]))
def test_quick_lifts_a_real_voice_out_of_a_real_band_in_mono_too(
    tmp_path: Path, shared: Path, backing: str, mono: bool, mean_db: float
) -> None:
    found: dict[str, list[float]] = {"one": [], "three": [], "plain": []}
    for offset in (0, 20, 40):
        truth, mix, rate = mixed(shared, "vocadito_10.wav", backing, offset, mono)
        for name, speeds in (("one", 1), ("three", 3)):
            outcome = mended(mix, rate, tmp_path, separate_speeds=speeds)
            found[name].append(song.si_sdr(samples(outcome.vocals), truth))
        found["plain"].append(song.si_sdr(plain_mid_side(mix, rate), truth))
    print(backing, "mono" if mono else "", {n: np.round(v, 2).tolist() for n, v in found.items()})
    assert np.mean(found["three"]) >= mean_db
    assert np.mean(found["three"]) >= np.mean(found["one"])
    assert np.mean(found["three"]) >= np.mean(found["plain"]) + 3


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    """Peak memory of a process that mends a minute, and of one that mends an hour."""
    peaks = {}
    for name, seconds in (("minute", 60), ("hour", 3600)):
        file = tmp_path / f"{name}.wav"
        piece = sung(20.0, 44_100, 2)
        with soundfile.SoundFile(file, "w", 44_100, 2, "PCM_16") as sound:
            for _ in range(seconds // 20):
                sound.write(piece.T)
        run = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("peak_memory.py")), file, tmp_path],
            capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip
        peaks[name] = float(run.stdout)
    print(peaks)
    assert peaks["hour"] < peaks["minute"] + 300
