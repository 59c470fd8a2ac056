"""What a page plays: before, after and their difference, in time with each other to the sample."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import made_job
import numpy as np
import pytest
import soundfile
import sounds
from made_job import RATE, SECONDS, Samples, facts

from voxmend.audio import resample
from voxmend.report import audio
from voxmend.report.facts import Facts, read
from voxmend.report.pieces import CODINGS, MARGIN_S, MP3_RATES, PIECE_S, Sound, cut


def decoded(player: audio.Player, key: str) -> Samples:
    """A track put together again, at the job's own rate."""
    (track,) = (each for each in player.tracks if each.key == key)
    margin, step = round(MARGIN_S * player.rate), round(PIECE_S * player.rate)
    parts = []
    for piece in track.pieces:
        sound, found = soundfile.read(io.BytesIO(piece), dtype="float32", always_2d=True)
        assert found == player.rate
        parts.append(sound.T[:, margin : margin + step])
    whole = np.concatenate(parts, axis=1)[:, : round(player.seconds * player.rate)]
    return resample(np.ascontiguousarray(whole), player.rate, RATE)


def db(one: Samples, other: Samples) -> float:
    """How far below one sound the difference to another lies."""
    return float(10 * np.log10(np.sum(one**2) / np.sum((one - other) ** 2)))


def lag(one: Samples, other: Samples) -> int:
    """Samples by which the other comes late."""
    a, b = one.sum(0), other.sum(0)
    size = 1 << (2 * len(a) - 1).bit_length()
    fit = np.fft.irfft(np.fft.rfft(b, size) * np.fft.rfft(a, size).conj(), size)
    best = int(fit.argmax())
    return best if best < size // 2 else best - size


def test_all_tracks_lie_under_the_stems_to_the_sample(tmp_path: Path) -> None:
    player = audio.player(read(made_job.make(tmp_path, facts())))
    before, after = made_job.voices()
    assert [track.key for track in player.tracks] == ["A", "B", "D"]
    for key, truth in {"A": before, "B": after, "D": after - before}.items():
        heard = decoded(player, key)
        assert heard.shape == truth.shape
        assert lag(truth, heard) == 0
        assert db(truth, heard) > 15


def test_the_difference_is_that_of_the_stems_and_not_of_what_encoders_made(tmp_path: Path) -> None:
    player = audio.player(read(made_job.make(tmp_path, facts(), same=True)))
    assert player.identical
    assert [(track.key, track.label) for track in player.tracks] == [("A", "voice")]


def test_the_song_is_the_raw_voice_and_the_band_and_all_keep_their_level(tmp_path: Path) -> None:
    names = ("vocals", "vocals_raw", "instrumental")
    told = facts(stems=[{"name": name, "file": f"{name}.wav"} for name in names])
    file = made_job.make(tmp_path, told)
    before, after = made_job.voices()
    band = sounds.tone(SECONDS, RATE) * np.float32(0.7)
    sounds.write(tmp_path / "instrumental.wav", band)
    player = audio.player(read(file))
    assert [track.key for track in player.tracks] == ["S", "A", "B", "I", "D"]
    truths = {"S": before + band, "A": before, "I": band, "D": after - before}
    loudest = max(float(np.abs(each).max()) for each in truths.values())
    room = 1 / max(1.0, loudest)
    gains = {track.key: track.gain for track in player.tracks}
    for key, truth in truths.items():
        assert db(truth * np.float32(room), decoded(player, key) * np.float32(gains[key])) > 15, key


def test_what_is_over_full_scale_is_turned_down_with_all_the_rest(tmp_path: Path) -> None:
    names = ("vocals", "vocals_raw", "instrumental")
    told = facts(stems=[{"name": name, "file": f"{name}.wav"} for name in names])
    file = made_job.make(tmp_path, told)
    before, _ = made_job.voices()
    sounds.write(tmp_path / "instrumental.wav", before * np.float32(3 / np.abs(before).max()))
    player = audio.player(read(file))
    heard = {
        track.key: np.abs(decoded(player, track.key)).max() * track.gain for track in player.tracks
    }
    assert heard["S"] == pytest.approx(1.0, abs=0.05)
    assert heard["I"] / heard["A"] == pytest.approx(3 / np.abs(before).max(), rel=0.05)


