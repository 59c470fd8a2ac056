"""One job, from the source file to the stems in its folder.

The engine's loop calls it; it reads, plans, runs, writes, and writes job.json last. Sound passes
by window, so a long clip costs disk, not memory. Nothing is written outside the job's own folder,
which the supervisor has made, the cache and a scratch folder that goes with the job.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from voxmend_protocol import codec
from voxmend_protocol.values import DEFAULT_STEMS, Decisions, Stem, Warned

from .. import safe_files, stages, targets
from ..audio import Loaded, Signal, load
from ..audio.spectrogram import Picture
from ..cascade import plan as plans
from ..cascade import runner
from ..cascade.cache import StageCache
from ..cascade.context import Context
from ..cascade.networks import Networks
from ..cascade.precision import Proofs
from ..cascade.render import Ran
from ..cascade.weigh import Decision
from ..clip_file import ClipFile
from ..damage import LEFT
from ..diagnosis.findings import HOP_S
from ..diagnosis.pair import beside
from ..disk import own_error, write_error, write_json
from ..models import catalogue as catalogues
from ..models import store as stores
from ..models.catalogue import Catalogue
from ..paths import Paths
from ..presets import Preset
from ..report import sketch
from ..report.evidence import evidence
from ..report.facts import Facts
from ..verdict import judge
from ..version import __version__
from . import device, orders
from .bring import bring
from .diagnosis import Diagnosed, curves_of, diagnose
from .pictures import Pictures
from .pool import ModelPool
from .spent import Spent
from .stems import changes, made_of, stems_of, write
from .weights import FileProofs, Weights

MANIFEST = "job.json"
READ, ALIGN, DIAGNOSE, WRITE = 0.05, 0.15, 0.05, 0.05
"""Shares of a job's progress; the second only where a voice is given."""


