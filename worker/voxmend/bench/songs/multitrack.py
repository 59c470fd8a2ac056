"""Songs whose voice and band are known apart: found in a folder or named, read, cut into excerpts.

A folder holds files ``<song>_<part>`` or folders ``<song>/<part>``. Parts called ``lead``,
``vocals``, ``voice`` or ``backing_vocals`` are the voice, a ``mixture`` is left out, and all others
are the band; the mix is their sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from voxmend_protocol.errors import BadRequest, InputMissing

from ...dsp.curves import FRAME_S
from ..damage.material import read, resampled
from .readings import sings

VOICES = ("backing_vocals", "lead", "vocals", "voice")
LEFT_OUT = ("linear_mixture", "mixture", "mix")
ENDINGS = (".aif", ".aiff", ".flac", ".mp3", ".ogg", ".opus", ".wav")

EXCERPT_S, APART_S, COUNT = 20.0, 25.0, 2
"""Length of an excerpt, from one's beginning to the next, and how many a song gives."""

BAND_PLAYS_DB = -13.0
"""An excerpt counts where the band is no further under its loudest stretch of that length: where it
rests there is nothing to separate."""

STEP_S = 1.0

SUNG_SHARE = 0.15
"""Of a stretch that counts as one with voice."""

Place = Literal["as-is", "half", "hard", "doubled"]
"""Where the voice stands: where it was mixed, half or fully to the left, or twice, left and right,
20 ms apart."""

Cut = Literal["loudest", "every", "whole"]
"""What is taken of a song: the stretches with the loudest voice, every one with voice, all."""

