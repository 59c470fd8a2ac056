"""What libsndfile lacks: through ffmpeg, on a short leash, or refused by its name."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import odd_sounds as odd
import pytest
import soundfile
from sounds import tone

from voxmend.audio import converter, ffmpeg, kinds, load, probe
from voxmend.audio.source import Source
from voxmend.audio.stretch import Stretch
from voxmend.doctor import machine
from voxmend.doctor.finding import Case
from voxmend.paths import Paths
from voxmend_protocol.errors import (
    Cancelled,
    DiskFull,
    InputError,
    InputUnreadable,
    UnsupportedAudio,
)

RATE, SECONDS = 44_100, 2.0
FRAMES = round(RATE * SECONDS)
LOSSLESS = {"alac.m4a": "alac", "wv": "wavpack", "tta": "tta", "flac.ogg": "flac", "mka": "flac"}
LOSSY = {
    "m4a": ("aac", 2_048), "aac": ("aac", 3_072), "mp4": ("aac", 2_048), "mov": ("aac", 2_048),
    "wma": ("wmav2", 4_096), "webm": ("libopus", 4_000), "opus.mka": ("libopus", 4_000),
    "ac3": ("ac3", 2_048), "avi": ("ac3", 2_048), "ts": ("aac", 3_072), "ac3.wav": ("ac3", 2_048),
    "wma.wav": ("wmav2", 4_096), "yamaha.wav": ("adpcm_yamaha", 2_048),
    "speex.ogg": ("libspeex", 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def program() -> str:
    """ffmpeg; skips where there is none."""
    found = converter.find()
    if found is None:
        pytest.skip("no ffmpeg on this machine")
    return found


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 16 bit stereo."""
    path = tmp_path_factory.mktemp("base") / "base.wav"
    soundfile.write(path, tone(SECONDS, RATE, 2).T, RATE, "PCM_16")
    return path


