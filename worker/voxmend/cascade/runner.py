"""Runs a plan over a clip, stage after stage: sound in, sound out, no file and no queue.

Each stage is looked up in the cache by all that goes into it; what is not there is rendered,
judged and kept. The runner alone resamples and tells what it does; how windows are cut is
``render``'s, in which precision ``trial``'s, what is kept ``weigh``'s.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from voxmend_protocol.errors import InternalError

from ..audio.resample import resample_signal
from ..audio.signal import Signal
from . import cache, trial
from .context import Context
from .detectors import Detectors, stored
from .ladder import FULL, ends
from .plan import BlockRun, Plan
from .render import Curves, Ran, at_rate, render
from .weigh import Decision, weigh

GUARD_VERSION = 5
"""Raised when the guard may decide otherwise: part of every guarded stage's key."""

RENDER_SHARE = 0.85
"""Share of a stage's progress that goes to rendering; judging takes the rest."""

LIBRARIES = (
    *("audio-separator", "beartype", "demucs", "einops", "julius", "librosa"),
    *("numpy", "onnxruntime", "onnxruntime-gpu", "pyyaml", "rotary-embedding-torch"),
    *("safetensors", "soundfile", "soxr", "voicefixer"),
)
"""What else makes sound, upstream's own libraries too, as it is called where it was installed
from."""

ROOMS = ("audio", "blocks", "cascade", "diagnose")
"""Where our own code that makes sound lies."""

DETECTORS: Callable[[bool], Detectors | None] = stored
"""What the guard asks beside its own rules, with a mixture or without."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives.

    Attributes:
        vocals_raw: the voice as separated; None where the source is the voice.
        vocals: the mended voice.
        decisions: of the guard, stage after stage.
        evidence: block to its curves, for the blocks that ran now and not from the cache.
        cached: stages that were found and not run.
        ran: how each of the others was run, in order.
    """

    vocals_raw: Signal | None
    vocals: Signal
    decisions: tuple[Decision, ...] = ()
    evidence: Mapping[str, Curves] = field(default_factory=dict)
    cached: tuple[str, ...] = ()
    ran: tuple[Ran, ...] = ()


@dataclass(slots=True)
class _Run:
    """One plan under way."""

    plan: Plan
    mix: Signal | None
    context: Context
    total: int
    done: int = 0
    chain: list[Any] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    evidence: dict[str, Curves] = field(default_factory=dict)
    cached: list[str] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    _rates: dict[int, Signal] = field(default_factory=dict)

    def stage(self, step: BlockRun, voice: Signal | None) -> Signal:
        """The voice after one step."""
        voices = [] if voice is None else [voice]
        parts = []
        if step.members:
            base = list(self.chain)
            voices = []
            for member in step.members:
                self.chain = list(base)
                voices.append(self._find_or_make(member, [], None))
                parts.append(self.chain[-1])
            self.chain = base
        return self._find_or_make(step, voices, voice, parts)

    def _find_or_make(
        self,
        step: BlockRun,
        voices: Sequence[Signal],
        voice: Signal | None,
        members: Sequence[Any] = (),
    ) -> Signal:
        guarded = self.plan.guarded and voice is not None
        part = self._part(step, guarded, members)
        self.chain.append(part)
        settled = trial.known(step, self.context)
        precision, lower = settled or (FULL, None)
        found = self._find(part, ends(precision, lower))
        if found is None and settled is None:  # a trial may leave no verdict, each time anew
            precision, lower = trial.choose(
                step, lambda rate: self._heard_at(rate, voices), bool(voices), self.context
            )
            found = self._find(part, ends(precision, lower))
        if found is not None:
            signal, told = found
            self.decisions += told
            self.cached.append(step.name)
            self._progress(step, 1.0)
            self.done += 1
            return signal
        signal, decisions = self._make(step, voices, voice, guarded, precision, lower)
        self.decisions += decisions
        self.chain[-1] = {**part, "precision": self.ran[-1].precision}  # what follows is of this
        if self._store:
            facts = {
                "block": step.name,
                "chosen": precision,
                "decisions": [asdict(decision) for decision in decisions],
            }
            self._store.keep(self._name(), signal, facts)
        self.done += 1
        return signal

    @property
    def _store(self) -> cache.StageCache | None:
        """Where stages are kept: nowhere for a source that cannot be told from another."""
        return self.context.cache if self.context.digest else None

    def _find(
        self, part: Mapping[str, Any], precisions: Sequence[str]
    ) -> tuple[Signal, list[Decision]] | None:
        """The chain's last stage and what was decided of it, in the precision that was chosen, or
        in the one it had to be made in when the same was chosen; the chain says in which."""
        chosen = precisions[0]
        for precision in precisions:
            self.chain[-1] = {**part, "precision": precision}
            found = self._store.find(self._name()) if self._store else None
            if found is None:
                continue
            signal, facts = found
            told = _told(facts)
            if told is not None and chosen in (precision, facts.get("chosen")):
                return signal, told
            signal.close()
        return None

    def _make(
        self,
        step: BlockRun,
        voices: Sequence[Signal],
        voice: Signal | None,
        guarded: bool,
        precision: str,
        lower: str | None,
    ) -> tuple[Signal, list[Decision]]:
        """Render a stage and judge it."""
        context = self.context
        share = RENDER_SHARE if guarded else 1.0
        lead = self.mix if self.mix is not None else voices[0]
        rate = step.heard_at or lead.rate
        self._progress(step, 0.0)
        heard = [_at(each, rate, context) for each in voices]
        rendered = render(
            at_rate(step, rate, precision),
            None if self.mix is None else self._mix_at(rate),
            heard,
            context,
            lambda part: self._progress(step, share * part),
            lower,
        )
        self.ran.append(rendered.ran)
        self.evidence[step.name] = rendered.evidence
        if voice is None or rate == lead.rate:
            proposal = _at(rendered.sound, lead.rate, context)
        else:
            proposal = _changed(voice, heard[0], rendered.sound, context)
        if proposal.frames != lead.frames:
            proposal = _as_long(proposal, lead.frames, context)
        if not guarded or voice is None:
            return proposal, []
        kept, decisions = weigh(
            step.stage, step.block.name, self.mix, voice, proposal, context,
            lambda part: self._progress(step, share + (1 - share) * part),
            DETECTORS(self.mix is not None),
        )  # fmt: skip
        proposal.close()
        return kept, decisions

    def _name(self) -> str:
        """Of the last stage in the chain, for the cache."""
        return cache.key({"digest": self.context.digest, "chain": self.chain, **_build(self)})

    def _part(self, step: BlockRun, guarded: bool, members: Sequence[Any]) -> dict[str, Any]:
        """What a stage adds to the key of everything after it, but for its precision."""
        return {
            "block": step.block.name,
            "version": step.block.version,
            "rate": step.heard_at,
            "params": asdict(step.params),
            "weights": self.context.networks.hashes(step.block),
            "members": list(members),
            "guard": GUARD_VERSION if guarded else 0,
        }

    def _heard_at(self, rate: int | None, voices: Sequence[Signal]) -> Signal:
        """What a network is tried on, at its rate: a repair's on the voice, a separator's on the
        mixture."""
        if voices:
            return _at(voices[0], rate or voices[0].rate, self.context)
        if self.mix is None:
            raise InternalError("There is no mixture.")
        return self._mix_at(rate or self.mix.rate)

    def _mix_at(self, rate: int) -> Signal:
        if self.mix is None:
            raise InternalError("There is no mixture.")
        if rate not in self._rates:
            self._rates[rate] = _at(self.mix, rate, self.context)
        return self._rates[rate]

    def _progress(self, step: BlockRun, part: float) -> None:
        whole = (self.done + part) / self.total
        self.context.progress(step.stage, self.done, self.total, whole)


