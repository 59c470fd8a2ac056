"""What messages carry: clips, stems, records. One frozen dataclass each.

Times are RFC 3339 strings in UTC, positions in audio are seconds from the start of the file unless
the name says frames, paths are absolute and UTF-8.

The closed lists (Literal) bind who sends. What a worker sent may hold other words, of a later
version: they are plain strings, to be shown as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Optional, Tuple, get_args

from . import codec
from .errors import BadRequest, VoxmendError

MAX_PATH = 4096
"""Bytes of a path as a JSON string, so that a record with two of them fits a message."""
MAX_ID = 64

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATES: Tuple[State, ...] = get_args(State)
TERMINAL = ("succeeded", "failed", "cancelled")
VOICE_STEMS = ("vocals", "vocals_raw", "instrumental", "instrumental_mended")
"""Mended, as it was separated, and the mixture less either."""
DEFAULT_STEMS = ("vocals", "vocals_raw", "instrumental")
"""What a preset writes that says nothing else."""
MAX_STEMS = 16
STEM = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A stem's name: of the voice or of what is left, or of whatever part a separator gives."""
Format = Literal["wav", "wav24", "flac", "aiff", "mp3"]
EngineState = Literal["absent", "idle", "busy", "broken"]
Size = Literal["none", "some", "strong", "unknown"]
DEVICES = ("auto", "cpu", "cuda", "mps")
"""Kinds of device to ask for; a card of several is "cuda:1"."""
DEVICE = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]?))?")
"""One of the worker's own machine."""
REMOTE = re.compile(r"(?!.{33})[a-z0-9](-?[a-z0-9])*")
"""The name of a worker elsewhere, as its user has called it. What is a device is no name."""
MAX_PLAN = 32_768
"""Characters of a preset that a submit brings."""
MAX_REALM = 64
Outcome = Literal[
    "clean", "mended", "better", "worse", "unchanged", "separated", "measured", "unknown"
]
ModelState = Literal["absent", "partial", "present", "corrupt", "pulling", "waiting"]

PLACEHOLDERS = ("song", "stem", "preset")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check_uuid(value: str, name: str) -> None:
    if not _UUID.fullmatch(value):
        raise BadRequest(f"{name} must be a UUID in lower case.")


def check_path(value: str, name: str) -> None:
    if not value or "\0" in value:
        raise BadRequest(f"{name} is not a path.")
    if len(codec.dump({"": value})) - len('{"":}') > MAX_PATH:
        raise BadRequest(f"{name} is longer than {MAX_PATH} bytes. Use a shorter path.")
    if not (value.startswith(("/", "\\\\")) or value[1:3] in (":\\", ":/")):
        raise BadRequest(f"{name} must be an absolute path.")


def check_files(pattern: str) -> None:
    """Raise BadRequest unless it can name the files of several stems."""
    words = set(_PLACEHOLDER.findall(pattern))
    if "stem" not in words:
        raise BadRequest("The files' names need {stem}, such as “{song} - {stem}”.")
    if words - set(PLACEHOLDERS) or set(_PLACEHOLDER.sub("", pattern)) & set("{}"):
        raise BadRequest("The files' names take {song}, {stem} and {preset}, and no other braces.")
    if (
        len(pattern.encode("utf-8", "surrogatepass")) > 200
        or set(pattern) & set('/\\:*?"<>|')
        or min(pattern) < " "
    ):
        raise BadRequest("The files' names must be a plain file name of at most 200 bytes.")


def check_device(value: str) -> None:
    if not (DEVICE.fullmatch(value) or REMOTE.fullmatch(value)):
        raise BadRequest(
            f"device must be one of {', '.join(DEVICES)}, a card such as cuda:1, or the name of a "
            "remote worker."
        )


def check_stems(stems: Tuple[str, ...]) -> None:
    if not 1 <= len(stems) <= MAX_STEMS or len(set(stems)) != len(stems):
        raise BadRequest(f"stems must name from 1 to {MAX_STEMS} stems, each once.")
    for stem in stems:
        if not STEM.fullmatch(stem):
            raise BadRequest(
                f"stems: “{stem[:60]}” is no name of a stem. Write it in lower case, such as drums."
            )


