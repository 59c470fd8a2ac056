"""Runs a plan over a clip, stage after stage: sound in, sound out, no file and no queue.

Each stage is looked up in the cache by all that goes into it; what is not there is rendered, judged
and kept. This file only says the order of things: a voice on its way is ``track``, other rates are
``rates``, windows ``render``, precision ``trial``, what is kept ``weigh``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch

from voxmend_protocol.errors import InternalError

from ..audio.signal import Signal
from ..blocks.contract import Fader, Repair
from . import trial
from .context import Context
from .fading import fade
from .naming import Key
from .plan import BlockRun, Plan
from .rates import AtRates, as_long, at_rate, with_change
from .render import Ran, for_rate, render
from .track import Stage, Track
from .trial import Ways
from .weigh import Decision, weigh

RENDER_SHARE = 0.85
"""Share of a stage's progress that goes to rendering; judging takes the rest."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives.

    Attributes:
        vocals_raw: the voice as separated; None where the source is the voice.
        vocals: the mended voice.
        decisions: of the guard, stage after stage.
        cached: stages that were found and not run.
        ran: how each of the others was run, in order.
    """

    vocals_raw: Signal | None
    vocals: Signal
    decisions: tuple[Decision, ...] = ()
    cached: tuple[str, ...] = ()
    ran: tuple[Ran, ...] = ()


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
    for step in plan.runs:
        track = under_way.after(step, track)
        if track.signal is not None:
            context.seen(step.block.name, track.signal)
        if raw is None and not plan.from_voice:
            raw = track.signal
    if track.signal is None:
        raise InternalError("The plan is empty.")
    decisions, cached, ran = under_way.decisions, under_way.cached, under_way.ran
    return Outcome(raw, track.signal, tuple(decisions), tuple(cached), tuple(ran))


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
        """The track after one step; the members of a combiner come first."""
        bare = replace(before, signal=None)
        members = tuple(self._made(Stage(each, bare, self.context)) for each in step.members)
        guarded = self.plan.guarded and before.signal is not None
        return self._made(Stage(step, before, self.context, guarded, members))

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
        self._tell(step, 0.0)
        rate = step.heard_at or self.source.signal.rate
        heard = [at_rate(voice, rate, context) for voice in stage.voices]
        rendered = render(
            for_rate(step, rate, ways.chosen),
            None if self.plan.from_voice else self.source(rate),
            heard,
            context,
            lambda part: self._tell(step, share * part),
            ways.lower,
        )
        self.ran.append(rendered.ran)
        voice = self._at_home(rendered.sound, stage, heard)
        decided: list[Decision] = []
        present = stage.before.signal
        if stage.guarded and present is not None and isinstance(step.block, Repair):
            proposal = voice
            voice, decided = weigh(
                step.block, None if self.plan.from_voice else self.source.signal, present, proposal,
                context, lambda part: self._tell(step, share + (1 - share) * part),
            )  # fmt: skip
            proposal.close()
        return stage.kept(voice, rendered.ran.precision, ways.chosen, decided)

    def _at_home(self, made: Signal, stage: Stage, heard: list[Signal]) -> Signal:
        """What a block made, at the clip's own rate and length."""
        own, present = self.source.signal, stage.before.signal
        if present is not None and made.rate != own.rate:
            return with_change(present, heard[0], made, self.context)
        return as_long(at_rate(made, own.rate, self.context), own.frames, self.context)

    def _lead(self, stage: Stage) -> Callable[[int | None], Signal]:
        """What a network is tried on, at a rate: a repair's on the voice, a separator's on the
        mixture."""
        return AtRates(stage.voices[0], self.context) if stage.voices else self.source

    def _tell(self, step: BlockRun, part: float) -> None:
        total = self.plan.stages
        self.context.progress(step.stage, self.done, total, (self.done + part) / total)
