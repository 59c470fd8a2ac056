"""The whole way with the real worker: a song is dropped, its stems null with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile
import sounds
from house import House, run_cli
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
    (folder / "preview").mkdir()
    shutil.copy(song, folder / "preview" / "Größe.wav")
    watching.start("--once")
    assert watching.process is not None
    assert watching.process.wait(100) == 0, watching.said()

    made = folder / "Restored" / "preview" / "Größe_preview"
    mix, rate = sounds.read(song)
    stems = {name: sounds.read(made / f"{name}.wav")[0] for name in ("vocals_raw", "instrumental")}
    assert sounds.peak_db(stems["vocals_raw"] + stems["instrumental"] - mix) < -90
    assert sounds.read(made / "vocals.wav")[1] == rate
    assert json.loads((made / "job.json").read_bytes())["cached"] == []

    shutil.copy(song, folder / "preview" / "copy.wav")
    run = run_cli("watch", "run", "--once", "--json")
    assert run.returncode == 0, run.stderr
    events = [json.loads(line) for line in run.stdout.splitlines()]
    assert [event["event"] for event in events] == ["watching", "taken", "done"]
    assert events[1]["same_as"] == "preview/Größe.wav"
    again = folder / "Restored" / "preview" / "copy_preview"
    assert json.loads((again / "job.json").read_bytes())["cached"] != []
    first, second = (sounds.read(place / "vocals.wav")[0] for place in (made, again))
    assert sounds.peak_db(first - second) < -120
    assert not (folder / "Errors" / "preview").exists()
