"""What goes through the pipe between a command and its driver, and from the driver to an engine on
a node. All sides are of one version, which an engine says when it is ready. No Ray and no torch
here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from voxmend_protocol.messages import Submit
from voxmend_protocol.values import ErrorBody, JobRecord, Warned

from ..engine import orders

LOCAL = "local"
"""The address of a cluster that is started for the batch, on this machine alone."""


def today() -> str:
    """The time of day, RFC 3339 in UTC, as records have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Need:
    """What an engine takes of a node.

    Attributes:
        cores: of the CPU, where there is no card; a node with fewer gives all it has.
        memory: bytes.
    """

    cores: int
    memory: int


@dataclass(frozen=True, slots=True)
class Begin:
    """The batch as a whole.

    Attributes:
        address: of the cluster, or ``LOCAL``.
        plan: the frozen preset as JSON.
        stems: what each job writes.
        settings: of each engine.
        store: see ``Task``.
    """

    address: str
    plan: str
    stems: tuple[str, ...]
    settings: orders.Configure
    need: Need
    store: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One song. ``size``, ``mtime_ns`` and ``mode`` are its file's, as the command sees it.
    ``store`` is the bucket in which the output's folder lies, such as ``s3://archive``; empty: on a
    disk that all nodes share."""

    submit: Submit
    size: int
    mtime_ns: int
    mode: int
    created: str
    attempt: int = 1
    store: str = ""

    @property
    def job(self) -> str:
        """The id of its job: the same for the same song, preset and place."""
        return self.submit.job


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop one job."""

    job: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The batch is over."""


@dataclass(frozen=True, slots=True)
class Alive:
    """The driver lives, with so many engines."""

    engines: int


@dataclass(frozen=True, slots=True)
class Told:
    """A job as it stands."""

    record: JobRecord


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say to the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Broke:
    """It cannot go on: an error by its code."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What an engine says of itself once it stands on its node, and what it lacks there."""

    version: str
    pid: int
    error: ErrorBody | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended on a node.

    Attributes:
        answer: None where the node does not see the file: it must be sent.
        folder: where the stems are, if there are any.
    """

    answer: orders.Done | orders.Failed | None
    folder: str | None = None
    device: str | None = None
    warnings: tuple[Warned, ...] = ()
