"""A client of the worker, over any transport that sends and receives frames.

The command line, the watch folder, the bridge and REAPER's Python use it. Every request may be
repeated safely, so a broken connection is dialled again and the request sent once more. Records
come newest first: an older one than the last seen never reaches the caller. What a later worker
says beyond this version is kept as it is (codec.py); what cannot be read is logged, with why.
"""

from __future__ import annotations

import logging
import time
import uuid
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Set,
    Tuple,
    Type,
    TypeVar,
)

from . import envelope, messages
from .conversation import Conversation
from .discovery import WorkerFile, read, worker_file
from .errors import (
    BadRequest,
    InternalError,
    MalformedMessage,
    UnsupportedVersion,
    WorkerUnreachable,
    from_code,
)
from .values import TERMINAL, ClientInfo, JobRecord, State

R = TypeVar("R")

WELCOME_S = 2.0
ANSWER_S = 10.0
CUTS, CUT_S = 3, (0.9, 1.9)
"""Tries of a handshake that the worker cuts, and after how many seconds that is: a worker gives it
one; a stranger who says nothing is given up after two."""
HELLOS = 4
"""So often a worker may ask for another hello before it is taken for none."""
MISSED = 3
"""A worker that was silent for so many heartbeats is taken for dead."""
MAX_TOLD = 100
"""Reasons that are logged in a conversation, so that no peer can fill a disk with them."""


_log = logging.getLogger("voxmend.protocol")


class Unreadable(NamedTuple):
    """Stands for a message that is the worker's own and cannot be read. ``ended`` is the job of a
    record that was its last, as far as can be seen."""

    reason: str
    ended: Optional[str] = None

    @classmethod
    def of(cls, reason: str, data: Mapping[str, Any]) -> "Unreadable":
        """From what is left of its body."""
        record = data.get("record")
        if not isinstance(record, dict):
            return cls(reason)
        job, state = record.get("job"), record.get("state")
        ended = isinstance(job, str) and (state in TERMINAL or "finished" in record)
        return cls(reason, job if ended else None)

    def error(self) -> InternalError:
        """For who waited for it."""
        return InternalError(
            f"What the worker said cannot be read: {self.reason} Bring both sides to one version: "
            "voxmend worker restart"
        )


class Transport(Protocol):
    """Frames out, frames in. Raises WorkerUnreachable when the peer is gone."""

    def send(self, frames: Sequence[bytes]) -> None:
        """Send one message."""

    def recv(self, timeout_s: float) -> Optional[List[bytes]]:
        """The next message, or None after ``timeout_s``."""

    def close(self) -> None:
        """Let the connection go."""


class Link(NamedTuple):
    """A connection and the key to sign with."""

    transport: Transport
    key: str


Dial = Callable[[], Link]


def dial_file(path: Path, connect: Callable[[WorkerFile], Transport]) -> Link:
    """Connect to the worker that a worker.json names. Where that fails, the file is read again: a
    worker that was started meanwhile has another port and another key. And a worker cuts a
    handshake that takes long, so on a busy machine it is tried again.

    Raises:
        WorkerUnreachable: there is none, or what listens there is not it.
        UnsupportedVersion: it speaks none of this client's versions.
    """
    found, left = read(path), CUTS
    while True:
        check_version(found)
        began = time.monotonic()
        try:
            return Link(connect(found), found.key)
        except WorkerUnreachable:
            before, found = found, read(path)
            left -= 1
            cut = CUT_S[0] < time.monotonic() - began < CUT_S[1]
            if not left or (found == before and not cut):
                raise


def dial_zmtp(path: Optional[Path] = None) -> Link:
    """Connect to this user's worker, or to the one that a worker.json names, with the standard
    library alone.

    Raises:
        WorkerUnreachable: there is none.
        UnsupportedVersion: it speaks none of this client's versions.
    """
    from .zmtp import Dealer

    return dial_file(
        path or worker_file(),
        lambda found: Dealer(found.port, envelope.password(found.key, found.endpoint)),
    )


