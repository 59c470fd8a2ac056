"""The driver: a child of the command that speaks to Ray. It waits for nothing without a limit, for
what Ray is asked about a node that has gone may never be answered.

``dispatch`` decides, this carries out: one loop, and a thread that asks for the nodes, which may
hang as it likes. A head that does not answer for ``HEAD_S`` ends the driver, and the command with
an error.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import (
    EnvironmentProblem,
    VoxmendError,
    WorkerUnreachable,
    from_code,
)

from .. import paths, safe_files
from ..disk import private
from ..version import __version__
from .dispatch import Dispatch, Drop, Effect, Interrupt, Run, Tell
from .engine import Engine
from .joining import join
from .messages import LOCAL, Alive, Begin, Broke, Leave, Ready, Remark, Stop, Task, Told, today
from .outputs import abandon
from .seats import Node, Seat, seats

HEAD_S = 25.0
LOOK_S = 2.0
"""Between two looks at the nodes."""
SAY_S = 1.0
TURN_S = 0.05
"""How long a turn waits for an engine's answer."""
ASK_S = 0.5
"""Between two questions to an engine how far it is."""
START_S = 300.0
"""An engine that does not stand after so long is given up, and tried anew."""
TRIES = 3
ROOM_S = 60.0
"""How long it waits for a node that has room: one may be on its way."""
GET_S = 20.0


def main(pipe: Connection, begin: Begin) -> None:
    """Be the driver until the command leaves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's to handle
    _quiet(paths.find().log.with_name("ray.out"))
    folder = tempfile.mkdtemp(prefix="vm-ray-")  # short: Ray's sockets lie in it
    code = 0
    try:
        ray = join(begin.address, folder, lambda text: pipe.send(Remark(text)))
        Driver(pipe, begin, ray).serve()
        ray.shutdown()
    except (EOFError, BrokenPipeError):  # the command is gone
        code = 1
    except VoxmendError as error:
        with contextlib.suppress(OSError):
            pipe.send(Broke(error.code, error.message))
        code = 1
    finally:
        if begin.address == LOCAL and code:
            _end_children()
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(code)  # Ray's threads may wait for a head that is gone


def _quiet(file: Path) -> None:
    """What Ray prints goes into a file, never onto the user's screen."""
    with contextlib.suppress(OSError, VoxmendError):
        private(file.parent)
        out = safe_files.start_anew(file)
        for stream in (1, 2):
            os.dup2(out, stream)
        os.close(out)


def _end_children() -> None:
    """Ray's own processes of a cluster of ours."""
    import psutil

    found = psutil.Process().children(recursive=True)
    for child in found:
        with contextlib.suppress(psutil.Error):
            child.kill()
    psutil.wait_procs(found, timeout=5)


@dataclass(slots=True)
class _Engine:
    """One engine as the driver holds it."""

    seat: Seat
    actor: Any
    asked_at: float
    ready: Any = None
    doing: Any = None
    job: str = ""
    progress: Any = None
    data: Any = None


@dataclass(slots=True)
class _Look:
    """The newest answer about the nodes."""

    nodes: dict[str, Node] = field(default_factory=dict)
    at: float = 0.0