@dataclass(slots=True)
class Line:
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
        scratch: where scratch files lie, on the disk of the cache; None: in a folder of it.
        own: the engine's device; "" where it has no place of its own.
        catalogue: of models, with the user's own rows: some of them are blocks.
    """

    cache: Path
    state: Path
    settings: orders.Configure
    networks: Networks
    proofs: Proofs
    catalogue: Catalogue = field(default_factory=catalogues.load)
    scratch: Path | None = None
    own: str = ""

    @classmethod
    def of(
        cls,
        paths: Paths,
        settings: orders.Configure,
        pool: ModelPool,
        blocks: Iterable[str],
        scratch: Path | None = None,
        own: str = "",
    ) -> Means:
        """The means of a user's engine for a job of these blocks, with the catalogue as it stands
        now.

        Raises:
            EnvironmentProblem: they load models, and the user's own catalogue is not valid.
        """
        store = stores.for_blocks(paths, blocks)
        return cls(
            paths.cache,
            paths.state,
            settings,
            Weights(store, pool),
            FileProofs(paths.cache / "precision.json"),
            store.catalogue,
            scratch,
            own,
        )


@dataclass(slots=True)
class Job:
    """One order under way."""

    order: orders.Run
    line: Line
    stages: int = 0
    device: str = ""
    spent: Spent = field(default_factory=Spent)

    def progress(self, stage: str, index: int, fraction: float) -> None:
        """Say how far the job is."""
        self.line.say(
            orders.Progress(
                self.order.job, stage, index, self.stages, round(fraction, 4), self.device
            )
        )

    def warn(self, code: str, message: str) -> None:
        """Say something the user should know."""
        self.line.warnings.append(Warned(code, message))
        self.line.say(orders.Warning(self.order.job, code, message))


def do(order: orders.Run, preset: Preset, line: Line, means: Means) -> orders.Done:
    """Do the job.

    Args:
        preset: the order's plan, parsed.

    Raises:
        VoxmendError: it cannot be done, or was cancelled.
    """
    began = time.monotonic()
    job = Job(order, line)
    asked = order.submit.stems or DEFAULT_STEMS
    splits = means.catalogue.splits(preset.blocks)
    plan = plans.make(preset, means.catalogue, targets.of(asked, splits))
    given = order.submit.voice
    if given is not None:
        plan = plan.after_separation()
    folder = Path(order.partial)
    with _output(order):
        safe_files.empty_folder(folder, (MANIFEST,))  # the manifest names the owner
    place, absent = device.choose(order.submit.device or means.settings.device, means.own)
    device.prepare(place)
    job.device = device.describe(place)
    job.stages = plan.stages + (3 if given is None else 4)  # read, align, diagnose, write
    job.progress("read", 0, 0.0)
    if absent is not None:
        job.warn(absent.code, absent.message)
    source = ClipFile(order)
    with _scratch(means.scratch or means.cache / "scratch") as scratch:
        clip = order.submit.clip
        with job.spent.on("read"):
            loaded = load(
                Path(clip.path), clip.start_s, clip.end_s, scratch,
                cancelled=line.cancelled, opener=source.open,
            )  # fmt: skip
        for warned in loaded.warnings:
            job.warn(warned.code, warned.message)
        with job.spent.on("hash"):
            sha256 = source.sha256() if clip.start_s is None and clip.end_s is None else None
        pictures = Pictures(loaded.signal, job.spent)
        key = stages.key_in(order.submit.realm, loaded.digest)
        context = _context(job, means, place, scratch, key, pictures)
        brought = None
        if given is not None:
            job.progress("align", 1, READ)
            with job.spent.on("align"):
                brought = bring(given, loaded, context, job.warn)
            context = replace(context, digest=brought.digest)
        placed = None if brought is None else brought.voice
        with job.spent.on("plan"):
            outcome = runner.run(plan, loaded.signal, context, placed)
        job.device = device.describe(place, ((ran.block, ran.runs_on) for ran in outcome.ran))
        job.progress("diagnose", job.stages - 2, 1 - DIAGNOSE - WRITE)
        found = None
        if outcome.mended is not None:
            with job.spent.on("diagnose"):
                found = _diagnose(job, plan, loaded.signal, outcome, context)
        _sketch(means.state, order.job, found, pictures.all())
        job.progress("write", job.stages - 1, 1 - WRITE)
        stems = list[Stem]()
        names = stems_of(plan, asked)
        with _output(order):
            mode = source.mode(folder / MANIFEST)
        for name in names:
            with job.spent.on("write"):
                stem, warnings = write(
                    made_of(name, names, plan.splits, loaded.signal, outcome), name, order.submit,
                    loaded, folder, context.check, mode,
                )  # fmt: skip
            stems.append(stem)
            for warned in warnings:
                job.warn(warned.code, warned.message)
    decided = _count(outcome.decisions)
    facts = {
        **_facts(job, preset, loaded, sha256, outcome, found),
        "voice": None if brought is None else brought.plain(),
        "stems": [codec.to_dict(stem) for stem in stems],
        "sums": targets.sums(names, plan.splits, changes(loaded.signal, outcome), plan.from_voice),
        "parts": targets.parts(names, plan.splits),
        "decided": None if decided is None else codec.to_dict(decided),
        "finished": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": round(time.monotonic() - began, 3),
        "spent": job.spent.plain(),
    }
    # Of a job without a voice there is nothing to say.
    verdict = judge(evidence(Facts(facts, folder))) if found else None
    with _output(order):
        told = None if verdict is None else codec.to_dict(verdict)
        write_json(folder / MANIFEST, {**facts, "verdict": told}, mode)
    return orders.Done(order.job, tuple(stems), decided, found.record if found else None, verdict)


def _context(
    job: Job, means: Means, place: torch.device, scratch: Path, digest: str, pictures: Pictures
) -> Context:
    """The cascade's surroundings for a job."""
    before, begin = (1, READ) if job.order.submit.voice is None else (2, READ + ALIGN)
    return Context(
        place,
        scratch,
        StageCache(means.cache / stages.FOLDER),
        digest,
        batch=device.batch(place),
        networks=means.networks,
        precision=means.settings.precision,
        proofs=means.proofs,
        progress=lambda stage, index, _, part: job.progress(
            stage, index + before, begin + (1 - begin - DIAGNOSE - WRITE) * part
        ),
        cancelled=job.line.cancelled,
        warn=job.warn,
        seen=pictures.add,
    )


