"""The files of other people's bug reports, made with ffmpeg, and counted against ffmpeg.

What ffmpeg decodes is the measure, within the samples that an encoder puts in front and behind;
where it is not, a warning says why. `python -m pytest tests/audio/test_as_ffmpeg_counts.py -s`
prints the table.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import odd_sounds as odd
import pytest
import soundfile
from sounds import tone

from voxmend.audio import converter, load

RATE, FRAMES = 44_100, 176_400
Build = Callable[[Path, Callable[..., bytes]], bytes]

_MP3 = ("-c:a", "libmp3lame", "-id3v2_version", "0")
_VBR = (*_MP3, "-q:a", "4")


def _vbr(of: Callable[..., bytes]) -> bytes:
    return of("mp3", *_VBR)


def _uncounted(of: Callable[..., bytes]) -> bytes:
    return of("mp3", *_VBR, "-write_xing", "0")


def _ogg(of: Callable[..., bytes], number: int = 0) -> bytes:
    return of("ogg", "-c:a", "libvorbis", number=number)


CASES: dict[str, Callable[[Callable[..., bytes]], bytes]] = {
    "VBR MP3 without Xing": _uncounted,
    "VBR MP3": _vbr,
    "CBR MP3 without Info": lambda of: of("mp3", *_MP3, "-b:a", "128k", "-write_xing", "0"),
    "CBR MP3": lambda of: of("mp3", *_MP3, "-b:a", "128k"),
    "MP3 at 32 kbit/s": lambda of: of("mp3", *_MP3, "-b:a", "32k", "-write_xing", "0"),
    "MP3 at 8 kHz": lambda of: of("mp3", *_MP3, "-ar", "8000", "-write_xing", "0"),
    "MP2": lambda of: of("mp2", "-c:a", "mp2"),
    "MP3 in WAV": lambda of: of("wav", "-c:a", "libmp3lame"),
    "MP3 with ID3v1": lambda of: _vbr(of) + odd.ID3V1,
    "MP3 with ID3v2": lambda of: of("mp3", "-c:a", "libmp3lame", "-metadata", "title=x"),
    "MP3, a piece from the middle": lambda of: _uncounted(of)[20_000:60_000],
    "MP3, cut at its end": lambda of: _vbr(of)[:40_000],
    "two MP3 joined": lambda of: _vbr(of) + of("mp3", *_MP3, number=1),
    "two MP3 joined, another rate": lambda of: _vbr(of) + of("mp3", *_MP3, "-ar", "48000"),
    "two MP3 joined, tags between": lambda of: (
        _vbr(of) + odd.ID3V1 + odd.id3(4_000) + of("mp3", *_MP3, number=1)
    ),
    "two MP3 joined, without Xing": lambda of: _uncounted(of) + _uncounted(of),
    "MP3 with a wrong Xing": lambda of: odd.recounted(_vbr(of), 20, 5_000),
    "MP3 with junk in front": lambda of: b"junk" * 500 + _uncounted(of),
    "MP3 with a hole": lambda of: _uncounted(of)[:30_000] + _uncounted(of)[33_000:],
    "Vorbis": _ogg,
    "two Vorbis joined": lambda of: _ogg(of) + _ogg(of, 1),
    "two Opus joined": lambda of: (
        of("ogg", "-c:a", "libopus") + of("ogg", "-c:a", "libopus", number=1)
    ),
    "two FLAC joined": lambda of: of("flac") + of("flac", number=1),
    "FLAC, header too short": lambda of: _short_flac(of("flac")),
    "WAV with ID3v2": lambda of: odd.id3(400_000) + of("wav"),
    "AIFF with ID3v2": lambda of: odd.id3(40_000) + of("aiff"),
    "FLAC with ID3v2": lambda of: odd.id3(40_000) + of("flac"),
    "WAV without a block size": lambda of: (data := of("wav"))[:32] + bytes(2) + data[34:],
    "Ogg FLAC": lambda of: of("ogg", "-c:a", "flac"),
    "two Ogg FLAC joined": lambda of: (
        of("ogg", "-c:a", "flac") + of("ogg", "-c:a", "flac", number=1)
    ),
    "Speex": lambda of: of("ogg", "-c:a", "libspeex", "-ar", "16000", "-ac", "1"),
    "AC-3 in WAV": lambda of: of("wav", "-c:a", "ac3"),
    "WMA in WAV": lambda of: of("wav", "-c:a", "wmav2"),
    "Yamaha ADPCM in WAV": lambda of: of("wav", "-c:a", "adpcm_yamaha"),
    "M4A": lambda of: of("mp4", "-c:a", "aac"),
    "ALAC": lambda of: of("mp4", "-c:a", "alac"),
    "AAC": lambda of: of("adts", "-c:a", "aac"),
    "WMA": lambda of: of("asf", "-c:a", "wmav2"),
    "WebM": lambda of: of("webm", "-c:a", "libopus"),
    "Opus in MKA": lambda of: of("matroska", "-c:a", "libopus"),
    "WavPack": lambda of: of("wv", "-c:a", "wavpack"),
    "AC-3": lambda of: of("ac3", "-c:a", "ac3"),
}


def _short_flac(data: bytes) -> bytes:
    made = bytearray(data)
    made[21] &= 0xF0
    made[22:26] = (90_000).to_bytes(4, "big")
    return bytes(made)


@pytest.fixture(scope="module")
def program() -> str:
    """ffmpeg; skips where there is none."""
    found = converter.find()
    if found is None:
        pytest.skip("no ffmpeg on this machine")
    return found


@pytest.fixture(scope="module")
def of(program: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Encodes one of two sounds of 4 s; each file once."""
    folder = tmp_path_factory.mktemp("sounds")
    chance = np.random.default_rng(5)
    for number in range(2):
        sound = tone(4.0, RATE, 2, number)
        # Loud and soft by turns, so that a varying bitrate varies.
        sound *= np.repeat(chance.uniform(0.01, 1.0, 16), FRAMES // 16).astype("float32")
        soundfile.write(folder / f"{number}.wav", sound.T, RATE, "PCM_16")
    made: dict[tuple[object, ...], bytes] = {}

    def encode(form: str, *options: str, number: int = 0) -> bytes:
        key = (form, options, number)
        if key not in made:
            path = folder / f"made-{len(made)}"
            run = subprocess.run(
                [program, "-v", "error", "-nostdin", "-i", str(folder / f"{number}.wav"),
                 "-fflags", "+bitexact", *options, "-f", form, str(path)],
                capture_output=True, check=False,
            )  # fmt: skip
            if b"nknown encoder" in run.stderr:
                pytest.skip("this ffmpeg lacks the encoder")
            assert run.returncode == 0, run.stderr.decode()
            made[key] = path.read_bytes()
        return made[key]

    return encode


@pytest.mark.parametrize("name", CASES)
def test_as_many_frames_as_ffmpeg_finds_or_a_warning_says_why(
    name: str, program: str, of: Callable[..., bytes], tmp_path: Path
) -> None:
    path = tmp_path / ("song.mp3" if "MP3 with junk" in name else "song.any")  # for ffmpeg
    path.write_bytes(CASES[name](of))
    clip = load(path, None, None, tmp_path)
    clip.signal.close()
    ours, rate, channels = clip.signal.frames, clip.signal.rate, clip.signal.channels
    run = subprocess.run(
        [program, "-v", "quiet", "-nostdin", "-i", str(path), "-map", "0:a:0", "-f", "s16le", "-"],
        capture_output=True, check=False,
    )  # fmt: skip
    theirs = len(run.stdout) // (2 * channels)
    warned = ", ".join(each.code for each in clip.warnings) or "-"
    print(f"\n{name:30} {rate:6} {channels} {ours:8} {theirs:8} {ours - theirs:6} {warned}", end="")
    slack = 1_152 + 2_257  # an encoder's frame, and the delays of encoder and decoder
    joined = "joined" in name
    if joined:
        slack *= 2
    whole = round(FRAMES * (2 if joined else 1) * rate / RATE)
    # ffmpeg loses a frame or two where FLACs are joined, and takes an MP3 with junk for no sound.
    assert abs(ours - theirs) <= slack or clip.warnings or ours == whole or not theirs
    if "cut" not in name and "piece" not in name and "hole" not in name:
        assert abs(ours - whole) <= slack
