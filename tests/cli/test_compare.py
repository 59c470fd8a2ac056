"""``voxmend compare``: which presets, which stretch, one page, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
from ctrl_c import HEARS
from house import House, printed, run_cli
from typer.testing import CliRunner
from waiting import PATIENCE_S, until

from voxmend.cli.app import app
from voxmend.cli.compare import candidates, stretch
from voxmend.cli.times import parse_time
from voxmend.report import comparison
from voxmend.testing import FAKE
from voxmend.testing.engine import FRAMES, RATE
from voxmend_protocol.errors import BadRequest

NEEDY = 'title = "Needy"\n[[block]]\nname = "separate.mdx"\npolarity = false\n'


@pytest.fixture
def song(house: House, tmp_path: Path) -> Path:
    """As long as the fake engine's stems. Presets of that engine, and one that lacks its model."""
    folder = house.root / "config" / "presets"
    for name in ("twin", "third"):
        (folder / f"{name}.toml").write_text(FAKE)
    (folder / "needy.toml").write_text(NEEDY)
    (folder / "fails.toml").write_text(FAKE.replace('fails = ""', 'fails = "out_of_memory"'))
    (folder / "waits.toml").write_text(FAKE.replace('until = ""', f'until = "{house.gate}"'))
    file = tmp_path / "a song.wav"
    sounds.write(file, np.full((1, FRAMES), 0.1, np.float32), RATE)
    return file


def nothing_is_left(house: House) -> None:
    assert not (house.root / "compare").exists()


def found(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    told: dict[str, Any] = printed(run)
    return told


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("1:00", 60), ("1:02.5", 62.5), ("0:00", 0), ("90.25", 90.25), ("90:00", 5400),
     ("1:02:03", 3723), (" 5 ", 5)],
)  # fmt: skip
def test_a_place_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_time("--from", text) == seconds


@pytest.mark.parametrize(
    "text", ["", "1:60", "1:60:00", "-1", "1.5:00", "one", "1::2", "1e3", "nan", "1:2:3:4", "٣"]
)
def test_what_is_no_place_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadRequest, match=r"--from .*: write a place in the song such as .*1:02\.5"):
        parse_time("--from", text)


def test_one_page_of_several_presets_and_nothing_else_stays(house: House, song: Path) -> None:
    house.start()
    run = run_cli("compare", song, "--presets", "fake,twin,third,needy", "--json",
                  "--from", "0")  # fmt: skip
    assert run.returncode == 0, run.stderr
    told = found(run)
    page = Path(told["page"])
    assert page.parent == song.parent / "voxmend"
    assert [each["preset"] for each in told["versions"]] == ["fake", "twin", "third"]
    assert {each["state"] for each in told["versions"]} == {"succeeded"}
    assert told["left_out"] == [{"preset": "needy", "missing": ["mdx_voc_ft"]}]
    assert told["end_s"] == pytest.approx(FRAMES / RATE)
    assert "needy is left out: mdx_voc_ft must be fetched first" in run.stderr
    assert "voxmend models pull --preset needy" in run.stderr
    text = page.read_text("utf-8")
    assert "a song.wav" in text
    assert len(text.encode()) == page.stat().st_size == told["bytes"]
    assert page.stat().st_mode & 0o777 == song.stat().st_mode & 0o666
    assert sorted(os.listdir(song.parent / "voxmend")) == [page.name]
    nothing_is_left(house)
    again = run_cli("compare", song, "--presets", "fake", "--from", "0")
    assert again.stdout.strip() == str(page.with_name(f"{page.stem}_2.html"))
    assert str(house.root) not in again.stderr + run.stderr


def test_without_names_it_takes_what_is_here_and_the_middle(
    house: House, song: Path, tmp_path: Path
) -> None:
    chosen = [each.preset.name for each in candidates(None)]
    assert chosen[0] == "quick"
    assert set(chosen) > {"fake", "fails", "twin"}
    assert len(chosen) <= comparison.MOST
    assert not {"needy", "restore", "studio", "mend", "diagnose", "classic"} & set(chosen)
    long = sounds.write(tmp_path / "long.wav", np.zeros((1, 50 * RATE), np.float32), RATE)
    assert stretch(long, None, "20") == (15.0, 35.0)
    assert stretch(long, "0:45", "20") == (45.0, 50.0)
    assert stretch(song, None, "20") == (0.0, FRAMES / RATE)