def _facts(
    job: Job,
    preset: Preset,
    loaded: Loaded,
    sha256: str | None,
    outcome: runner.Outcome,
    found: Diagnosed | None,
) -> dict[str, Any]:
    """What job.json says of the source, of what was done and of what was found.

    Args:
        sha256: of the whole source file; None where only a stretch of it was asked for.
    """
    order = job.order
    output = order.submit.output
    return {
        "job": order.job,
        "state": "succeeded",
        "voxmend": __version__,
        "clip": codec.to_dict(order.submit.clip),
        "source": {
            "rate": loaded.signal.rate,
            "channels": loaded.signal.channels,
            "frames": loaded.signal.frames,
            "container": loaded.probe.container,
            "subtype": loaded.probe.subtype,
            "size": order.size,
            "digest": loaded.digest,
            "sha256": sha256,
        },
        "asked": {
            "stems": list(order.submit.stems or DEFAULT_STEMS),
            "format": output.format,
            "files": output.files,
        },
        "preset": preset.plain(),
        "device": job.device,
        "attempt": order.attempt,
        "cached": outcome.cached,
        "stages": [
            {key: value for key, value in asdict(ran).items() if key != "first"}
            for ran in outcome.ran
        ],
        "first_window_s": _since(order.created, outcome.ran),
        "decisions": [asdict(decision) for decision in outcome.decisions],
        "diagnosis": codec.to_dict(found.record) if found else None,
        "damage": found.plain() if found else None,
        "warnings": [codec.to_dict(warned) for warned in job.line.warnings],
        "created": order.created,
    }


def _diagnose(
    job: Job, plan: plans.Plan, source: Signal, outcome: runner.Outcome, context: Context
) -> Diagnosed:
    """The voice before and after, with its mixture where there is one."""
    order = job.order
    whole = outcome.vocals_raw or source
    before, mix = (whole, *outcome.kept)[-1], None if plan.from_voice else source
    if order.submit.mixture is not None:
        mix, before = beside(order.submit.mixture, source, context.scratch, job.warn)
    after = outcome.vocals if plan.runs else None
    return diagnose(before, after, mix, context.device, context.check)


def _sketch(state: Path, job: str, found: Diagnosed | None, pictures: Sequence[Picture]) -> None:
    """Keep what the report draws."""
    before, after = (found.before, found.after) if found else (None, None)
    drawn = sketch.Sketch(HOP_S, curves_of(before), curves_of(after), pictures)
    sketch.write(state, job, drawn)


def _since(created: str, ran: Sequence[Ran]) -> float | None:
    """Seconds from the job's creation to the first window of a block; None if none was run, or the
    clock went back in between: then nobody knows."""
    if not ran:
        return None
    made = datetime.fromisoformat(created).timestamp()
    passed = round(min(each.first for each in ran) - made, 3)
    return passed if passed >= 0 else None


def _count(decisions: Sequence[Decision]) -> Decisions | None:
    """The guard's decisions in numbers."""
    if not decisions:
        return None
    unchanged = sum(decision.reason in LEFT for decision in decisions)
    refused = Counter(
        f"{d.stage}.{d.reason}" for d in decisions if not d.kept and d.reason not in LEFT
    )
    count = sum(refused.values())
    worst = refused.most_common(1)[0][0] if refused else None
    return Decisions(len(decisions) - unchanged - count, count, unchanged, worst)


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A folder for long signals, on the cache's disk so that a finished stage is only renamed."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=parent))
    except OSError as error:
        raise own_error(parent, error) from None
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _output(order: orders.Run) -> Iterator[None]:
    """What the system refuses in the job's folder, said of the folder that was asked for."""
    try:
        yield
    except OSError as error:
        raise write_error(order.submit.output.folder, error) from None