def run(plan: Plan, source: Signal, context: Context, separated: Signal | None = None) -> Outcome:
    """Run every block of the plan.

    Args:
        source: the mixture, or the voice where the plan says so; finite.
        separated: a voice of the mixture's shape and rate that is there already; the plan has then
            no separator.

    Raises:
        Cancelled: the job was cancelled; seen at the end of each window.
        OutOfMemory: every rung of the ladder was tried.
    """
    total = sum(1 + len(step.members) for step in plan.runs)
    run = _Run(plan, None if plan.from_voice else source, context, total)
    raw = separated
    voice = source if plan.from_voice else separated
    for step in plan.runs:
        voice = run.stage(step, voice)
        context.seen(step.block.name, voice)
        if raw is None and not plan.from_voice:
            raw = voice
    if voice is None:
        raise InternalError("The plan is empty.")
    return Outcome(
        raw, voice, tuple(run.decisions), run.evidence, tuple(run.cached), tuple(run.ran)
    )


def _build(run: _Run) -> dict[str, Any]:
    """What else may change a sample: the device, the build, whether there is a mixture. The number
    of threads is left out: it moves samples by less than −200 dB."""
    return {
        "device": run.context.device.type,
        "torch": torch.__version__,
        "sound": code(),
        "from_voice": run.plan.from_voice,
    }


def _told(facts: Mapping[str, Any]) -> list[Decision] | None:
    """A cached stage's decisions; None if they are not what a stage writes."""
    try:
        return [Decision(**decision) for decision in facts["decisions"]]
    except (KeyError, TypeError, ValueError):
        return None


@functools.cache
def code() -> str:
    """The code that makes sound, ours and the libraries': a block's version says that it changed,
    but not that the STFT, the windows or the resampler under it did."""
    house = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for room in ROOMS:
        files = [*(house / room).rglob("*.py"), *(house / room).rglob("*.json")]
        for file in sorted(files):
            digest.update(file.relative_to(house).as_posix().encode() + b"\0" + file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    return digest.hexdigest()


def _version(library: str) -> str:
    """Empty for one that is not installed: of onnxruntime's two, a machine has one."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def _at(signal: Signal, rate: int, context: Context) -> Signal:
    if signal.rate == rate:
        return signal
    return resample_signal(signal, rate, context.scratch, cancelled=context.cancelled)


def _changed(voice: Signal, heard: Signal, made: Signal, context: Context) -> Signal:
    """A voice with what a block at another rate made of it. Only the change is resampled: what the
    block left alone stays as it was, and so does what lies above its rate.

    Args:
        heard, made: the voice at the block's rate, before and after.
    """
    change = Signal.empty(made.channels, made.frames, made.rate, context.scratch)
    for start, block in made.blocks():
        change.write(start, block - heard.read(start, block.shape[1]))
    change = _as_long(_at(change, voice.rate, context), voice.frames, context)
    out = Signal.empty(voice.channels, voice.frames, voice.rate, context.scratch)
    for start, block in voice.blocks():
        out.write(start, block + change.read(start, block.shape[1]))
    return out


def _as_long(signal: Signal, frames: int, context: Context) -> Signal:
    """Rounding to another rate and back may cost or add a sample: cut or pad at the end."""
    out = Signal.empty(signal.channels, frames, signal.rate, context.scratch)
    for start, block in signal.blocks():
        if start < frames:
            out.write(start, block[:, : frames - start])
    return out
