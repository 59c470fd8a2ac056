"""Notices of a real disk: that they come, and for what they do not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import PATIENCE_S

from voxmend.watch.source import Notices


def write(folder: Path) -> None:
    (folder / "a.wav").write_bytes(b"x")


def rename_in(folder: Path) -> None:
    outside = folder.with_name("outside.wav")
    outside.write_bytes(b"x")
    os.rename(outside, folder / "b.wav")


def write_deeper(folder: Path) -> None:
    (folder / "quick").mkdir()
    time.sleep(0.2)
    (folder / "quick" / "c.wav").write_bytes(b"x")


@pytest.mark.parametrize("happens", [write, rename_in, write_deeper])
def test_what_happens_in_the_folder_wakes(happens: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tmp_path / "Mend"
    folder.mkdir()
    woken = threading.Event()
    notices = Notices(str(folder), woken.set)
    try:
        assert notices.alive
        happens(folder)
        assert woken.wait(PATIENCE_S)
    finally:
        notices.close()
    assert not notices.alive


def test_our_own_outputs_and_our_own_reading_do_not_wake(tmp_path: Path) -> None:
    folder = tmp_path / "Mend"
    for name in ("Restored", "Errors", "Done"):
        (folder / name).mkdir(parents=True)
    song = folder / "song.wav"
    song.write_bytes(b"x")
    woken = threading.Event()
    notices = Notices(str(folder), woken.set)
    try:
        (folder / "Restored" / "a_quick").mkdir()
        (folder / "Restored" / "a_quick" / "vocals.wav").write_bytes(b"x")
        (folder / "Errors" / "a.wav.txt").write_text("x")
        song.read_bytes()
        assert not woken.wait(0.5)
        song.write_bytes(b"y")  # still awake
        assert woken.wait(PATIENCE_S)
    finally:
        notices.close()


def test_a_folder_that_is_not_there_gives_no_notices(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Notices(str(tmp_path / "gone"), lambda: None)
