"""Runs a plan over a clip, stage after stage: sound in, sound out, no file and no queue.

Each stage is looked up in the cache by all that goes into it; what is not there is rendered, judged
and kept. This file only says the order of things: a voice on its way is ``track``, other rates are
``rates``, windows ``render``, precision ``trial``, what is kept ``weigh``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from voxmend_protocol.errors import InternalError

from .. import manners
from ..audio.signal import Signal
from ..blocks.contract import Fader, Repair, Splitter
from ..targets import VOICE
from . import trial
from .context import Context
from .fading import fade
from .naming import Key
from .plan import BlockRun, Plan
from .rates import AtRates, as_long, at_rate, split, with_change
from .render import Ran, for_rate, render
from .track import Stage, Track
from .trial import Ways
from .weigh import Decision, weigh

LONG_S, SOUND_S = 5.0, 60.0
"""After a stage that took longer, or over more sound, its memory goes back to the system: the next
has blocks of other sizes, which would not fit into what is left of these. To fetch it anew takes
some tenths of a second for each gigabyte: an eighth of a job of 3 s, a hundredth of one of 20 s."""

RENDER_SHARE = 0.85
"""Share of a stage's progress that goes to rendering; judging takes the rest."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives.

    Attributes:
        vocals_raw: the voice as separated; None where the source is the voice, or none was made.
        mended: the mended voice, or what is left of it where it was taken apart; None where none
            was made.
        kept: what was left of the voice after each split, before any repair; in order.
        parts: the other targets, by name.
        decisions: of the guard, stage after stage.
        cached: stages that were found and not run.
        ran: how each of the others was run, in order.
    """

    vocals_raw: Signal | None
    mended: Signal | None
    parts: Mapping[str, Signal] = field(default_factory=dict)
    kept: tuple[Signal, ...] = ()
    decisions: tuple[Decision, ...] = ()
    cached: tuple[str, ...] = ()
    ran: tuple[Ran, ...] = ()

    @property
    def vocals(self) -> Signal:
        """The mended voice of a plan that makes one."""
        if self.mended is None:
            raise InternalError("The plan makes no voice.")
        return self.mended


@torch.inference_mode()
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
    raw, under_way = separated, _Run(plan, AtRates(source, context), context)
    track = Track(source if plan.from_voice else separated, Key.of_source(context, plan.from_voice))
    runs, parts = list(plan.runs), dict[str, Track]()
    if runs and track.signal is None:
        first = runs.pop(0)
        parts = under_way.apart(first, track)
        track = parts.pop(VOICE, track)
        raw = track.signal
        if raw is not None:
            context.seen(first.block.name, raw)
    kept = list[Signal]()
    for step in runs:
        track = under_way.after(step, track)
        if track.signal is not None:
            context.seen(step.block.name, track.signal)
            if isinstance(step.block, Splitter):
                kept.append(track.signal)
    if track.signal is None and not parts:
        raise InternalError("The plan is empty.")
    return Outcome(
        raw,
        track.signal,
        {name: part.signal for name, part in parts.items() if part.signal is not None},
        tuple(kept),
        tuple(under_way.decisions),
        tuple(under_way.cached),
        tuple(under_way.ran),
    )


@dataclass(slots=True)
class _Run:
    """One plan under way, and what it has to tell."""

    plan: Plan
    source: AtRates
    context: Context
    done: int = 0
    decisions: list[Decision] = field(default_factory=list)
    cached: list[str] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)

    def after(self, step: BlockRun, before: Track) -> Track:
        """The track after one repair, or what goes on of a voice that is taken apart."""
        guarded = self.plan.guarded and before.signal is not None
        if isinstance(step.block, Splitter):
            guarded = guarded and step.block.guarded
        return self._made(Stage(step, before, self.context, guarded))

    def apart(self, step: BlockRun, before: Track) -> dict[str, Track]:
        """The targets of a mixture, by name; the members of a combiner come first."""
        if not step.members:
            return self._parts(step, before)
        members = [self._parts(each, before) for each in step.members]
        found = {}
        for target in self.plan.targets:
            tracks = tuple(parts[target] for parts in members if target in parts)
            one = step if len(self.plan.targets) == 1 else step.of(target)
            found[target] = self._made(Stage(one, before, self.context, False, tracks))
        return found

    def _parts(self, step: BlockRun, before: Track) -> dict[str, Track]:
        """What one separator makes. Each target lies in the cache for itself, so what other jobs
        asked of it is not made again; those that are missing are made in one pass."""
        wanted = step.block.targets or (VOICE,)
        if len(wanted) == 1:
            return {wanted[0]: self._made(Stage(step, before, self.context))}
        ways = trial.known(step, self.context)
        if ways is None:
            ways = trial.choose(step, self.source, False, self.context)
        stages = {name: Stage(step.only((name,)), before, self.context) for name in wanted}
        found = {name: stage.found(ways) for name, stage in stages.items()}
        if missing := [name for name, track in found.items() if track is None]:
            stacked, ran = self._sound(Stage(step.only(missing), before, self.context), ways, 1.0)
            self.ran.append(ran)
            for name, part in zip(missing, split(stacked, len(missing), self.context), strict=True):
                found[name] = stages[name].kept(part, ran.precision, ways.chosen, ())
            stacked.close()
        else:
            self.cached.append(step.name)
            self._tell(step, 1.0)
        self.done += 1
        return {name: track for name, track in found.items() if track is not None}

    def _made(self, stage: Stage) -> Track:
        """A stage found or rendered."""
        ways = trial.known(stage.step, self.context)
        track = stage.found(ways or trial.FULLY)
        if track is None and ways is None:  # a trial may leave no verdict, each time anew
            ways = trial.choose(stage.step, self._lead(stage), bool(stage.voices), self.context)
            track = stage.found(ways)
        if track is None:
            track = self._rendered(stage, ways or trial.FULLY)
        else:
            self.cached.append(stage.step.name)
            self._tell(stage.step, 1.0)
        self.decisions += track.decisions
        self.done += 1
        return track

    def _faded(self, stage: Stage, block: Fader, present: Signal) -> Track:
        """A stage that only moves the level."""
        mix = None if self.plan.from_voice else self.source.signal
        voice, decided, ran = fade(
            stage.step, block, mix, present, self.context, lambda part: self._tell(stage.step, part)
        )
        self.ran.append(ran)
        return stage.kept(voice, ran.precision, ran.precision, decided)

    def _rendered(self, stage: Stage, ways: Ways) -> Track:
        """Render a stage and judge it."""
        step, context = stage.step, self.context
        if isinstance(step.block, Fader) and stage.before.signal is not None:
            return self._faded(stage, step.block, stage.before.signal)
        share = RENDER_SHARE if stage.guarded else 1.0
        voice, ran = self._sound(stage, ways, share)
        self.ran.append(ran)
        decided: list[Decision] = []
        present = stage.before.signal
        if stage.guarded and present is not None and isinstance(step.block, Repair | Splitter):
            proposal = voice
            mix = None if self._alone(step) else self.source.signal
            voice, decided = weigh(
                step.block, mix, present, proposal, context,
                lambda part: self._tell(step, share + (1 - share) * part),
            )  # fmt: skip
            proposal.close()
        return stage.kept(voice, ran.precision, ways.chosen, decided)

    def _sound(self, stage: Stage, ways: Ways, share: float) -> tuple[Signal, Ran]:
        """What a stage's block makes, at the clip's own rate and length, and how it was run.

        Args:
            share: of the stage's progress.
        """
        step, context = stage.step, self.context
        self._tell(step, 0.0)
        rate = step.heard_at or self.source.signal.rate
        heard = [at_rate(voice, rate, context) for voice in stage.voices]
        rendered = render(
            for_rate(step, rate, ways.chosen),
            None if self._alone(step) else self.source(rate),
            heard,
            context,
            lambda part: self._tell(step, share * part),
            ways.lower,
        )
        own = self.source.signal
        if rendered.ran.seconds > LONG_S or own.frames > SOUND_S * own.rate:
            manners.give_back()
        return self._at_home(rendered.sound, stage, heard), rendered.ran

    def _at_home(self, made: Signal, stage: Stage, heard: list[Signal]) -> Signal:
        """What a block made, at the clip's own rate and length."""
        own, present = self.source.signal, stage.before.signal
        if present is not None and made.rate != own.rate:
            return with_change(present, heard[0], made, self.context)
        return as_long(at_rate(made, own.rate, self.context), own.frames, self.context)

    def _alone(self, step: BlockRun) -> bool:
        """Whether a block hears the voice and no mixture beside it."""
        return self.plan.from_voice or isinstance(step.block, Splitter)

    def _lead(self, stage: Stage) -> Callable[[int | None], Signal]:
        """What a network is tried on, at a rate: a repair's on the voice, a separator's on the
        mixture."""
        return AtRates(stage.voices[0], self.context) if stage.voices else self.source

    def _tell(self, step: BlockRun, part: float) -> None:
        total = self.plan.stages
        self.context.progress(step.stage, self.done, total, (self.done + part) / total)
