from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from voxmend.audio import Signal, SlowGain, rms_db

Samples = npt.NDArray[np.float32]
RATE = 16_000


def voice(seconds: float = 20.0, channels: int = 2) -> Samples:
    """Noise: loud, from 8 to 14 s by 24 dB quieter, from 17 s on silent."""
    time = np.arange(round(seconds * RATE)) / RATE
    level = np.where((time >= 8) & (time < 14), 10 ** (-24 / 20), 1.0) * (time < 17)
    noise = np.random.default_rng(3).normal(0, 0.1, (channels, len(time)))
    sound: Samples = (noise * level).astype(np.float32)
    return sound


def of(samples: Samples) -> SlowGain:
    return SlowGain.of(Signal.of(samples, RATE))


def part(samples: Samples, start_s: float, end_s: float) -> Samples:
    return samples[:, round(start_s * RATE) : round(end_s * RATE)]


def relative_db(difference: npt.NDArray[np.float64], to: Samples) -> float:
    power = np.mean(difference**2) / np.mean(to.astype(np.float64) ** 2)
    return float(10 * np.log10(power + 1e-30))


def test_loud_and_quiet_come_to_the_target() -> None:
    sound = voice()
    even = of(sound).apply(0, sound)
    assert rms_db(part(even, 0, 7)) == pytest.approx(-23, abs=0.3)
    assert rms_db(part(even, 9, 13)) == pytest.approx(-23, abs=2.0)
    assert rms_db(part(even, 15, 16)) == pytest.approx(-23, abs=0.3)
    assert rms_db(part(even, 7, 15)) == pytest.approx(-23, abs=2.0)  # both edges


@pytest.mark.parametrize("gain_db", [0.0, -6.0206, -23.7, -60.0, 17.3])
def test_the_level_of_the_input_does_not_show_in_what_the_network_hears(gain_db: float) -> None:
    sound = voice()
    other = sound * np.float32(10 ** (gain_db / 20))
    even, again = of(sound).apply(0, sound), of(other).apply(0, other)
    assert relative_db(again.astype(np.float64) - even, even) < -120


def test_undoing_gives_the_samples_back() -> None:
    sound = voice()
    gain = of(sound)
    back = gain.undo(0, gain.apply(0, sound))
    assert relative_db(back.astype(np.float64) - sound, sound) < -120
    assert back.dtype == np.float32


def test_windows_have_the_gain_of_the_whole() -> None:
    sound = voice()
    gain = of(sound)
    whole = gain.gain(0, sound.shape[1])
    for start, count in [(0, 1), (12_345, 6_789), (sound.shape[1] - 5, 5)]:
        assert np.array_equal(gain.gain(start, count), whole[start : start + count])
    window = part(sound, 8, 9)
    assert np.array_equal(gain.apply(8 * RATE, window), part(gain.apply(0, sound), 8, 9))
    assert (gain.gain(-RATE, RATE) == whole[0]).all()
    assert gain.gain(sound.shape[1], 10) == pytest.approx(whole[-1], rel=1e-3)


def test_the_gain_is_positive_and_never_steps() -> None:
    sound = voice()
    level = 20 * np.log10(of(sound).gain(0, sound.shape[1]))
    assert np.isfinite(level).all()
    assert np.abs(np.diff(level)).max() < 0.01  # from sample to sample, at 16 kHz
    per_10_ms = np.abs(level[160:] - level[:-160])
    assert per_10_ms.max() < 1.1


def test_it_neither_leads_nor_lags() -> None:
    sound = voice(16.0, 1)
    mirrored = np.ascontiguousarray(sound[:, ::-1])
    forth, back = of(sound).gain(0, sound.shape[1]), of(mirrored).gain(0, sound.shape[1])
    assert np.abs(20 * np.log10(forth / back[::-1])).max() < 0.01


def test_syllables_are_not_followed() -> None:
    sound = voice(6.0)
    sound *= np.sin(2 * np.pi * 2 * np.arange(sound.shape[1]) / RATE) > 0  # 250 ms on, 250 ms off
    level = 20 * np.log10(of(sound).gain(RATE, 4 * RATE))
    assert level.max() - level.min() < 1.0
    assert rms_db(of(sound).apply(0, sound)) == pytest.approx(-23, abs=0.5)


def test_pauses_are_raised_no_further_than_the_reach() -> None:
    sound = voice()
    sound += np.random.default_rng(4).normal(0, 1e-5, sound.shape).astype(np.float32)
    curve = of(sound).curve_db
    assert curve.max() - curve.min() < 40.5
    near = SlowGain.of(Signal.of(sound, RATE), reach_db=10.0).curve_db
    assert near.max() - near.min() < 10.5


@pytest.mark.parametrize("frames", [0, 1, 100, 48_000])
def test_silence_stays_silence(frames: int) -> None:
    silence = np.zeros((2, frames), dtype=np.float32)
    gain = of(silence)
    assert not gain.apply(0, silence).any()
    assert (gain.gain(0, 100) == 1.0).all()


@pytest.mark.parametrize("frames", [1, 2, 159, 161, 700])
def test_a_clip_shorter_than_the_window_is_brought_to_the_target(frames: int) -> None:
    sound = np.full((2, frames), 0.5, dtype=np.float32)
    assert rms_db(of(sound).apply(0, sound)) == pytest.approx(-23, abs=0.1)


def test_channels_share_one_gain_unless_a_pair_is_named() -> None:
    sound = voice(5.0, 4)
    sound[2:] *= np.float32(0.1)
    even = of(sound).apply(0, sound)
    assert rms_db(even[:2]) - rms_db(even[2:]) == pytest.approx(20, abs=0.1)
    pair = SlowGain.of(Signal.of(sound, RATE), slice(2, 4))
    assert rms_db(pair.apply(0, sound[2:])) == pytest.approx(-23, abs=0.1)


def test_a_long_clip_is_measured_in_blocks_like_a_short_one() -> None:
    sound = np.tile(voice(), 4)  # more than one block
    joined = of(sound).curve_db
    assert np.allclose(joined[: 20 * 100 - 200], of(voice()).curve_db[:-200], atol=1e-6)
