"""Sound files of every kind, spoilt: each is read, or refused with a code and a next step.

In process, where a crash would end the tests and memory can be watched; through ffmpeg; and as
jobs of a worker, whose engine must be the same process at the end.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import fuzzing
import numpy as np
import odd_sounds as odd
import psutil
import pytest
from house import House

from voxmend.audio import converter, load, probe
from voxmend.watch.look import look
from voxmend_protocol.errors import BY_CODE, InternalError, VoxmendError
from voxmend_protocol.messages import Accepted, Submit
from voxmend_protocol.values import Clip, Output

GROWTH = 10_000_000
"""Bytes that memory may grow by after the first fifth."""


WRITTEN = """
WAV,PCM_16,44100,2   WAV,FLOAT,48000,1     WAV,IMA_ADPCM,8000,1  WAV,MS_ADPCM,22050,2
WAV,GSM610,8000,1    WAVEX,PCM_24,96000,6  RF64,PCM_24,44100,2   W64,PCM_16,44100,2
AIFF,PCM_16,44100,2  AIFF,FLOAT,44100,1    CAF,PCM_24,44100,2    CAF,ALAC_16,44100,2
AU,PCM_16,44100,2    FLAC,PCM_16,44100,2   FLAC,PCM_24,48000,1   OGG,VORBIS,44100,2
OGG,OPUS,48000,1     MP3,,44100,2          MP3,,22050,1          VOC,PCM_16,22050,1
SVX,PCM_16,22050,1   NIST,PCM_16,16000,1   AVR,PCM_16,22050,1    MAT5,PCM_16,8000,1
"""
"""What libsndfile writes: container, coding, rate, channels."""


@pytest.fixture(scope="module")
def seeds() -> list[bytes]:
    """Small files of every kind that libsndfile writes, and what others make of them."""
    made = [
        odd.encoded(kind, coding or None, 0.12, int(rate), int(channels))
        for kind, coding, rate, channels in (line.split(",") for line in WRITTEN.split())
    ]
    mp3, ogg, flac = (odd.encoded(kind, None, 0.12) for kind in ("MP3", "OGG", "FLAC"))
    made += [odd.uncounted(mp3), odd.id3(60) + mp3 + odd.ID3V1 + mp3, ogg + ogg, flac + flac]
    made += [odd.silent_frames(head, 12) for head in (0xFFFF4000, 0xFFFD8000, 0xFFE380C0)]
    made += [bytes.fromhex("fffb0000").ljust(700, b"\0") * 6, odd.id3(60) + made[0] + odd.ape(60)]
    return made


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Files that only ffmpeg reads; skips where there is none."""
    program = converter.find()
    if program is None:
        pytest.skip("no ffmpeg on this machine")
    file = tmp_path_factory.mktemp("seeds") / "seed"
    line = [program, "-v", "error", "-nostdin", "-f", "lavfi", "-i", "sine=duration=0.2"]
    made = []
    for options in (
        "-c:a aac -f adts", "-c:a ac3 -f ac3", "-c:a flac -f ogg", "-c:a wmav2 -f asf",
        "-c:a flac -f matroska", "-c:a wavpack -f wv", "-c:a ac3 -f wav", "-c:a tta -f tta",
        "-c:a aac -movflags frag_keyframe+empty_moov -f mp4", "-c:a alac -f ipod",
    ):  # fmt: skip
        subprocess.run([*line, *options.split(), "-y", str(file)], check=True)
        made.append(file.read_bytes())
    return made