PAN = {"half": 0.5, "hard": 0.0}
DOUBLE_S = 0.02


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a song.

    Attributes:
        offset_s: where in the band's files the voice's begin.
    """

    name: str
    voice: tuple[Path, ...]
    band: tuple[Path, ...]
    offset_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Multitrack:
    """A song, or a stretch of it.

    Attributes:
        voice, band: float32; their sum is the mix. Shape: (2, samples).
        start_s: where in the song it begins.
    """

    name: str
    voice: Tensor
    band: Tensor
    rate: int
    start_s: float = 0.0

    @property
    def mix(self) -> Tensor:
        """What is separated. Shape: (2, samples)."""
        return self.voice + self.band

    def cut(self, start_s: float, seconds: float) -> Multitrack:
        """A stretch of it."""
        part = slice(round(start_s * self.rate), round((start_s + seconds) * self.rate))
        return replace(
            self, voice=self.voice[:, part], band=self.band[:, part], start_s=self.start_s + start_s
        )


def find(folder: Path) -> list[Files]:
    """The songs in a folder, by name.

    Raises:
        InputMissing: there is no such folder, or no song in it.
    """
    if not folder.is_dir():
        raise InputMissing(f"{folder} is no folder. Name one that holds songs in parts.")
    songs: dict[str, dict[str, Path]] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in ENDINGS:
            continue
        stem = file.stem.lower()
        if file.parent != folder:
            songs.setdefault(file.parent.name, {})[stem] = file
            continue
        part = next((known for known in VOICES if stem.endswith(f"_{known}")), None)
        part = part or stem.rpartition("_")[2]
        name = stem.removesuffix(part).rstrip("_")
        if name:
            songs.setdefault(name, {})[part] = file
    found = []
    for name, parts in songs.items():
        voice = tuple(file for part, file in parts.items() if part in VOICES)
        band = tuple(f for part, f in parts.items() if part not in (*VOICES, *LEFT_OUT))
        if voice and band:
            found.append(Files(name, voice, band))
    if not found:
        raise InputMissing(
            f"{folder} holds no song in parts. Name its files SONG_vocals.wav and SONG_band.wav, "
            "or SONG/vocals.wav and SONG/band.wav."
        )
    return found


def load(files: Files) -> Multitrack:
    """Read a song's parts and sum them, in stereo, at the rate of the first voice.

    Raises:
        VoxmendError: a file cannot be read.
        BadRequest: the voice or the band is silent.
    """
    voice, rate = _sum(files.voice, None)
    band, _ = _sum(files.band, rate, files.offset_s)
    samples = min(voice.shape[1], band.shape[1])
    if not samples:
        raise BadRequest(f"The band of {files.name} ends before {files.offset_s:g} s.")
    voice, band = voice[:, :samples], band[:, :samples]
    for what, sound in (("voice", voice), ("band", band)):
        if not bool(sound.any()):
            raise BadRequest(f"The {what} of {files.name} is silent. Give one that sounds.")
    return Multitrack(files.name, voice, band, rate)


def placed(
    song: Multitrack, place: Place, level_db: float | None = None, mono: bool = False
) -> Multitrack:
    """The song mixed otherwise.

    Args:
        level_db: RMS of the voice against the band's; None leaves it as it is.
        mono: both channels of the band alike, and those of the voice unless ``place`` says else.
    """
    voice, band = song.voice, song.band
    if mono:
        voice, band = (sound.mean(0, keepdim=True).expand(2, -1) for sound in (voice, band))
    if place in PAN:
        voice = voice.mean(0) * torch.tensor([[1.0], [PAN[place]]])
    elif place == "doubled":
        late = torch.roll(voice[1], round(DOUBLE_S * song.rate))
        voice = torch.stack([voice[0], late])
    if level_db is not None:
        gain = float(band.norm() / voice.norm()) * 10 ** (level_db / 20)
        voice = gain * voice
    peak = float((voice + band).abs().max())
    scale = min(1.0, 0.9 / peak) if peak else 1.0
    return replace(song, voice=scale * voice, band=scale * band)


def excerpts(song: Multitrack) -> list[Multitrack]:
    """The stretches with the loudest voice, in their order; the whole song where it is shorter."""
    length = round(EXCERPT_S * song.rate)
    if song.voice.shape[1] <= length:
        return [song]
    step = round(STEP_S * song.rate)
    starts = torch.arange(0, song.voice.shape[1] - length + 1, step)
    voice, band = (_energy(sound, starts, length) for sound in (song.voice, song.band))
    plays = band > band.max() * 10 ** (BAND_PLAYS_DB / 10)
    chosen: list[int] = []
    for n in voice.argsort(descending=True).tolist():
        start = int(starts[n])
        if plays[n] and all(abs(start - other) >= APART_S * song.rate for other in chosen):
            chosen.append(start)
            if len(chosen) == COUNT:
                break
    return [song.cut(start / song.rate, EXCERPT_S) for start in sorted(chosen)]


def every(song: Multitrack) -> list[Multitrack]:
    """One stretch after another, those in which somebody sings; the whole song where it is
    shorter."""
    length = round(EXCERPT_S * song.rate)
    if song.voice.shape[1] <= length:
        return [song]
    sung = sings(song.voice, song.rate).double()
    frames = round(EXCERPT_S / FRAME_S)
    return [
        song.cut(n * EXCERPT_S, EXCERPT_S)
        for n in range(song.voice.shape[1] // length)
        if float(sung[n * frames : (n + 1) * frames].mean()) >= SUNG_SHARE
    ]


def all_of(
    songs: list[Files], place: Place, level_db: float | None, mono: bool, cut: Cut
) -> Iterator[Multitrack]:
    """Every excerpt of every song, or every song; one song in memory at a time.

    Raises:
        VoxmendError: as ``load``.
    """
    for files in songs:
        song = placed(load(files), place, level_db, mono)
        if cut == "whole":
            yield song
        else:
            yield from excerpts(song) if cut == "loudest" else every(song)


def _energy(sound: Tensor, starts: Tensor, length: int) -> Tensor:
    total = torch.cat([torch.zeros(1).double(), sound.double().square().sum(0).cumsum(0)])
    return total[starts + length] - total[starts]


def _sum(files: tuple[Path, ...], rate: int | None, start_s: float = 0.0) -> tuple[Tensor, int]:
    """Files together, in stereo, at a rate or that of the first."""
    total = torch.zeros(2, 0)
    for file in files:
        sound, own = read(file, start_s=start_s)
        rate = rate or own
        sound = resampled(sound, own, rate)
        sound = sound.expand(2, -1) if len(sound) == 1 else sound[:2]
        longest = max(total.shape[1], sound.shape[1])
        total, sound = (
            torch.nn.functional.pad(each, (0, longest - each.shape[1])) for each in (total, sound)
        )
        total = total + sound
    assert rate is not None  # no song has no files
    return total, rate
