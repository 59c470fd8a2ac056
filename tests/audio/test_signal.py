from __future__ import annotations

import errno
import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from voxmend.audio import Signal
from voxmend_protocol.errors import DiskFull, EnvironmentProblem, VoxmendError

Samples = npt.NDArray[np.float32]
Tone = Callable[[int, int, float], Samples]

ON_DISK, IN_MEMORY = 0, 1 << 30


def sounding(samples: Samples, folder: Path, in_memory_bytes: int = ON_DISK) -> Signal:
    channels, frames = samples.shape
    signal = Signal.empty(channels, frames, 48_000, folder, in_memory_bytes)
    signal.write(0, samples)
    return signal


@pytest.mark.parametrize("place", [ON_DISK, IN_MEMORY])
@pytest.mark.parametrize("channels", [1, 2, 5, 64])
def test_what_was_written_is_read_in_any_window(
    tmp_path: Path, tone: Tone, place: int, channels: int
) -> None:
    samples = tone(8_000, channels, 3.0)
    with sounding(samples, tmp_path, place) as signal:
        assert (signal.channels, signal.frames, signal.rate) == (channels, 24_000, 48_000)
        assert signal.nbytes == samples.nbytes
        assert signal.in_memory == (place == IN_MEMORY)
        for start, count in [(0, 24_000), (0, 0), (24_000, 0), (23_999, 1), (777, 9_999)]:
            window = signal.read(start, count)
            assert window.dtype == np.float32
            assert window.flags.c_contiguous
            assert np.array_equal(window, samples[:, start : start + count])
        assert np.array_equal(
            np.concatenate([block for _, block in signal.blocks()], axis=1), samples
        )


@pytest.mark.parametrize("place", [ON_DISK, IN_MEMORY])
def test_windows_may_come_in_any_order_and_the_rest_is_silence(
    tmp_path: Path, tone: Tone, place: int
) -> None:
    samples = tone(8_000, 2, 1.0)
    with Signal.empty(2, 8_000, 8_000, tmp_path, place) as signal:
        signal.write(6_000, np.asfortranarray(samples[:, 6_000:7_000]))
        signal.write(1_000, samples[:, ::-1][:, :1_000])
        assert not signal.read(0, 1_000).any()
        assert not signal.read(2_000, 4_000).any()
        assert not signal.read(7_000, 1_000).any()
        assert np.array_equal(signal.read(6_000, 1_000), samples[:, 6_000:7_000])
        assert np.array_equal(signal.read(1_000, 1_000), samples[:, ::-1][:, :1_000])


@pytest.mark.parametrize("place", [ON_DISK, IN_MEMORY])
def test_what_was_read_may_be_changed(tmp_path: Path, tone: Tone, place: int) -> None:
    samples = tone(8_000, 2, 0.1)
    with sounding(samples, tmp_path, place) as signal:
        signal.read(0, 800)[:] = 7.0
        assert np.array_equal(signal.read(0, 800), samples)


@pytest.mark.parametrize("place", [ON_DISK, IN_MEMORY])
def test_a_window_outside_or_of_another_shape_is_a_defect_of_the_caller(
    tmp_path: Path, place: int
) -> None:
    with Signal.empty(2, 100, 8_000, tmp_path, place) as signal:
        for start, count in [(-1, 2), (0, 101), (100, 1), (5, -1)]:
            with pytest.raises(ValueError, match="outside"):
                signal.read(start, count)
        with pytest.raises(ValueError, match="outside"):
            signal.write(99, np.zeros((2, 2), dtype=np.float32))
        shapes = [(1, 2), (2,), (3, 2)]
        double: npt.NDArray[Any] = np.zeros((2, 2))
        for bad in [*(np.zeros(shape, dtype=np.float32) for shape in shapes), double]:
            with pytest.raises(ValueError, match="takes no"):
                signal.write(0, bad)
    with pytest.raises(ValueError, match="closed"):
        signal.read(0, 1)
    for shape in [(0, 1, 8_000), (1, -1, 8_000), (1, 1, 0)]:
        with pytest.raises(ValueError, match="no signal"):
            Signal.empty(*shape, tmp_path)


