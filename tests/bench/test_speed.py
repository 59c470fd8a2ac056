"""``voxmend bench speed`` with tiny networks: that it measures what it says. Never how fast."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from sampled import sampled
from typer.testing import CliRunner
from waiting import PATIENCE_S, until

from voxmend.bench import (
    clip,
    figures,
    home,
    speed,
    stopwatch,
    turns,
    weights,
)
from voxmend.bench.chain import CHAINS, CLASSIC, SEPARATION
from voxmend.bench.turns import Question
from voxmend.cli import bench
from voxmend_bench import deepfilternet_command
from voxmend_protocol.errors import EnvironmentProblem

pytestmark = pytest.mark.timeout(400)  # both sides start their programs many times over

SECONDS = 2.5
TINY = Question((SECONDS,), against=True, networks=True, full=False, repeats=1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder a measurement leaves behind when it is told to."""
    return tmp_path_factory.mktemp("speed") / "kept"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[figures.Speed, Path]:
    """Our side only, and the folder that it leaves."""
    folder = tmp_path_factory.mktemp("alone") / "kept"
    return speed.measure(Question((SECONDS,), full=False, repeats=1), folder), folder


@pytest.fixture(scope="module")
def found(kept: Path) -> Iterator[figures.Speed]:
    """One whole measurement, on a machine without ffmpeg. Upstream's four tools start many times:
    who asks for it is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(kept.parent))
        yield speed.measure(TINY, kept)


def workers(root: Path) -> list[int]:
    """Processes of ours, and their children, whose home lies in a folder."""
    alive = []
    for process in psutil.process_iter():
        try:
            home = process.environ().get("VOXMEND_HOME", "")
            if home.startswith(str(root)) and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process.pid)
        except psutil.Error:
            continue
    return alive


def jobs(kept: Path) -> list[dict[str, Any]]:
    """job.json of each job, in the order they were made."""
    made = [json.loads(file.read_text()) for file in (kept / "out" / "ours").glob("*/job.json")]
    return sorted(made, key=lambda facts: facts["created"])


def run_cli(*arguments: str) -> Any:
    """``voxmend bench …``"""
    return CliRunner().invoke(bench.app, [*arguments, "--json"])


@pytest.mark.slow
def test_the_figures_have_their_form_and_ratios_are_upstream_over_ours(
    found: figures.Speed,
) -> None:
    (row,) = found.rows
    theirs = row.upstream
    assert theirs is not None
    assert row.clip_s == SECONDS
    assert row.warm_ratio == pytest.approx(theirs.total_s / row.ours.warm_s, rel=0.01)
    assert row.cold_ratio == pytest.approx(theirs.total_s / row.ours.cold_s, rel=0.01)
    assert row.ours.warm_rtf == pytest.approx(row.ours.warm_s / SECONDS, rel=0.01)
    assert theirs.total_s == pytest.approx(sum(theirs.commands_s.values()), abs=0.01)
    assert 0 < row.ours.job_warm_s < row.ours.warm_s
    assert found.device.startswith(("cpu", "cuda", "mps"))
    assert found.threads >= 1
    plain = json.loads(json.dumps(dataclasses.asdict(found)))
    assert set(plain) == {"device", "threads", "load", "preset", "rows", "networks"}
    assert list(theirs.commands_s) == ["demucs", "audio-separator"]


def test_cold_and_warm_jobs_ran_every_stage_and_the_cached_one_ran_none(
    alone: tuple[figures.Speed, Path],
) -> None:
    found, kept = alone
    cold, restart, warm, cached = jobs(kept)
    stages = ["separate.htdemucs", "separate.mdx", "separate.ensemble"]
    for job in (cold, restart, warm):
        assert [ran["block"] for ran in job["stages"]] == stages
        assert job["cached"] == []
    assert (cached["cached"], cached["stages"]) == (stages, [])
    assert [ran["block"] for ran in found.rows[0].ours.stages] == stages
    sources = [job["source"]["digest"] for job in (cold, restart, warm, cached)]
    assert len(set(sources)) == 3
    assert sources[2] == sources[3]


@pytest.mark.slow
def test_upstream_split_the_very_clip_of_the_warm_job(found: figures.Speed, kept: Path) -> None:
    name = Path(jobs(kept)[2]["clip"]["path"]).stem
    assert (kept / "out" / "demucs" / "htdemucs" / name / "vocals.wav").is_file()
    assert list((kept / "out" / "separator").glob(f"{name}_(Vocals)_*"))


@pytest.mark.slow
def test_each_network_alone_has_a_row_held_to_fp32_and_one_as_the_worker_would_run_it(
    found: figures.Speed,
) -> None:
    rows = {(row.network, row.asked): row for row in found.networks}
    assert set(rows) == {(n, a) for n in ("htdemucs", "scnet", "mdx") for a in ("fp32", "auto")}
    for (_, asked), row in rows.items():
        assert row.upstream_s is not None
        assert row.ratio == pytest.approx(row.upstream_s / row.ours_s, rel=0.1)
        assert row.precision == "fp32" or asked == "auto"
        assert row.clip_s == SECONDS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of other processes")
def test_memory_of_both_sides_is_that_of_processes_with_torch(found: figures.Speed) -> None:
    (row,) = found.rows
    assert row.upstream is not None
    for peak in (row.ours.peak_mb, row.upstream.peak_mb):
        assert peak is not None
        assert 200 < peak < 20_000


def test_a_kept_folder_holds_everything_and_no_worker_lives_in_it(
    alone: tuple[figures.Speed, Path],
) -> None:
    _, kept = alone
    assert {f.name for f in kept.iterdir()} >= {"home", "clips", "out", "logs"}
    assert workers(kept) == []


@pytest.mark.slow
def test_the_table_shows_every_row_and_leaves_out_what_was_not_measured(
    found: figures.Speed,
) -> None:
    text = "\n".join(figures.table(found))
    assert "2.5 s" in text
    assert "warm ratio" in text
    assert text.count("htdemucs") == 3  # twice alone, and in the line that tells of the stages
    assert f"2.5 s, warm: separate.htdemucs {found.rows[0].ours.stages[0]['precision']} on" in text
    (row,) = found.rows
    ours_only = dataclasses.replace(
        found, rows=(turns._row(SECONDS, 1, row.ours, None),), networks=()
    )
    alone = "\n".join(figures.table(ours_only))
    assert "warm ratio" not in alone
    assert "cold ratio" not in alone


def test_ctrl_c_in_the_middle_leaves_no_worker_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[list[int]] = []

    def tell(words: str) -> None:
        if "first:" in words:
            seen.append(workers(tmp_path))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        speed.measure(Question((SECONDS,), full=False), tell=tell)
    assert len(seen[0]) >= 2  # a supervisor and its engine: they are seen while they live
    assert workers(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


MEASURE = f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from voxmend.bench import speed
from voxmend.bench.turns import Question
speed.measure(Question(({SECONDS},), full=False))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("name", sampled(["SIGINT", "SIGTERM", "SIGHUP"], ["SIGTERM"]))
def test_a_signal_while_the_worker_is_starting_leaves_no_worker_and_no_folder(
    tmp_path: Path, name: str
) -> None:
    """As a terminal sends it: to every process of the group, the command that waits among them."""
    process = subprocess.Popen(
        [sys.executable, "-c", MEASURE], stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    until(
        lambda: list(tmp_path.glob("*/home/logs/start.log")),
        meanwhile=lambda: process.poll() is None or pytest.fail("it has ended"),
    )
    os.killpg(process.pid, getattr(signal, name))
    assert process.wait(PATIENCE_S) != 0
    time.sleep(1.5)  # long enough for a worker that nobody waited for to be there
    assert workers(tmp_path) == []
    assert list(tmp_path.glob("voxmend-speed-*")) == []


def test_the_users_idle_times_are_not_those_of_the_measured_worker(tmp_path: Path) -> None:
    env = {"VOXMEND_WORKER_KEEP_ALIVE_MIN": "0", "VOXMEND_WORKER_DEVICE": "cpu"}
    made = home.Home.of(weights.Places(tmp_path), env, SEPARATION)
    assert "VOXMEND_WORKER_KEEP_ALIVE_MIN" not in made.env
    assert made.env["VOXMEND_WORKER_DEVICE"] == "cpu"


def test_without_upstream_it_says_so_and_ends_with_exit_code_4(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packages = ("demucs", "no_such_package")
    monkeypatch.setitem(CHAINS, "separation", dataclasses.replace(SEPARATION, packages=packages))
    folder = str(tmp_path / "out")
    done = run_cli("speed", "--against", "upstream", "--preset", "separation", "--out", folder)
    assert done.exit_code == 4
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "environment"
    assert "no_such_package is not installed" in error["message"]
    assert error["message"].endswith("leave out: --against upstream")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--clips", "three"), ("--clips", "0"), ("--clips", "nan"), ("--clips", "3,3"),
        ("--against", "us"), ("--full",), ("--preset", "restore"), ("--out", "TAKEN"),
    ],
)  # fmt: skip
def test_bad_options_end_with_exit_code_2(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "here").write_text("x")
    done = run_cli("speed", *(str(tmp_path) if part == "TAKEN" else part for part in options))
    assert done.exit_code == 2, done.output
    assert json.loads(done.stdout)["error"]["code"] == "bad_request"
    assert [f.name for f in tmp_path.iterdir()] == ["here"]


def test_a_command_that_fails_gives_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print('x'); sys.exit('no such model')"]
    with pytest.raises(EnvironmentProblem) as caught:
        stopwatch.time_of(command, os.environ, tmp_path / "theirs.log")
    assert "theirs ended with code 1: no such model." in caught.value.message
    assert caught.value.message.endswith("--out FOLDER")


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not tell")
def test_the_peak_is_that_of_the_command_and_not_of_who_measures(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from voxmend.bench import speed, stopwatch\n"  # all that a measurement loads
        "for count in (1, 400_000_000):\n"
        "    line = f'print(len(bytes(1) * {count}))'\n"
        f"    log = pathlib.Path({str(tmp_path)!r}, 'a.log')\n"
        "    took = stopwatch.time_of([sys.executable, '-c', line], os.environ, log)\n"
        "    print(took.out.strip(), took.peak_mb)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    (small, its_peak), (large, larger_peak) = (line.split() for line in said.splitlines())
    assert (small, large) == ("1", "400000000")
    assert float(its_peak) < 150
    assert 400 < float(larger_peak) < 550


def test_a_clip_has_its_length_and_every_seed_another_content(tmp_path: Path) -> None:
    sounds = []
    for seed in (1, 2):
        sound, rate = soundfile.read(clip.write(tmp_path / f"{seed}.wav", 17.0, seed))
        assert (sound.shape, rate) == ((17 * 44_100, 2), 44_100)
        sounds.append(sound)
    assert np.abs(sounds[0] - sounds[1]).max() > 0.01
    assert all(np.abs(sound[-44_100:]).max() > 0.1 for sound in sounds)  # the song goes round


def test_even_the_shortest_clip_sounds(tmp_path: Path) -> None:
    sound, _ = soundfile.read(clip.write(tmp_path / "a.wav", speed.SHORTEST_S, 1))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.01


def test_audio_separator_works_with_as_many_threads_as_torch_is_told_to() -> None:
    code = (
        "from voxmend_bench.separator_command import prepare; prepare()\n"
        "import onnxruntime; print(onnxruntime.SessionOptions().intra_op_num_threads)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OMP_NUM_THREADS": "3"},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.strip() == "3"


def test_a_long_clip_is_measured_once(tmp_path: Path) -> None:
    asked = dataclasses.replace(TINY, repeats=3)
    places = weights.Places(tmp_path)
    bench_run = turns.Turns(asked, places, home.Home(places, {}, SEPARATION), {}, print)
    assert [bench_run.repeats(seconds) for seconds in (3.0, 60.0, 180.0)] == [3, 3, 1]


def test_the_whole_chain_without_deepfilternet_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "empty"))
    monkeypatch.delenv("VOXMEND_SHARED", raising=False)
    done = run_cli("speed", "--against", "upstream", "--out", str(tmp_path / "out"))
    assert done.exit_code == 4
    message = json.loads(done.stdout)["error"]["message"]
    assert "voxmend models pull deepfilternet3" in message
    assert "--preset separation" in message


def test_the_chain_s_preset_is_a_plan_of_blocks_that_are_there(tmp_path: Path) -> None:
    from voxmend import presets
    from voxmend.cascade import plan

    made = plan.make(presets.find(CLASSIC.preset, tmp_path))
    assert [run.block.name for run in made.runs] == [
        "separate.ensemble", "denoise.deepfilternet", "phase.voicefixer",
    ]  # fmt: skip
    assert not made.guarded
    assert CLASSIC.commands == ("demucs", "audio-separator", "deepfilternet", "voicefixer")


def test_deepfilternets_files_in_a_fresh_process_give_what_our_block_gives(
    weights: Path,
) -> None:
    """Its command is what is timed: it must do the whole work."""
    import torch
    from rack import CPU, snr, tune

    from voxmend.blocks.denoise.deepfilternet import DeepFilter, DeepFilterNetParams
    from voxmend.blocks.denoise.deepfilternet_network import evening

    sound = tune(1.0, 48_000)[:1]
    noisy = sound + 0.02 * torch.randn(sound.shape, generator=torch.Generator().manual_seed(1))
    folder = weights / "deepfilternet3"
    level = evening(noisy, noisy.shape[1])  # the block's own; the command hears sound as it comes
    theirs = deepfilternet_command.enhanced(folder, (noisy * level).numpy()) / level.numpy()
    block = DeepFilter()
    network = block.load(sorted(folder.iterdir()), CPU)
    params = DeepFilterNetParams(rate=48_000, wet=True)
    ours = block.run(
        network, None, torch.nn.functional.pad(noisy, (network.margin,) * 2)[None], params
    )
    made = ours[0, 0, network.margin : -network.margin]
    assert snr(noisy[0], made) < 20  # it does something
    assert snr(made, torch.from_numpy(theirs[0])) > 80


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_chain_runs_every_block_and_every_command(
    weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """VoiceFixer at full size, the rest tiny, a second and a half: that it measures, not what."""
    monkeypatch.setenv("VOXMEND_SHARED", str(weights.parent))
    asked = Question((1.5,), against=True, full=False, repeats=1, chain=CLASSIC)
    found = speed.measure(asked, tmp_path / "kept")
    (row,) = found.rows
    assert row.upstream is not None
    assert list(row.upstream.commands_s) == list(CLASSIC.commands)
    blocks = [ran["block"] for ran in row.ours.stages]
    assert blocks[-2:] == ["denoise.deepfilternet", "phase.voicefixer"]
    (restored,) = [f for f in (tmp_path / "kept" / "out" / "voicefixer").glob("1.5s_1.wav")]
    assert soundfile.info(restored).duration == pytest.approx(1.5, abs=0.01)
    text = "\n".join(figures.table(found))
    assert "deepfilternet: its official ONNX files in a fresh process" in text
