"""One job, from the source file to the stems in its folder.

The engine's loop calls it; it reads, plans, runs, writes, and writes job.json last. Sound passes
by window, so a long clip costs disk, not memory. Nothing is written outside the job's own folder,
which the supervisor has made, the cache and a scratch folder that goes with the job.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxmend_protocol import codec
from voxmend_protocol.errors import Cancelled, InputChanged, InputMissing
from voxmend_protocol.values import Decisions, Format, Stem, StemName, Warned

from .. import __version__, presets
from ..audio import Form, Loaded, Signal, choose, load, open_stem, peak
from ..audio.source import unopened
from ..audio.spectrogram import Picture, picture
from ..cascade import plan as plans
from ..cascade import runner
from ..cascade.cache import StageCache
from ..cascade.context import Context
from ..cascade.guard import UNCHANGED
from ..cascade.networks import Networks
from ..cascade.precision import Verdicts
from ..cascade.render import Ran
from ..cascade.weigh import Decision
from ..diagnose.findings import HOP_S
from ..diagnose.pair import beside
from ..disk import own_error, write_error, write_json
from ..models import store as stores
from ..paths import Paths
from ..report import sketch
from . import device, orders
from .diagnosis import Diagnosed, curves_of, diagnose
from .pool import ModelPool
from .weights import FileVerdicts, Weights

MANIFEST = "job.json"
SOURCE = "source"
"""The picture of what came in."""

_FORMS: dict[Format, Form] = {
    "wav": Form("wav", "float"),
    "wav24": Form("wav", "auto-int"),
    "flac": Form("flac", "auto-int"),
    "aiff": Form("aiff", "auto-int"),
}
READ, DIAGNOSE, WRITE = 0.05, 0.05, 0.05
"""Shares of a job's progress."""


@dataclass(slots=True)
class Voice:
    """How a job speaks to the supervisor, and what it has said."""

    say: Callable[[Any], None]
    cancelled: Callable[[], bool]
    warnings: list[Warned] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Means:
    """What an engine has for a job.

    Attributes:
        cache: the cache folder; finished stages and scratch files lie in it.
        state: the state folder; the report's arrays lie in it.
        settings: device, precision and keep-alive where a job says nothing.
    """

    cache: Path
    state: Path
    settings: orders.Configure
    networks: Networks
    verdicts: Verdicts

    @classmethod
    def of(
        cls, paths: Paths, settings: orders.Configure, pool: ModelPool, blocks: Iterable[str]
    ) -> Means:
        """The means of a user's engine for a job of these blocks, with the catalogue as it stands
        now.

        Raises:
            EnvironmentProblem: they load models, and the user's own catalogue is not valid.
        """
        return cls(
            paths.cache,
            paths.state,
            settings,
            Weights(stores.for_blocks(paths, blocks), pool),
            FileVerdicts(paths.cache / "precision.json"),
        )


@dataclass(slots=True)
class Job:
    """One order under way."""

    order: orders.Run
    voice: Voice
    stages: int = 0
    device: str = ""

    def progress(self, stage: str, index: int, fraction: float) -> None:
        """Say how far the job is."""
        self.voice.say(
            orders.Progress(
                self.order.job, stage, index, self.stages, round(fraction, 4), self.device
            )
        )

    def warn(self, code: str, message: str) -> None:
        """Say something the user should know."""
        self.voice.warnings.append(Warned(code, message))
        self.voice.say(orders.Warning(self.order.job, code, message))