@dataclass(frozen=True)
class Clip:
    """A stretch of one audio file. Without start and end it is the whole file."""

    path: str
    start_s: Optional[float] = None
    end_s: Optional[float] = None

    def __post_init__(self) -> None:
        check_path(self.path, "clip.path")
        start = self.start_s or 0.0
        if start < 0:
            raise BadRequest("clip.start_s must not be negative.")
        if self.end_s is not None and self.end_s <= start:
            raise BadRequest("clip.end_s must lie behind the start.")


@dataclass(frozen=True)
class Output:
    """Where the job's own folder is made: ``<folder>/<name>_<preset>[_n]/``. Without a name it is
    the name of the clip's file, less its extension.

    ``format``: ``wav`` is 32-bit float, ``wav24``, ``flac`` and ``aiff`` are 24-bit integers,
    ``mp3`` is packed with loss; a stem over full scale is written as float all the same, with a
    warning. ``files``: how the stems' files are called, less their extension, with ``{stem}`` and
    perhaps ``{song}`` and ``{preset}`` in it; without it ``{stem}``.
    """

    folder: str
    name: Optional[str] = None
    format: Format = "wav"
    files: Optional[str] = None

    def __post_init__(self) -> None:
        check_path(self.folder, "output.folder")
        if self.name is not None and (
            not self.name
            or len(self.name.encode("utf-8", "surrogatepass")) > 200
            or set(self.name) & set('/\\:*?"<>|')
            or min(self.name) < " "
        ):
            raise BadRequest("output.name must be a plain file name of at most 200 bytes.")
        if self.files is not None:
            check_files(self.files)


@dataclass(frozen=True)
class Warned:
    """Something the user should know about a job that went on all the same."""

    code: str
    message: str


@dataclass(frozen=True)
class ErrorBody:
    """Why a request or a job failed."""

    code: str
    message: str
    retryable: bool

    @classmethod
    def of(cls, error: VoxmendError) -> "ErrorBody":
        """The body for an exception."""
        return cls(error.code, error.message, error.retryable)


@dataclass(frozen=True)
class Stem:
    """One written file. It starts at ``start_frame`` of the source, at the source's rate."""

    name: str
    file: str
    start_frame: int
    frames: int
    rate: int
    channels: int
    peak: float
    true_peak: Optional[float] = None
    coding: Optional[str] = None


@dataclass(frozen=True)
class Decisions:
    """What the guard decided, region by region, in numbers: job.json has each of them.

    ``worst`` is the most frequent reason of a refusal, such as ``denoise.voice_lost``.
    """

    kept: int
    refused: int
    unchanged: int
    worst: Optional[str] = None


@dataclass(frozen=True)
class Damage:
    """How damaged a voice is, kind by kind: ``regions`` counts the damaged stretches, ``worst`` is
    the kind of the worst of them. job.json has each."""

    phase: Size
    bandwidth: Size
    musical: Size
    bleed: Size
    regions: int
    worst: Optional[str] = None


@dataclass(frozen=True)
class Diagnosis:
    """The voice before anything mended it, and as it is in the end; ``after`` is absent where
    nothing was to change it."""

    before: Damage
    after: Optional[Damage] = None


@dataclass(frozen=True)
class Verdict:
    """What came of a job, in plain words: each text is whole sentences, to be shown as they are.

    ``headline`` is the shortest, for one line. ``found`` says what was wrong, ``done`` what was
    repaired, ``left`` what stays, ``next`` what the user can do; ``counts`` the numbers behind it.
    ``try_preset`` is the preset that ``next`` names, where it names one.
    """

    code: Outcome
    headline: str
    found: str
    done: str
    left: str
    next: str
    counts: Optional[str] = None
    try_preset: Optional[str] = None


