"""A thousand real files in each way of arriving, the real watcher, ``kill -9`` in the middle."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sounds
from house import House, results
from waiting import PATIENCE_S
from watch.watcher import Watching

from voxmend.watch.recipe import Recipe, folder_id, job_id

COUNT = 1000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


def song(number: int) -> bytes:
    """A small WAV unlike all others, without a zero at its end."""
    frames = np.random.default_rng(number).integers(1, 30_000, 8_000, dtype="<i2").tobytes()
    return sounds.header(channels=1, bits=16, promised=len(frames)) + frames


def copy(folder: Path) -> None:
    """One after the other, each in two writes."""
    for n in range(COUNT):
        data = song(n)
        with open(folder / f"{n:04}.wav", "wb", buffering=0) as file:
            file.write(data[:5000])
            time.sleep(0.005)
            file.write(data[5000:])


def write_slowly(folder: Path) -> None:
    """All at once over ten seconds; every second one writes its header last."""
    files = [open(folder / f"{n:04}.wav", "wb", buffering=0) for n in range(COUNT)]  # noqa: SIM115
    for part in range(10):
        for n, file in enumerate(files):
            data = song(n)
            if n % 2:
                data = bytes(44) + data[44:]
            begin, end = len(data) * part // 10, len(data) * (part + 1) // 10
            file.write(data[begin:end])
        time.sleep(1)
    for n, file in enumerate(files):
        file.seek(0)
        file.write(song(n)[:44])
        file.close()


def rename_in(folder: Path) -> None:
    """Whole files appear."""
    aside = folder.with_name("aside")
    aside.mkdir()
    for n in range(COUNT):
        (aside / "x").write_bytes(song(n))
        os.rename(aside / "x", folder / f"{n:04}.wav")


def set_aside_and_fill(folder: Path) -> None:
    """The room and a good header first; five seconds later the sound, in four pieces, opened anew
    for each, so that nobody has the file open in the pauses."""
    for n in range(COUNT):
        data = song(n)
        with open(folder / f"{n:04}.wav", "wb", buffering=0) as file:
            file.write(data[:44])
            file.truncate(len(data))
    for part in range(4):
        time.sleep(5)
        for n in range(COUNT):
            data = song(n)[44:]
            begin, end = len(data) * part // 4, len(data) * (part + 1) // 4
            with open(folder / f"{n:04}.wav", "r+b", buffering=0) as file:
                file.seek(44 + begin)
                file.write(data[begin:end])


@pytest.mark.parametrize("arrive", [copy, write_slowly, rename_in, set_aside_and_fill])
def test_a_thousand_files_are_each_done_once_though_the_watcher_is_killed(
    arrive: Callable[[Path], None], house: House, watching: Watching
) -> None:
    watching.add("--preset", "fake")
    watching.start()
    watching.until_event("watching")
    arriving = threading.Thread(target=arrive, args=(watching.folder,))
    arriving.start()
    restored = watching.folder / "Restored"
    for share in (COUNT // 5, COUNT // 2, 4 * COUNT // 5):
        watching.until(lambda: len(results(restored)) >= share, 5 * PATIENCE_S)  # noqa: B023
        watching.kill()
        watching.start()
    arriving.join()

    def ended() -> set[str]:
        """One that ended while no watcher lived is known to the next."""
        return {e["file"] for e in watching.events("done") + watching.events("known")}

    watching.until(lambda: len(ended()) == COUNT, 5 * PATIENCE_S)
    watching.kill()

    root = os.path.realpath(watching.folder)
    files = sorted(watching.folder.glob("*.wav"))
    hashes = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert len(set(hashes.values())) == COUNT
    wanted = {
        job_id(folder_id(root), Recipe("fake"), name, digest, 1)
        for name, digest in hashes.items()
    }  # fmt: skip
    records = list(house.client().records())
    assert {record.job for record in records} == wanted  # an early look has another id
    assert {record.state for record in records} == {"succeeded"}
    assert [f.name for f in results(restored)] == [f"{file.stem}_fake" for file in files]

    # A restart repeats nothing, not even after the worker has forgotten its jobs.
    before = len(watching.events("taken"))
    watching.start("--once")
    assert watching.process is not None
    assert watching.process.wait(PATIENCE_S) == 0, watching.said()
    assert len(watching.events("taken")) == before
    print(f"{arrive.__name__}: {COUNT} files, {len(records)} jobs, {len(watching.lives)} lives")
