"""One job of a laptop on the remote machine: what it needs is proved, then it is a job of this
machine's own worker, like any other. So queue, engines, memory and pauses hold for it too.

A thread of its own: hashing gigabytes and waiting for the worker keep nobody else waiting.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voxmend_protocol import Client, codec
from voxmend_protocol.errors import (
    DiskFull,
    InternalError,
    RemoteRefused,
    UnknownJob,
    VoxmendError,
    WorkerError,
    from_code,
)
from voxmend_protocol.messages import Accepted, Ack, Cancel, Submit
from voxmend_protocol.values import Clip, ErrorBody, JobRecord, Output, Warned

from .. import claims, presets, safe_files
from ..audio import probe
from ..disk import write_json
from ..log import log, log_defect
from ..plain_names import within
from . import forms, keys
from .peers import Guest
from .shelf import Shelf, full

NAME = "song"
"""What every source is called here, wherever a name is wanted."""
TRIES = 100
_NAMES = uuid.UUID("6c1b9a55-30f6-4f7c-8b39-6d5d0a1f2c11")


@dataclass(frozen=True, slots=True)
class Around:
    """What a task needs of this machine.

    Attributes:
        sketch: where the engine leaves what a job's report draws.
        connect: a client of this machine's own worker.
        room: what the disk has left, in bytes.
        device: what jobs ask to run on; None: as the worker's settings say.
    """

    sketch: Callable[[str], Path]
    connect: Callable[[], Client]
    room: Callable[[], int]
    device: str | None = None


class Stopped(Exception):  # noqa: N818  no error: it was asked for
    """The laptop wants the job no more."""


class Task:
    """An order of a laptop, and how far it is. Read from any thread."""

    def __init__(
        self,
        order: forms.Order,
        guest: Guest,
        shelf: Shelf,
        around: Around,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.touched = clock()
        """When the laptop last asked about it, or it ended."""
        self._clock = clock
        self.order, self._guest, self._shelf, self._around = order, guest, shelf, around
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._phase: forms.Phase = "wanted"
        self._record: JobRecord | None = None
        self._error: ErrorBody | None = None
        self._results: dict[str, tuple[Path, forms.Result]] = {}
        self.due = 0
        """Bytes of the stems that it will make, once that is known."""
        self.folders: set[str] = set()
        """Names of the folders of jobs that are its own."""

    @property
    def live(self) -> bool:
        """Whether anything is still to be done for it here."""
        return self._phase not in ("ready", "failed")

    @property
    def wanted(self) -> bool:
        """Whether it waits for sound."""
        return self._phase == "wanted"

    @property
    def sources(self) -> dict[str, int]:
        """The sizes of what it needs, by their hashes."""
        return {source.sha256: source.size for source in self.order.sources}

    def begin(self) -> None:
        """Go on, once all that it needs has come."""
        missing = any(self._shelf.missing(sha, size) for sha, size in self.sources.items())
        if self.wanted and not missing:
            self._phase = "waiting"
            self._thread = threading.Thread(target=self._run, name="remote-job", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Want it no more. What it has made is removed, soon."""
        self._stop.set()
        if self._thread is None or not self._thread.is_alive():
            self._clear()

    def state(self) -> forms.State:
        """How it stands."""
        with self._lock:
            phase, record, error = self._phase, self._record, self._error
            results = tuple(result for _, result in self._results.values())
        state = forms.State(self.order.job, phase, error=error)
        if phase == "wanted":
            wants = tuple(
                forms.Want(sha, self._shelf.got(sha))
                for sha, size in self.sources.items()
                if not self._shelf.whole(sha)
            )
            return replace(state, wants=wants)
        if record is not None:
            state = replace(
                state, position=record.position, stage=record.stage,
                stage_index=record.stage_index, stages=record.stages, fraction=record.fraction,
                device=record.device,
                warnings=tuple(Warned(w.code, self._told(w.message)) for w in record.warnings),
            )  # fmt: skip
            if phase == "ready":
                state = replace(
                    state, results=results, stems=record.stems, decisions=record.decisions,
                    damage=record.damage, verdict=record.verdict,
                )  # fmt: skip
        return state

    def read(self, name: str, offset: int) -> bytes:
        """Bytes of a result.

        Raises:
            UnknownJob: there is no such result.
        """
        with self._lock:
            found = self._results.get(name)
        if found is None:
            raise UnknownJob("There is no such result.")
        try:
            with os.fdopen(safe_files.opened(found[0]), "rb", 0) as file:
                file.seek(offset)
                return file.read(forms.CHUNK)
        except OSError:
            raise UnknownJob("The result is gone.") from None

    def _run(self) -> None:
        try:
            if not all([self._shelf.prove(sha) for sha in self.sources]):
                self._phase = "wanted"  # other bytes came than were meant: once more, from 0
                return
            for sha in self.sources:
                self._shelf.touch(sha)
            self._mind_size()
            with self._around.connect() as client:
                record = self._carry_out(client)
            if record.state != "succeeded":
                raise _error(record)
            self._check()
            self._phase = "packing"
            self._pack(record)
            self._check()
            self._end("ready")
        except Stopped:
            self._clear()
        except VoxmendError as error:
            self._fail(error)
        except Exception:  # noqa: BLE001  the others' jobs go on
            log_defect("remote_job_failed", job=self.order.job)
            self._fail(InternalError("{name} failed at this. See there: voxmend worker logs"))

    def _fail(self, error: VoxmendError) -> None:
        if isinstance(error, DiskFull) and "{name}" not in error.message:
            error = full()
        if isinstance(error, WorkerError):
            error = type(error)(f"On {{name}}: {error.message}")
        with self._lock:
            self._error = ErrorBody(error.code, self._told(error.message), error.retryable)
            self._end("failed")
        log("remote_job_ended", guest=self._guest.name, job=self.order.job, code=error.code)
        self._clear()

    def _end(self, phase: forms.Phase) -> None:
        self.touched = self._clock()
        self._phase = phase

    def _mind_size(self) -> None:
        """A small file may hold hours of silence: its sound must fit the disk, with all that is
        made of it.

        Raises:
            InputUnreadable, UnsupportedAudio: it is no sound.
            DiskFull: it does not fit.
        """
        clip = next(source for source in self.order.sources if source.role == "clip")
        seen = probe(self._shelf.path(clip.sha256))
        frames = seen.frames
        if clip.end_s is not None:
            frames = min(frames, round((clip.end_s - (clip.start_s or 0)) * seen.rate))
        stem = frames * seen.channels * 4
        if stem * (len(self.order.stems) + 3) > self._around.room():
            raise full()
        self.due = stem * len(self.order.stems)
        self._shelf.insist(self.due)

    def _check(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _carry_out(self, client: Client) -> JobRecord:
        """Have the worker do it."""
        job = self._name(client)
        self.folders.add(job)
        submit = self._submit(job)
        client.request(submit, Accepted)
        log("remote_job", guest=self._guest.name, job=self.order.job, here=job)
        try:
            for record in client.follow([job], tick=self._check):
                with self._lock:
                    self._record = record
                    if self._phase == "waiting" and record.state == "running":
                        self._phase = "running"
        except Stopped:
            with contextlib.suppress(VoxmendError):
                client.request(Cancel(job), Ack)
                for _ in client.follow([job]):
                    pass
            raise
        return client.job(job)

    def _name(self, client: Client) -> str:
        """The job's id here: the same for the same order of the same laptop, so that an order that
        is repeated after a restart finds what was begun. Where its outcome is gone, the next."""
        facts = codec.dump(codec.to_dict(self.order)).decode()
        for number in range(TRIES):
            job = str(uuid.uuid5(_NAMES, f"{self._guest.key} {number} {facts}"))
            try:
                known = client.job(job)
            except UnknownJob:
                return job
            if not known.terminal or (
                known.state == "succeeded" and known.folder and Path(known.folder).is_dir()
            ):
                return job
        raise InternalError("{name} was given the same job too often. Submit it anew.")

    def _submit(self, job: str) -> Submit:
        clips = {
            source.role: Clip(str(self._shelf.path(source.sha256)), source.start_s, source.end_s)
            for source in self.order.sources
        }
        return Submit(
            job, clips["clip"], presets.parse(self.order.plan).name,
            Output(str(self._shelf.jobs / job), NAME, self.order.format),
            stems=self.order.stems, group=f"remote {self._guest.name}", device=self._around.device,
            mixture=clips.get("mixture"), voice=clips.get("voice"), plan=self.order.plan,
            realm=keys.mark(self._guest.key),
        )  # fmt: skip

    def _pack(self, record: JobRecord) -> None:
        """Know each result by its hash. What job.json says of this machine's folders is left out.

        Raises:
            DiskFull: there is no room even for that.
        """
        folder = Path(record.folder or "")
        files = {stem.name: within(folder, stem.file) for stem in record.stems}
        told = folder.with_name("told.json")
        try:
            write_json(told, self._without_paths(claims.manifest(folder)), 0o600)
        except OSError:
            raise full() from None
        files[forms.MANIFEST] = told
        sketch = self._around.sketch(record.job)
        if sketch.is_file():
            files[forms.SKETCH] = sketch
        found = {}
        for name, file in files.items():
            self._check()
            with os.fdopen(safe_files.opened(file), "rb", 0) as opened:
                sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
                size = opened.tell()
            found[name] = (file, forms.Result(name, sha256, size))
        with self._lock:
            self._results = found

    def _without_paths(self, value: Any) -> Any:
        if isinstance(value, str):
            for source in self.order.sources:
                value = value.replace(str(self._shelf.path(source.sha256)), f"{{{source.role}}}")
            return value.replace(str(self._shelf.folder), "{name}")
        if isinstance(value, list):
            return [self._without_paths(each) for each in value]
        if isinstance(value, dict):
            return {
                key: [{**warned, "message": self._told(warned["message"])} for warned in each]
                if key == "warnings"
                else self._without_paths(each)
                for key, each in value.items()
            }
        return value

    def _told(self, text: str) -> str:
        """A sentence without the names of this machine's folders, and of the files in them."""
        text = str(self._without_paths(text))
        for source in self.order.sources:
            text = text.replace(source.sha256, f"{{{source.role}'s name}}")
        return text

    def _clear(self) -> None:
        """Remove what it has made, and what was sent of it by halves."""
        for job in self.folders:
            with contextlib.suppress(OSError):
                safe_files.remove_folder(self._shelf.jobs / job)
            with contextlib.suppress(OSError):
                safe_files.remove(self._around.sketch(job))


def _error(record: JobRecord) -> VoxmendError:
    """Why the worker did not do it."""
    if record.error is not None:
        return from_code(record.error.code, record.error.message)
    return RemoteRefused("The job was cancelled on {name} itself. Retry it, or do it here.")
