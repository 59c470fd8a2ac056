"""The supervisor process: one for each user, wired here, ended here.

``run`` holds the lock, raises the epoch, binds, takes up unfinished jobs, writes worker.json, and
turns the loop until it is asked to stop, is idle for long enough, or gets a signal.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from voxmend_protocol import PROTOCOL, discovery, envelope
from voxmend_protocol.errors import VoxmendError

from .. import descriptors, holder, safe_files, stages, stopped
from ..config import Settings
from ..config import Worker as WorkerSettings
from ..disk import own_error, private, safely, shown
from ..engine import orders
from ..log import log, log_defect
from ..paths import Paths
from ..remote.choice import Choice
from ..remote.listener import Listener
from ..report.shelf import file_of, prune
from ..version import __version__
from . import events
from .broker import Broker
from .desk import Desk
from .engine_host import EngineHost, Target
from .engines import Engines, Host
from .errands.host import RemoteHost
from .lifecycle import Lifecycle
from .model_desk import ModelDesk
from .pause_desk import PauseDesk
from .performer import Performer, today
from .pulls import Pulls
from .seats import AFAR
from .store import Store
from .upkeep import Upkeep

TURN_S = 0.5
REST_S = 60.0
MOST_PRINTED = 10_000_000
"""Bytes of what an engine prints that are looked at when it has died."""
LOOK_S = 1.0
"""How often the worker looks whether it can still be found."""


def run(
    paths: Paths,
    settings: Settings,
    target: Target,
    mark: Callable[[str], None] = lambda _: None,
) -> str | None:
    """Be the supervisor until it is over.

    Args:
        target: what an engine process runs, importable by name:
            ``target(pipe, paths, epoch, seat)``.
        mark: called at each point where a crash must lose nothing.

    Returns:
        None, or the endpoint of the supervisor that runs already.

    Raises:
        DiskFull, EnvironmentProblem: the state folder or the job list cannot be used, from the
            start or any more.
    """
    try:
        _keep_private(paths)
        lock = FileLock(paths.worker_lock, timeout=0)
        lock.acquire()
    except Timeout:
        with contextlib.suppress(VoxmendError):
            return discovery.read(paths.worker_file).endpoint
        return "another process of yours that is just starting"
    except OSError as error:
        raise own_error(_place(paths, error), error) from None
    try:
        holder.sign(paths)
        stopped.lift(paths)
        _serve(paths, settings, target, mark)
        holder.leave(paths)
    except OSError as error:
        raise own_error(_place(paths, error), error) from None
    finally:
        lock.release()
    return None


def _place(paths: Paths, error: OSError) -> Path:
    """Which of the worker's folders the system has refused."""
    file = error.filename
    in_cache = isinstance(file, str) and Path(file).is_relative_to(paths.cache)
    return paths.cache if in_cache else paths.state


def _keep_private(paths: Paths) -> None:
    """See that nobody else can write, or has written, what the worker believes; say what was open.

    Raises:
        EnvironmentProblem: somebody can, or has.
        OSError: a folder cannot be made.
    """
    holder.insist_own(paths)
    # A user's voice lies in the cache.
    for folder in (paths.state, paths.cache, paths.worker_lock.parent):
        remark = private(folder)
        if remark:
            log("folder_rights", logging.WARNING, remark=remark)
            print(f"voxmend: {shown(remark)}", file=sys.stderr, flush=True)
    with safely():
        for folder in dict.fromkeys((paths.state, paths.cache)):
            safe_files.look(folder)


def _serve(paths: Paths, settings: Settings, target: Target, mark: Callable[[str], None]) -> None:
    log("descriptors", limit=descriptors.raise_limit())
    store = Store(paths.database)
    store.prune(settings.worker.keep_jobs)
    epoch = store.next_epoch()

    def host(seat: int) -> Host:
        if seat >= AFAR:
            name = str(life.seats[seat].device)
            there = RemoteHost(name, paths, settings.remote)
            broker.watch_socket(there.wake)
            return there
        made = EngineHost(target, _configure(settings.worker, seat), paths, epoch, seat)
        made.last_words = lambda: _last_words(paths.engine(epoch, seat).out)
        broker.watch_socket(made.wake)
        return made

    engines = Engines(host)
    pulls = Pulls()
    key = envelope.new_key()
    life = Lifecycle(epoch, settings.worker.engines, _rest_s(settings.worker))
    # The two need each other: the broker looks records up, the performer tells of changes.
    performer = Performer(store, engines, life, lambda job: broker.tell(job), mark)
    broker = Broker(key, epoch, performer.record)
    upkeep = Upkeep(
        stages.Stages(paths.cache / stages.FOLDER), round(settings.cache.budget_gb * 1e9),
        lambda: prune(paths.state),
    )  # fmt: skip
    pauses = PauseDesk(performer, paths.pause_file)  # before any job is taken up
    desk = Desk(
        performer, settings.worker.queue_max, paths.presets, ModelDesk(paths, pulls), upkeep,
        clients=lambda: broker.clients, refused=lambda: broker.refused, pauses=pauses,
        choice=Choice(paths, settings.worker.device, settings.remote.fallback),
    )  # fmt: skip
    here = discovery.WorkerFile(
        discovery.SCHEMA, broker.endpoint, key, PROTOCOL, PROTOCOL, epoch, os.getpid(),
        today(), __version__, sys.executable,
    )  # fmt: skip
    listener = None
    if settings.remote.listen:
        listener = Listener(paths, settings, file_of)
    try:
        if listener is not None:
            listener.start()
        performer.recover()
        discovery.write(here, paths.worker_file)
        log("worker_started", endpoint=broker.endpoint, epoch=epoch, version=__version__)
        _stop_on_signal(desk)
        _loop(
            broker, desk, pauses, performer, pulls, upkeep, settings.worker.idle_exit_min * 60,
            lambda: _be_found(here, paths), listener,
        )  # fmt: skip
    finally:
        _leave(paths.worker_file, key)
        if listener is not None:
            listener.close()
        pulls.close()
        engines.close()
        broker.close()
        store.close()
        log("worker_stopped", epoch=epoch)


