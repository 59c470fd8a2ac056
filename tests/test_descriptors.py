"""Descriptors that are used up are named as such, wherever it shows, and are hard to use up."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from house import House, run_cli

from voxmend import descriptors
from voxmend_protocol.errors import InputMissing, TooManyFiles, UnknownPreset
from voxmend_protocol.messages import Accepted, PresetList, Presets

resource = pytest.importorskip("resource", reason="Windows counts otherwise")

HERE = "import resource; from voxmend import descriptors as d; "


def child(script: str) -> list[int]:
    """What a fresh process prints: limits are of a process, and go only down."""
    run = subprocess.run([sys.executable, "-c", HERE + script], capture_output=True, check=True)
    return [int(word) for word in run.stdout.split()]


def test_the_limit_is_raised_as_far_as_the_system_lets_and_no_further() -> None:
    low = "resource.setrlimit(7, (100, 900)); print(d.raise_limit(), *resource.getrlimit(7))"
    assert resource.RLIMIT_NOFILE == 7
    assert child(low) == [900, 900, 900]
    if resource.getrlimit(7)[1] > descriptors.MOST:
        most = descriptors.MOST
        high = "resource.setrlimit(7, (100, resource.getrlimit(7)[1])); print(d.raise_limit())"
        assert child(high) == [most]
        over = f"resource.setrlimit(7, ({most + 9}, {most + 9})); print(d.raise_limit())"
        assert child(over) == [most + 9]


@contextmanager
def none_left() -> Iterator[None]:
    """This process may open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        highest = max(int(name) for name in os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
        while True:
            try:
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        yield


linux = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")


def blame_the_file(number: int) -> None:
    """As code does that does not ask why."""
    try:
        raise OSError(number, "no")
    except OSError:
        raise UnknownPreset("preview.toml is no valid preset.") from None


def test_an_error_that_came_of_it_is_known_by_what_led_to_it() -> None:
    for number, wanted in ((errno.EMFILE, True), (errno.ENFILE, True), (errno.EACCES, False)):
        with pytest.raises(UnknownPreset) as caught:
            blame_the_file(number)
        assert isinstance(descriptors.in_place_of(caught.value), TooManyFiles) == wanted


@linux
def test_an_error_whose_reason_a_library_kept_is_known_by_looking() -> None:
    assert descriptors.in_place_of(InputMissing("No.")) is None
    with none_left():
        found = descriptors.in_place_of(InputMissing("No."))
    assert isinstance(found, TooManyFiles)
    assert "too many files and connections" in found.message
    assert "voxmend worker restart" in found.message
    assert not descriptors.are_gone()


@linux
def test_a_worker_without_descriptors_blames_no_preset(house: House) -> None:
    house.start()
    client, order = house.client(), house.order()
    assert house.process is not None
    pid = house.process.pid
    limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    assert limit[0] >= min(descriptors.MOST, limit[1]), "it was not raised"
    # Lower than what is open already: so whatever asks for another one is refused.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (psutil.Process(pid).num_fds() // 2, limit[1]))
    for asked, answer in ((order, Accepted), (Presets(), PresetList)):
        with pytest.raises(TooManyFiles):
            client.request(asked, answer)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    assert client.request(order, Accepted).job == order.job
    assert house.finish(client, order.job).state == "succeeded"


@linux
def test_an_engine_that_cannot_be_started_for_it_is_no_dead_engine(house: House) -> None:
    house.start()
    client = house.client()
    assert house.process is not None
    pid = house.process.pid
    limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    open_now = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    # Room for what admits a job and for an engine's host, none for the pipes of a process.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(open_now) + 5, limit[1]))
    ends = [house.finish(client, house.submit(client)) for _ in range(4)]
    assert {end.state for end in ends} == {"failed"}
    assert {end.error.code for end in ends if end.error} == {"too_many_files"}
    assert house.report().engine != "broken"
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    assert house.finish(client, house.submit(client)).state == "succeeded"


@linux
def test_the_command_line_says_it_of_itself_too(house: House, tmp_path: Path) -> None:
    house.start()
    script = (
        "import os, resource, sys; sys.argv = ['voxmend', 'worker', 'status', '--json']\n"
        "from voxmend.cli import app; import voxmend.wire, voxmend.doctor\n"
        "resource.setrlimit(7, (max(map(int, os.listdir('/proc/self/fd'))), 1000))\n"
        "app.main()"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 4, run.stderr
    assert "[too_many_files]" in run.stderr
    assert "Traceback" not in run.stderr
    assert run_cli("worker", "status").returncode == 0
