"""Hundreds of files: stopped in the middle, one of them corrupt, taken up again.

``VOXMEND_BATCH_FILES`` and ``VOXMEND_BATCH_PRESET`` make it another size, or another work; the
preset ``fake`` is that of the fake engine, whose jobs take 0.2 s each. What it measures is printed:
``-s`` shows it; the time left is right within a quarter where the load is even, which
tests/batch/test_forecast.py holds without a machine.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sounds
from ctrl_c import HEARS
from house import FAKE_WORKER, REAL_WORKER, House
from waiting import until

FILES = int(os.environ.get("VOXMEND_BATCH_FILES") or 300)
PRESET = os.environ.get("VOXMEND_BATCH_PRESET") or "identity"
SECONDS = 2.0
CORRUPT = 7

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="a Ctrl-C is sent")]

LOGGED = """
import sys, time, json
from voxmend.batch import forecast
from voxmend.cli import app
end = forecast.Forecast.end
def noted(self, item, now):
    end(self, item, now)
    line = [len(self._paces), time.time(), self.left(now), self.fraction]
    print(json.dumps(line), file=open({log!r}, "a"))
forecast.Forecast.end = noted
sys.argv[0] = "voxmend"
app.main()
"""
"""The command line, with a line in a file for each file that ends."""


def start(log: Path, *words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LOGGED.format(log=str(log)), *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=HEARS,
    )  # fmt: skip


def lines(log: Path) -> list[list[Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.mark.timeout(7200)
def test_a_batch_that_is_stopped_and_taken_up_does_each_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    house = House(tmp_path / "home", FAKE_WORKER if PRESET == "fake" else REAL_WORKER)
    songs, out = tmp_path / "songs", tmp_path / "out"
    songs.mkdir()
    for n in range(FILES):
        sounds.write(songs / f"song {n}.wav", sounds.tone(SECONDS, seed=n))
    (songs / f"song {CORRUPT}.wav").write_bytes(b"RIFF, and then nothing of the kind")
    words: tuple[str | Path, ...] = ("restore", songs, "--preset", PRESET, "--out", out, "--json")
    if PRESET == "fake":
        words += ("--set", "testing.seconds=0.2", "--set", "testing.reads=true")
    house.start()
    try:
        first = start(tmp_path / "one.log", *words, "--report", tmp_path / "one.csv")
        until(lambda: len(lines(tmp_path / "one.log")) >= FILES // 2, patience_s=3600)
        first.send_signal(signal.SIGINT)
        printed, said = first.communicate()
        assert first.returncode == 130, said
        told = json.loads(printed)
        done = told["summary"]["done"]
        assert FILES // 2 <= done < FILES - 1
        assert house.report().queued == 0
        second = start(tmp_path / "two.log", *words, "--report", tmp_path / "two.csv")
        printed, said = second.communicate()
        again = json.loads(printed)["summary"]
        third = start(tmp_path / "three.log", *words)
        printed, _ = third.communicate()
    finally:
        house.close()
    print(f"\nfirst run: {told['summary']}\nsecond run: {again}")
    assert (second.returncode, again["failed"], again["skipped"]) == (1, 1, done)
    assert again["done"] == FILES - 1 - done
    assert json.loads(printed)["summary"]["skipped"] == FILES - 1
    assert f"song {CORRUPT}.wav: failed" in said
    made = [json.loads(file.read_text())["clip"]["path"] for file in out.glob("*/job.json")]
    counts = Counter(made)
    assert len(counts) == FILES - 1
    assert set(counts.values()) == {1}
    assert not list(out.glob("*.partial"))
    assert len((tmp_path / "two.csv").read_text().splitlines()) > FILES
    _tell_times(lines(tmp_path / "two.log"), "second run")
    _tell_times(lines(tmp_path / "one.log"), "first run")


def _tell_times(seen: list[list[Any]], name: str) -> None:
    """What was said of the time left when the tenth file had ended, against what it was."""
    tenth, last = seen[9], seen[-1]
    truth = last[1] - tenth[1]
    if name == "first run":  # it was to go on for as many files again
        truth *= (FILES - 10) / (len(seen) - 10)
    low, rise = float("inf"), 1.0
    for _, _, left, _ in seen:
        if left is not None and left > 1.0:
            rise, low = max(rise, left / low), min(low, left)
    fractions = [line[3] for line in seen]
    print(
        f"{name}: after the tenth of {len(seen)} files {tenth[2]:.1f} s were said to be left, it "
        f"took {truth:.1f} s ({100 * (tenth[2] / truth - 1):+.0f} %); the time left rose to at "
        f"most {rise:.2f} times the least said before; the bar fell: "
        f"{fractions != sorted(fractions)}"
    )
    assert fractions == sorted(fractions)
