"""What goes through the pipe between supervisor and engine: the only thing they share.

Both are always of one version, so these may change; who changes one changes the lifecycle, which
takes an engine's answers as they are, the doctor's measurement and the fake engine with it. No
torch here.

They travel as the protocol's JSON, with the name of their class as ``order``: what is read is one
of these messages with fields of the right kind, or an error. Nothing that is read is ever run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from voxmend_protocol import codec
from voxmend_protocol.errors import BadRequest, InternalError
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Decisions, Diagnosis, ErrorBody, LoadedModel, Stem, Verdict


@dataclass(frozen=True, slots=True)
class Configure:
    """The settings of this engine: the first order it gets, once in its life.

    Attributes:
        device: "auto", "cpu", "cuda", "cuda:1" or "mps", where the job itself names none.
        precision: "auto", "exact", "fast" or "fp32".
        keep_alive_s: seconds that an idle network stays loaded; 0: it goes after each job; below
            0: it stays.
        priority: "normal", "low" or "idle".
        threads: to compute with on the CPU, all engines together; 0: as many as torch finds right.
        memory_gb: that the engine may hold; 0: no limit.
        engines: that the worker has; 0: one for each card.
        seat: which of them this is, from 0.
    """

    device: str
    precision: str
    keep_alive_s: float
    priority: str = "normal"
    threads: int = 0
    memory_gb: float = 0.0
    engines: int = 1
    seat: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Do this job: fill ``partial``, job.json last. ``plan`` is the frozen preset as JSON.
    ``mtime_ns`` is a string: the codec has no integer beyond 2**53. ``shared``: the source lies in
    a folder where others may lay links."""

    job: str
    submit: Submit
    plan: str
    size: int
    mtime_ns: str
    partial: str
    created: str
    attempt: int = 1
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop this job at the next window; answer Failed with code ``cancelled``."""

    job: str


@dataclass(frozen=True, slots=True)
class Release:
    """Let idle models go."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Stand still in the middle of the job, or go on with it."""

    still: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is: ``fraction`` of the whole job, 0 to 1."""

    job: str
    stage: str
    stage_index: int
    stages: int
    fraction: float
    device: str


@dataclass(frozen=True, slots=True)
class Manners:
    """How the engine behaves beside other programs, as read back.

    Attributes:
        priority: in words.
        threads: that it computes with on the CPU; None until torch is loaded.
        memory_limit: bytes; None where none is set or none can be held.
    """

    priority: str
    threads: int | None
    memory_limit: int | None


@dataclass(frozen=True, slots=True)
class Holding:
    """Which networks are loaded now, all of them: sent after each change, of use too. Whoever hears
    it knows the engine's ``seat``."""

    models: tuple[LoadedModel, ...]
    seat: int = 0


@dataclass(frozen=True, slots=True)
class Places:
    """Where this engine works: ``device``, such as "cuda:1". ``all``: the devices that an engine
    each would have. Said once torch is loaded, for it alone can count."""

    device: str
    all: tuple[str, ...]
    seat: int = 0


@dataclass(frozen=True, slots=True)
class Warning:
    """Something the user should know; the job goes on."""

    job: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """Every stem and job.json are on disk."""

    job: str
    stems: tuple[Stem, ...]
    decisions: Decisions | None = None
    damage: Diagnosis | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The job cannot be done, or was stopped as asked."""

    job: str
    error: ErrorBody


Order = Configure | Run | Cancel | Release | Stand
"""What an engine is told."""

JobAnswer = Progress | Warning | Done | Failed
"""What an engine says of the job it does."""

Answer = JobAnswer | Holding | Places
"""What an engine says of jobs, networks and devices. Beside it there is Manners."""

T = TypeVar("T")

_ORDERS: tuple[type[Order], ...] = (Configure, Run, Cancel, Release, Stand)
_ANSWERS: tuple[type[Answer | Manners], ...] = (
    *(Progress, Warning, Done, Failed),
    *(Holding, Places, Manners),
)


def dump(message: Order | Answer | Manners) -> bytes:
    """A message as it goes through the pipe. Of a result that cannot be written down (a level that
    is no number, say) a failure goes in its place: a job must end, and be kept.

    Raises:
        BadRequest: a number in it is not finite, or a text is no Unicode, and it is no result.
    """
    try:
        return _dumped(message)
    except BadRequest:
        if not isinstance(message, Done):
            raise
        defect = InternalError("voxmend failed at this clip. See: voxmend worker logs")
        return _dumped(Failed(message.job, ErrorBody.of(defect)))


def _dumped(message: Order | Answer | Manners) -> bytes:
    return codec.dump({"order": type(message).__name__, **codec.to_dict(message)})


def order_of(data: bytes) -> Order:
    """The order of these bytes.

    Raises:
        BadRequest: they are none.
    """
    return _read(_ORDERS, data)


def answer_of(data: bytes) -> Answer | Manners:
    """What an engine has said with these bytes.

    Raises:
        BadRequest: they are no answer.
    """
    return _read(_ANSWERS, data)


def _read(known: tuple[type[T], ...], data: bytes) -> T:
    fields = codec.parse(data)
    for cls in known:
        if fields.get("order") == cls.__name__:
            return codec.from_dict(cls, fields)
    raise BadRequest("That is no message of an engine.")
