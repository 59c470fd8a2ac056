"""The demo's song: the same every time, voice and backing known."""

from __future__ import annotations

import numpy as np
import soundfile

from voxmend.demo import song


def test_the_song_is_the_same_every_time_and_never_clips() -> None:
    first, again = song.make(6.0), song.make(6.0)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one, other)
        assert one.shape == (2, 6 * song.RATE)
    mix = first[0] + first[1]
    assert np.isclose(np.max(np.abs(mix)), 10 ** (-3 / 20))


def test_the_voice_stands_level_with_the_backing_and_in_the_middle() -> None:
    voice, backing = song.make(8.0)
    assert np.isclose(np.mean(voice**2), np.mean(backing**2), rtol=1e-6)
    side, mid = voice[0] - voice[1], voice[0] + voice[1]
    assert np.mean(side**2) < 0.05 * np.mean(mid**2)


def test_the_measure_agrees_with_noise_of_known_level() -> None:
    voice, _ = song.make(2.0)
    truth = voice.astype(np.float32)
    noise = np.random.default_rng(0).standard_normal(truth.shape).astype(np.float32)
    noise *= np.sqrt(np.mean(truth**2) / np.mean(noise**2)) * 10 ** (-20 / 20)
    assert abs(song.si_sdr(3 * (truth + noise), truth) - 20) < 0.2


def test_what_is_written_is_what_was_made(tmp_path: object) -> None:
    from pathlib import Path

    made = song.write(Path(str(tmp_path)))
    found, rate = soundfile.read(made.mix, dtype="float32")
    assert rate == song.RATE
    assert np.max(np.abs(found.T - made.voice - made.backing)) < 2**-22
