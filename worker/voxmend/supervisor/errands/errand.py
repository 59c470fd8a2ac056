"""One job of this machine that a remote worker does: send what it lacks, wait, fetch the stems.

The local folder, records, report and retries stay as they are: this stands in an engine's place.
A connection that breaks is made anew, and both ways go on from where they were; what nobody answers
for too long fails with a code.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from voxmend_protocol import codec
from voxmend_protocol.errors import (
    Cancelled,
    InputChanged,
    RemoteDiffers,
    RemoteUnreachable,
    TooManyFiles,
    UnknownJob,
    VoxmendError,
    from_code,
)
from voxmend_protocol.values import ErrorBody, Warned

from ... import safe_files
from ...disk import write_error
from ...engine import orders
from ...log import log
from ...paths import Paths
from ...remote import forms, keys, same
from ...remote.link import Link, LinkLost, drop
from ...remote.peers import Server
from ...version import __version__
from .fetched import MANIFEST, Fetched, Growing
from .songs import Song, Songs, ask, filled, opened

WINDOW = 8
"""Messages with sound that are under way at once: 2 MB."""
LOOK_S = 0.5
REST_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Between two tries to connect."""
LOSSES = 60
"""So many connections may break off, one after the other, in which nothing came or went."""
UNKNOWN = 20
"""So often a remote worker may have forgotten a job, within one connection."""
ROUNDS = 2
"""So often a file is sent whose bytes turn out to be others."""
SENT, DONE = 0.15, 0.9
"""Where in a job's progress its songs have been sent, and its stems begin to come."""

Dial = Callable[[Server, keys.Pair, Callable[[], object]], Link]


class Left(Exception):  # noqa: N818  no error
    """This worker ends; the remote one goes on, and is asked again after the next start."""


