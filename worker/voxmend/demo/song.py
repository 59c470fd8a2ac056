"""A short song with known truth, made from nothing: for ``voxmend demo`` and for tests.

A sung line (harmonics through vowel formants, vibrato, breath), centred, over pads at the sides,
a bass, a kick and hats. Seeded: the same samples every time. The voice is synthetic: figures
measured on it show that the machinery works, not how good a preset is on singers.

Formants: Peterson and Barney, JASA 24 (1952). SI-SDR: Le Roux et al., ICASSP 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from voxmend_protocol.errors import VoxmendError

from ..disk import write_error

RATE = 44_100
SECONDS = 16.0
BEAT_S = 0.5
# Midi note, beats; 0 rests. Two phrases with a gap, as a singer breathes.
MELODY = (
    (0, 2), (64, 1), (67, 1), (69, 2), (67, 1), (64, 1), (62, 3), (0, 2), (62, 1), (64, 1),
    (67, 2), (64, 1), (60, 4), (0, 2), (67, 2), (69, 1), (72, 3), (0, 1),
)  # fmt: skip
CHORDS = ((48, 55, 64, 67), (45, 52, 60, 64), (53, 57, 60, 65), (43, 50, 59, 62))
VOWELS = (  # formant frequencies and bandwidths in Hz: a, o, i
    ((730, 90), (1090, 110), (2440, 170)),
    ((570, 80), (840, 90), (2410, 170)),
    ((270, 60), (2290, 120), (3010, 190)),
)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Song:
    """A written song: the mix on disk, its voice and backing in memory.

    Shape: voice and backing (2, frames), float32.
    """

    mix: Path
    voice: npt.NDArray[np.float32]
    backing: npt.NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """Length."""
        return float(self.voice.shape[1] / RATE)


def make(seconds: float = SECONDS, seed: int = 1) -> tuple[Array, Array]:
    """Voice and backing. Shape: (2, frames) each, 44.1 kHz, their sum peaks at −3 dBFS."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * RATE)
    voice = _room(_voice(frames, rng), rng, wet=0.12)
    backing = _backing(frames, rng)
    # The voice stands level with the band, as in a plain rough mix.
    backing *= np.sqrt(np.mean(voice**2) / np.mean(backing**2))
    peak = np.max(np.abs(voice + backing)) * 10 ** (3 / 20)
    return voice / peak, backing / peak


def write(folder: Path) -> Song:
    """Make the song and write its mix, 24 bit, to ``demo_song.wav``.

    Raises:
        OutputUnwritable, DiskFull: the folder cannot be written.
    """
    voice, backing = make()
    file = folder / "demo_song.wav"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, (voice + backing).T, RATE, "PCM_24")
    except OSError as error:
        raise write_error(folder, error) from None
    except soundfile.LibsndfileError:
        raise _unwritable(folder) from None
    return Song(file, voice.astype(np.float32), backing.astype(np.float32))


def write_clip(file: Path, seconds: float) -> None:
    """Write the beginning of the song, for who wants something to mend and not to measure.

    Raises:
        OSError: it cannot be written.
    """
    voice, backing = make(seconds)
    try:
        soundfile.write(file, (voice + backing).T, RATE, "PCM_24")
    except soundfile.LibsndfileError as error:
        raise OSError(0, str(error), str(file)) from None


def _unwritable(folder: Path) -> VoxmendError:
    return write_error(folder, OSError(0, "it is read-only or full"))


def measure(song: Song, stems: Mapping[str, str]) -> dict[str, float]:
    """SI-SDR in dB against the true voice: of the mix, and of each voice stem."""
    found = {"mix": si_sdr(song.voice + song.backing, song.voice)}
    for name in ("vocals_raw", "vocals"):
        samples, _ = soundfile.read(stems[name], dtype="float32", always_2d=True)
        found[name] = si_sdr(samples.T, song.voice)
    return {name: round(value, 2) for name, value in found.items()}


