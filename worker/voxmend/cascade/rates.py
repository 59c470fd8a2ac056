"""Signals at other rates, and back: a block lives at its own rate, the clip keeps its own. And what
a block made in one signal, apart."""

from __future__ import annotations

from ..audio.resample import resample_signal
from ..audio.signal import Signal
from .context import Context


class AtRates:
    """A signal at whatever rate it is asked for; each is made once."""

    def __init__(self, signal: Signal, context: Context) -> None:
        self.signal = signal
        self._context = context
        self._made: dict[int, Signal] = {}

    def __call__(self, rate: int | None) -> Signal:
        """At this rate; None = its own."""
        if rate is None or rate == self.signal.rate:
            return self.signal
        if rate not in self._made:
            self._made[rate] = at_rate(self.signal, rate, self._context)
        return self._made[rate]


def at_rate(signal: Signal, rate: int, context: Context) -> Signal:
    """The same sound at another rate; itself where that is its own."""
    if signal.rate == rate:
        return signal
    return resample_signal(signal, rate, context.scratch, cancelled=context.cancelled)


def with_change(voice: Signal, heard: Signal, made: Signal, context: Context) -> Signal:
    """A voice with what a block at another rate made of it. Only the change is resampled: what the
    block left alone stays as it was, and so does what lies above its rate.

    Args:
        heard, made: the voice at the block's rate, before and after.
    """
    change = Signal.empty(made.channels, made.frames, made.rate, context.scratch)
    for start, block in made.blocks():
        change.write(start, block - heard.read(start, block.shape[1]))
    change = as_long(at_rate(change, voice.rate, context), voice.frames, context)
    out = Signal.empty(voice.channels, voice.frames, voice.rate, context.scratch)
    for start, block in voice.blocks():
        out.write(start, block + change.read(start, block.shape[1]))
    return out


def as_long(signal: Signal, frames: int, context: Context) -> Signal:
    """With so many samples: rounding to another rate and back may cost or add one at the end."""
    if signal.frames == frames:
        return signal
    out = Signal.empty(signal.channels, frames, signal.rate, context.scratch)
    for start, block in signal.blocks():
        if start < frames:
            out.write(start, block[:, : frames - start])
    return out


def split(stacked: Signal, count: int, context: Context) -> list[Signal]:
    """Sounds that lie one behind the other in one signal, each for itself."""
    channels = stacked.channels // count
    parts = [
        Signal.empty(channels, stacked.frames, stacked.rate, context.scratch) for _ in range(count)
    ]
    for start, block in stacked.blocks():
        for n, part in enumerate(parts):
            part.write(start, block[n * channels : (n + 1) * channels])
    return parts