@pytest.fixture(scope="module")
def converted(
    program: str, base: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Makes a file of the base with ffmpeg, once; skips where it lacks the encoder."""
    folder = tmp_path_factory.mktemp("converted")

    def make(name: str, *options: str) -> Path:
        path = folder / name
        if not path.exists():
            run = subprocess.run(
                [program, "-v", "error", "-y", "-i", str(base), *options, str(path)],
                capture_output=True, check=False,
            )  # fmt: skip
            if run.returncode:
                path.unlink(missing_ok=True)
                if b"nknown encoder" in run.stderr:
                    pytest.skip(f"this ffmpeg cannot write {name}")
                raise AssertionError(run.stderr.decode())
        return path

    return make


def codes(path: Path, folder: Path) -> list[str]:
    clip = load(path, None, None, folder)
    clip.signal.close()
    return [warned.code for warned in clip.warnings]


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_lossless_coding_gives_the_very_samples(
    name: str, converted: Callable[..., Path], base: Path, tmp_path: Path
) -> None:
    path = converted(f"song.{name}", "-c:a", LOSSLESS[name])
    clip = load(path, None, None, tmp_path)
    with clip.signal as signal:
        assert np.array_equal(signal.read(0, signal.frames), odd.decoded(base.read_bytes()))
    assert clip.warnings == ()
    assert list(tmp_path.iterdir()) == []  # no scratch file is left


@pytest.mark.parametrize("name", LOSSY)
def test_a_lossy_coding_keeps_rate_channels_and_length(
    name: str, converted: Callable[..., Path], tmp_path: Path
) -> None:
    coding, slack = LOSSY[name]
    path = converted(f"song.{name}", "-c:a", coding, *(["-ar", "16000"] if slack == 0 else []))
    seen = probe(path)
    rate = 48_000 if coding == "libopus" else 16_000 if slack == 0 else RATE
    assert (seen.rate, seen.channels) == (rate, 2)
    assert abs(seen.frames - SECONDS * rate) <= slack
    assert seen.promised_frames >= seen.frames
    with load(path, None, None, tmp_path).signal as signal:
        whole = signal.read(0, signal.frames)
    assert whole.shape == (2, seen.frames)
    with load(path, 0.7, 1.3, tmp_path).signal as signal:
        first, last = round(0.7 * rate), round(1.3 * rate)
        assert np.array_equal(signal.read(0, signal.frames), whole[:, first:last])


def test_many_channels_and_a_high_rate_are_kept(
    converted: Callable[..., Path], tmp_path: Path
) -> None:
    path = converted("six.mka", "-c:a", "flac", "-ac", "6", "-ar", "96000")
    seen = probe(path)
    assert (seen.rate, seen.channels, seen.frames) == (96_000, 6, 192_000)


def test_only_the_first_stream_of_sound_is_read(program: str, base: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    subprocess.run(
        [program, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:duration=2", "-i",
         str(base), "-i", str(base), "-map", "0", "-map", "1", "-map", "2", "-c:v", "mpeg4",
         "-c:a:0", "flac", "-c:a:1", "ac3", str(path)], check=True,
    )  # fmt: skip
    with load(path, None, None, tmp_path).signal as signal:
        assert np.array_equal(signal.read(0, signal.frames), odd.decoded(base.read_bytes()))


def test_a_film_without_sound_is_refused(program: str, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    subprocess.run(
        [program, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:duration=1", "-c:v",
         "mpeg4", str(path)], check=True,
    )  # fmt: skip
    with pytest.raises(InputUnreadable, match="holds no sound that ffmpeg can read"):
        probe(path)


@pytest.mark.parametrize(
    ("name", "coding", "more", "codes_wanted"),
    [
        ("m4a", "aac", ("-movflags", "+faststart"), "input_unclosed"),
        ("mka", "flac", (), "input_unclosed"),
        ("wma", "wmav2", (), "input_unclosed"),
        ("wv", "wavpack", (), "input_truncated"),
        ("tta", "tta", (), "input_truncated"),
        ("ac3.wav", "ac3", (), "input_truncated"),
        ("flac.ogg", "flac", (), "input_unclosed"),
    ],
)
def test_a_cut_file_is_told_from_a_whole_one(
    name: str, coding: str, more: tuple[str, ...], codes_wanted: str,
    converted: Callable[..., Path], tmp_path: Path,
) -> None:  # fmt: skip
    whole = converted(f"long.{name}", "-af", "aloop=loop=3:size=88200", "-c:a", coding, *more)
    cut = tmp_path / f"cut.{name}"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3])
    assert codes_wanted in codes(cut, tmp_path)


def test_an_mp4_that_was_never_finished_is_refused_with_the_next_step(
    converted: Callable[..., Path], tmp_path: Path
) -> None:
    path = tmp_path / "cut.m4a"
    path.write_bytes(converted("song.m4a", "-c:a", "aac").read_bytes()[:9_000])
    with pytest.raises(InputUnreadable, match=r"damaged or not finished.*export it again"):
        probe(path)


def test_a_tag_in_front_is_no_hindrance(converted: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "song.aac"
    path.write_bytes(odd.id3(5_000) + converted("song.aac", "-c:a", "aac").read_bytes())
    assert abs(probe(path).frames - FRAMES) <= 3_072


@pytest.mark.parametrize("ending", ["m4a", "ac3"])
@pytest.mark.parametrize(
    "name", ["-i.wav", "concat:a|b", "50%d.png", "http:x", "a b'c\"d", "file:x", "\x1b[2J", "%"]
)
def test_no_name_means_anything_to_ffmpeg(
    ending: str, name: str, converted: Callable[..., Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = converted(f"song.{ending}", "-c:a", {"m4a": "alac"}.get(ending, ending))
    monkeypatch.chdir(tmp_path)
    shutil.copy(made, tmp_path / name)
    assert probe(Path(name)).frames > FRAMES // 2


def test_what_an_mp4_refers_to_elsewhere_is_not_read(
    converted: Callable[..., Path], base: Path, tmp_path: Path
) -> None:
    """A data reference that names another file: its sound must not come out."""
    data = bytearray(converted("song.alac.m4a", "-c:a", "alac").read_bytes())
    at = data.index(b"dref") - 4
    path = f"file://{base}".encode() + b"\0"
    entry = struct.pack(">I", 12 + len(path)) + b"url " + bytes(4) + path
    made = struct.pack(">I", 16 + len(entry)) + b"dref" + bytes(4) + struct.pack(">I", 1) + entry
    grown = len(made) - 28
    data[at : at + 28] = made
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        place = data.index(box) - 4
        size = int.from_bytes(data[place : place + 4], "big")
        data[place : place + 4] = (size + grown).to_bytes(4, "big")
    os.utime(base, ns=(1, os.stat(base).st_mtime_ns))
    assert base.read_bytes()
    if os.stat(base).st_atime_ns == 1:
        pytest.skip("this disk does not note when a file was read")
    os.utime(base, ns=(1, os.stat(base).st_mtime_ns))
    trick = tmp_path / "trick.m4a"
    trick.write_bytes(data)
    with contextlib.suppress(InputError):
        probe(trick)
    assert os.stat(base).st_atime_ns == 1


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:1,\n{file}\n", "ffconcat version 1.0\nfile {file}\n", "file {file}\n",
        "v=0\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", "[playlist]\nFile1={file}\n",
        '<?xml version="1.0"?><MPD><BaseURL>{file}</BaseURL></MPD>', "[Reference]\nRef1={file}\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["m4a", "wav"])
def test_a_playlist_is_no_sound_whatever_it_calls_itself(
    text: str, ending: str, base: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"list.{ending}"
    path.write_text(text.format(file=base))
    with pytest.raises(InputUnreadable, match="is not audio that voxmend can read"):
        probe(path)


def test_ffmpeg_is_told_what_it_may_do() -> None:
    line = ffmpeg.command("/usr/bin/ffmpeg", "mov", "/dev/fd/7")
    joined = " ".join(line)
    assert line[0] == "/usr/bin/ffmpeg"
    assert "-nostdin" in line
    assert "-protocol_whitelist file" in joined
    assert "-enable_drefs 0 -use_absolute_path 0" in joined
    assert "-f mov -i file:/dev/fd/7" in joined
    assert "-map 0:a:0 -vn -sn -dn" in joined
    assert joined.endswith("-f wav pipe:1")


# --- without ffmpeg, or with another one ----------------------------------------------------------


@pytest.fixture
def none_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without ffmpeg."""
    monkeypatch.setattr(converter, "find", lambda: None)


def tagged(tag: int) -> bytes:
    """A WAV of some coding."""
    fmt = struct.pack("<HHIIHH", tag, 2, 44_100, 16_000, 4, 0)
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", 400) + bytes(400)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def caf(coding: bytes) -> bytes:
    desc = struct.pack(">d4sIIIII", 44_100.0, coding, 0, 0, 1024, 2, 0)
    head = b"caff" + struct.pack(">HH", 1, 0) + b"desc" + struct.pack(">Q", len(desc)) + desc
    return head + b"data" + struct.pack(">Q", 404) + bytes(404)


def ogg_of(packet: bytes) -> bytes:
    head = b"OggS\0\2" + bytes(8) + b"\7\0\0\0" + bytes(4)
    page = head + bytes(4) + b"\1" + bytes((len(packet),)) + packet
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)) & 0xFFFFFFFF
    return page[:22] + value.to_bytes(4, "little") + page[26:]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0\0\0\x20ftypM4A " + bytes(400), "MP4 or QuickTime"),
        (b"\x1a\x45\xdf\xa3" + bytes(400), "Matroska or WebM"),
        (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(400), "Windows Media"),
        (b"wvpk" + bytes(400), "WavPack"),
        (b"MAC " + bytes(400), "Monkey's Audio"),
        (b"\x0b\x77\0\0\0\x40" + bytes(400), "Dolby Digital"),
        (bytes.fromhex("fff15080017ffc") + bytes(4) + bytes.fromhex("fff15080017ffc"), "AAC"),
        (tagged(0x2000), "AC-3 in WAV"),
        (tagged(0x0161), "WMA in WAV"),
        (tagged(0x0020), "Yamaha ADPCM in WAV"),
        (tagged(0x1234), "coding 0x1234 in WAV"),
        (caf(b"aac "), "AAC in CAF"),
        (caf(b"zzzz"), "coding zzzz in CAF"),
        (ogg_of(b"\x7fFLAC\1\0"), "FLAC in Ogg"),
        (ogg_of(b"Speex   1.2"), "Speex in Ogg"),
        (ogg_of(b"\x80theora\3") + ogg_of(b"\x01vorbis"), "Theora video with Vorbis in Ogg"),
        (odd.id3(100) + b"wvpk" + bytes(400), "WavPack"),
    ],
)
def test_without_ffmpeg_a_coding_is_named_and_the_way_out(
    data: bytes, words: str, none_found: None, tmp_path: Path
) -> None:
    path = tmp_path / "song\x1b.any"
    path.write_bytes(data)
    with pytest.raises(UnsupportedAudio) as caught:
        probe(path)
    said = caught.value.message
    assert words in said
    assert "install ffmpeg" in said
    assert 'ffmpeg -i "song\\x1b.any" "song\\x1b.wav"' in said
    assert "damaged" not in said


