"""What a separator can be asked for, and the stems that are made of it. No torch here.

A *target* is a part of the mixture that a separator gives: the voice, drums, bass. A *stem* is a
file that a job writes. Each target but the voice is one; the voice gives four, and ``rest`` is what
is left of the mixture without all that was written. Targets are data: a row of the catalogue says
which its network gives, under any name that a file may have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voxmend_protocol.values import VOICE_STEMS

OF_VOICE = VOICE_STEMS
"""The stems that take a voice to make: the target itself, mended; as it was separated; the mixture
less this; the mixture less the mended one."""

VOICE, RAW, BAND, BAND_MENDED = OF_VOICE

REST = "rest"
"""The mixture less all that was written."""


def others(stems: Iterable[str]) -> tuple[str, ...]:
    """The targets beside the voice that these stems ask for, in their order."""
    return tuple(stem for stem in stems if stem not in (*OF_VOICE, REST))


def of(stems: Sequence[str]) -> tuple[str, ...]:
    """All targets that these stems are made of, the voice first."""
    voice = (VOICE,) if set(stems) & set(OF_VOICE) else ()
    return (*voice, *others(stems))


def written(stems: Sequence[str]) -> tuple[str, ...]:
    """The stems that a job writes where these were asked for: what is left of the mixture is one of
    them as soon as anything but voice and band is taken out, so that nothing is lost."""
    return (*stems, REST) if others(stems) and REST not in stems else tuple(stems)


def sums(stems: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Which of these stems add up to the mixture, sample by sample: each such set of them."""
    pairs = ((RAW, BAND), (VOICE, BAND_MENDED))
    found = tuple(pair for pair in pairs if set(pair) <= set(stems))
    return (*found, (*taken(stems), REST)) if REST in stems else found


def taken(stems: Sequence[str]) -> tuple[str, ...]:
    """What ``rest`` is without: of two voices the one that was separated."""
    voice = next((name for name in (RAW, VOICE) if name in stems), None)
    return (*(() if voice is None else (voice,)), *others(stems))
