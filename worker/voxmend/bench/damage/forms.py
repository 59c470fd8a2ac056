"""What a voice and a backing can be like before anything breaks: rooms, doubles, hats.

Every form is clean: nothing here is damage, and a detector or a repair that takes it for damage
is wrong. Seeded: the same samples every time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from ...dsp.stft import hertz
from .material import Material

REVERB_DB = -3.0
"""Of the tail against the dry voice: a wet ballad."""

QUIET_DB = -24.0
HARMONY_DB = -4.0
CHOIR_DB = -9.0


def quiet_verse(clean: Material) -> Material:
    """The middle third of the voice 24 dB down, in the mixture too."""
    length = clean.voice.shape[1]
    gain = torch.ones(length)
    gain[length // 3 : 2 * length // 3] = 10 ** (QUIET_DB / 20)
    return replace(clean, voice=clean.voice * smooth(gain, round(0.05 * clean.rate)))


def reverb(clean: Material, seconds: float, seed: int = 3) -> Material:
    """The voice in a room: a tail of noise, other at each side, its highs dying faster."""
    random = torch.Generator().manual_seed(seed)
    length = round(1.2 * seconds * clean.rate)
    time = torch.arange(length) / clean.rate
    tail = torch.randn(2, length, generator=random)
    tail = tail * torch.exp(-3 * math.log(10) * time / seconds)
    dark = low_pass(tail, clean.rate, 3500.0, 2)
    share = torch.exp(-time / (0.15 * seconds))
    tail = tail * share + dark * (1 - share)
    tail[:, : round(0.012 * clean.rate)] = 0
    wet = convolve(clean.voice, tail)
    level = (clean.voice.square().sum() / wet.square().sum()).sqrt() * 10 ** (REVERB_DB / 20)
    return replace(clean, voice=clean.voice + level * wet)


def double(clean: Material) -> Material:
    """Sung twice: the second take 25 ms off, adrift by some milliseconds and cents, and the two
    apart in the image."""
    length = clean.voice.shape[1]
    time = torch.arange(length) / clean.rate
    late = 0.025 + 0.006 * torch.sin(2 * math.pi * 0.23 * time + 1)
    second = delayed(clean.voice[0], late * clean.rate)
    pan = torch.tensor([[1.15], [0.85]])
    return replace(clean, voice=0.7 * (pan * clean.voice + pan.flip(0) * second))


def harmony(clean: Material) -> Material:
    """A second voice a third higher."""
    second = sped(clean.voice[0], 1.26) * 10 ** (HARMONY_DB / 20)
    return replace(clean, voice=clean.voice + torch.tensor([[0.8], [1.2]]) * second)


def choir(clean: Material) -> Material:
    """A pad of eight shifted copies behind the voice, in a large room."""
    pad = torch.zeros_like(clean.voice)
    for n, ratio in enumerate((0.75, 0.84, 0.94, 0.99, 1.01, 1.06, 1.19, 1.33)):
        side = n / 7
        one = torch.roll(sped(clean.voice[0], ratio), (n * clean.rate * 7) // 5)
        pad += torch.tensor([[1 - side], [side]]) * one
    wet = reverb(replace(clean, voice=pad), 2.2, seed=5).voice
    level = (clean.voice.square().sum() / wet.square().sum()).sqrt() * 10 ** (CHOIR_DB / 20)
    return replace(clean, voice=clean.voice + level * wet)


def dark(clean: Material) -> Material:
    """A voice without highs by nature: it falls by 12 dB per octave from 2 kHz, with no edge."""
    return replace(clean, voice=low_pass(clean.voice, clean.rate, 2000.0, 2))


def hats(clean: Material, level_db: float, seed: int = 4) -> Material:
    """A hi-hat eight times in two seconds in the backing, so far below the voice."""
    random = torch.Generator().manual_seed(seed)
    length = clean.voice.shape[1]
    time = torch.arange(length) / clean.rate
    beat = time % 0.25
    open_hat = (time / 0.25).long() % 4 == 3
    decay = torch.where(open_hat, 0.09, 0.03)
    noise = torch.randn(2, length, generator=random)
    noise = noise - low_pass(noise, clean.rate, 6500.0, 4)
    hat = noise * torch.exp(-beat / decay)
    # Each side its own share of one hat: a real one is nearly mono.
    hat = 0.8 * hat.mean(0, keepdim=True) + 0.2 * hat
    level = (clean.voice.square().mean() / hat.square().mean()).sqrt() * 10 ** (level_db / 20)
    return replace(clean, backing=clean.backing + level * hat)


def plain(clean: Material) -> Material:
    """As it is."""
    return clean


FORMS: dict[str, Callable[[Material], Material]] = {
    "dry": plain,
    "quiet verse": quiet_verse,
    "reverb 0.8 s": lambda clean: reverb(clean, 0.8),
    "reverb 2.2 s": lambda clean: reverb(clean, 2.2),
    "double": double,
    "harmony": harmony,
    "choir pad": choir,
    "dark": dark,
    "hats -26 dB": lambda clean: hats(clean, -26.0),
    "hats -16 dB": lambda clean: hats(clean, -16.0),
}
"""Name to what it makes of a dry voice over a plain backing."""


def low_pass(sound: Tensor, rate: int, cutoff_hz: float, order: int) -> Tensor:
    """A slope as of a Butterworth filter, without its phase. Shape: (any, samples), kept."""
    size = 2 * sound.shape[-1]
    spectrum = torch.fft.rfft(sound, size)
    gain = 1 / (1 + (hertz(spectrum.shape[-1], rate, sound.device) / cutoff_hz) ** (2 * order))
    passed: Tensor = torch.fft.irfft(spectrum * gain.sqrt(), size)
    return passed[..., : sound.shape[-1]]


def convolve(sound: Tensor, response: Tensor) -> Tensor:
    """Linear convolution, cut to the sound's length. Shape: (2, samples)."""
    size = sound.shape[-1] + response.shape[-1]
    product = torch.fft.rfft(sound, size) * torch.fft.rfft(response, size)
    both: Tensor = torch.fft.irfft(product, size)
    return both[..., : sound.shape[-1]]


def delayed(sound: Tensor, late: Tensor) -> Tensor:
    """Each sample read so many samples earlier. Shape: (samples,)."""
    place = (torch.arange(len(sound)) - late).clamp(0, len(sound) - 2)
    before = place.long()
    return torch.lerp(sound[before], sound[before + 1], place - before)


def sped(sound: Tensor, ratio: float) -> Tensor:
    """Faster and higher by a ratio, begun again where it ends. Shape: (samples,)."""
    place = (torch.arange(len(sound), dtype=torch.float64) * ratio) % (len(sound) - 1)
    before = place.long()
    return torch.lerp(sound[before], sound[before + 1], (place - before).float())


def smooth(curve: Tensor, reach: int) -> Tensor:
    """A moving mean over 2·reach + 1 values. Shape: (samples,)."""
    total = torch.cat([torch.zeros(1, dtype=torch.float64), curve.double().cumsum(0)])
    place = torch.arange(len(curve))
    high, low = (place + reach + 1).clamp_max(len(curve)), (place - reach).clamp_min(0)
    return ((total[high] - total[low]) / (high - low)).float()