def resident() -> int:
    """Bytes of memory that this process has and uses: what is free is given back first."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    return int(psutil.Process().memory_info().rss)


def judged(path: Path, number: object) -> str:
    """Look at a file, read it, and look as the watch folder does; the code it was refused with."""
    code = "read"
    try:
        seen = probe(path)
        clip = load(path, None, None, path.parent)
        with clip.signal as signal:
            assert 1 <= signal.frames <= max(seen.frames, seen.promised_frames), number
            assert np.isfinite(signal.read(0, min(signal.frames, 1 << 16))).all(), number
            middle = signal.frames / 2 / signal.rate
        with load(path, middle, None, path.parent).signal as part:
            assert part.frames >= 1, number
    except VoxmendError as error:
        code = told(error, number)
    with contextlib.suppress(VoxmendError):
        look(path)
    return code


def told(error: VoxmendError, number: object) -> str:
    """The code of a refusal, if it is one that a user can act on."""
    assert error.code in BY_CODE, number
    assert not isinstance(error, InternalError), number
    assert error.message.endswith((".", '.wav"')), (number, error.message)
    assert error.message.isprintable(), (number, error.message)
    return error.code


def cases(seeds: list[bytes], whole: int, short: int) -> Iterator[tuple[object, bytes]]:
    for file in fuzzing.found("sound"):
        yield file.name, file.read_bytes()
    yield from fuzzing.mutants(seeds, fuzzing.rounds(whole, short))


def test_a_spoilt_file_is_read_or_refused_and_memory_stays(
    seeds: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converter, "find", lambda: None)
    path = tmp_path / "song.any"
    ends: dict[str, int] = {}
    count = fuzzing.rounds(20_000, 400)
    warm = 0
    for done, (number, data) in enumerate(cases(seeds, 20_000, 400)):
        path.write_bytes(data)
        end = judged(path, number)
        ends[end] = ends.get(end, 0) + 1
        if done == count // 5:
            warm = resident()
    grown = resident() - warm
    print(f"\nsound: {ends}, grown by {grown / 1e6:.1f} MB")
    assert ends["read"] > count // 10, "the seeds themselves are not read"
    if fuzzing.WHOLE:
        assert grown < GROWTH


def test_a_spoilt_file_that_ffmpeg_is_asked_to_read_is_read_or_refused(
    foreign: list[bytes], tmp_path: Path
) -> None:
    path = tmp_path / "song.any"
    ends: dict[str, int] = {}
    for number, data in fuzzing.mutants(foreign, fuzzing.rounds(1_000, 8)):
        path.write_bytes(data)
        end = judged(path, number)
        ends[end] = ends.get(end, 0) + 1
    print(f"\nthrough ffmpeg: {ends}")
    assert ends["read"]
    left = [child.name() for child in psutil.Process().children()]
    assert "ffmpeg" not in left


@pytest.mark.skipif(not fuzzing.WHOLE, reason="2,000 jobs of a real engine: make fuzz")
def test_a_spoilt_file_as_a_job_ends_with_a_code_and_the_engine_lives_on(
    seeds: list[bytes], foreign: list[bytes], real_house: House, tmp_path: Path
) -> None:
    client = real_house.client()
    ends: dict[str, int] = {}
    engine: set[int | None] = set()
    batch: list[str] = []
    for number, data in fuzzing.mutants([*seeds, *foreign], fuzzing.rounds(2_000, 4)):
        path = tmp_path / f"{number}.any"
        path.write_bytes(data)
        out = Output(str(tmp_path / "out"))
        order = Submit(str(uuid.uuid4()), Clip(str(path)), "identity", out)
        try:
            batch.append(client.request(order, Accepted).job)
        except VoxmendError as error:
            end = told(error, number)
            ends[end] = ends.get(end, 0) + 1
        if len(batch) == 20:
            follow(real_house, batch, ends)
            engine.add(real_house.report().engine_pid)
            batch = []
    follow(real_house, batch, ends)
    print(f"\nas jobs: {ends}")
    assert not {"internal", "engine_crashed", "engine_broken"} & set(ends)
    assert len(engine - {None}) == 1


def follow(house: House, batch: list[str], ends: dict[str, int]) -> None:
    """Wait for the ends of some jobs and count them."""
    last = {record.job: record for record in house.client().follow(batch)} if batch else {}
    for record in last.values():
        end = record.error.code if record.error else record.state
        ends[end] = ends.get(end, 0) + 1
