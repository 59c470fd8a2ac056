"""The stems of a job: which are written, in which form, and where their samples come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Format, Stem, Warned

from .. import targets
from ..audio import Form, Loaded, Signal, choose, open_stem, peak
from ..cascade.plan import Plan
from ..cascade.runner import Outcome
from ..plain_names import stem_name
from ..targets import Split

_FORMS: dict[Format, Form] = {
    "wav": Form("wav", "float"),
    "wav24": Form("wav", "auto-int"),
    "flac": Form("flac", "auto-int"),
    "aiff": Form("aiff", "auto-int"),
    "mp3": Form("mp3", "layer3"),
}


Term = tuple[int, Signal]
"""A sound, and whether it counts as it is, 1, or is taken away, -1."""


def stems_of(plan: Plan, asked: Sequence[str]) -> list[str]:
    """Which are written: an isolated voice has no instrumental and no raw voice but itself, and
    what only looks at one writes nothing. A voice that was put into its place is written, mended
    or not."""
    if not plan.from_voice:
        return list(asked)
    if not plan.runs:
        return []
    parts = [name for split in plan.splits for name in split.names]
    mended = (targets.VOICE, targets.BAND_MENDED, *parts)
    return [stem for stem in asked if stem in mended] or [targets.VOICE]


def write(
    terms: Sequence[Term],
    name: str,
    submit: Submit,
    loaded: Loaded,
    folder: Path,
    check: Callable[[], None],
    mode: int = 0o666,
) -> tuple[Stem, tuple[Warned, ...]]:
    """Write one stem, in the form that was asked for or the one it needs.

    Args:
        terms: what it is made of.
        submit: what was asked for: the form, and how files are called.
        check: called at each block; what it raises ends the writing.
        mode: of the file.

    Returns:
        What was written, and what the user should know of it.
    """
    sound, form, highest = loaded.signal, _FORMS[submit.output.format], 0.0
    if form.bounded:
        for _, block in samples(terms):
            check()
            highest = max(highest, peak(block))
    stamp = loaded.probe.time_reference
    stamp = None if stamp is None else stamp + loaded.start_frame
    form, warnings = choose(
        form, name, highest, channels=sound.channels, frames=sound.frames, rate=sound.rate,
        time_reference=stamp,
    )  # fmt: skip
    song = submit.output.name or Path(submit.clip.path).stem
    called = stem_name(submit.output.files or "{stem}", song, name, submit.preset)
    file = f"{called}{form.suffix}"
    shape = (sound.rate, sound.channels, sound.frames)
    with open_stem(folder / file, *shape, form, stamp, mode) as writer:
        for _, block in samples(terms):
            check()
            writer.write(block)
    written = writer.written
    assert written is not None  # the with has ended without an exception
    stem = Stem(
        name, file, loaded.start_frame, written.frames, written.rate, written.channels,
        written.peak, round(written.true_peak, 6), f"{written.container} {written.subtype}",
    )  # fmt: skip
    return stem, tuple(warnings)


def made_of(
    name: str, names: Sequence[str], splits: Sequence[Split], source: Signal, outcome: Outcome
) -> list[Term]:
    """What a stem is the sum of.

    A voice that was taken apart is mended in one of its parts; what that changed is changed in all
    that this part is a part of, so that a voice and its two parts always add up.

    Args:
        names: of all the stems that are written.
        splits: how the voice was taken apart, in order.
        source: what came in.
    """
    if name == targets.REST:
        taken = targets.taken(names, splits)
        less = [made_of(each, names, splits, source, outcome) for each in taken]
        return [(1, source), *(term for each in less for term in _negative(each))]
    if name in (targets.BAND, targets.BAND_MENDED):
        voice = targets.RAW if name == targets.BAND else targets.VOICE
        return [(1, source), *_negative(made_of(voice, names, splits, source, outcome))]
    if name in outcome.parts:
        return [(1, outcome.parts[name])]
    raw = _voices(source, outcome)
    if name == targets.RAW:
        return [(1, raw[0])]
    for n, split in enumerate(splits):
        if name == split.rest:
            return [(1, raw[n]), (-1, raw[n + 1])]
    kept = [targets.VOICE, *(split.kept for split in splits)]
    whole = raw[kept.index(name)]
    if whole is raw[-1]:
        return [(1, outcome.vocals)]
    return [(1, whole), (1, outcome.vocals), (-1, raw[-1])]


def changes(source: Signal, outcome: Outcome) -> bool:
    """Whether repair changed a sample of the voice, or of the part of it that was repaired."""
    if outcome.mended is None:
        return False
    before, after = _voices(source, outcome)[-1], outcome.mended
    return before is not after and any(
        not np.array_equal(block, after.read(start, block.shape[1]))
        for start, block in before.blocks()
    )


def samples(terms: Sequence[Term]) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """A stem's samples, block after block."""
    (_, first), *more = terms
    for start, block in first.blocks():
        for sign, other in more:
            block += sign * other.read(start, block.shape[1])
        yield start, block


def _negative(terms: Sequence[Term]) -> list[Term]:
    return [(-sign, signal) for sign, signal in terms]


def _voices(source: Signal, outcome: Outcome) -> tuple[Signal, ...]:
    """The voice before any repair, and what was kept of it at each split."""
    return (outcome.vocals_raw or source, *outcome.kept)