def test_one_that_fails_leaves_the_others_their_page(house: House, song: Path) -> None:
    house.start()
    run = run_cli("compare", song, "--presets", "fails,fake", "--json")
    assert run.returncode == 1
    told = found(run)
    failed, done = told["versions"]
    assert failed["error"]["code"] == "out_of_memory"
    assert "voice_gain_db" not in failed
    assert (done["state"], done["voice_gain_db"]) == ("succeeded", 0.0)
    assert Path(told["page"]).exists()
    assert "fails: failed. Failed as asked. [out_of_memory]" in run.stderr


def test_blind_no_name_stands_in_the_page(house: House, song: Path, tmp_path: Path) -> None:
    house.start()
    page = tmp_path / "page.html"
    words = ("compare", song, "--presets", "fake,twin", "--blind", "--out", page)
    assert run_cli(*words).returncode == 0
    assert not re.search(r"\b(fake|twin)\b", page.read_text("utf-8"), re.IGNORECASE)
    before = page.read_bytes()
    refused = run_cli(*words, "--json")
    assert refused.returncode == 1
    assert found(refused)["error"]["code"] == "output_unwritable"
    assert page.read_bytes() == before
    assert run_cli(*words, "--force").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--presets", "fakes"), 2, "Did you mean fake?"),
        (("--presets", "mend"), 2, "takes no voice out of a song"),
        (("--presets", "fake,mend"), 2, "mend takes no voice"),
        (("--presets", " , "), 2, "--presets is empty"),
        (("--presets", "needy"), 4, "voxmend models pull --preset needy"),
        (("--presets", "fake,needy", "--blind"), 2, "needs two whose models are here"),
        (("--from", "1:00"), 2, "the song is 0.1 s long"),
        (("--from", "noon"), 2, "such as 60, 1:00"),
        (("--seconds", "0.5"), 2, "from 1 to 120"),
        (("--seconds", "121"), 2, "from 1 to 120"),
        (("--sound", "wav"), 2, "opus"),
        (("--device", "tpu"), 2, "write one of"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence_and_a_code(
    house: House, song: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    run = CliRunner().invoke(app, ["compare", str(song), *words, "--json"])
    assert run.exit_code == code, run.output
    assert said in json.loads(run.stdout)["error"]["message"]
    assert not (song.parent / "voxmend").exists()
    nothing_is_left(house)


def test_nine_presets_are_too_many(house: House, song: Path) -> None:
    for n in range(9):
        (house.root / "config" / "presets" / f"p{n}.toml").write_text(FAKE)
    names = ",".join(f"p{n}" for n in range(9))
    run = CliRunner().invoke(app, ["compare", str(song), "--presets", names])
    assert run.exit_code == 2
    assert "Name 8 at most" in run.stderr


def test_a_song_that_is_no_sound_makes_no_page(house: House, tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("This is not audio, whatever its name says.\n" * 20)
    for name, code in ((text, "input_unreadable"), (tmp_path / "none.wav", "input_missing")):
        run = CliRunner().invoke(app, ["compare", str(name), "--json"])
        assert run.exit_code == 1
        assert json.loads(run.stdout)["error"]["code"] == code
    assert sorted(os.listdir(tmp_path)) == ["home", "text.wav"]


def test_where_every_job_fails_there_is_no_page(house: House, song: Path) -> None:
    house.start()
    run = run_cli("compare", song, "--presets", "fails", "--json")
    assert run.returncode == 1
    told = found(run)
    assert "page" not in told
    assert told["versions"][0]["error"]["code"] == "out_of_memory"
    assert not (song.parent / "voxmend").exists()
    nothing_is_left(house)


def test_ctrl_c_cancels_and_leaves_nothing(house: House, song: Path) -> None:
    house.start()
    words = [sys.executable, "-m", "voxmend", "compare", str(song), "--presets", "fake,waits"]
    run = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, preexec_fn=HEARS)
    client = house.client()
    until(lambda: any(r.preset == "waits" and r.fraction for r in client.records("running")))
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 130, said
    assert "Cancelling" in said
    assert "Traceback" not in said
    assert [r.state for r in client.records() if r.preset == "waits"] == ["cancelled"]
    assert not (song.parent / "voxmend").exists()
    nothing_is_left(house)


def test_what_a_killed_command_left_goes_a_day_later(house: House, song: Path) -> None:
    house.start()
    old, new = (house.root / "compare" / name for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "vocals.wav").write_bytes(b"RIFF")
    long_ago = time.time() - 2 * 86_400
    os.utime(old, (long_ago, long_ago))
    assert run_cli("compare", song, "--presets", "fake").returncode == 0
    assert not old.exists()
    assert new.exists()
