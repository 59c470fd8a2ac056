"""What a laptop and a remote worker say to each other. Pure: bytes in, messages out.

One question, one answer with its number; what carries sound has a second frame of bytes. All of it
is the protocol's JSON, read into these forms or refused; nothing that is read is ever run. Names
on the remote machine's disk are made there: what travels is hashes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from voxmend_protocol import codec
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.values import (
    MAX_PLAN,
    Decisions,
    Diagnosis,
    ErrorBody,
    Format,
    Stem,
    Verdict,
    Warned,
    check_stems,
    check_uuid,
)

FORM = 1
"""The version of these forms. Both sides have the same."""
CHUNK = 262_144
"""Bytes of sound in one message: at 1 Mbit/s it takes two seconds."""
MOST_FORM = 300_000
"""Bytes of a message without its sound."""
MOST_SIZE = 1 << 40

_SHA = re.compile("[0-9a-f]{64}")

Role = Literal["clip", "mixture", "voice"]
Phase = Literal["wanted", "waiting", "running", "packing", "ready", "failed"]
MANIFEST, SKETCH = "manifest", "sketch"
"""Results beside the stems: job.json, and what the report draws. No stem is called so."""


def check_sha(value: str) -> None:
    """Raise BadRequest unless this is a SHA-256 in hex: it becomes the name of a file."""
    if not _SHA.fullmatch(value):
        raise BadRequest("sha256 must be 64 hex digits.")


def _check_count(value: int, name: str, most: int = MOST_SIZE) -> None:
    if not 0 <= value <= most:
        raise BadRequest(f"{name} must lie between 0 and {most}.")


@dataclass(frozen=True, slots=True)
class Hello:
    """Who is there. Answer: Welcome."""

    version: str
    form: int = FORM


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a job needs, by its content, and the stretch of it."""

    role: Role
    sha256: str
    size: int
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        check_sha(self.sha256)
        _check_count(self.size, "size")


@dataclass(frozen=True, slots=True)
class Order:
    """Do this job. Answer: State, again and again for the same order.

    Attributes:
        version, build: of the laptop's voxmend.
        job: the laptop's id of it.
        plan: the frozen preset as JSON.
        models: of each network that it takes, which weights are meant: ``same.weights``.
    """

    version: str
    job: str
    attempt: int
    plan: str
    stems: tuple[str, ...]
    format: Format
    sources: tuple[Source, ...]
    models: Mapping[str, Scalar] = field(default_factory=dict)
    build: str = ""

    def __post_init__(self) -> None:
        check_uuid(self.job, "job")
        check_stems(self.stems)
        _check_count(self.attempt, "attempt", 100)
        roles = [source.role for source in self.sources]
        if "clip" not in roles or len(set(roles)) != len(roles):
            raise BadRequest("sources must hold one clip, and each other role once at most.")
        if len(self.plan) > MAX_PLAN:
            raise BadRequest(f"plan must have at most {MAX_PLAN} characters.")


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of a source from ``offset`` on, in the second frame. Answer: Took."""

    sha256: str
    offset: int

    def __post_init__(self) -> None:
        check_sha(self.sha256)
        _check_count(self.offset, "offset")


@dataclass(frozen=True, slots=True)
class Look:
    """How a job stands. Answer: State."""

    job: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """The bytes of a job's result from ``offset`` on. Answer: Piece."""

    job: str
    name: str
    offset: int

    def __post_init__(self) -> None:
        _check_count(self.offset, "offset")


@dataclass(frozen=True, slots=True)
class Drop:
    """Forget a job: stop it if it runs, remove its results, and what was sent of it by halves.
    Answer: Gone."""

    job: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who answers, and how it does: jobs that wait, and bytes of room for this laptop."""

    version: str
    form: int
    engines: int
    queued: int
    room: int
    build: str = ""


@dataclass(frozen=True, slots=True)
class Want:
    """A source that is to be sent, from ``offset`` on."""

    sha256: str
    offset: int


@dataclass(frozen=True, slots=True)
class Result:
    """A file that is to be fetched: a stem by its name, or ``manifest``, or ``sketch``."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class State:
    """A job as it stands there. Names of the other machine's files are not in it: a source that a
    sentence names is ``{role}``, or ``{role's name}`` without its folder, and that machine
    ``{name}``."""

    job: str
    phase: Phase
    wants: tuple[Want, ...] = ()
    position: int | None = None
    stage: str | None = None
    stage_index: int | None = None
    stages: int | None = None
    fraction: float | None = None
    device: str | None = None
    warnings: tuple[Warned, ...] = ()
    stems: tuple[Stem, ...] = ()
    decisions: Decisions | None = None
    damage: Diagnosis | None = None
    verdict: Verdict | None = None
    results: tuple[Result, ...] = ()
    error: ErrorBody | None = None


@dataclass(frozen=True, slots=True)
class Took:
    """So many bytes of a source are there; the next one to send is at ``offset``."""

    sha256: str
    offset: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a result from ``offset`` on, in the second frame; none: that was all."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Gone:
    """It is forgotten."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The question was not carried out."""

    error: ErrorBody


Question = Hello | Order | Chunk | Look | Fetch | Drop
Answer = Welcome | State | Took | Piece | Gone | Refused

_QUESTIONS: tuple[type[Question], ...] = (Hello, Order, Chunk, Look, Fetch, Drop)
_ANSWERS: tuple[type[Answer], ...] = (Welcome, State, Took, Piece, Gone, Refused)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Head:
    form: str
    number: int


def dump(message: Question | Answer, number: int) -> bytes:
    """A message as it travels.

    Args:
        number: of the question, repeated by its answer.

    Raises:
        BadRequest: a number in it is not finite, or a text is no Unicode.
    """
    head = {"form": type(message).__name__, "number": number}
    return codec.dump({**codec.to_dict(message), "of": head})


def question_of(data: bytes) -> tuple[int, Question]:
    """The question of these bytes, with its number.

    Raises:
        BadRequest: they are none.
    """
    return _read(_QUESTIONS, data)


def answer_of(data: bytes) -> tuple[int, Answer]:
    """The answer of these bytes, with the number of its question.

    Raises:
        BadRequest: they are none.
    """
    return _read(_ANSWERS, data, open_words=True)


def _read(known: tuple[type[T], ...], data: bytes, open_words: bool = False) -> tuple[int, T]:
    if len(data) > MOST_FORM:
        raise BadRequest(f"A message has more than {MOST_FORM} bytes.")
    fields = codec.parse(data)
    head = codec.from_dict(_Head, fields.get("of"), "of")
    for cls in known:
        if head.form == cls.__name__:
            return head.number, codec.from_dict(cls, fields, open_words=open_words)
    raise BadRequest("That is no message of a remote worker.")
