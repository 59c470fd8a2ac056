"""A job's voice from elsewhere: read, found in the song, and what the job says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voxmend_protocol import codec
from voxmend_protocol.errors import ModelCorrupt, ModelMissing
from voxmend_protocol.values import Clip

from ..align.find import find
from ..align.judge import Separate
from ..align.placement import Placement
from ..audio import Loaded, Signal, load
from ..cascade import plan as plans
from ..cascade import runner
from ..cascade.context import Context
from ..presets import Preset, Step

JUDGE = "separate.spleeter"
"""The separator that says where a song has voice and where band: it comes with voxmend."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A voice in its place.

    Attributes:
        voice: of the song's rate, length and channels.
        digest: of the song, the voice and how it was placed: another delay is another source.
        clip: where it came from.
        own: SHA-256 of the voice's sound as it was read.
    """

    voice: Signal
    placement: Placement
    digest: str
    clip: Clip
    own: str

    def plain(self) -> dict[str, Any]:
        """As it stands in job.json."""
        return {"clip": codec.to_dict(self.clip), "digest": self.own, **asdict(self.placement)}


def bring(clip: Clip, song: Loaded, context: Context, warn: Callable[[str, str], None]) -> Brought:
    """Read a voice and put it to where the song holds it.

    Args:
        warn: called with a code and a sentence: what was found, and what the user should know.

    Raises:
        UnsupportedAudio: it is not this song's voice, or cannot be put right.
        InputMissing, InputUnreadable, BadRequest: it cannot be read.
        Cancelled: the job was cancelled.
    """
    loaded = load(
        Path(clip.path), clip.start_s, clip.end_s, context.scratch, cancelled=context.cancelled
    )
    for warned in loaded.warnings:
        warn(warned.code, f"The voice: {warned.message}")
    placed = find(
        loaded.signal, song.signal, context.scratch, _separator(context), context.cancelled
    )
    loaded.signal.close()
    for warned in placed.warnings:
        warn(warned.code, warned.message)
    facts = f"{context.digest or song.digest} {loaded.digest} {placed.placement}"
    digest = hashlib.sha256(facts.encode()).hexdigest()
    return Brought(placed.voice, placed.placement, digest, clip, loaded.digest)


def _separator(context: Context) -> Separate | None:
    """Takes the voice out of an excerpt; None where its weights are not here."""
    steps = (Step(JUDGE, {"speeds": 1}),)
    plan = plans.make(Preset("judge", "", "", steps))
    quiet = Context(
        context.device, context.scratch, networks=context.networks, precision=context.precision,
        proofs=context.proofs, cancelled=context.cancelled,
    )  # fmt: skip
    try:
        with context.networks.use(plan.runs[0].block, context.device):
            pass
    except (ModelMissing, ModelCorrupt):
        return None
    return lambda excerpt: runner.run(plan, excerpt, quiet).vocals
