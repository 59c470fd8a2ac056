"""The whole way with the real worker: a song is dropped, its stems null with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile
import sounds
from house import House, run_cli
from waiting import PATIENCE_S
from watch.watcher import Watching

PIECE_S = 6


@pytest.fixture
def song(shared: Path, tmp_path: Path) -> Path:
    """A few seconds of a real song."""
    source = shared / "audio" / "lets_go_fishin.ogg"
    rate = soundfile.info(source).samplerate
    frames, _ = soundfile.read(source, start=30 * rate, frames=PIECE_S * rate, always_2d=True)
    file = tmp_path / "song.wav"
    soundfile.write(file, frames, rate, "PCM_24")
    return file


def test_a_song_is_mended_and_its_copy_too_from_the_cache(
    song: Path, real_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_WATCH_NOTIFY", "false")
    folder = tmp_path / "Mend"
    watching = Watching(folder, tmp_path)
    watching.add("--preset", "mend")  # the sub-folder must win over it
    (folder / "quick").mkdir()
    shutil.copy(song, folder / "quick" / "Größe.wav")
    watching.start("--once")
    assert watching.process is not None
    assert watching.process.wait(PATIENCE_S) == 0, watching.said()

    made = folder / "Restored" / "quick" / "Größe_quick"
    mix, rate = sounds.read(song)
    stems = {name: sounds.read(made / f"{name}.wav")[0] for name in ("vocals_raw", "instrumental")}
    assert sounds.peak_db(stems["vocals_raw"] + stems["instrumental"] - mix) < -90
    assert sounds.read(made / "vocals.wav")[1] == rate
    assert json.loads((made / "job.json").read_bytes())["cached"] == []

    shutil.copy(song, folder / "quick" / "copy.wav")
    run = run_cli("watch", "run", "--once", "--json")
    assert run.returncode == 0, run.stderr
    events = [json.loads(line) for line in run.stdout.splitlines()]
    told = [event["event"] for event in events if event["event"] != "warning"]
    assert told == ["watching", "taken", "done"]
    assert events[1]["same_as"] == "quick/Größe.wav"
    again = folder / "Restored" / "quick" / "copy_quick"
    assert json.loads((again / "job.json").read_bytes())["cached"] != []
    first, second = (sounds.read(place / "vocals.wav")[0] for place in (made, again))
    assert sounds.peak_db(first - second) < -120
    assert not (folder / "Errors" / "quick").exists()
    assert run_cli("watch", "remove", folder).returncode == 0


def test_a_sub_folder_with_an_old_name_is_taken_and_its_results_lie_in_its_mirror(
    real_house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "Old"
    Watching(folder, tmp_path).add("--preset", "light")
    (folder / "preview").mkdir()
    for name in ("a", "b"):
        sounds.write(folder / "preview" / f"{name}.wav", sounds.tone(1.0))
        run = run_cli("watch", "run", "--once", "--json", VOXMEND_WATCH_NOTIFY="false")
        assert run.returncode == 0, run.stderr
        events = [json.loads(line) for line in run.stdout.splitlines()]
        told = [event["event"] for event in events if event["event"] != "warning"]
        assert told == ["watching", "remark", "taken", "done"]
        assert "preview has been replaced by quick" in events[1]["message"]
        made = folder / "Restored" / "preview" / f"{name}_quick"
        assert (made / "vocals.wav").exists()
    assert not list((folder / "Errors").iterdir())
    assert run_cli("watch", "remove", folder).returncode == 0
