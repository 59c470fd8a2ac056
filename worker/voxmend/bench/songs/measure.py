"""``voxmend bench songs``: what presets make of songs, against the voice that is in them.

Runs in this process and not in a worker; a stage cache for each excerpt keeps a preset from making
again what another made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from .multitrack import Multitrack

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
class Figures:
    """What one preset made of one excerpt.

    Attributes:
        raw, final: SI-SDR of the voice as separated and as mended, dB.
        highs: of the final voice.
        seconds: that it took; what another preset had made already took none.
    """

    raw: float
    final: float
    highs: Highs
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One excerpt.

    Attributes:
        mix: SI-SDR of the mix itself, dB.
        of: name of a variant to its figures, in the order asked for.
    """

    song: str
    start_s: float
    seconds: float
    mix: float
    of: dict[str, Figures]


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
) -> Iterator[Measured]:
    """Excerpt by excerpt.

    Args:
        say: called with each excerpt's name before it begins.

    Raises:
        VoxmendError: a file cannot be read, or a model is not here.
    """
    plans = {each.name: plan.make(each.preset) for each in variants}
    for song in songs:
        say(f"{song.name}, from {song.start_s:.0f} s")
        with TemporaryDirectory(prefix="voxmend-") as folder:
            context = Context(
                torch.device("cpu"), Path(folder), StageCache(Path(folder) / "stages"),
                digest=song.name, networks=networks,
            )  # fmt: skip
            found = {name: figures(song, made, context) for name, made in plans.items()}
        yield Measured(
            song.name, song.start_s, song.mix.shape[1] / song.rate,
            metrics.si_sdr(song.mix, song.voice), found,
        )  # fmt: skip


def figures(song: Multitrack, made: plan.Plan, context: Context) -> Figures:
    """One preset on one excerpt."""
    source = Signal.of(np.ascontiguousarray(song.mix.numpy()), song.rate)
    began = time.perf_counter()
    outcome = runner.run(made, source, context)
    seconds = time.perf_counter() - began
    final = _sound(outcome.vocals)
    raw = final if outcome.vocals_raw is None else _sound(outcome.vocals_raw)
    return Figures(
        metrics.si_sdr(raw, song.voice), metrics.si_sdr(final, song.voice), highs(final, song),
        seconds,
    )  # fmt: skip


def highs(voice: Tensor, song: Multitrack) -> Highs:
    """A voice's highs against the true one's."""
    lsd, nothing = metrics.lsd_db(voice, song.voice, song.rate, HIGHS_HZ)
    return Highs(lsd, nothing, metrics.band_error_db(voice, song.voice, song.rate, HIGHS_HZ))


def _sound(signal: Signal) -> Tensor:
    return torch.from_numpy(signal.read(0, signal.frames).copy())
