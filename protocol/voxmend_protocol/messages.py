"""Every message of voxmend/2, one frozen dataclass each: the schema is made from this file.

A message is one flat JSON object: the header's fields (type, id, re, epoch) and the fields of its
body. Bodies are grouped by who sends them; what they carry stands in values.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple, Type, Union

from . import codec
from .codec import Scalar
from .errors import BadRequest, UnknownType
from .pause import Hold
from .pause import Pause as Pause
from .pause import Resume as Resume
from .pull import MAX_PULLED as MAX_PULLED
from .pull import Models as Models
from .pull import Pull as Pull
from .pull import StopPull as StopPull
from .turn import Next as Next
from .values import (
    MAX_ID,
    MAX_PLAN,
    MAX_REALM,
    ClientInfo,
    Clip,
    EngineReport,
    EngineState,
    JobRecord,
    Limits,
    LoadedModel,
    ModelInfo,
    Output,
    PresetInfo,
    State,
    WorkerInfo,
    check_device,
    check_stems,
    check_uuid,
)

PROTOCOL = 2
"""The version of the protocol this file describes."""

MAX_WATCHED = 1000
"""Jobs that one watch may name; more take more than one."""

# --- client to worker ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Hello:
    """Say who is there. Answer: welcome; before it, hello_again."""

    protocol_min: int
    protocol_max: int
    client: ClientInfo


@dataclass(frozen=True)
class Submit:
    """Queue one clip. Answer: accepted, again and again for the same job and payload.

    ``stems``: what is written; absent, what the preset says. Beside the voice's four any part that
    the preset ``gives``: with one of those comes ``rest``, what is left of the mixture.
    """

    job: str
    clip: Clip
    preset: str
    output: Output
    set: Mapping[str, Scalar] = field(default_factory=dict)
    stems: Optional[Tuple[str, ...]] = None
    group: Optional[str] = None
    device: Optional[str] = None
    mixture: Optional[Clip] = None
    voice: Optional[Clip] = None
    plan: Optional[str] = None
    realm: Optional[str] = None

    def __post_init__(self) -> None:
        check_uuid(self.job, "job")
        if self.mixture is not None and self.voice is not None:
            raise BadRequest("submit names a mixture or a voice, not both.")
        if self.stems is not None:
            check_stems(self.stems)
        if self.device is not None:
            check_device(self.device)
        if self.group is not None and len(self.group) > MAX_ID:
            raise BadRequest(f"group must have at most {MAX_ID} characters.")
        if self.plan is not None and len(self.plan) > MAX_PLAN:
            raise BadRequest(f"plan must have at most {MAX_PLAN} characters.")
        if self.realm is not None and not 1 <= len(self.realm) <= MAX_REALM:
            raise BadRequest(f"realm must have 1 to {MAX_REALM} characters.")


@dataclass(frozen=True)
class Cancel:
    """Ask a job to stop. Answer: ack; the job ends in a terminal state, most likely cancelled."""

    job: str


@dataclass(frozen=True)
class Retry:
    """Run a failed or cancelled job again, as a new job whose id the client makes."""

    job: str
    new_job: str

    def __post_init__(self) -> None:
        check_uuid(self.new_job, "new_job")


@dataclass(frozen=True)
class Job:
    """Ask for one record. Answer: record."""

    job: str


@dataclass(frozen=True)
class Jobs:
    """Ask for records, newest first. Answer: page; ``before`` is the last page's ``next``."""

    state: Optional[State] = None
    group: Optional[str] = None
    before: Optional[int] = None
    limit: int = 50


@dataclass(frozen=True)
class Clear:
    """Forget terminal jobs; their stems stay. Answer: ack with the number forgotten."""

    state: Optional[State] = None


@dataclass(frozen=True)
class Watch:
    """Follow jobs. Answer: ack, then their records as they stand, then each newer one as it comes.
    ``re`` of these records is the id of the last watch."""

    jobs: Tuple[str, ...] = ()
    group: Optional[str] = None

    def __post_init__(self) -> None:
        if len(self.jobs) > MAX_WATCHED:
            raise BadRequest(f"watch takes at most {MAX_WATCHED} jobs; use a group.")
        if self.group is not None and len(self.group) > MAX_ID:
            raise BadRequest(f"group must have at most {MAX_ID} characters.")


@dataclass(frozen=True)
class Unwatch:
    """Follow nothing more. Answer: ack."""


@dataclass(frozen=True)
class Status:
    """Ask how the worker does. Answer: report."""


@dataclass(frozen=True)
class Presets:
    """Ask which presets there are. Answer: preset_list."""


@dataclass(frozen=True)
class Release:
    """Let idle models go. Answer: ack."""


@dataclass(frozen=True)
class Cache:
    """Ask what the cache of finished stages holds, or clear it. Answer: cache_report."""

    clear: bool = False


@dataclass(frozen=True)
class Ping:
    """Ask for a sign of life. Answer: pong. Any other message is a sign of life as well."""


@dataclass(frozen=True)
class Shutdown:
    """End the worker, with ``drain`` after the queue. Answer: ack. Jobs not ended are kept."""

    drain: bool = False


# --- worker to client ---------------------------------------------------------------------------