def test_a_wav_without_a_block_size_is_read(tmp_path: Path) -> None:
    data = bytearray(odd.encoded("WAV", "PCM_16", 1.0))
    data[32:34] = bytes(2)
    path = tmp_path / "song.wav"
    path.write_bytes(data)
    assert probe(path).frames == 44_100
    assert codes(path, tmp_path) == []


def test_silence_is_mended_with_a_remark(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros((44_100, 2)), 44_100)
    assert codes(path, tmp_path) == ["input_silent"]
    sound = np.zeros((44_100, 2))
    sound[-1] = 0.1
    soundfile.write(path, sound, 44_100)
    assert codes(path, tmp_path) == []


def pretender(folder: Path, text: str) -> Path:
    """A program named ffmpeg."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    path = folder / "ffmpeg"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return path


HEAD = (
    "import struct, sys\n"
    "out = sys.stdout.buffer\n"
    "fmt = struct.pack('<HHIIHH', 3, 2, 44100, 0, 8, 32)\n"
    "out.write(b'RIFF' + b'\\xff' * 4 + b'WAVEfmt ' + struct.pack('<I', 16) + fmt)\n"
    "out.write(b'data' + b'\\xff' * 4); out.flush()\n"
)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A file that ffmpeg would be asked to read."""
    path = tmp_path / "song.wv"
    path.write_bytes(b"wvpk" + bytes(8) + b"\xff" * 4 + bytes(400))
    return path


