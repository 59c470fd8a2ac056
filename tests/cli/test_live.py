"""The live view of a worker: what it draws of a report, and that it follows a real worker."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from ctrl_c import HEARS
from house import House, run_cli
from rich.console import Console
from waiting import PATIENCE_S, until

from voxmend.cli.live import SHOWN, Seen, Watcher, screen, size
from voxmend.cli.memory import resident
from voxmend_protocol import JobRecord
from voxmend_protocol.messages import Report
from voxmend_protocol.values import Clip, EngineReport, LoadedModel

REPORT = Report("0.1.0", 4711, "2026-01-02T03:04:05Z", 0, "idle", 1)
RECORD = JobRecord(
    "j", "running", 1, 1, Clip("/songs/a [b].wav"), "restore", 1, "2026-01-02T03:04:05Z",
    stage="denoise", stage_index=2, stages=6, fraction=0.42, eta_s=95.0,
)  # fmt: skip


def drawn(report: Report, running: JobRecord | None = None, waiting: int = 0) -> str:
    waits = [
        replace(RECORD, clip=Clip(f"/songs/{n}.wav"), state="queued") for n in range(1, waiting + 1)
    ]
    console = Console(file=io.StringIO(), width=100)
    console.print(screen(Seen(report, [running] if running else [], waits, 1_500_000_000)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_it_shows_engine_device_memory_and_the_running_stage() -> None:
    said = drawn(replace(REPORT, engine="busy", device="cuda:0"), RECORD)
    for words in ("busy", "cuda:0", "1.5 GB", "a [b].wav", "restore", "42 %", "denoise 3/6",
                  "1 min 35 s left"):  # fmt: skip
        assert words in said, words


def test_an_idle_worker_says_so() -> None:
    said = drawn(REPORT)
    assert "Nothing runs." in said
    assert "No models are loaded." in said


def test_the_queue_names_the_next_and_counts_the_rest() -> None:
    said = drawn(replace(REPORT, queued=SHOWN + 5), RECORD, SHOWN + 5)
    assert "1.wav" in said
    assert f"{SHOWN}.wav" in said
    assert f"{SHOWN + 1}.wav" not in said
    assert "and 5 more" in said


@pytest.mark.parametrize(
    ("idle", "keep", "said"),
    [(None, 600.0, "in use"), (60.0, None, "idle for 60 s, stays"),
     (60.0, 600.0, "idle for 60 s, goes in 9 min 00 s")],
)  # fmt: skip
def test_a_network_says_when_it_goes(idle: float | None, keep: float | None, said: str) -> None:
    model = LoadedModel("htdemucs", 84_000_000, "cpu", idle, keep)
    shown = drawn(replace(REPORT, models=(model,)))
    assert said in shown
    assert "84 MB" in shown


def test_a_broken_engine_gives_its_reason() -> None:
    said = drawn(replace(REPORT, engine="broken", reason="exit code 70", draining=True))
    assert "broken exit code 70" in said
    assert "ends when the queue is empty" in said


def test_each_of_several_engines_and_each_job_at_work_has_a_line() -> None:
    engines = (
        EngineReport(1, "busy", "cuda:0", 11, "12345678-aa", "separate"),
        EngineReport(2, "broken", "cuda:1", reason="exit code 70"),
    )
    said = drawn(replace(REPORT, engine="busy", engines=engines), RECORD)
    for words in ("engines", "1: busy on cuda:0, process 11, job 12345678 (separate)",
                  "2: broken on cuda:1: exit code 70"):  # fmt: skip
        assert words in said, words


def test_memory_is_read_from_the_system() -> None:
    own = resident((os.getpid(), None))
    assert own is not None
    assert 20e6 < own < 50e9
    assert resident((None,)) is None
    assert size(84_000_000) == "84 MB"


def test_memory_of_a_process_that_is_gone_is_unknown_and_does_not_count() -> None:
    assert resident((2**22 + 1,)) is None
    own = resident((os.getpid(),))
    both = resident((2**22 + 1, os.getpid()))
    assert own is not None
    assert both is not None
    assert abs(both - own) < 20e6


def test_it_follows_a_real_worker(house: House) -> None:
    house.start()
    client = house.client()
    jobs = [house.submit(client, until=house.gate) for _ in range(3)]
    watcher = Watcher(house.client())
    until(lambda: any(record.stage for record in watcher.look().running))
    seen = watcher.look()
    assert [record.job for record in seen.running] == jobs[:1]
    assert [record.job for record in seen.waiting] == jobs[1:]
    assert seen.memory is not None


def test_without_a_terminal_it_is_refused_with_the_way_out(house: House) -> None:
    run = run_cli("worker", "status", "--watch")
    assert run.returncode == 2
    assert "--json" in run.stderr


def test_in_a_terminal_it_draws_and_ends_with_ctrl_c(house: House) -> None:
    house.start()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "voxmend", "worker", "status", "--watch"],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=HEARS,
    )  # fmt: skip
    os.close(theirs)
    text = b""
    while b"Nothing runs." not in text:
        assert select.select([ours], [], [], PATIENCE_S)[0], text
        text += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) in (0, 130)
    os.close(ours)
    assert b"Traceback" not in text


def test_without_a_worker_it_is_exit_code_3(house: House) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "voxmend", "worker", "status", "--watch"],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    assert process.wait(PATIENCE_S) == 3
    os.close(ours)