class Errand:
    """A job under way.

    Attributes:
        sent: bytes of songs that went out, each time they did.
    """

    def __init__(
        self,
        order: orders.Run,
        server: Server,
        paths: Paths,
        say: Callable[[orders.JobAnswer], None],
        wait_s: float,
        dial: Dial = Link,
        owed: list[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            say: what the job says on its way, from this errand's thread.
            wait_s: for so long nobody may answer.
            owed: jobs that the remote worker still has to be told are wanted no more.
        """
        self.order, self._server, self._paths, self._say = order, server, paths, say
        self._wait_s, self._dial, self._clock = wait_s, dial, clock
        self._owed = [] if owed is None else owed
        self._songs: Songs
        self._rounds: dict[str, int] = {}
        self._warned: set[Warned] = set()
        self._accepted_at: float | None = None
        self._heard, self._there = clock(), False
        self._took = self._moved = self._losses = 0
        self._device = server.name
        self.sent = 0
        self.cancelled, self.left = threading.Event(), threading.Event()
        self.going = threading.Event()
        self.going.set()

    def do(self) -> orders.Done | orders.Failed:
        """Do it, whatever comes.

        Raises:
            Left: this worker ends.
        """
        try:
            return self._do()
        except VoxmendError as error:
            self._owe()
            body = ErrorBody(error.code, self._filled(error.message), error.retryable)
            return orders.Failed(self.order.job, body)
        except OSError as error:
            self._owe()
            folder = self.order.submit.output.folder
            return orders.Failed(self.order.job, ErrorBody.of(write_error(folder, error)))

    def _do(self) -> orders.Done:
        self.progress("read", 0.0)
        folder = Path(self.order.partial)
        safe_files.empty_folder(folder, (MANIFEST,))  # the manifest names the owner
        with opened(self.order, self._check) as self._songs:
            asked = ask(self.order, self._songs, self._paths)
            mode = self._songs.clip.mode(folder / MANIFEST)
            self._alive()
            with Fetched(self.order, asked.stems, mode) as fetched:
                while True:
                    try:
                        with self._connect() as link:
                            return self._through(link, asked, fetched)
                    except (LinkLost, TooManyFiles) as lost:  # of strangers at its door, say
                        self._rest(lost, self._took + fetched.have)

    def _through(self, link: Link, asked: forms.Order, fetched: Fetched) -> orders.Done:
        """From the order to the stems."""
        question: forms.Question = asked
        self._there = True
        for _ in range(UNKNOWN):
            try:
                while True:
                    state = self._state(link, question)
                    question = forms.Look(self.order.job)
                    done = self._step(link, state, fetched)
                    if done is not None:
                        return done
            except UnknownJob:  # it was started anew, and has forgotten
                question = asked
        raise LinkLost("it forgets again and again what it was asked")

    def _step(self, link: Link, state: forms.State, fetched: Fetched) -> orders.Done | None:
        """What is to be done next; the result, where that was the last."""
        self._check()
        self._warn(state)
        if state.device:
            self._device = f"{state.device} on {self._server.name}"
        if state.phase == "wanted" and state.wants:
            self._send(link, state)
        elif state.phase == "failed":
            error = state.error or ErrorBody("internal", "The job failed there.", False)
            self._owe(link)
            raise from_code(error.code, error.message)
        elif state.phase == "ready":
            done = self._fetch(link, state, fetched)
            self._owe(link)
            return done
        else:
            self._tell(state)
            self._pause(LOOK_S)
        return None

    # --- the connection -------------------------------------------------------------------------

    def _connect(self) -> Link:
        self._check()
        return self._greet()

    def _greet(self) -> Link:
        link = self._dial(self._server, keys.own(self._paths), self._alive)
        try:
            welcome = link.call(forms.Hello(__version__))
            if not isinstance(welcome, forms.Welcome) or welcome.form != forms.FORM:
                raise RemoteDiffers(f"{self._server.name} is of another version. Update both.")
            same.greeted(welcome)
            drop(link, self._owed)
        except BaseException:
            link.close()
            raise
        return link

    def _state(self, link: Link, asked: forms.Question) -> forms.State:
        answer = link.call(asked)
        if not isinstance(answer, forms.State) or answer.job != self.order.job:
            raise LinkLost("it answers something else than was asked")
        if answer.phase != "wanted" and self._accepted_at is None:
            self._accepted_at = time.time()
        return answer

    def _alive(self) -> None:
        self._heard = self._clock()

    def _rest(self, lost: Exception, moved: int) -> None:
        """Wait before the next try.

        Args:
            moved: bytes that have gone either way until now.

        Raises:
            RemoteUnreachable: it has been too long, or it never comes any further.
        """
        log("remote_lost", remote=self._server.name, job=self.order.job, why=lost)
        self._losses = self._losses + 1 if moved == self._moved else 0
        self._moved = moved
        if self._clock() - self._heard >= self._wait_s or self._losses >= LOSSES:
            raise RemoteUnreachable(
                f"{self._server.name} ({self._server.address}) cannot be reached: {lost}. See "
                "whether voxmend runs there and listens, then retry the job. More: voxmend remote "
                f"status {self._server.name}"
            )
        self._pause(REST_S[min(self._losses, len(REST_S) - 1)])

    def _pause(self, seconds: float) -> None:
        deadline = self._clock() + seconds
        while (left := deadline - self._clock()) > 0 or not self.going.is_set():
            self._check()
            if not self.going.is_set():
                self.going.wait(0.1)
                self._alive()
            else:
                self.cancelled.wait(min(left, 0.1))

    def _check(self) -> None:
        if self.left.is_set():
            raise Left
        if self.cancelled.is_set():
            self._there = True
            raise Cancelled("The job was cancelled.")

    def _owe(self, link: Link | None = None) -> None:
        """The job is over here, so it is wanted there no more: say so, now or later."""
        if self._there:
            self._there = False
            self._owed.append(self.order.job)
        if link is not None:
            drop(link, self._owed)

    def give_up(self) -> None:
        """Tell the remote worker what is wanted no more. Over a connection of its own: the one
        before may have megabytes of a song under way. Where nobody is there, the next job does."""
        if self._owed:
            with contextlib.suppress(Exception), self._greet():
                pass

    # --- out ------------------------------------------------------------------------------------

    def _send(self, link: Link, state: forms.State) -> None:
        """Send what is wanted, from where it is wanted. Several messages are under way at once, so
        that a long way costs its time once, and not for each."""
        total = self._songs.size or 1
        left = sum(self._song(want).source.size - want.offset for want in state.wants)
        for want in state.wants:
            song = self._song(want)
            if self._rounds.get(want.sha256, 0) >= ROUNDS:
                raise InputChanged("A song was changed while it was sent. Submit it again.")
            log("remote_sends", job=self.order.job, sha256=want.sha256, begin=want.offset)
            at, under_way = want.offset, deque[tuple[int, int, int]]()
            while at < song.source.size or under_way:
                while at < song.source.size and len(under_way) < WINDOW:
                    self._stand()
                    data = song.read(at)
                    if not data:
                        raise InputChanged("A song was changed while it was sent. Submit it again.")
                    number = link.send(forms.Chunk(want.sha256, at), data)
                    at += len(data)
                    self.sent += len(data)
                    under_way.append((number, at, len(data)))
                number, due, size = under_way.popleft()
                answer, _ = link.hear(number)
                if not isinstance(answer, forms.Took) or answer.offset < due:
                    raise LinkLost("what was sent did not arrive in order")
                at = max(at, answer.offset)  # another job sends the same song
                left -= size
                self._took += size
                self.progress("send", SENT * (total - left) / total)
            self._rounds[want.sha256] = self._rounds.get(want.sha256, 0) + 1

    def _song(self, want: forms.Want) -> Song:
        song = self._songs.files.get(want.sha256)
        if song is None or not 0 <= want.offset <= song.source.size:
            raise LinkLost("it wants what this job does not have")
        return song

    def _stand(self) -> None:
        """Heed a cancel, and a pause of this machine: nothing goes over its network meanwhile."""
        self._check()
        while not self.going.is_set():
            self.going.wait(0.1)
            self._alive()
            self._check()

    # --- back -----------------------------------------------------------------------------------

    def _fetch(self, link: Link, state: forms.State, fetched: Fetched) -> orders.Done:
        """Fetch the results into the job's folder."""
        growing = fetched.begin(state, self._server.name)
        total = sum(each.result.size for each in growing) or 1
        for each in growing:
            for last in (False, True):
                self._fetch_one(link, each, sum(one.have for one in growing), total)
                try:
                    each.insist(self._server.name)
                    break
                except RemoteDiffers:
                    if last:
                        raise
                    fetched.again(each)
        told = self._manifest(fetched)
        fetched.finish(told, self._paths.state)
        return orders.Done(
            self.order.job, fetched.stems, state.decisions, state.damage, state.verdict
        )

    def _fetch_one(self, link: Link, growing: Growing, before: int, total: int) -> None:
        name, size = growing.result.name, growing.result.size
        here, asked, under_way = growing.have, growing.have, deque[int]()
        while growing.have < size:
            while asked < size and len(under_way) < WINDOW:
                self._stand()
                under_way.append(link.send(forms.Fetch(self.order.job, name, asked)))
                asked += forms.CHUNK
            answer, data = link.hear(under_way.popleft())
            right = isinstance(answer, forms.Piece) and answer.offset == growing.have
            if not right or not data or growing.have + len(data) > size:
                raise LinkLost("what was fetched did not arrive in order")
            growing.take(data)
            part = (before + growing.have - here) / total
            self.progress("fetch", DONE + (1 - DONE) * part)

    def _manifest(self, fetched: Fetched) -> dict[str, Any]:
        """job.json as this machine writes it: what was asked here, what was done there."""
        order = self.order
        told: dict[str, Any] = filled(fetched.manifest(), order.submit, self._server.name)
        asked = told.get("asked")
        voice = told.get("voice")
        if isinstance(voice, dict) and order.submit.voice is not None:
            voice = {**voice, "clip": codec.to_dict(order.submit.voice)}
        first = told.get("first_window_s")
        waited = (self._accepted_at or 0.0) - datetime.fromisoformat(order.created).timestamp()
        return {
            **told,
            "job": order.job,
            "clip": codec.to_dict(order.submit.clip),
            "asked": {
                **(asked if isinstance(asked, dict) else {}),
                "files": order.submit.output.files,
            },
            "voice": voice,
            "stems": fetched.plain(),
            "device": f"{told.get('device') or 'done'} on {self._server.name}",
            "attempt": order.attempt,
            "created": order.created,
            "first_window_s": round(first + waited, 3)
            if isinstance(first, int | float) and waited >= 0
            else None,
            "remote": {"name": self._server.name, "key": keys.fingerprint(self._server.key)},
        }

    # --- what it says ---------------------------------------------------------------------------

    def progress(self, stage: str, fraction: float, index: int = 0, stages: int = 1) -> None:
        """Say how far the job is."""
        self._say(
            orders.Progress(self.order.job, stage, index, stages, round(fraction, 4), self._device)
        )

    def _tell(self, state: forms.State) -> None:
        if state.stage is None:
            self.progress("wait", SENT)
            return
        part = SENT + (DONE - SENT) * min(1.0, max(0.0, state.fraction or 0.0))
        self.progress(state.stage, part, state.stage_index or 0, state.stages or 1)

    def _warn(self, state: forms.State) -> None:
        for warned in state.warnings:
            if warned not in self._warned:
                self._warned.add(warned)
                told = self._filled(warned.message)
                self._say(orders.Warning(self.order.job, warned.code, told))

    def _filled(self, text: str) -> str:
        """A sentence of the remote worker with what its words in braces mean here."""
        return str(filled(text, self.order.submit, self._server.name))
