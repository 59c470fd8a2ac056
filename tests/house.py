"""A worker of one's own for a test: its own VOXMEND_HOME, a real supervisor process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from waiting import PATIENCE_S, until

from voxmend import wire
from voxmend.testing import FAKE, IDENTITY, MENDING
from voxmend_protocol import Client, JobRecord
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.messages import Accepted, Report, Status, Submit
from voxmend_protocol.values import Clip, Output

FAKE_WORKER = ("-m", "voxmend.testing.worker")
REAL_WORKER = ("-m", "voxmend", "worker", "run", "--log-file")


@dataclass
class House:
    """A state folder with a worker in it. ``VOXMEND_HOME`` must point at ``root``."""

    root: Path
    command: tuple[str, ...] = FAKE_WORKER
    process: subprocess.Popen[bytes] | None = None
    clients: list[Client] = field(default_factory=list)
    results: Path | None = None
    """Where the jobs put their folders; ``out`` beside the state where it is None."""

    def __post_init__(self) -> None:
        folder = self.root / "config" / "presets"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "fake.toml").write_text(FAKE)
        (folder / "identity.toml").write_text(IDENTITY)
        (folder / "mending.toml").write_text(MENDING)

    @property
    def out(self) -> Path:
        """Where jobs of ``submit`` put their folders."""
        return self.results or self.root / "out"

    def start(self, *arguments: str, wait: bool = True) -> None:
        """Start a worker and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, *self.command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        if wait:
            until(self._answers, otherwise=lambda: f"the worker does not answer: {self.log()}")

    def _answers(self) -> bool:
        try:
            wire.client("house").close()
        except WorkerUnreachable:
            assert self.process is not None
            assert self.process.poll() is None, f"the worker ended: {self.log()}"
            return False
        return True

    @property
    def gate(self) -> str:
        """The file that a job which is submitted with ``until=gate`` waits for."""
        return str(self.root / "gate")

    def let_go(self) -> None:
        """Let the jobs that wait for the gate end."""
        Path(self.gate).touch()

    def client(self) -> Client:
        """A client that is closed with the house."""
        self.clients.append(wire.client("house"))
        return self.clients[-1]

    def clip(self) -> Path:
        """A file that is there; the fake engine never opens it."""
        file = self.root / "clip.wav"
        if not file.exists():
            file.write_bytes(b"RIFF")
        return file

    def order(self, job: str = "", /, **script: Scalar) -> Submit:
        """A job for the fake engine."""
        return Submit(
            job or str(uuid.uuid4()),
            Clip(str(self.clip())),
            "fake",
            Output(str(self.out)),
            {f"testing.{key}": value for key, value in script.items()},
        )

    def submit(self, client: Client, **script: Scalar) -> str:
        """Queue a job for the fake engine; its id."""
        return client.request(self.order(**script), Accepted).job

    def throw(self, body: Any) -> None:
        """Send a request and do not wait: the worker may die before it answers."""
        self.client()._send(body)

    def report(self) -> Report:
        """How the worker does."""
        return self.client().request(Status(), Report)

    def finish(self, client: Client, job: str) -> JobRecord:
        """Follow a job to its end."""
        last = None
        for record in client.follow([job]):
            last = record
        assert last is not None
        return last

    def wait_dead(self) -> int:
        """Wait until the worker process has ended; its exit code."""
        assert self.process is not None
        return self.process.wait(PATIENCE_S)

    def kill_and_see_the_engine_go(self) -> None:
        """End the supervisor as by ``kill -9``; its engine must be gone soon after."""
        engine = self.report().engine_pid
        assert engine is not None
        assert self.process is not None
        self.process.kill()
        until(lambda: not lives(engine), otherwise=lambda: "the engine is still there")

    def log(self) -> str:
        """What the worker wrote."""
        file = self.root / "logs" / "worker.log"
        return file.read_text() if file.exists() else ""

    def close(self) -> None:
        """End everything that was started here."""
        for client in self.clients:
            client.close()
        if self.process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self.process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
            self.process.kill()
            self.process.wait()


def lives(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def results(out: Path) -> list[Path]:
    """Everything in an output folder, in order."""
    return sorted(out.iterdir()) if out.exists() else []


def run_cli(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "voxmend", *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S,
        env={**os.environ, **env},
        check=False,
    )


def printed(run: subprocess.CompletedProcess[str]) -> Any:
    """The JSON a command printed."""
    assert run.stdout, run.stderr
    return json.loads(run.stdout)
