"""A batch on a real Ray cluster of two nodes and a head, on this machine: slow."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import sounds
from house import REAL_WORKER, House
from waiting import until

from voxmend.cluster.driver import HEAD_S
from voxmend.cluster.host import SILENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="Ray's nodes")]
TOKEN = "5" * 64
PATIENCE_S = 600.0
CLIPS = int(os.environ.get("VOXMEND_RAY_CLIPS", "200"))


@dataclass
class Nodes:
    """A cluster in a process of its own."""

    folder: Path
    address: str = ""
    process: Any = None
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start a head and two nodes of one core."""
        self.folder.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("nodes.py"), "2", self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.address = self.process.stdout.readline().strip()
        assert ":" in self.address, "Ray did not start"

    def kill(self, what: str) -> None:
        """End the last node, or the head."""
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def stop(self) -> None:
        """End it, and whatever of it is left."""
        if self.process.poll() is not None:
            return
        left = psutil.Process(self.process.pid).children(recursive=True)
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        for each in left:
            if each.is_running():
                each.kill()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A state folder of one's own, which the nodes share."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    return House(tmp_path / "home", REAL_WORKER)


@pytest.fixture
def nodes(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A cluster that runs."""
    cluster = Nodes(Path(f"/tmp/vmr{os.getpid()}"))  # Ray's sockets want a short path
    cluster.start()
    yield cluster
    cluster.stop()


def songs(folder: Path, count: int) -> Path:
    """A list of so many short songs, all different."""
    folder.mkdir()
    lines = []
    for n in range(count):
        sounds.write(folder / f"{n:04d}.wav", sounds.tone(0.2, seed=n))
        lines.append(f"{folder / f'{n:04d}.wav'}\n")
    (folder / "songs.txt").write_text("".join(lines))
    return folder / "songs.txt"


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "voxmend", *map(str, words)]


def batch(songs: Path, out: Path, address: str, *words: str | Path) -> list[str]:
    return command(
        "batch", songs, "--preset", "identity", "--cores", "1", "--ray", address, "--out", out,
        "--json", *words,
    )  # fmt: skip


def run(words: list[str]) -> tuple[int, Any, str]:
    """A command's exit code, what it printed as JSON, and what it said."""
    ran = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S)
    return ran.returncode, json.loads(ran.stdout) if ran.stdout else None, ran.stderr


def finished(out: Path) -> list[Path]:
    """The folders of results that are done."""
    return [each for each in out.glob("*") if each.is_dir() and not each.name.endswith(".partial")]


def each_once(out: Path, count: int) -> None:
    """Every song has one result, whole, and nothing else lies there."""
    told = [json.loads((each / "job.json").read_text()) for each in finished(out)]
    assert sorted(Path(each["clip"]["path"]).stem for each in told) == [
        f"{n:04d}" for n in range(count)
    ]
    assert all(each["state"] == "succeeded" and len(each["stems"]) == 3 for each in told)
    assert sorted(p.name for p in out.iterdir()) == sorted(
        f"{n:04d}_identity" for n in range(count)
    )


def test_a_node_that_is_killed_costs_nothing_and_a_second_run_does_nothing(
    nodes: Nodes, tmp_path: Path
) -> None:
    listed, out = songs(tmp_path / "songs", CLIPS), tmp_path / "out"
    words = batch(listed, out, nodes.address)
    going = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: len(finished(out)) > CLIPS // 4, patience_s=PATIENCE_S)
    nodes.kill("node")
    printed, said = going.communicate(timeout=PATIENCE_S)
    told = json.loads(printed)
    assert going.returncode == 0, said
    assert told["summary"]["done"] == told["summary"]["files"] == CLIPS
    each_once(out, CLIPS)
    before = {each: each.stat().st_mtime_ns for each in finished(out)}
    code, told, said = run(words)
    assert code == 0, said
    assert told["summary"]["skipped"] == CLIPS
    assert {each: each.stat().st_mtime_ns for each in finished(out)} == before


def test_a_head_that_is_killed_is_a_code_within_a_minute_and_a_new_cluster_does_the_rest(
    nodes: Nodes, tmp_path: Path
) -> None:
    listed, out = songs(tmp_path / "songs", CLIPS), tmp_path / "out"
    going = subprocess.Popen(
        batch(listed, out, nodes.address), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: len(finished(out)) > CLIPS // 4, patience_s=PATIENCE_S)
    nodes.kill("head")
    began = time.monotonic()
    printed, said = going.communicate(timeout=PATIENCE_S)
    took = time.monotonic() - began
    assert going.returncode == 3, said
    assert json.loads(printed)["error"]["code"] == "worker_unreachable"
    print(f"code after {took:.1f} s")
    assert max(HEAD_S, SILENCE_S) < 60  # on a quiet machine nothing is added to these
    done = len(finished(out))
    assert done < CLIPS
    nodes.stop()
    again = Nodes(Path(f"{nodes.folder}b"))
    again.start()
    try:
        code, told, said = run(batch(listed, out, again.address))
    finally:
        again.stop()
    assert code == 0, said
    assert told["summary"]["skipped"] >= done
    assert told["summary"]["done"] + told["summary"]["skipped"] == CLIPS
    each_once(out, CLIPS)


def test_stems_are_those_of_the_worker_bit_for_bit(
    nodes: Nodes, house: House, tmp_path: Path
) -> None:
    song = sounds.write(tmp_path / "song.wav", sounds.tone(3.0, seed=1))
    shared = command("batch", song, "--preset", "quick", "--json", "--out")
    code, here, said = run([*shared, str(tmp_path / "here")])
    assert code == 0, said
    code, there, said = run(
        [*shared, str(tmp_path / "there"), "--ray", nodes.address, "--cores", "1"]
    )
    assert code == 0, said
    run(command("worker", "stop"))
    sums = [
        {stem["name"]: sound_of(stem["path"]) for stem in told["items"][0]["stems"]}
        for told in (here, there)
    ]
    assert sums[0] == sums[1]
    assert set(sums[0]) == {"vocals", "vocals_raw", "instrumental"}


def sound_of(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def test_a_poisoned_song_is_failed_and_the_rest_is_done(nodes: Nodes, tmp_path: Path) -> None:
    listed, out = songs(tmp_path / "songs", 4), tmp_path / "out"
    poison = tmp_path / "songs" / "poison.wav"
    sounds.write(poison, sounds.tone(90.0, seed=9))  # long enough to be met at work
    listed.write_text(f"{poison}\n{listed.read_text()}")
    going = subprocess.Popen(
        batch(listed, out, nodes.address), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    killed = 0
    deadline = time.monotonic() + PATIENCE_S
    while going.poll() is None and time.monotonic() < deadline:
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or ())
            if line.startswith("ray::voxmend: poison.wav") and killed < 2:
                process.kill()
                killed += 1
        time.sleep(0.005)
    told = json.loads(going.communicate()[0])
    assert killed == 2
    assert told["items"][0]["error"]["code"] == "engine_crashed"
    assert told["summary"]["done"] == 4