class Driver:
    """The loop."""

    def __init__(
        self,
        pipe: Connection,
        begin: Begin,
        ray: Any,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pipe, self._begin, self._ray, self._clock = pipe, begin, ray, clock
        self._state = Dispatch(today)
        self._engines: dict[str, _Engine] = {}
        self._failed: dict[tuple[str, int], int] = {}
        self._look = _Look(at=clock())
        self._said_at = 0.0
        self._number = 0
        self._without = clock()
        self._left = False
        self._why: VoxmendError | None = None
        self._remarks: set[str] = set()

    def serve(self) -> None:
        """Until the command leaves.

        Raises:
            WorkerUnreachable: the head does not answer.
            EnvironmentProblem: no node can have an engine.
            EngineBroken: engines die one after another.
            EOFError, OSError: the command is gone.
        """
        threading.Thread(target=self._watch_nodes, name="nodes", daemon=True).start()
        while not self._left:
            self._read()
            self._hear()
            self._seat()
            self._ask()
            now = self._clock()
            if now - self._look.at > HEAD_S:
                raise WorkerUnreachable(
                    f"The head of the Ray cluster ({self._begin.address}) has not answered for "
                    f"{HEAD_S:.0f} s. What is done stays. Start it, then run the same command "
                    "again: it does the rest."
                )
            if self._state.broken is not None:
                raise self._state.broken
            if now - self._said_at > SAY_S:
                self._said_at = now
                self._pipe.send(Alive(len(self._state.engines)))
        for engine in self._engines.values():
            self._kill(engine)

    def _watch_nodes(self) -> None:
        while True:
            with contextlib.suppress(Exception):
                alive = [Node.of(each) for each in self._ray.nodes() if each.get("Alive")]
                self._look = _Look({node.id: node for node in alive}, self._clock())
            time.sleep(LOOK_S)

    def _read(self) -> None:
        """What the command wants."""
        while self._pipe.poll(0):
            message = self._pipe.recv()
            if isinstance(message, Task):
                self._carry_out(self._state.submit(message))
            elif isinstance(message, Stop):
                self._carry_out(self._state.stop(message.job))
            elif isinstance(message, Leave):
                self._left = True

    def _hear(self) -> None:
        """What engines answer."""
        waits = {
            ref: (name, what)
            for name, engine in self._engines.items()
            for what, ref in (
                ("ready", engine.ready), ("doing", engine.doing), ("progress", engine.progress)
            )
            if ref is not None
        }  # fmt: skip
        if not waits:
            self._pipe.poll(TURN_S)
            return
        refs = list(waits)
        found, _ = self._ray.wait(refs, num_returns=1, timeout=TURN_S, fetch_local=False)
        if found:  # and whatever else is there
            found, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)
        for ref in found:
            name, what = waits[ref]
            engine = self._engines.get(name)
            if engine is not None:
                self._answered(name, engine, what, ref)

    def _answered(self, name: str, engine: _Engine, what: str, ref: Any) -> None:
        try:
            answer = self._ray.get(ref, timeout=GET_S)
        except Exception as error:  # noqa: BLE001  each way in which Ray says that it is dead
            self._gone(name, engine, error)
            return
        if what == "ready":
            engine.ready = None
            self._came(name, engine, answer)
        elif what == "progress":
            engine.progress = None
            if answer is not None:
                self._carry_out(self._state.progressed(answer))
        else:
            engine.doing = engine.data = None
            self._carry_out(self._state.ended(name, engine.job, answer))

    def _came(self, name: str, engine: _Engine, told: Ready) -> None:
        if told.version != __version__:
            error: VoxmendError = EnvironmentProblem(
                f"A node of the cluster has voxmend {told.version}, this is {__version__}. "
                "Install the same on all."
            )
        elif told.error is not None:
            error = from_code(told.error.code, told.error.message)
        else:
            self._carry_out(self._state.came(name))
            return
        self._remark(f"A node has no engine: {error.message}")
        self._refused(name, engine, error)

    def _refused(self, name: str, engine: _Engine, error: VoxmendError) -> None:
        """An engine that cannot stand on its seat: the seat is not tried again."""
        self._failed[engine.seat.node, engine.seat.number] = TRIES
        self._kill(engine)
        del self._engines[name]
        self._why = error

    def _gone(self, name: str, engine: _Engine, error: Exception) -> None:
        """An engine is dead, by what Ray says of it."""
        del self._engines[name]
        self._kill(engine)
        key = engine.seat.node, engine.seat.number
        said = " ".join(str(error).split())[:200]
        if engine.ready is not None:
            self._failed[key] = self._failed.get(key, 0) + 1
            self._why = EnvironmentProblem(
                f"No engine can be started on the cluster ({said}). Install voxmend with the "
                "extras worker and ray on all nodes, in the same version."
            )
            return
        node = engine.seat.node not in self._look.nodes or _node_died(error)
        self._carry_out(self._state.went(name, _reason(error), node))

    def _seat(self) -> None:
        """Have an engine on each seat that there is."""
        now = self._clock()
        for name, engine in list(self._engines.items()):
            if engine.ready is not None and now - engine.asked_at > START_S:
                self._gone(name, engine, TimeoutError("it did not start in time"))
        taken = {(engine.seat.node, engine.seat.number) for engine in self._engines.values()}
        for node in list(self._look.nodes.values()):
            for seat in seats(node, self._begin.need):
                key = seat.node, seat.number
                if key not in taken and self._failed.get(key, 0) < TRIES:
                    self._start(seat)
        if self._engines:
            self._without = now
            return
        if self._why is not None:
            raise self._why
        if now - self._without > ROOM_S:
            raise EnvironmentProblem(
                "No node of the cluster has room for an engine of this preset "
                f"({self._begin.need.memory / 1e9:.1f} GB, one core). Ask for less with "
                "--memory-gb, or add nodes."
            )

    def _start(self, seat: Seat) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._number += 1
        name = f"engine {self._number}"
        cpu = 0 if seat.cards else int(seat.cores)
        settings = replace(self._begin.settings, threads=cpu)
        actor = (
            self._ray.remote(Engine)
            .options(
                num_cpus=seat.cores, num_gpus=seat.cards, memory=seat.memory, max_restarts=0,
                max_concurrency=2,
                scheduling_strategy=NodeAffinitySchedulingStrategy(seat.node, soft=False),
            )
            .remote(self._begin.plan, settings)
        )  # fmt: skip
        ready = actor.ready.options(name=f"voxmend: {name}").remote()
        self._engines[name] = _Engine(seat, actor, self._clock(), ready)

    def _ask(self) -> None:
        """Ask engines that have worked for a while how far they are."""
        now = self._clock()
        for engine in self._engines.values():
            if engine.doing is not None and engine.progress is None and now > engine.asked_at:
                engine.asked_at = now + ASK_S
                engine.progress = engine.actor.told.remote()

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Tell):
                self._pipe.send(Told(effect.record))
            elif isinstance(effect, Interrupt):
                self._engines[effect.engine].actor.stop.remote(effect.job)
            elif isinstance(effect, Drop):
                abandon(effect.task)
            elif isinstance(effect, Run):
                self._run(effect)

    def _run(self, run: Run) -> None:
        engine, task = self._engines[run.engine], run.task
        engine.job, engine.asked_at = task.job, self._clock() + ASK_S
        song = Path(task.submit.clip.path).name
        call = engine.actor.run.options(name=f"voxmend: {song}")
        if run.sent:
            engine.data = self._bytes(task)
        engine.doing = call.remote(task, engine.data) if run.sent else call.remote(task)

    def _bytes(self, task: Task) -> Any:
        """The song in Ray's object store, from where its node takes it."""
        import numpy as np

        try:
            data = np.fromfile(task.submit.clip.path, dtype=np.uint8)
        except OSError:
            data = np.zeros(0, np.uint8)  # the engine will say that it is no sound
        return self._ray.put(data)

    def _kill(self, engine: _Engine) -> None:
        with contextlib.suppress(Exception):
            self._ray.kill(engine.actor, no_restart=True)

    def _remark(self, text: str) -> None:
        if text not in self._remarks:
            self._remarks.add(text)
            self._pipe.send(Remark(text))


def _node_died(error: Exception) -> bool:
    """Whether Ray says that an engine went with its node."""
    return "its node has died" in str(error)


def _reason(error: Exception) -> str:
    """How an engine died, of the many lines that Ray has for it."""
    if _node_died(error):
        return "its node"
    hit = re.search(r"exit detail: ([^.]{1,120})", " ".join(str(error).split()))
    return f"“{hit[1] if hit else type(error).__name__}”"