@dataclass(frozen=True)
class HelloAgain:
    """The worker does not know this client, or not any more, and has done nothing: say hello with
    this nonce in the stamp, then ask again."""

    nonce: str

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{32}", self.nonce):
            raise BadRequest("nonce must be 32 hex digits.")


@dataclass(frozen=True)
class Welcome:
    """Answer to hello."""

    protocol: int
    worker: WorkerInfo
    limits: Limits
    features: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The job is on disk and will end in a terminal state."""

    job: str
    state: State
    position: Optional[int] = None


@dataclass(frozen=True)
class Ack:
    """Done, or under way. ``unknown`` names watched jobs that do not exist."""

    count: Optional[int] = None
    unknown: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """One job as it stands: an answer to job and watch, and news of a watched job."""

    record: JobRecord


@dataclass(frozen=True)
class Page:
    """Records, newest first; ``next`` is there when more follow."""

    items: Tuple[JobRecord, ...]
    next: Optional[int] = None


@dataclass(frozen=True)
class Report:
    """How the worker does. Of several engines ``engine`` is how they do together, and the fields of
    one engine are those of the first that works."""

    version: str
    pid: int
    started: str
    queued: int
    engine: EngineState
    clients: int
    running: Optional[str] = None
    stage: Optional[str] = None
    device: Optional[str] = None
    engine_pid: Optional[int] = None
    reason: Optional[str] = None
    draining: bool = False
    refused_frames: int = 0
    models: Tuple[LoadedModel, ...] = ()
    pulling: bool = False
    paused: Tuple[Hold, ...] = ()
    priority: Optional[str] = None
    threads: Optional[int] = None
    memory_limit: Optional[int] = None
    engines: Tuple[EngineReport, ...] = ()


@dataclass(frozen=True)
class PresetList:
    """Answer to presets."""

    items: Tuple[PresetInfo, ...]


@dataclass(frozen=True)
class ModelList:
    """Answer to models; ``next`` is there when more follow."""

    items: Tuple[ModelInfo, ...]
    next: Optional[str] = None


@dataclass(frozen=True)
class CacheReport:
    """Answer to cache: what it holds now, and its budget, in bytes."""

    entries: int
    bytes: int
    budget: int
    removed: int = 0


@dataclass(frozen=True)
class Pong:
    """Answer to ping. ``watching`` counts the jobs and groups this worker will tell the client
    about: 0 where the client thinks otherwise means watch again."""

    watching: int = 0


@dataclass(frozen=True)
class Error:
    """The request was not carried out."""

    code: str
    message: str
    retryable: bool


Request = Union[
    Hello, Submit, Cancel, Next, Retry, Job, Jobs, Clear, Watch, Unwatch, Status, Presets, Models,
    Pull, StopPull, Pause, Resume, Release, Cache, Ping, Shutdown,
]  # fmt: skip
Reply = Union[
    HelloAgain, Welcome, Accepted, Ack, Record, Page, Report, PresetList, ModelList, CacheReport,
    Pong, Error,
]  # fmt: skip
Body = Union[Request, Reply]

REQUESTS: Tuple[Type[Any], ...] = Request.__args__  # type: ignore[attr-defined]
REPLIES: Tuple[Type[Any], ...] = Reply.__args__  # type: ignore[attr-defined]


def type_name(cls: type) -> str:
    """The wire's name of a message class: ``PresetList`` is ``preset_list``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


BY_TYPE: Dict[str, Type[Any]] = {type_name(cls): cls for cls in REQUESTS + REPLIES}


class Envelope(NamedTuple):
    """A decoded message: its own id, the id it answers, the run of the worker that sent it."""

    id: str
    body: Any
    re: Optional[str] = None
    epoch: Optional[int] = None


def encode(envelope: Envelope) -> Dict[str, Any]:
    """The flat JSON object of a message."""
    head: Dict[str, Any] = {"type": type_name(type(envelope.body)), "id": envelope.id}
    if envelope.re is not None:
        head["re"] = envelope.re
    if envelope.epoch is not None:
        head["epoch"] = envelope.epoch
    return {**head, **codec.to_dict(envelope.body)}


@dataclass(frozen=True)
class Header:
    """The fields every message begins with."""

    type: str
    id: str
    re: Optional[str] = None
    epoch: Optional[int] = None

    def __post_init__(self) -> None:
        if not all(0 < len(name) <= MAX_ID for name in (self.id, self.re) if name is not None):
            raise BadRequest(f"id and re must have 1 to {MAX_ID} characters.")


def decode(data: Mapping[str, Any]) -> Envelope:
    """Read a flat JSON object. A request is held to the closed lists; in what a worker sends, a
    word that stands in none of them is kept as it is.

    Raises:
        UnknownType: the type is not of this version.
        BadRequest: a field is missing or wrong.
    """
    header = codec.from_dict(Header, dict(data))
    cls = BY_TYPE.get(header.type)
    if cls is None:
        raise UnknownType(f"This side knows no message of type “{header.type[:40]}”.")
    body = codec.from_dict(cls, dict(data), open_words=cls in REPLIES)
    return Envelope(header.id, body, header.re, header.epoch)
