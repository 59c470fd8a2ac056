"""What the engine leaves to others: its priority, its threads, its memory, as the system says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from house import House, printed, run_cli
from waiting import until

from voxmend import config, manners, memory_limit, priority
from voxmend_protocol.errors import EnvironmentProblem
from voxmend_protocol.messages import Accepted

linux = pytest.mark.skipif(sys.platform != "linux", reason="the words are Linux's")

LOWERED = """
import os, sys
from voxmend import priority
print(priority.lower(sys.argv[1]), flush=True)
while len(sys.argv) > 2: pass
"""
BUSY = "print('busy', flush=True)\nwhile True: pass"


def _start(code: str, *words: str) -> subprocess.Popen[str]:
    """A process in a session of its own, bound to one core; from its first line on it works."""
    core = min(os.sched_getaffinity(0))
    bind = f"import os; os.sched_setaffinity(0, {{{core}}})\n"
    return subprocess.Popen(
        [sys.executable, "-c", bind + code, *words],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _spent(process: subprocess.Popen[str]) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


@linux
@pytest.mark.parametrize("word", ["low", "idle"])
def test_a_busy_program_of_another_session_keeps_nine_tenths_of_a_core(word: str) -> None:
    """By what the two have spent on the one core they share, not by the clock: other work on the
    machine takes from both."""
    ours, theirs = _start(LOWERED, word, "work"), _start(BUSY)
    try:
        for process in (ours, theirs):
            assert process.stdout is not None
            assert process.stdout.readline()
        mine, other = _spent(ours), _spent(theirs)
        until(lambda: _spent(theirs) - other > 1.0)
        assert (_spent(ours) - mine) / (_spent(theirs) - other) < 0.1
    finally:
        for process in (ours, theirs):
            process.send_signal(signal.SIGKILL)
            process.communicate()


@linux
def test_it_is_told_what_is_so_and_the_session_it_came_from_stays_as_it_was() -> None:
    before = Path("/proc/self/autogroup").read_text()
    code = LOWERED.replace("while len(sys.argv) > 2: pass", "")
    run = subprocess.run(
        [sys.executable, "-c", code, "low"], capture_output=True, text=True, check=True
    )
    assert "nice 15" in run.stdout
    assert "disk low" in run.stdout
    assert Path("/proc/self/autogroup").read_text() == before


@linux
def test_normal_changes_nothing_and_a_lower_one_is_not_raised() -> None:
    code = "import os; os.nice(17)\n" + LOWERED.replace("while len(sys.argv) > 2: pass", "")
    for word, said in (("normal", "nice 17"), ("low", "nice 17"), ("idle", "nice 19")):
        run = subprocess.run(
            [sys.executable, "-c", code, word], capture_output=True, text=True, check=True
        )
        assert said in run.stdout


@linux
def test_what_goes_beyond_the_limit_is_refused_as_where_there_is_no_more() -> None:
    code = """
        from voxmend import memory_limit
        print(memory_limit.hold(1))
        kept = bytearray(300_000_000)
        try:
            bytearray(1_200_000_000)
        except MemoryError:
            print("refused")
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["1000000000", "refused"]


def test_without_a_limit_none_is_held() -> None:
    assert memory_limit.hold(0) is None


def test_threads_are_told_to_the_libraries_and_without_a_number_the_users_own_count() -> None:
    env = {"OMP_NUM_THREADS": "3"}
    manners.use_threads(0, env)
    assert env == {"OMP_NUM_THREADS": "3"}
    manners.use_threads(2, env)
    assert set(env.values()) == {"2"}
    assert set(env) == set(manners.THREADS)


def test_the_choices_of_the_settings_are_those_that_are_known() -> None:
    assert set(config.CHOICES["worker.priority"]) == set(priority.CHOICES)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('priority = "high"', "must be one of low, idle, normal"),
        ("threads = -1", "must be 0, or lie between 1 and 1024"),
        ("threads = 2000", "must be 0, or lie between 1 and 1024"),
        ("memory_gb = 0.5", "must be 0, or lie between 1 and"),
        ("memory_gb = nan", "must be 0, or lie between 1 and"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_its_name(
    text: str, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text(f"[worker]\n{text}\n")
    with pytest.raises(EnvironmentProblem, match=says):
        config.load(file, {})


def test_status_and_doctor_say_how_the_engine_behaves_and_that_it_is_paused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PRIORITY", "idle"), ("THREADS", "3"), ("MEMORY_GB", "2.5")):
        monkeypatch.setenv(f"VOXMEND_WORKER_{name}", value)
    house.start()
    client = house.client()
    client.request(house.order(), Accepted)
    until(lambda: house.report().priority)
    said = run_cli("worker", "status").stdout
    assert "manners  idle, fake, 3 threads, at most 2.5 GB" in said
    assert run_cli("worker", "pause").returncode == 0
    report = printed(run_cli("worker", "status", "--json"))
    assert [hold["hold"] for hold in report["paused"]] == ["user"]
    assert "voxmend worker resume" in run_cli("worker", "status").stdout
    run = run_cli("worker", "resume", "--json")
    assert printed(run) == {"paused": False, "was_paused": True}
    assert printed(run_cli("worker", "status", "--json"))["paused"] == []


def test_without_a_worker_the_next_one_starts_paused(house: House) -> None:
    run = run_cli("worker", "pause")
    assert run.returncode == 0
    assert "The next one starts paused" in run.stderr
    house.start()
    assert [hold.by for hold in house.report().paused] == ["cli"]
    assert "goes on" in run_cli("worker", "resume").stderr
    assert "was not paused" in run_cli("worker", "resume").stderr
    assert house.report().paused == ()