@dataclass(frozen=True)
class JobRecord:
    """A job as it stands. The newest wins: records of one job are ordered by (epoch, rev).

    ``position`` counts the jobs ahead of a queued one when the record was sent; its change alone
    raises no ``rev``. ``paused``: the worker stands still, and this job with it. ``folder`` is
    there once the stems are; each stem's ``file`` lies in it.
    """

    job: str
    state: State
    epoch: int
    rev: int
    clip: Clip
    preset: str
    attempt: int
    created: str
    group: Optional[str] = None
    position: Optional[int] = None
    stage: Optional[str] = None
    stage_index: Optional[int] = None
    stages: Optional[int] = None
    fraction: Optional[float] = None
    eta_s: Optional[float] = None
    device: Optional[str] = None
    cancelling: bool = False
    paused: bool = False
    warnings: Tuple[Warned, ...] = ()
    folder: Optional[str] = None
    stems: Tuple[Stem, ...] = ()
    decisions: Optional[Decisions] = None
    damage: Optional[Diagnosis] = None
    verdict: Optional[Verdict] = None
    error: Optional[ErrorBody] = None
    started: Optional[str] = None
    finished: Optional[str] = None
    retry_of: Optional[str] = None

    @property
    def terminal(self) -> bool:
        """True once the state can no longer change. A state that this side does not know has
        ended if the record says when."""
        return self.state in TERMINAL or (self.state not in STATES and self.finished is not None)

    def newer_than(self, other: "Optional[JobRecord]") -> bool:
        """True if this record replaces ``other``."""
        return other is None or (self.epoch, self.rev) > (other.epoch, other.rev)


@dataclass(frozen=True)
class ClientInfo:
    """Who is asking: ``name`` is the kind of client, such as ``cli`` or ``reaper-lua``."""

    name: str
    version: str
    pid: Optional[int] = None


@dataclass(frozen=True)
class WorkerInfo:
    """The process that answers."""

    version: str
    pid: int


@dataclass(frozen=True)
class Limits:
    """What this worker holds to."""

    queue_max: int
    heartbeat_s: float
    records_per_s: float
    message_max: int


@dataclass(frozen=True)
class PresetInfo:
    """A preset as a menu shows it. ``missing`` names the models that must be fetched first: they
    are not on this machine, or not what they should be. ``gives`` are the parts of a mixture that
    it can be asked for, each a name for ``submit.stems``; ``stems`` what it writes unasked. ``use``
    is the strictest word of its models': ``free``, ``copyleft``, ``ask`` or ``non-commercial``."""

    name: str
    title: str
    description: str
    blocks: Tuple[str, ...]
    models: Tuple[str, ...] = ()
    missing: Tuple[str, ...] = ()
    gives: Tuple[str, ...] = ()
    stems: Tuple[str, ...] = ()
    use: Optional[str] = None


@dataclass(frozen=True)
class ModelInfo:
    """A network's weights as they stand.

    ``bytes`` is the size of the download, absent where the publisher does not say. ``got`` and
    ``total`` are there while it is pulled: bytes that are here, and of how many, if that is known.
    ``error`` is why the last pull failed; a new pull takes it away. ``use`` says in one word what
    its publisher allows, as that of a preset.
    """

    id: str
    title: str
    stage: str
    purpose: str
    licence: str
    terms: str
    state: ModelState
    bytes: Optional[int] = None
    got: Optional[int] = None
    total: Optional[int] = None
    error: Optional[ErrorBody] = None
    presets: Tuple[str, ...] = ()
    use: Optional[str] = None


@dataclass(frozen=True)
class EngineReport:
    """One of a worker's engines, which do a job each at the same time. ``number`` counts from 1;
    ``device`` is known once it has begun a job."""

    number: int
    state: EngineState
    device: Optional[str] = None
    pid: Optional[int] = None
    job: Optional[str] = None
    stage: Optional[str] = None
    reason: Optional[str] = None
    priority: Optional[str] = None
    threads: Optional[int] = None
    memory_limit: Optional[int] = None


@dataclass(frozen=True)
class LoadedModel:
    """A network in memory. ``idle_s``: seconds since it was last used, absent while it is in use;
    ``keep_s``: for how long it is kept idle, absent where it stays."""

    name: str
    bytes: int
    device: str
    idle_s: Optional[float] = None
    keep_s: Optional[float] = None