def _last_words(printed: Path) -> str:
    """What an engine printed; it has a file of its own for that."""
    with contextlib.suppress(OSError):
        return safe_files.read(printed, MOST_PRINTED).decode("utf-8", "replace")
    return ""


def _configure(settings: WorkerSettings, seat: int) -> orders.Configure:
    """What every engine is told first."""
    keep_s = settings.keep_alive_min * 60 if settings.keep_alive_min >= 0 else -1.0
    return orders.Configure(
        settings.own_device, settings.precision, keep_s, settings.priority, settings.threads,
        settings.memory_gb, settings.engines, seat,
    )  # fmt: skip


def _rest_s(settings: WorkerSettings) -> float | None:
    """For how long an engine that is not needed stays: as long as its networks, which it keeps for
    the next job, and a minute at least, for it takes seconds to start."""
    if settings.keep_alive_min < 0:
        return None
    return max(REST_S, settings.keep_alive_min * 60)


def _be_found(here: discovery.WorkerFile, paths: Paths) -> bool:
    """Write worker.json anew where it was deleted or opened to others: nobody else could while we
    hold the lock. False where the lock itself was deleted, so that another worker may hold it."""
    if not paths.worker_lock.exists():
        return False
    try:
        discovery.read(paths.worker_file)
    except VoxmendError as error:
        log("worker_file_lost", why=error.message)
        with contextlib.suppress(OSError):
            discovery.write(here, paths.worker_file)
    return True


def _loop(
    broker: Broker,
    desk: Desk,
    pauses: PauseDesk,
    performer: Performer,
    pulls: Pulls,
    upkeep: Upkeep,
    idle_s: float,
    be_found: Callable[[], bool],
    listener: Listener | None = None,
) -> None:
    """Turn until it is over. A defect in one turn is logged, and the next turn comes. A pull keeps
    an idle worker alive; it does not keep one that was told to end."""
    busy = looked = time.monotonic()
    running: tuple[str, ...] = ()
    while True:
        try:
            broker.turn(desk, TURN_S)
            performer.listen()
            pauses.tick()
            performer.feed(events.Tick())
            broker.flush()
            # After each job, not only after the last: a queue of hundreds would fill the disk.
            if performer.state.seats.running != running:
                running = performer.state.seats.running
                upkeep.tidy()
        except Exception:  # noqa: BLE001  the broker must survive; a client would wait for ever
            log_defect("turn_failed")
            performer.log_stimuli()
            time.sleep(0.1)
        now = time.monotonic()
        if not desk.quiet or pulls.busy:
            busy = now
        if now - looked > LOOK_S:
            looked = now
            if listener is not None:
                listener.look()
            if not be_found():
                log("lock_lost", logging.ERROR)
                return
        if performer.store.lost is not None:
            log("store_lost", logging.ERROR, error=performer.store.lost.message)
            broker.flush()  # who asked last is told
            raise performer.store.lost
        if desk.stopping or (desk.draining and desk.quiet):
            broker.flush()
            return
        if idle_s and now - max(busy, broker.heard) > idle_s:
            log("worker_idle", minutes=idle_s / 60)
            return


def _stop_on_signal(desk: Desk) -> None:
    def stop(number: int, _: object) -> None:
        log("signal", name=signal.Signals(number).name)
        desk.stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError):  # not in the main thread: a test runs us
            signal.signal(number, stop)


def _leave(file: Path, key: str) -> None:
    """Remove worker.json, if it is still ours."""
    with contextlib.suppress(VoxmendError, OSError):
        if discovery.read(file).key == key:
            file.unlink()