def do(order: orders.Run, voice: Voice, means: Means) -> orders.Done:
    """Do the job.

    Raises:
        VoxmendError: it cannot be done, or was cancelled.
    """
    began = time.monotonic()
    job = Job(order, voice)
    plan = plans.make(presets.parse(order.plan))
    folder = Path(order.partial)
    with _output(order):
        _empty(folder)
    device.prepare()
    place, absent = device.choose(order.submit.device or means.settings.device)
    job.device = device.describe(place)
    job.stages = sum(1 + len(step.members) for step in plan.runs) + 3  # read, diagnose, write
    job.progress("read", 0, 0.0)
    if absent is not None:
        job.warn(absent.code, absent.message)
    _unchanged(order)
    with _scratch(means.cache) as scratch:
        clip = order.submit.clip
        loaded = load(Path(clip.path), clip.start_s, clip.end_s, scratch)
        for warned in loaded.warnings:
            job.warn(warned.code, warned.message)
        loudest = max((peak(block) for _, block in loaded.signal.blocks()), default=0.0)
        pictures = [picture(SOURCE, loaded.signal, loudest)]
        context = Context(
            place,
            scratch,
            StageCache(means.cache / "stages"),
            loaded.digest,
            batch=device.batch(place),
            networks=means.networks,
            precision=means.settings.precision,
            verdicts=means.verdicts,
            progress=lambda stage, index, _, part: job.progress(
                stage, index + 1, READ + (1 - READ - DIAGNOSE - WRITE) * part
            ),
            cancelled=voice.cancelled,
            warn=job.warn,
            seen=lambda block, sound: pictures.append(picture(block, sound, loudest)),
        )
        outcome = runner.run(plan, loaded.signal, context)
        job.device = device.describe(place, ((ran.block, ran.runs_on) for ran in outcome.ran))
        job.progress("diagnose", job.stages - 2, 1 - DIAGNOSE - WRITE)
        found = _diagnose(order, plan, loaded.signal, outcome, context)
        _sketch(means.state, order.job, found, pictures)
        job.progress("write", job.stages - 1, 1 - WRITE)
        stems = [_write(job, stem, loaded, outcome, folder) for stem in _stems(job, plan)]
    decided = _count(outcome.decisions)
    facts = {
        "job": order.job,
        "state": "succeeded",
        "voxmend": __version__,
        "clip": codec.to_dict(clip),
        "source": {
            "rate": loaded.signal.rate,
            "channels": loaded.signal.channels,
            "frames": loaded.signal.frames,
            "container": loaded.probe.container,
            "subtype": loaded.probe.subtype,
            "size": order.size,
            "digest": loaded.digest,
        },
        "preset": json.loads(order.plan),
        "device": job.device,
        "attempt": order.attempt,
        "cached": outcome.cached,
        "stages": [
            {key: value for key, value in asdict(ran).items() if key != "first"}
            for ran in outcome.ran
        ],
        "first_window_s": _since(order.created, outcome.ran),
        "stems": [codec.to_dict(stem) for stem in stems],
        "decided": None if decided is None else codec.to_dict(decided),
        "decisions": [asdict(decision) for decision in outcome.decisions],
        "diagnosis": codec.to_dict(found.record),
        "damage": found.plain(),
        "warnings": [codec.to_dict(warned) for warned in voice.warnings],
        "created": order.created,
        "finished": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": round(time.monotonic() - began, 3),
    }
    with _output(order):
        write_json(folder / MANIFEST, facts)
    return orders.Done(order.job, tuple(stems), decided, found.record)


def _diagnose(
    order: orders.Run, plan: plans.Plan, source: Signal, outcome: runner.Outcome, context: Context
) -> Diagnosed:
    """The voice before and after, with its mixture where there is one."""
    before, mix = outcome.vocals_raw or source, None if plan.from_voice else source
    if order.submit.mixture is not None:
        mix, before = beside(order.submit.mixture, source, context.scratch)
    after = outcome.vocals if plan.runs else None
    return diagnose(before, after, mix, context.device, context.check)


def _sketch(state: Path, job: str, found: Diagnosed, pictures: Sequence[Picture]) -> None:
    """Keep what the report draws."""
    drawn = sketch.Sketch(HOP_S, found.before.curves, curves_of(found.after), pictures)
    sketch.write(state, job, drawn)


def _since(created: str, ran: Sequence[Ran]) -> float | None:
    """Seconds from the job's creation to the first window of a block; None if none was run."""
    if not ran:
        return None
    made = datetime.fromisoformat(created).timestamp()
    return round(min(each.first for each in ran) - made, 3)