def test_b_is_brought_to_the_level_of_a(tmp_path: Path) -> None:
    player = audio.player(read(made_job.make(tmp_path, facts())))
    before, after = (decoded(player, key) for key in "AB")
    gain = player.tracks[1].gain
    assert np.sqrt(np.mean((gain * after) ** 2)) == pytest.approx(
        np.sqrt(np.mean(before**2)), rel=0.02
    )
    assert player.tracks[0].gain == player.tracks[2].gain == 1.0


def test_of_a_long_clip_the_part_is_heard_in_which_most_was_changed() -> None:
    decisions = [
        {"start_s": float(n), "end_s": n + 2.0, "kept": 900 <= n < 1100} for n in range(0, 3600, 2)
    ]
    told = Facts({"decisions": decisions}, Path())
    start, end = audio.excerpt(told, 3600.0)
    assert end - start == audio.LONGEST_S
    assert start <= 900
    assert end >= 1100
    assert audio.excerpt(told, 100.0) == (0.0, 100.0)


def test_any_rate_and_channels_become_what_a_browser_plays() -> None:
    rng = np.random.default_rng(0)
    for rate in (8000, 88_200, 96_000, 192_000):
        sound = rng.standard_normal((1, rate)).astype(np.float32) * 0.1
        one = Sound(partial(_frames, sound), 1)
        for coding in CODINGS:
            made = cut([one], [1.0], rate, rate, coding, audio.BUDGET)
            heard, found = soundfile.read(io.BytesIO(made.pieces[0][0]))
            assert found == made.rate
            assert found in MP3_RATES
            assert len(heard) / found == pytest.approx(1 + 2 * MARGIN_S, abs=0.01)


def test_what_exceeds_the_budget_is_compressed_harder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read(made_job.make(tmp_path, facts()))
    for coding in CODINGS:
        monkeypatch.setattr(audio, "BUDGET", 9_300_000)
        whole = _size(audio.player(told, coding=coding))
        monkeypatch.setattr(audio, "BUDGET", whole // 2)
        player = audio.player(told, coding=coding)
        assert _size(player) < whole
        assert {decoded(player, key).shape[1] for key in "ABD"} == {round(SECONDS * RATE)}


def _frames(sound: Samples, first: int, count: int) -> Samples:
    return sound[:, first : first + count]


def _size(player: audio.Player) -> int:
    return sum(len(piece) for track in player.tracks for piece in track.pieces)


def test_a_page_made_elsewhere_still_has_the_songs_picture(tmp_path: Path) -> None:
    told = read(made_job.make(tmp_path, facts()))
    assert audio.player(told, known=True).song is None
    song = audio.player(told, known=False).song
    assert song is not None
    assert song.cells.max() > 100


def parts(folder: Path, *names: str) -> tuple[Path, dict[str, Samples]]:
    """A job of these stems, each of another sound."""
    sound = {name: sounds.tone(SECONDS, RATE, seed=n) * np.float32(0.3)
             for n, name in enumerate(names)}  # fmt: skip
    told = facts([], stems=[{"name": name, "file": f"{name}.wav"} for name in names], damage=None)
    file = made_job.make(folder, told)
    for name, samples in sound.items():
        sounds.write(folder / f"{name}.wav", samples)
    return file, sound


def test_parts_are_heard_and_the_song_is_what_they_add_up_to(tmp_path: Path) -> None:
    file, sound = parts(tmp_path, "vocals", "drums", "bass", "rest")
    player = audio.player(read(file))
    labels = {track.key: track.label for track in player.tracks}
    assert labels == {"S": "song", "B": "voice", "R": "drums", "C": "bass", "E": "rest"}
    gains = {track.key: track.gain for track in player.tracks}
    whole = np.stack(list(sound.values())).sum(axis=0) * np.float32(gains["R"])
    assert db(whole, decoded(player, "S") * np.float32(gains["S"])) > 15


def test_a_job_without_a_voice_is_heard_and_drawn_where_its_arrays_are_not(tmp_path: Path) -> None:
    file, _ = parts(tmp_path, "drums", "rest")
    player = audio.player(read(file), known=False)
    assert [track.label for track in player.tracks] == ["song", "drums", "rest"]
    assert player.song is not None


def test_a_part_alone_is_heard_under_any_name_and_a_letter_of_its_own(tmp_path: Path) -> None:
    file, _ = parts(tmp_path, "drums", "band", "raw", "sabid", "mended")
    player = audio.player(read(file))
    assert [track.label for track in player.tracks] == ["drums", "band", "raw", "sabid", "mended"]
    assert len({track.key for track in player.tracks}) == 5
    assert all(track.key.isalpha() for track in player.tracks)