def check_version(found: WorkerFile) -> None:
    """Know before dialling whether one can talk.

    Raises:
        UnsupportedVersion: the worker speaks none of this client's versions.
    """
    if found.protocol_min <= messages.PROTOCOL <= found.protocol_max:
        return
    if found.protocol_max < messages.PROTOCOL:
        age, step = "an older", "Type: voxmend worker restart"
    else:
        age, step = "a newer", "Update this one, or end it with the newer one: voxmend worker stop"
    raise UnsupportedVersion(
        f"The worker that runs is of {age} version of voxmend ({found.version[:40]}). {step}"
    )


class Client:
    """One conversation with the worker. Not for use from two threads at once."""

    def __init__(self, dial: Dial, info: ClientInfo) -> None:
        """Dial and say hello.

        Raises:
            WorkerUnreachable: nobody answers within two seconds.
            UnsupportedVersion: the worker speaks another version.
        """
        self._dial, self._info = dial, info
        self._link: Optional[Link] = None
        self._talk = Conversation("")
        self._open: Set[str] = set()  # requests that have had no answer over this connection
        self._greeted = False
        self._seen: Dict[str, JobRecord] = {}
        self._news: List[JobRecord] = []
        self._told: Set[str] = set()
        self.welcome: messages.Welcome = self._connect()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go; jobs go on without it."""
        if self._link is not None:
            self._link.transport.close()
            self._link = None

    def _connect(self) -> messages.Welcome:
        self.close()
        self._link = self._dial()
        self._talk, self._open, self._greeted = Conversation(self._link.key), set(), False
        hello = messages.Hello(messages.PROTOCOL, messages.PROTOCOL, self._info)
        try:
            for _ in range(HELLOS):
                found = self._exchange(hello, object, WELCOME_S)
                if isinstance(found, messages.Welcome):
                    self.welcome, self._greeted = found, True
                    return found
                if not isinstance(found, messages.HelloAgain):
                    raise InternalError(f"The worker answered Hello with {type(found).__name__}.")
                self._talk.turn_to(found.nonce)
            raise WorkerUnreachable("The worker asks for hello again and again.")
        except BaseException:
            self.close()
            raise

    def request(self, body: Any, answer: Type[R], timeout_s: float = ANSWER_S) -> R:
        """Send a request and wait for its answer.

        Raises:
            VoxmendError: the worker's error, as the class of its code.
            WorkerUnreachable: no answer, even over a second connection.
        """
        try:
            if self._link is None:
                self._connect()
            return self._exchange(body, answer, timeout_s)
        except WorkerUnreachable:
            self._connect()
            return self._exchange(body, answer, timeout_s)

    def _exchange(self, body: Any, answer: Type[R], timeout_s: float) -> R:
        asked = self._send(body)
        deadline = time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            got = self._receive(left) if left > 0 else None
            if got is None and left <= 0:
                raise WorkerUnreachable(
                    f"The worker did not answer within {timeout_s:g} s. See: voxmend worker logs"
                )
            if got is None or got.re != asked:
                continue
            if isinstance(got.body, Unreadable):
                raise got.body.error()
            if isinstance(got.body, messages.Error):
                raise from_code(got.body.code, got.body.message)
            if isinstance(got.body, answer):
                return got.body
            if not isinstance(got.body, messages.Record):
                raise InternalError(
                    f"The worker answered {type(body).__name__} with {type(got.body).__name__}."
                )

    def _send(self, body: Any) -> str:
        if self._link is None:
            raise WorkerUnreachable("There is no connection to the worker.")
        asked = uuid.uuid4().hex
        sealed = self._talk.seal(messages.encode(messages.Envelope(asked, body)))
        if len(sealed[-1]) > envelope.MAX_REQUEST:
            raise BadRequest(
                f"The request is larger than {envelope.MAX_REQUEST} bytes: send less at once."
            )
        self._link.transport.send(sealed)
        self._open.add(asked)
        return asked

    def _receive(self, timeout_s: float) -> Optional[messages.Envelope]:
        """The next message that is the worker's; records are noted on the way."""
        if self._link is None:
            raise WorkerUnreachable("There is no connection to the worker.")
        frames = self._link.transport.recv(timeout_s)
        if frames is None:
            return None
        data: Mapping[str, Any] = {}
        try:
            data = self._talk.unseal(frames)
            got = messages.decode(data)
        except MalformedMessage as error:  # not the worker's
            self._complain("foreign", error.message)
            return None
        except BadRequest as error:
            self._complain("unreadable", error.message)
            re = data.get("re")
            body = Unreadable.of(error.message, data)
            return messages.Envelope("", body, re if isinstance(re, str) else None)
        asked = got.re in self._open
        self._open.discard(got.re or "")
        if isinstance(got.body, messages.HelloAgain):
            if not asked:  # of another day: whoever has recorded it may send it again
                return None
            if self._greeted:
                raise WorkerUnreachable("The worker has forgotten this client.")
        if isinstance(got.body, messages.Record):
            self._note(got.body.record)
        return got

    def _complain(self, what: str, reason: str) -> None:
        """Say why a message went nowhere: each reason once, whatever a peer may send."""
        if reason not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(reason)
            _log.warning("message_%s reason=%r", what, reason)

    def poll(self, timeout_s: float) -> List[JobRecord]:
        """Records that are newer than those seen, waiting at most ``timeout_s`` for the first.

        For a caller with a loop of its own, which has sent ``watch`` itself.

        Raises:
            WorkerUnreachable: the connection is gone.
        """
        while self._receive(0.0 if self._news else timeout_s) is not None:
            timeout_s = 0.0
        news, self._news = self._news, []
        return news

    def _note(self, record: JobRecord) -> None:
        if record.newer_than(self._seen.get(record.job)):
            self._seen[record.job] = record
            self._news = [r for r in self._news if r.job != record.job] + [record]

    def records(self, state: Optional[State] = None) -> Iterator[JobRecord]:
        """All records, newest first, page by page."""
        before: Optional[int] = None
        while True:
            page = self.request(messages.Jobs(state=state, before=before), messages.Page)
            yield from page.items
            before = page.next
            if before is None:
                return

    def job(self, job: str) -> JobRecord:
        """The record of one job.

        Raises:
            UnknownJob: there is none.
        """
        return self.request(messages.Job(job), messages.Record).record

    def follow(
        self,
        jobs: Iterable[str],
        silence_s: Optional[float] = None,
        tick: Callable[[], object] = lambda: None,
    ) -> Iterator[JobRecord]:
        """Each newer record of ``jobs`` until all have ended, over as many connections as it takes.
        ``tick`` is called at least every half second while nothing comes; it may raise.

        A worker that stays silent for three heartbeats is dialled anew; its records then start as
        they stand.

        Raises:
            UnknownJob: a job does not exist.
            InternalError: the last record of a job cannot be read.
            WorkerUnreachable: there is no worker any more.
        """
        open_jobs = dict.fromkeys(jobs)
        for job in open_jobs:  # what was heard of them before is news to this caller
            self._seen.pop(job, None)
        self._news = [record for record in self._news if record.job not in open_jobs]
        self._watch(tuple(open_jobs))
        pause = self.welcome.limits.heartbeat_s
        limit = silence_s if silence_s is not None else MISSED * pause
        heard = pinged = time.monotonic()
        while open_jobs:
            while self._news:
                record = self._news.pop(0)
                if record.job in open_jobs:
                    if record.terminal:
                        del open_jobs[record.job]
                    yield record
            if not open_jobs:
                return
            tick()
            try:
                got = self._receive(min(pause, 0.5))
                if got is not None:
                    heard = time.monotonic()
                    if isinstance(got.body, Unreadable) and got.body.ended in open_jobs:
                        raise got.body.error()
                    if isinstance(got.body, messages.Pong) and not got.body.watching:
                        self._watch(tuple(open_jobs))
                elif time.monotonic() - heard > limit:
                    raise WorkerUnreachable("The worker has fallen silent.")
                elif time.monotonic() - max(heard, pinged) > pause:
                    self._send(messages.Ping())
                    pinged = time.monotonic()
            except WorkerUnreachable:
                self._connect()
                self._watch(tuple(open_jobs))
                heard = time.monotonic()

    def _watch(self, jobs: Tuple[str, ...]) -> None:
        for start in range(0, len(jobs), messages.MAX_WATCHED):
            part = jobs[start : start + messages.MAX_WATCHED]
            ack = self.request(messages.Watch(jobs=part), messages.Ack)
            if ack.unknown:
                raise from_code("unknown_job", f"The worker knows no job {ack.unknown[0]}.")