def si_sdr(estimate: npt.NDArray[np.float32], truth: npt.NDArray[np.float32]) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, all channels together."""
    e, t = estimate.astype(np.float64).ravel(), truth.astype(np.float64).ravel()
    target = t * (np.dot(e, t) / np.dot(t, t))
    return float(10 * np.log10(np.dot(target, target) / np.dot(e - target, e - target)))


def _voice(frames: int, rng: np.random.Generator) -> Array:
    pitch, level, vowel = np.zeros(frames), np.zeros(frames), np.zeros(frames, int)
    at = 0
    for n, (note, beats) in enumerate(MELODY * 4):
        length = round(beats * BEAT_S * RATE)
        span = slice(at, min(at + length, frames))
        pitch[span] = 440 * 2 ** ((max(note, 60) - 69) / 12)
        level[span] = float(note > 0)
        vowel[span] = n % len(VOWELS)
        at += length
    time = np.arange(frames) / RATE
    pitch = _smooth(pitch, 0.04)  # a singer glides
    pitch *= 2 ** (0.35 / 12 * np.sin(2 * np.pi * 5.6 * time))  # vibrato of a third of a semitone
    level = _smooth(level, 0.03)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = np.zeros(frames)
    shapes = [_smooth((vowel == v).astype(float), 0.05) for v in range(len(VOWELS))]
    heard = [np.flatnonzero(shape) for shape in shapes]  # two vowels at most sound at a time
    for harmonic in range(1, 41):
        hertz, gain = harmonic * pitch, np.zeros(frames)
        for shape, where, formants in zip(shapes, heard, VOWELS, strict=True):
            gain[where] += shape[where] * _formants(hertz[where], formants)
        audible = np.clip((RATE / 2 - 1000 - hertz) / 1000, 0, 1)
        voice += gain * audible / harmonic * np.sin(harmonic * phase)
    breath = _bright(rng.standard_normal(frames)) * 0.02
    sung: Array = level * (voice / np.sqrt(np.mean(voice**2)) + breath)
    return sung


def _formants(hertz: Array, vowel: tuple[tuple[int, int], ...]) -> Array:
    """Gain of a vowel at a frequency: resonances over a floor."""
    gain = np.full_like(hertz, 0.02)
    for centre, width in vowel:
        gain += 1 / (1 + ((hertz - centre) / width) ** 2)
    return gain


def _backing(frames: int, rng: np.random.Generator) -> Array:
    time = np.arange(frames) / RATE
    out = np.zeros((2, frames))
    bar = round(4 * BEAT_S * RATE)
    for n, start in enumerate(range(0, frames, bar)):
        span = slice(start, min(start + bar, frames))
        t = time[span]
        fade = np.minimum(1, np.minimum(t - t[0], t[-1] - t) / 0.05)
        for k, note in enumerate(CHORDS[n % len(CHORDS)]):
            hertz = 440 * 2 ** ((note - 69) / 12)
            tone = sum(np.sin(2 * np.pi * h * hertz * t + k * h) / h**1.5 for h in range(1, 9))
            side = k % 2
            out[side, span] += 0.30 * fade * tone
            out[1 - side, span] += 0.08 * fade * tone
        root = 440 * 2 ** ((CHORDS[n % len(CHORDS)][0] - 12 - 69) / 12)
        out[:, span] += 0.35 * fade * np.sin(2 * np.pi * root * t)
    beat = round(BEAT_S * RATE)
    for n, start in enumerate(range(0, frames, beat // 2)):
        t = np.arange(min(beat // 2, frames - start)) / RATE
        span = slice(start, start + len(t))
        hat = _bright(rng.standard_normal(len(t))) * np.exp(-t * 60)
        out[n % 2, span] += 0.25 * hat
        out[1 - n % 2, span] += 0.10 * hat
        if n % 4 == 0:
            out[:, span] += (
                0.9 * np.exp(-t * 18) * np.sin(2 * np.pi * (50 * t + 3 * np.exp(-t * 30)))
            )
    return out


def _room(dry: Array, rng: np.random.Generator, wet: float) -> Array:
    """The voice in the middle of a small room: exponentially dying noise, one for each side."""
    length = round(0.5 * RATE)
    size = 1 << (len(dry) + length - 1).bit_length()
    spectrum = np.fft.rfft(dry, size)
    sides = []
    for _ in range(2):
        tail = rng.standard_normal(length) * np.exp(-np.arange(length) / (0.09 * RATE))
        tail /= np.sqrt(np.sum(tail**2))
        late = np.fft.irfft(spectrum * np.fft.rfft(tail, size), size)[: len(dry)]
        sides.append(dry + wet * late)
    return np.stack(sides)


def _smooth(curve: Array, seconds: float) -> Array:
    width = max(1, round(seconds * RATE))
    total = np.cumsum(np.concatenate([np.full(width, curve[0]), curve]))
    mean: Array = (total[width:] - total[:-width]) / width
    return mean


def _bright(noise: Array) -> Array:
    """High-passed by differences: what is left of white noise sits above some 8 kHz."""
    return np.diff(noise, n=2, prepend=[0.0, 0.0]) / 2