def test_an_array_becomes_a_signal_without_a_copy(tone: Tone) -> None:
    samples = tone(8_000, 2, 0.1)
    signal = Signal.of(samples, 8_000)
    signal.write(0, np.ones((2, 1), dtype=np.float32))
    assert samples[0, 0] == 1.0
    with pytest.raises(ValueError, match="float32"):
        Signal.of(samples.astype(np.float64), 8_000)


def test_two_signals_of_one_folder_have_two_files_which_closing_removes(tmp_path: Path) -> None:
    one, other = (Signal.empty(1, 100, 8_000, tmp_path, ON_DISK) for _ in range(2))
    one.write(0, np.ones((1, 100), dtype=np.float32))
    assert not other.read(0, 100).any()
    assert len(list(tmp_path.iterdir())) == 2
    one.close()
    one.close()
    assert len(list(tmp_path.iterdir())) == 1
    del other  # forgotten
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_length_that_is_only_promised_takes_no_room(tmp_path: Path) -> None:
    with Signal.empty(2, 10**12, 48_000, tmp_path) as signal:
        signal.write(0, np.ones((2, 10), dtype=np.float32))
        (file,) = tmp_path.iterdir()
        assert file.stat().st_size < 10_000
        assert not signal.read(10**12 - 5, 5).any()
        signal.trim(5)
        assert (signal.frames, signal.nbytes) == (5, 40)
        assert file.stat().st_size == 4096 + 40
        with pytest.raises(ValueError, match="outside"):
            signal.read(0, 6)


@pytest.mark.parametrize("place", [ON_DISK, IN_MEMORY])
def test_a_persisted_signal_is_opened_again(tmp_path: Path, tone: Tone, place: int) -> None:
    samples = tone(8_000, 3, 2.0)
    kept = tmp_path / "stage"
    with sounding(samples, tmp_path, place) as signal:
        signal.persist(kept, "0123abcd")
        assert np.array_equal(signal.read(50, 100), samples[:, 50:150])
        with pytest.raises(ValueError, match="read-only"):
            signal.write(0, samples)
    assert list(tmp_path.iterdir()) == [kept]
    with Signal.open(kept) as again:
        assert (again.channels, again.frames, again.rate) == (3, 16_000, 48_000)
        assert again.digest == "0123abcd"
        assert np.array_equal(again.read(0, 16_000), samples)
        with pytest.raises(ValueError, match="read-only"):
            again.write(0, samples)
        with pytest.raises(ValueError, match="read-only"):
            again.trim(1)
    assert kept.exists()


def test_a_signal_that_ends_in_unwritten_silence_is_persisted_whole(tmp_path: Path) -> None:
    with Signal.empty(2, 5_000, 8_000, tmp_path, ON_DISK) as signal:
        signal.persist(tmp_path / "stage")
    with Signal.open(tmp_path / "stage") as again:
        assert not again.read(0, 5_000).any()


def test_what_is_not_finished_or_not_whole_is_not_opened(tmp_path: Path, tone: Tone) -> None:
    with sounding(tone(8_000, 2, 1.0), tmp_path) as signal:
        (scratch,) = tmp_path.iterdir()
        with pytest.raises(ValueError, match="no finished signal"):
            Signal.open(scratch)  # as a crash would leave it
        signal.persist(tmp_path / "stage")
    whole = (tmp_path / "stage").read_bytes()
    spoilt = tmp_path / "spoilt"
    for data in [
        whole[:-1],
        whole + b"\0",
        whole[:100],
        b"",
        b"x" + whole[1:],
        whole.replace(b'"channels": 2', b'"channels": "'),
        whole.replace(b'"channels": 2', b'"Channels": 2'),
        whole.replace(b'"rate": 48000', b'"rate": -8000'),
    ]:
        spoilt.write_bytes(data)
        with pytest.raises(ValueError, match="no finished signal"):
            Signal.open(spoilt)
    with pytest.raises(FileNotFoundError):
        Signal.open(tmp_path / "none")


