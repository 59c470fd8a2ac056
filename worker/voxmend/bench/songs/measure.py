"""``voxmend bench songs``: what presets make of songs, against the voice that is in them.

Runs in this process and not in a worker; a stage cache for each excerpt keeps a preset from making
again what another made. A better separator than the one at hand is imitated by moving its stem
towards the true voice, before it is mended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest

from ... import presets
from ...audio.signal import Signal
from ...cascade import plan, runner
from ...cascade.cache import StageCache
from ...cascade.context import Context
from ...cascade.networks import Networks
from ...presets import Preset
from ..quality import metrics
from . import readings
from .multitrack import Multitrack
from .readings import Readings

HIGHS_HZ = 11_100.0
"""From here on upwards the highs are compared: above the band that Spleeter's networks know."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A preset that takes part, under the name it was given."""

    name: str
    preset: Preset


@dataclass(frozen=True, slots=True)
class Highs:
    """What a voice is worth above ``HIGHS_HZ``.

    Attributes:
        lsd: log-spectral distance to the true voice, dB.
        nothing: that of a voice with nothing there.
        level: how much louder it is than the true voice there, dB.
    """

    lsd: float
    nothing: float
    level: float


@dataclass(frozen=True, slots=True)
class Distances:
    """How far a voice is from the true one.

    Attributes:
        sdr: SI-SDR, dB; more is better.
        low: log-spectral distance below ``HIGHS_HZ``, dB.
        stft: multi-resolution STFT distance.
    """

    sdr: float
    low: float
    stft: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What one preset made of one excerpt.

    Attributes:
        raw, final: of the voice as separated and as mended.
        highs: of the final voice.
        mended: what mending did; None where it left the voice bit for bit.
        seconds: that it took; what another preset had made already took none.
    """

    raw: Distances
    final: Distances
    highs: Highs
    mended: Readings | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One excerpt.

    Attributes:
        toward: how far its stems were moved towards the true voice, percent.
        mix: SI-SDR of the mix itself, dB.
        of: name of a variant to its figures, in the order asked for.
    """

    song: str
    start_s: float
    seconds: float
    toward: int
    mix: float
    of: dict[str, Figures]


@dataclass(frozen=True, slots=True)
class Sounds:
    """What a plot is drawn from. Shape of each: (channels, samples)."""

    raw: Tensor
    final: Tensor
    truth: Tensor


def variant(text: str, values: Mapping[str, Scalar], user: Path) -> Variant:
    """A preset with some values set.

    Args:
        text: the preset's name, and behind commas what was set, as it is shown.

    Raises:
        BadRequest, UnknownPreset: there is no such preset or value.
    """
    name = text.partition(",")[0].strip()
    preset = presets.find(name, user).with_values(values)
    if preset.input == "voice":
        raise BadRequest(f"--preset {name} separates nothing. Name one that takes a song.")
    return Variant(text, preset)


def measure(
    songs: Iterable[Multitrack],
    variants: Sequence[Variant],
    networks: Networks,
    say: Callable[[str], None],
    towards: Sequence[int] = (0,),
    heard: Callable[[Multitrack, int, str, Sounds], None] = lambda *_: None,
) -> Iterator[Measured]:
    """Excerpt by excerpt.

    Args:
        say: called with each excerpt's name before it begins.
        towards: how far each stem is moved towards the true voice before it is mended, percent.
        heard: called with an excerpt, such a percentage, a variant's name and its sounds.

    Raises:
        VoxmendError: a file cannot be read, or a model is not here.
    """
    plans = {each.name: plan.make(each.preset) for each in variants}
    for song in songs:
        say(f"{song.name}, from {song.start_s:.0f} s")
        found: list[dict[str, Figures]] = [{} for _ in towards]
        with TemporaryDirectory(prefix="voxmend-") as folder:
            context = Context(
                torch.device("cpu"), Path(folder), StageCache(Path(folder) / "stages"),
                digest=song.name, networks=networks,
            )  # fmt: skip
            for name, made in plans.items():
                for toward, place in zip(towards, found, strict=True):
                    moved = replace(context, digest=f"{song.name}, {toward} %, {name}")
                    place[name], sounds = _one(song, made, context, moved, toward)
                    heard(song, toward, name, sounds)
        mix = metrics.si_sdr(song.mix, song.voice)
        for toward, of in zip(towards, found, strict=True):
            seconds = song.mix.shape[1] / song.rate
            yield Measured(song.name, song.start_s, seconds, toward, mix, of)


def _one(
    song: Multitrack, made: plan.Plan, context: Context, moved: Context, toward: int
) -> tuple[Figures, Sounds]:
    """One preset on one excerpt.

    Args:
        moved: where the stem is mended: it is another one for each preset and each ``toward``.
    """
    source = Signal.of(np.ascontiguousarray(song.mix.numpy()), song.rate)
    began = time.perf_counter()
    separated = runner.run(replace(made, runs=made.runs[:1]), source, context).vocals
    raw = final = _sound(separated)
    if toward:
        raw = final = torch.lerp(raw, song.voice, toward / 100)
    if made.runs[1:]:
        stem = Signal.of(np.ascontiguousarray(raw.numpy()), song.rate)
        mending = replace(made, runs=made.runs[1:])
        final = _sound(runner.run(mending, source, moved, separated=stem).vocals)
    seconds = time.perf_counter() - began
    same = torch.equal(raw, final)
    figures = Figures(
        distances(raw, song),
        distances(final, song),
        highs(final, song),
        None if same else readings.read(raw, final, song.voice, song.rate),
        seconds,
    )
    return figures, Sounds(raw, final, song.voice)


def distances(voice: Tensor, song: Multitrack) -> Distances:
    """A voice against the true one."""
    low, _ = metrics.lsd_db(voice, song.voice, song.rate, 0.0, HIGHS_HZ)
    return Distances(metrics.si_sdr(voice, song.voice), low, metrics.mr_stft(voice, song.voice))


def highs(voice: Tensor, song: Multitrack) -> Highs:
    """A voice's highs against the true one's."""
    lsd, nothing = metrics.lsd_db(voice, song.voice, song.rate, HIGHS_HZ)
    return Highs(lsd, nothing, metrics.band_error_db(voice, song.voice, song.rate, HIGHS_HZ))


def _sound(signal: Signal) -> Tensor:
    return torch.from_numpy(signal.read(0, signal.frames).copy())