def _stems(job: Job, plan: plans.Plan) -> list[StemName]:
    """What is written: an isolated voice has no instrumental and no raw voice but itself, and what
    changes nothing writes nothing."""
    if not plan.runs:
        return []
    asked = job.order.submit.stems
    if not plan.from_voice:
        return list(asked)
    return [stem for stem in asked if stem in ("vocals", "instrumental_mended")] or ["vocals"]


def _write(job: Job, stem: StemName, loaded: Loaded, outcome: runner.Outcome, folder: Path) -> Stem:
    """Write one stem, as the form that was asked for or the one it needs."""
    sound = loaded.signal
    form = _FORMS[job.order.submit.output.format]
    if form.integer:
        blocks = _heeding(job, stem, sound, outcome)
        highest = max((peak(block) for _, block in blocks), default=0.0)
    else:
        highest = 0.0
    stamp = loaded.probe.time_reference
    stamp = None if stamp is None else stamp + loaded.start_frame
    form, warnings = choose(
        form, stem, highest, channels=sound.channels, frames=sound.frames, time_reference=stamp
    )
    for warned in warnings:
        job.warn(warned.code, warned.message)
    file = f"{stem}{form.suffix}"
    with open_stem(folder / file, sound.rate, sound.channels, sound.frames, form, stamp) as writer:
        for _, block in _heeding(job, stem, sound, outcome):
            writer.write(block)
    written = writer.written
    assert written is not None  # the with has ended without an exception
    return Stem(
        stem, file, loaded.start_frame, written.frames, written.rate, written.channels,
        written.peak, round(written.true_peak, 6), f"{written.container} {written.subtype}",
    )  # fmt: skip


def _heeding(
    job: Job, stem: StemName, source: Signal, outcome: runner.Outcome
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """A stem's samples, until the job is cancelled."""
    for start, block in _blocks(stem, source, outcome):
        if job.voice.cancelled():
            raise Cancelled("The job was cancelled.")
        yield start, block


def _blocks(
    stem: StemName, source: Signal, outcome: runner.Outcome
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """A stem's samples, block after block: a voice, or the source less a voice."""
    raw = outcome.vocals_raw if outcome.vocals_raw is not None else outcome.vocals
    voice = raw if stem in ("vocals_raw", "instrumental") else outcome.vocals
    for start, block in voice.blocks():
        if stem in ("instrumental", "instrumental_mended"):
            block = source.read(start, block.shape[1]) - block
        yield start, block


def _count(decisions: Sequence[Decision]) -> Decisions | None:
    """The guard's decisions in numbers."""
    if not decisions:
        return None
    unchanged = sum(decision.reason == UNCHANGED for decision in decisions)
    refused = Counter(
        f"{d.stage}.{d.reason}" for d in decisions if not d.kept and d.reason != UNCHANGED
    )
    count = sum(refused.values())
    worst = refused.most_common(1)[0][0] if refused else None
    return Decisions(len(decisions) - unchanged - count, count, unchanged, worst)


@contextmanager
def _scratch(cache: Path) -> Iterator[Path]:
    """A folder for long signals, on the cache's disk so that a finished stage is only renamed."""
    parent = cache / "scratch"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=parent))
    except OSError as error:
        raise own_error(parent, error) from None
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _unchanged(order: orders.Run) -> None:
    source = order.submit.clip.path
    try:
        found = os.stat(source)
    except FileNotFoundError:
        raise InputMissing(f"{source} is gone. Put it back, then retry the job.") from None
    except OSError as error:
        raise unopened(Path(source), error) from None
    if (found.st_size, found.st_mtime_ns) != (order.size, order.mtime_ns):
        raise InputChanged(f"{source} was changed while the job waited. Submit it again.")


@contextmanager
def _output(order: orders.Run) -> Iterator[None]:
    """What the system refuses in the job's folder, said of the folder that was asked for."""
    try:
        yield
    except OSError as error:
        raise write_error(order.submit.output.folder, error) from None


def _empty(folder: Path) -> None:
    """Remove what an earlier run has left; the manifest stays, it names the owner."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MANIFEST:
            with contextlib.suppress(FileNotFoundError):
                entry.unlink()