def test_an_older_entry_is_replaced_in_one_step(tmp_path: Path, tone: Tone) -> None:
    samples = tone(8_000, 1, 0.5)
    for factor in (1.0, 2.0):
        with sounding(samples * np.float32(factor), tmp_path) as signal:
            signal.persist(tmp_path / "stage")
    with Signal.open(tmp_path / "stage") as again:
        assert np.array_equal(again.read(0, 4_000), samples * 2)


@pytest.mark.parametrize(
    ("call", "number", "error"),
    [
        ("fsync", errno.ENOSPC, DiskFull),
        ("fsync", errno.EIO, EnvironmentProblem),
        ("replace", errno.EACCES, EnvironmentProblem),
    ],
)
@pytest.mark.parametrize("place", [ON_DISK, IN_MEMORY])
def test_an_entry_that_cannot_be_finished_is_not_there(
    tmp_path: Path,
    tone: Tone,
    monkeypatch: pytest.MonkeyPatch,
    place: int,
    call: str,
    number: int,
    error: type[VoxmendError],
) -> None:
    samples = tone(8_000, 2, 0.5)

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with sounding(samples, tmp_path, place) as signal:
        with monkeypatch.context() as broken:
            broken.setattr(os, call, fail)
            with pytest.raises(error):
                signal.persist(tmp_path / "stage")
        assert not (tmp_path / "stage").exists()
        assert np.array_equal(signal.read(0, 4_000), samples)  # the job goes on without a cache
    assert list(tmp_path.iterdir()) == []


def test_another_disk_gets_a_copy(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = tone(8_000, 2, 0.5)
    scratch, cache = tmp_path / "scratch", tmp_path / "cache"
    scratch.mkdir()
    cache.mkdir()
    rename = os.replace

    def like_two_disks(source: Path, target: Path) -> None:
        if source.parent != target.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target)

    monkeypatch.setattr(os, "replace", like_two_disks)
    with sounding(samples, scratch) as signal:
        signal.persist(cache / "stage")
    assert list(scratch.iterdir()) == []
    assert list(cache.iterdir()) == [cache / "stage"]
    with Signal.open(cache / "stage") as again:
        assert np.array_equal(again.read(0, 4_000), samples)


def test_a_full_disk_says_so(tmp_path: Path, tone: Tone) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    with sounding(tone(8_000, 1, 0.1), tmp_path) as signal:
        held = signal._held
        assert not isinstance(held, np.ndarray)
        held._file.close()
        held._file = full.open("r+b", buffering=0)
        with pytest.raises(DiskFull):
            signal.write(0, tone(8_000, 1, 0.1))


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.ENOENT, EnvironmentProblem),
        (errno.EACCES, EnvironmentProblem),
        (errno.EFBIG, EnvironmentProblem),
        (errno.EIO, EnvironmentProblem),
    ],
)
def test_a_scratch_file_is_not_told_as_the_users_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[VoxmendError]
) -> None:
    """Nobody chose its folder, so no other one can be chosen for it."""

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.mkstemp", fail)
    with pytest.raises(error) as refused:
        Signal.empty(1, 100, 8_000, tmp_path, ON_DISK)
    assert str(tmp_path) in refused.value.message
    assert "choose" not in refused.value.message


def test_a_scratch_file_that_cannot_be_read_back_says_so(tmp_path: Path, tone: Tone) -> None:
    with sounding(tone(8_000, 1, 0.1), tmp_path) as signal:
        held = signal._held
        assert not isinstance(held, np.ndarray)
        held._file.close()
        held._file = open(held.path, "ab", buffering=0)  # noqa: SIM115  not for reading
        with pytest.raises(EnvironmentProblem, match="read back"):
            signal.read(0, 10)


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    steps = np.arange(40_000, dtype=np.float32)[None]
    wrong: list[int] = []
    with sounding(steps, tmp_path) as signal:

        def look(seed: int) -> None:
            for start in np.random.default_rng(seed).integers(0, 39_000, 300):
                if not np.array_equal(signal.read(int(start), 999)[0], steps[0, start:][:999]):
                    wrong.append(int(start))

        threads = [threading.Thread(target=look, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