def stands_in(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    made = pretender(folder / "bin", text)
    monkeypatch.setattr(converter, "find", lambda: str(made))


posix = pytest.mark.skipif(os.name == "nt", reason="programs of a few lines, as POSIX runs them")


@posix
def test_more_than_a_day_of_sound_is_given_up(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "LONGEST_S", 3)
    stands_in(monkeypatch, tmp_path, HEAD + "while True: out.write(bytes(1 << 16))\n")
    with pytest.raises(UnsupportedAudio, match="cut it into shorter files"):
        probe(song)
    with pytest.raises(UnsupportedAudio):
        load(song, None, None, tmp_path)
    assert not list(tmp_path.glob("tmp*"))


@posix
def test_one_that_gives_nothing_is_given_up(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "STALL_S", 0.2)
    stands_in(monkeypatch, tmp_path, HEAD + "import time\ntime.sleep(1000)\n")
    with pytest.raises(InputUnreadable, match="gave no sound for"):
        probe(song)


@posix
def test_a_cancelled_job_ends_it(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is left of it: ``no_zombies`` looks."""
    stands_in(monkeypatch, tmp_path, HEAD + "import time\ntime.sleep(1000)\n")
    asked = iter((False, False, False))
    with pytest.raises(Cancelled):
        load(song, None, None, tmp_path, cancelled=lambda: next(asked, True))


@posix
def test_it_has_limits_an_empty_environment_and_nothing_open(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it may use: time, memory, no file to write, one descriptor of ours to read."""
    monkeypatch.setenv("FFREPORT", "file=/tmp/report.log")
    stands_in(
        monkeypatch, tmp_path,
        "import os, resource, sys, json\n"
        "limits = [resource.getrlimit(r)[0] for r in (resource.RLIMIT_CPU, resource.RLIMIT_AS,\n"
        "          resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)]\n"
        "opened = [f for f in os.listdir('/dev/fd') if int(f) > 2]\n"
        "said = {'limits': limits, 'environment': sorted(os.environ), 'opened': len(opened),\n"
        "        'folder': os.getcwd(), 'input': sys.stdin.read(), 'line': sys.argv}\n"
        "sys.stderr.write(json.dumps(said))\nsys.exit(1)\n",
    )  # fmt: skip
    with Source(song) as source:
        process_said = _said_by(source)
    said = json.loads(process_said)
    assert said["limits"] == [ffmpeg.CPU_S, ffmpeg.MEMORY_KB * 1024, 0, 0]
    assert not {"FFREPORT", "HOME", "PATH"} & set(said["environment"])
    assert said["opened"] <= 2  # ours, and the one that lists them
    assert (said["folder"], said["input"]) == ("/", "")
    assert any(word.startswith("file:/dev/fd/") for word in said["line"])


def _said_by(source: Source) -> str:
    found = converter.find()
    assert found is not None
    taken: list[str] = []
    original = ffmpeg._Said.lines

    def lines(self: ffmpeg._Said) -> list[str]:
        original(self)
        taken.append(self._text.decode())
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ffmpeg._Said, "lines", lines)
        with (
            pytest.raises(InputUnreadable),
            ffmpeg.run(found, source, "wv", lambda: False),
        ):
            pass
    return taken[0]


@posix
def test_what_it_says_is_bounded_and_its_last_words_too(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_in(
        monkeypatch, tmp_path,
        "import sys\nfor _ in range(20000):\n"
        "    sys.stderr.write('[x @ 0x55] Invalid \\x1b[31m data\\n')\n"
        + HEAD + "out.write(bytes(8 * 44100)); out.flush()\n",
    )  # fmt: skip
    clip = load(song, None, None, tmp_path)
    clip.signal.close()
    (warned,) = [each for each in clip.warnings if each.code == "input_unsure"]
    assert "(Invalid \\x1b[31m data)" in warned.message
    assert clip.signal.frames == 44_100


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
def test_a_full_scratch_disk_is_named(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_in(monkeypatch, tmp_path, HEAD + "out.write(bytes(1 << 20)); out.flush()\n")

    def full(*_: object, **__: object) -> object:
        return open("/dev/full", "w+b", buffering=0)

    monkeypatch.setattr("voxmend.audio.foreign.tempfile.TemporaryFile", full)
    with pytest.raises(DiskFull, match="free some space"):
        load(song, None, None, tmp_path)


@posix
def test_the_one_in_the_current_folder_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretender(tmp_path, "raise SystemExit(0)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(converter, "_PLACES", ())
    assert converter.search("") is None
    assert converter.search(":.::./") is None
    assert converter.search(f".:{tmp_path}") == str(tmp_path / "ffmpeg")


@posix
def test_one_that_others_could_replace_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converter, "_PLACES", ())
    mine = pretender(tmp_path / "mine", "")
    theirs = tmp_path / "theirs"
    pretender(theirs / "inner", "")
    theirs.chmod(0o777)
    both = f"{theirs / 'inner'}:{mine.parent}"
    assert converter.search(both) == str(mine)
    mine.chmod(0o777)
    assert converter.search(both) is None
    mine.chmod(0o755)
    link = tmp_path / "links"
    link.mkdir()
    (link / "ffmpeg").symlink_to(theirs / "inner" / "ffmpeg")
    assert converter.search(str(link)) is None
    if os.geteuid() == 0:
        os.chown(mine, 12_345, 12_345)
        assert converter.search(str(mine.parent)) is None


def test_the_doctor_names_it_or_says_what_it_would_be_good_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(Paths(tmp_path, tmp_path / "config", tmp_path / "cache"), measure_s=0.0)
    monkeypatch.setattr(converter, "find", lambda: None)
    found = machine.ffmpeg(case)
    assert (found.health, "install ffmpeg" in found.detail) == ("ok", True)
    if os.name != "nt":
        stands_in(monkeypatch, tmp_path, "print('ffmpeg version 9.9 Copyright (c) nobody')\n")
        found = machine.ffmpeg(case)
        assert found.health == "ok"
        assert found.detail.endswith("bin/ffmpeg, version 9.9")
        stands_in(monkeypatch, tmp_path, "raise SystemExit(3)\n")
        assert machine.ffmpeg(case).health == "warn"


def test_each_kind_is_known_by_its_first_bytes_and_chance_is_none(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    chance = np.random.default_rng(3)
    hits = 0
    for _ in range(500):
        path.write_bytes(chance.bytes(700))
        with Source(path) as source:
            hits += kinds.kind(Stretch(source, [(0, 700)])) is not None
    assert hits <= 2


@pytest.fixture(autouse=True)
def no_zombies() -> Iterator[None]:
    """Every ffmpeg that a test began has ended with it."""
    yield
    if os.name != "nt":
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
