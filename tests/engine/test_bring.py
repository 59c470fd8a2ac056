"""A job with a voice from elsewhere: what is written, what is said, and what the cache knows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
from engine_orders import means, orders_for
from work_alone import do

from voxmend import presets
from voxmend.cascade import plan as plans
from voxmend.engine import orders
from voxmend.engine.stems import stems_of
from voxmend.engine.work import Line
from voxmend_protocol.errors import InputMissing, UnsupportedAudio
from voxmend_protocol.values import Clip

SECONDS = 8.0
GATE = 'input = "voice"\n[[block]]\nname = "denoise.gate"\nstrength = 1.0\n'


@pytest.fixture(scope="module")
def song() -> tuple[sounds.Samples, sounds.Samples]:
    """A voice and its band."""
    voice, band = sounds.song(SECONDS)
    return voice.astype(np.float32), band.astype(np.float32)


def order(folder: Path, mix: sounds.Samples, stem: sounds.Samples, preset: str) -> orders.Run:
    """A job of a song whose voice is given."""
    (folder / "presets").mkdir(exist_ok=True)
    (folder / "presets" / "gate.toml").write_text(GATE)
    run = orders_for(sounds.write(folder / "song.wav", mix), folder / "x.partial", preset)
    voice = Clip(str(sounds.write(folder / "stem.wav", stem)))
    return replace(run, submit=replace(run.submit, voice=voice))


def done(run: orders.Run, folder: Path, said: list[Any] | None = None) -> dict[str, Any]:
    """What job.json says in the end."""
    heard = [] if said is None else said
    do(run, Line(heard.append, lambda: False), means(folder / "cache"))
    facts: dict[str, Any] = json.loads((Path(run.partial) / "job.json").read_text())
    return facts


def stems(run: orders.Run) -> dict[str, sounds.Samples]:
    return {f.stem: sounds.read(f)[0] for f in Path(run.partial).glob("*.wav")}


def test_the_voice_is_placed_the_band_is_the_rest_and_job_json_says_how(
    tmp_path: Path, song: tuple[sounds.Samples, sounds.Samples]
) -> None:
    voice, band = song
    stem = -0.5 * np.pad(voice, ((0, 0), (1105, 0)))
    run, said = order(tmp_path, voice + band, stem, "identity"), list[Any]()
    facts = done(run, tmp_path, said)
    found = stems(run)
    assert set(found) == {"vocals", "vocals_raw", "instrumental"}
    assert sounds.peak_db(found["vocals_raw"] + found["instrumental"] - voice - band) < -120
    assert sounds.peak_db((found["vocals_raw"] - voice)[:, 4410:-4410]) < -45
    assert np.array_equal(found["vocals"], found["vocals_raw"])
    told = facts["voice"]
    assert told["delay_samples"] == pytest.approx(-1105, abs=0.05)
    assert told["level_db"] == pytest.approx(-6.02, abs=0.1)
    assert (told["inverted"], told["swapped"], told["ppm"]) == (True, False, 0.0)
    assert told["clip"]["path"].endswith("stem.wav")
    assert facts["warnings"][0]["code"] == "voice_placed"
    stages = [s.stage for s in said if isinstance(s, orders.Progress)]
    assert stages.index("read") < stages.index("align") < stages.index("diagnose")
    fractions = [s.fraction for s in said if isinstance(s, orders.Progress)]
    assert fractions == sorted(fractions)
    assert facts["damage"]["before"]["with_mixture"] is True


def test_a_preset_for_a_voice_mends_it_with_the_song_as_its_mixture(
    tmp_path: Path, song: tuple[sounds.Samples, sounds.Samples]
) -> None:
    voice, band = song
    run = order(tmp_path, voice + band, voice + 0.02 * band, "gate")
    facts = done(run, tmp_path)
    assert [stage["block"] for stage in facts["stages"]] == ["denoise.gate"]
    found = stems(run)
    assert set(found) == {"vocals", "vocals_raw", "instrumental"}
    assert sounds.peak_db(found["vocals_raw"] + found["instrumental"] - voice - band) < -120


def test_another_place_of_the_same_sound_is_another_source_for_the_cache(
    tmp_path: Path, song: tuple[sounds.Samples, sounds.Samples]
) -> None:
    voice, band = song
    mix = voice + band
    first = done(order(tmp_path, mix, voice, "gate"), tmp_path)
    again = done(order(tmp_path, mix, voice, "gate"), tmp_path)
    louder = done(order(tmp_path, mix, 0.7 * voice, "gate"), tmp_path)
    alone = orders_for(tmp_path / "song.wav", tmp_path / "x.partial", "gate")
    assert (first["cached"], again["cached"]) == ([], ["denoise.gate"])
    assert louder["cached"] == []
    by_itself = done(alone, tmp_path)
    assert (by_itself["cached"], by_itself["voice"]) == ([], None)


def test_what_cannot_be_placed_fails_the_job_with_the_sentence(
    tmp_path: Path, song: tuple[sounds.Samples, sounds.Samples]
) -> None:
    voice, band = song
    run = order(tmp_path, voice + band, np.zeros_like(voice), "identity")
    with pytest.raises(UnsupportedAudio, match="is silent"):
        done(run, tmp_path)
    Path(str(run.submit.voice and run.submit.voice.path)).unlink()
    with pytest.raises(InputMissing):
        done(run, tmp_path)


def test_separators_are_left_out_and_the_repairs_stay() -> None:
    nobodys = Path("/nonexistent")
    whole = plans.make(presets.find("restore", nobodys))
    after = whole.after_separation()
    assert [run.block.name for run in after.runs] == [run.block.name for run in whole.runs[1:]]
    assert presets.find("restore", nobodys).after_separation().blocks == tuple(
        run.block.name for run in after.runs
    )
    split = plans.make(presets.find("split", nobodys)).after_separation()
    assert split.runs == ()
    assert stems_of(split, ("vocals", "instrumental")) == ["vocals", "instrumental"]
    assert not plans.make(presets.find("mend", nobodys)).after_separation().from_voice
