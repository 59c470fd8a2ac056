"""What can happen to jobs, and what is to be done about it: the words of the lifecycle.

Events go into ``Lifecycle.handle``, effects come out; both are plain values, so that a test can
write them down. What an engine says is an event as it is: ``engine/orders.py`` has those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEVICE, JobRecord, Warned

from ..engine import orders


@dataclass(frozen=True, slots=True)
class Spec:
    """What was asked for, frozen at submit, its preset by its name of today. ``plan`` is the preset
    as JSON. ``mtime_ns`` is a string, here only: the job list is written with the protocol's codec,
    which has no integer beyond 2**53. ``warnings`` are said before the job begins. ``shared``: the
    source lies in a folder where others may lay links. ``remote``: the worker elsewhere that is to
    do it. ``fallback``: where that one cannot, this machine does."""

    submit: Submit
    payload: str
    plan: str
    size: int
    mtime_ns: str
    warnings: tuple[Warned, ...] = ()
    shared: bool = False
    remote: str | None = None
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A live job: its spec, its public record, and its claimed folder."""

    spec: Spec
    record: JobRecord
    partial: str | None = None
    final: str | None = None

    @property
    def id(self) -> str:
        """The job's id, made by its client."""
        return self.record.job

    @property
    def device(self) -> str | None:
        """What it asks to run on: a device here, or a worker elsewhere by its name."""
        return self.spec.remote or self.spec.submit.device

    @property
    def near(self) -> Job:
        """The job as it is done on this machine after all."""
        asked = self.spec.submit.device
        here = asked if asked is None or DEVICE.fullmatch(asked) else "auto"
        submit = replace(self.spec.submit, device=here)
        return replace(self, spec=replace(self.spec, submit=submit, remote=None, fallback=False))

    def with_folder(self, partial: str, final: str) -> Job:
        """The job as it must be remembered before its folder is touched."""
        return replace(self, partial=partial, final=final)


# --- events -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submitted:
    """A new job passed admission."""

    job: Job


@dataclass(frozen=True, slots=True)
class Recovered:
    """A job that had not ended when the last supervisor did. ``done``: its folder was renamed
    before that, and this is what its engine had said."""

    job: Job
    done: orders.Done | None = None


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """A client wants the job to stop."""

    job: str


@dataclass(frozen=True, slots=True)
class NextAsked:
    """A client wants the job to run before all others that wait."""

    job: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """The folder is made and ours."""

    job: str
    partial: str
    final: str


@dataclass(frozen=True, slots=True)
class ClaimFailed:
    """The folder cannot be made."""

    job: str
    error: VoxmendError


@dataclass(frozen=True, slots=True)
class EngineDied:
    """An engine process is gone; ``reason`` in words, ``short`` where there was no memory."""

    reason: str
    short: bool = False
    seat: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """The folder has its final name."""

    job: str
    folder: str


@dataclass(frozen=True, slots=True)
class KeepFailed:
    """The folder could not be renamed."""

    job: str
    error: VoxmendError


@dataclass(frozen=True, slots=True)
class Paused:
    """From now on nothing is to run, or it is again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = (
    Submitted
    | Recovered
    | CancelAsked
    | NextAsked
    | Claimed
    | ClaimFailed
    | EngineDied
    | Kept
    | KeepFailed
    | Paused
    | Tick
    | orders.Answer
)


# --- effects ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Save:
    """Commit the job to disk."""

    job: Job


@dataclass(frozen=True, slots=True)
class Tell:
    """Let those who watch it know."""

    job: Job


@dataclass(frozen=True, slots=True)
class Claim:
    """Make the folder; answer Claimed or ClaimFailed."""

    job: Job


@dataclass(frozen=True, slots=True)
class Start:
    """Give the job to the engine of this seat, starting one if there is none."""

    job: Job
    seat: int = 0


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Ask the engine to stop the job at its next window."""

    job: str
    seat: int = 0


@dataclass(frozen=True, slots=True)
class Stand:
    """Have all engines stand still, or go on."""

    still: bool


@dataclass(frozen=True, slots=True)
class Kill:
    """End the engine process at once."""

    seat: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """End an engine that has had nothing to do for long."""

    seat: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Rename the folder; answer Kept or KeepFailed."""

    job: Job


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove the claimed folder, if it is still ours."""

    job: Job


Effect = Save | Tell | Claim | Start | Interrupt | Stand | Kill | Rest | Keep | Drop
