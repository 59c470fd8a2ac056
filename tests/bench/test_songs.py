"""``voxmend bench songs``: songs found, mixed and cut, and what presets make of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import torch
from typer.testing import CliRunner
from waiting import PATIENCE_S

from voxmend.bench.quality.metrics import band_error_db, lsd_db
from voxmend.bench.songs import multitrack
from voxmend.bench.songs.measure import variant
from voxmend.bench.songs.multitrack import Files, Multitrack, every, excerpts, find, load, placed
from voxmend.cli.app import app
from voxmend_protocol.errors import BadRequest, InputMissing

RATE = 8000
NOWHERE = Path("/nonexistent")


def write(file: Path, sound: object, rate: int = RATE) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, np.asarray(sound, dtype=np.float32), rate, "FLOAT")
    return file


def noise(seconds: float, seed: int = 1, rate: int = RATE) -> npt.NDArray[np.float64]:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal((round(seconds * rate), 2)))


def test_songs_are_found_as_files_of_parts_and_as_folders_of_parts(tmp_path: Path) -> None:
    for name in ("one_lead", "one_backing_vocals", "one_band", "alone_vocals"):
        write(tmp_path / f"{name}.wav", noise(0.1))
    for name in ("vocals", "bass", "drums", "mixture"):
        write(tmp_path / "two" / f"{name}.wav", noise(0.1))
    one, two = find(tmp_path)
    assert (one.name, len(one.voice), len(one.band)) == ("one", 2, 1)
    assert two.name == "two"
    assert [file.name for file in two.voice] == ["vocals.wav"]
    assert [file.name for file in two.band] == ["bass.wav", "drums.wav"]


def test_a_folder_without_songs_says_how_to_name_them(tmp_path: Path) -> None:
    write(tmp_path / "song.wav", noise(0.1))
    with pytest.raises(InputMissing, match=r"SONG_vocals\.wav"):
        find(tmp_path)
    with pytest.raises(InputMissing, match="no folder"):
        find(tmp_path / "none")


def test_the_parts_of_a_song_are_summed_at_the_voice_s_rate(tmp_path: Path) -> None:
    voice = [write(tmp_path / f"{n}.wav", noise(1, n)) for n in (1, 2)]
    band = write(tmp_path / "b.wav", noise(1.5, 3, 16_000)[:, :1], 16_000)
    song = load(Files("song", tuple(voice), (band,)))
    assert song.rate == RATE
    assert song.voice.shape == song.band.shape == (2, RATE)
    assert torch.allclose(song.voice, torch.from_numpy((noise(1, 1) + noise(1, 2)).T).float())
    assert torch.equal(song.band[0], song.band[1])


def test_a_silent_part_and_a_band_that_is_over_are_refused(tmp_path: Path) -> None:
    voice, none = write(tmp_path / "v.wav", noise(1)), write(tmp_path / "n.wav", 0 * noise(1))
    with pytest.raises(BadRequest, match="band of song is silent"):
        load(Files("song", (voice,), (none,)))
    with pytest.raises(BadRequest, match="voice of song is silent"):
        load(Files("song", (none,), (voice,)))


def song(seconds: float) -> Multitrack:
    voice, band = (torch.from_numpy(noise(seconds, n).T).float() for n in (1, 2))
    return Multitrack("song", voice, band, RATE)


def test_excerpts_are_the_loudest_voice_apart_from_each_other_where_the_band_plays() -> None:
    whole = song(120)
    for start, gain in ((10, 4.0), (14, 3.9), (50, 3.0), (90, 5.0)):
        whole.voice[:, start * RATE : (start + 20) * RATE] *= gain
    whole.band[:, 75 * RATE :] *= 0.1  # the loudest voice of all is alone
    found = excerpts(whole)
    assert len(found) == 2
    assert 8 <= found[0].start_s <= 16
    assert 48 <= found[1].start_s <= 52
    assert all(one.mix.shape == (2, 20 * RATE) for one in found)


def test_every_stretch_with_voice_is_one_excerpt() -> None:
    whole = song(90)
    whole.voice[:, 20 * RATE : 41 * RATE] *= 1e-4  # and a second of the third
    assert [one.start_s for one in every(whole)] == [0, 40, 60]
    assert all(one.mix.shape == (2, 20 * RATE) for one in every(whole))


def test_a_song_shorter_than_an_excerpt_is_one() -> None:
    (only,) = excerpts(song(5))
    assert only.start_s == 0
    assert only.mix.shape[1] == 5 * RATE


def test_a_voice_is_put_at_its_level_and_in_its_place() -> None:
    mixed = song(3)
    at = placed(mixed, "as-is", level_db=-6.0)
    assert float(20 * torch.log10(at.voice.norm() / at.band.norm())) == pytest.approx(-6, abs=0.01)
    half, hard = placed(mixed, "half"), placed(mixed, "hard")
    assert torch.allclose(half.voice[1], 0.5 * half.voice[0])
    assert not hard.voice[1].any()
    double = placed(mixed, "doubled")
    assert torch.allclose(double.voice[1, 160:], mixed.voice[1, :-160])
    assert not torch.equal(double.voice[0], double.voice[1])
    mono = placed(mixed, "as-is", mono=True)
    assert torch.equal(mono.mix[0], mono.mix[1])
    loud = placed(Multitrack("x", 20 * mixed.voice, mixed.band, RATE), "as-is")
    assert float(loud.mix.abs().max()) == pytest.approx(0.9, abs=0.001)


def test_a_variant_is_a_preset_with_values() -> None:
    found = variant("quick,separate.speeds=1", {"separate.speeds": 1}, NOWHERE)
    assert found.name == "quick,separate.speeds=1"
    assert found.preset.steps[0].params["speeds"] == 1
    with pytest.raises(BadRequest, match="separates nothing"):
        variant("mend", {}, NOWHERE)


def test_distance_and_level_of_highs_are_those_of_what_is_there() -> None:
    truth = song(3).voice
    lsd, nothing = lsd_db(truth, truth, RATE, 1000)
    assert lsd == 0
    assert 40 < nothing < 61  # the floor lies 60 dB under the truth's mean cell
    half = lsd_db(0.5 * truth, truth, RATE, 1000)
    assert half == pytest.approx((6.02, nothing), abs=0.01)
    assert lsd_db(torch.zeros_like(truth), truth, RATE, 1000)[0] == pytest.approx(nothing)
    assert band_error_db(2 * truth, truth, RATE, 1000) == pytest.approx(6.02, abs=0.01)


def bench(home: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxmend", "bench", "songs", *map(str, words)]
    environment = {**os.environ, "VOXMEND_HOME": str(home)}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, timeout=PATIENCE_S
    )


def test_three_speeds_are_better_than_one_on_a_real_voice(tmp_path: Path, shared: Path) -> None:
    run = bench(
        tmp_path, "--voice", shared / "audio/vocadito_10.wav", "--band",
        shared / "audio/vibe_ace.ogg", "--level", 0, "--offset", 20, "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    (one,) = json.loads(run.stdout)["excerpts"]
    three, single = one["of"]["quick"], one["of"]["quick,separate.speeds=1"]
    assert one["mix"] == pytest.approx(0, abs=0.3)
    assert three["final"]["sdr"] > single["final"]["sdr"] + 0.2
    assert three["final"]["sdr"] > 12
    for each in (three, single):
        assert each["mended"] is None, "there is no gap in it"
        assert each["final"] == each["raw"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name a folder of songs"),
        (("--voice", "v.wav"), "Name a folder of songs"),
        (("x", "--place", "left"), "as-is, half, hard, doubled"),
        (("nowhere",), "no folder"),
        (("--voice", "v.wav", "--band", "b.wav", "--preset", "none"), "no preset"),
        (("--voice", "v.wav", "--band", "b.wav"), "v.wav"),
        (("--whole", "--every", "--voice", "v.wav", "--band", "b.wav"), "not both"),
        (("--toward", "half", "--voice", "v.wav", "--band", "b.wav"), "such as 20,50,80"),
        (("--toward", "100", "--voice", "v.wav", "--band", "b.wav"), "such as 20,50,80"),
    ],
)
def test_what_cannot_be_measured_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    run = CliRunner().invoke(app, ["bench", "songs", *words])
    assert isinstance(run.exception, SystemExit), run.exception
    assert run.exit_code in (1, 2, 4)
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_a_place_that_the_command_takes_is_one_the_mixer_knows() -> None:
    for place in multitrack.Place.__args__:  # type: ignore[attr-defined]
        placed(song(1), place)
