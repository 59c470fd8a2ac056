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

_FORMS: dict[Format, Form] = {
    "wav": Form("wav", "float"),
    "wav24": Form("wav", "auto-int"),
    "flac": Form("flac", "auto-int"),
    "aiff": Form("aiff", "auto-int"),
    "mp3": Form("mp3", "layer3"),
}


def stems_of(plan: Plan, asked: Sequence[str]) -> list[str]:
    """Which are written: an isolated voice has no instrumental and no raw voice but itself, and
    what only looks at one writes nothing. A voice that was put into its place is written, mended
    or not."""
    if not plan.from_voice:
        return list(asked)
    if not plan.runs:
        return []
    mended = (targets.VOICE, targets.BAND_MENDED)
    return [stem for stem in asked if stem in mended] or [targets.VOICE]


def write(
    name: str,
    names: Sequence[str],
    submit: Submit,
    loaded: Loaded,
    outcome: Outcome,
    folder: Path,
    check: Callable[[], None],
    mode: int = 0o666,
) -> tuple[Stem, tuple[Warned, ...]]:
    """Write one stem, in the form that was asked for or the one it needs.

    Args:
        names: of all the stems that are written.
        submit: what was asked for: the form, and how files are called.
        check: called at each block; what it raises ends the writing.
        mode: of the file.

    Returns:
        What was written, and what the user should know of it.
    """
    sound, form, highest = loaded.signal, _FORMS[submit.output.format], 0.0
    if form.bounded:
        for _, block in samples(name, names, sound, outcome):
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
        for _, block in samples(name, names, sound, outcome):
            check()
            writer.write(block)
    written = writer.written
    assert written is not None  # the with has ended without an exception
    stem = Stem(
        name, file, loaded.start_frame, written.frames, written.rate, written.channels,
        written.peak, round(written.true_peak, 6), f"{written.container} {written.subtype}",
    )  # fmt: skip
    return stem, tuple(warnings)


def samples(
    name: str, names: Sequence[str], source: Signal, outcome: Outcome
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """A stem's samples, block after block: a part of the source, or the source less some."""
    if name == targets.REST:
        less = [_part(each, outcome) for each in targets.taken(names)]
    elif name in (targets.BAND, targets.BAND_MENDED):
        less = [_part(targets.RAW if name == targets.BAND else targets.VOICE, outcome)]
    else:
        yield from _part(name, outcome).blocks()
        return
    first, *more = less
    for start, block in first.blocks():
        left = source.read(start, block.shape[1])
        left -= block
        for other in more:
            left -= other.read(start, block.shape[1])
        yield start, left


def _part(name: str, outcome: Outcome) -> Signal:
    """A voice, or another target."""
    if name in outcome.parts:
        return outcome.parts[name]
    raw = outcome.vocals_raw
    return raw if name == targets.RAW and raw is not None else outcome.vocals
