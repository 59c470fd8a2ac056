"""What a separator can be asked for, and the stems that are made of it. No torch here.

A *target* is a part of the mixture that a separator gives: the voice, drums, bass. A *stem* is a
file that a job writes. Each target but the voice is one; the voice gives four, and ``rest`` is what
is left of the mixture without all that was written. Targets are data: a row of the catalogue says
which its network gives, under any name that a file may have.

A *split* takes a voice apart: into lead and backing vocals, into a dry voice and its reverb. What
its network gives goes on through the plan and is repaired; the other stem is the voice less it. So
a change that repair makes stands in every stem that the repaired one is a part of, and in no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voxmend_protocol.values import VOICE_STEMS

OF_VOICE = VOICE_STEMS
"""The stems that take a voice to make: the target itself, mended; as it was separated; the mixture
less this; the mixture less the mended one."""

VOICE, RAW, BAND, BAND_MENDED = OF_VOICE

REST = "rest"
"""The mixture less all that was written."""


@dataclass(frozen=True, slots=True)
class Split:
    """Two stems that a voice falls into.

    Attributes:
        kept: what a network gives, and what goes on through the plan.
        rest: the voice less this, both as they were before any repair.
    """

    kept: str
    rest: str

    @property
    def names(self) -> tuple[str, str]:
        """Both."""
        return self.kept, self.rest


def asked(splits: Iterable[Split], stems: Iterable[str]) -> tuple[Split, ...]:
    """Those splits that these stems ask for, in their order."""
    wanted = set(stems)
    return tuple(split for split in splits if wanted & set(split.names))


def others(stems: Iterable[str], splits: Iterable[Split] = ()) -> tuple[str, ...]:
    """The stems among these that are no voice or band: in their order, without those of a split."""
    parts = {name for split in splits for name in split.names}
    return tuple(stem for stem in stems if stem not in (*OF_VOICE, REST) and stem not in parts)


def of(stems: Sequence[str], splits: Sequence[Split] = ()) -> tuple[str, ...]:
    """All that these stems are made of, the voice first: targets of the mixture, and the stems of
    splits."""
    voice = (VOICE,) if set(stems) & set(OF_VOICE) or asked(splits, stems) else ()
    return (*voice, *others(stems))


def written(stems: Sequence[str], splits: Sequence[Split] = ()) -> tuple[str, ...]:
    """The stems that a job writes where these were asked for: what is left of the mixture is one of
    them as soon as anything but the voice, its parts and the band is taken out, so that nothing is
    lost."""
    return (*stems, REST) if others(stems, splits) and REST not in stems else tuple(stems)


def sums(
    stems: Sequence[str],
    splits: Sequence[Split] = (),
    changed: bool = True,
    from_voice: bool = False,
) -> tuple[tuple[str, ...], ...]:
    """Which of these stems add up to what came in, sample by sample: each such set of them.

    Args:
        changed: repair changed the voice; else its parts go with the instrumental too.
        from_voice: what came in is the voice.
    """
    there = set(stems)
    voices = [voice for voice in _voices(asked(splits, stems)) if set(voice) <= there]
    apart = [voice for voice in voices if len(voice) > 1]
    if from_voice:
        return () if changed else tuple(apart)
    found: list[tuple[str, ...]] = [(RAW, BAND)] if {RAW, BAND} <= there else []
    if BAND_MENDED in there:
        found += [(*voice, BAND_MENDED) for voice in voices]
    if BAND in there and not changed:
        found += [(*voice, BAND) for voice in apart]
    if REST in there:
        found.append((*taken(stems, splits), REST))
    return tuple(found)


def parts(stems: Sequence[str], splits: Sequence[Split]) -> dict[str, tuple[str, str]]:
    """A voice, and the two stems that add up to it, for each split that these stems ask for. They
    do so whatever repair changed: it changes the voice and one of the two alike."""
    whole, found = VOICE, {}
    for split in asked(splits, stems):
        found[whole] = split.names
        whole = split.kept
    return found


def taken(stems: Sequence[str], splits: Sequence[Split] = ()) -> tuple[str, ...]:
    """What ``rest`` is without: of two voices the one that was separated, and parts of the voice
    where no whole one is written; nothing twice."""
    voice = next(((name,) for name in (RAW, VOICE) if name in stems), None)
    return (*(_parts_of(stems, splits) if voice is None else voice), *others(stems, splits))


def _parts_of(stems: Sequence[str], splits: Sequence[Split]) -> tuple[str, ...]:
    """The parts of the voice that are written, less those that another one holds."""
    found: list[str] = []
    for split in asked(splits, stems):
        if split.rest in stems:
            found.append(split.rest)
        if split.kept in stems:
            found.append(split.kept)
            break
    return tuple(reversed(found))


def _voices(splits: Sequence[Split]) -> tuple[tuple[str, ...], ...]:
    """The mended voice: whole, and as what it falls into, split by split."""
    found: list[tuple[str, ...]] = [(VOICE,)]
    beside: tuple[str, ...] = ()
    for split in splits:
        beside = (split.rest, *beside)
        found.append((split.kept, *beside))
    return tuple(found)
