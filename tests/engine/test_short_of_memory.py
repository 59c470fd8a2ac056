"""A worker that may use little memory says so, wherever it runs out of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sounds
from house import REAL_WORKER, House, printed, run_cli
from waiting import until

from voxmend import shortage

if sys.platform != "win32":
    import resource

LIMITS = {"torch cannot be loaded": 1_500_000_000, "it dies while it starts": 3_072_000_000}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to this limit")
@pytest.mark.parametrize("where", LIMITS)
def test_want_of_memory_is_no_crash_and_no_defect(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    house = House(tmp_path / "home", REAL_WORKER)
    house.process = subprocess.Popen(
        [sys.executable, *REAL_WORKER],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMITS[where],) * 2),
    )
    try:
        until(house._answers, otherwise=house.log)
        source = sounds.write(tmp_path / "a.wav", sounds.tone(0.5))
        run = run_cli("restore", source, "--preset", "identity", "--json")
        if where == "torch cannot be loaded":
            assert run.returncode == 1, run.stderr
            assert printed(run)["items"][0]["error"]["code"] == "out_of_memory"
        elif run.returncode:  # how much is enough depends on the libraries
            assert printed(run)["items"][0]["error"]["code"] == "out_of_memory"
    finally:
        house.close()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_it_is_known_in_whatever_words(error: Exception) -> None:
    assert shortage.is_one(error)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), ValueError("no memory of it")])
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert not shortage.is_one(error)
