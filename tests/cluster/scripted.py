"""Drivers for tests, in a child as the real one is: importable by name, without Ray."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

from voxmend.cluster.dispatch import Dispatch, Run, Tell
from voxmend.cluster.messages import (
    Alive,
    Begin,
    Broke,
    Leave,
    Outcome,
    Remark,
    Stop,
    Task,
    Told,
)
from voxmend.engine import orders
from voxmend_protocol.values import Decisions, ErrorBody, Stem, Verdict, Warned


def works(pipe: Connection, begin: Begin) -> None:
    """Two engines that do each song at once; one called ``bad`` fails."""
    _serve(pipe, "")


def dies(pipe: Connection, begin: Begin) -> None:
    """The same, until it comes to a song called ``last``."""
    _serve(pipe, "dies")


def falls_silent(pipe: Connection, begin: Begin) -> None:
    """The same, but then it hangs, as Ray may."""
    _serve(pipe, "hangs")


def refuses(pipe: Connection, begin: Begin) -> None:
    """It cannot begin."""
    pipe.send(Remark("Mind the dog."))
    pipe.send(Broke("environment", "No node has room."))
    pipe.close()


def writes_much(pipe: Connection, begin: Begin) -> None:
    """Each record says as much as a real one."""
    _serve(pipe, "much")


def waits(pipe: Connection, begin: Begin) -> None:
    """Its songs go on until they are stopped."""
    _serve(pipe, "waits")


def _much(job: str) -> orders.Done:
    stems = tuple(
        Stem(name, f"{name}.wav", 0, 9_000_000, 44_100, 2, 0.9, 0.95, "WAV FLOAT")
        for name in ("vocals", "vocals_raw", "instrumental")
    )
    sizes = (220, 80, 60, 40)  # as real ones have
    said = [f"{n} {job}: a sentence about what was wrong with this voice. ".ljust(n) for n in sizes]
    verdict = Verdict("mended", "Long pauses of the voice were made quieter.", *said)
    return orders.Done(job, stems, Decisions(12, 3, 4, "denoise.bleed"), None, verdict)


def _serve(pipe: Connection, manner: str) -> None:
    state = Dispatch(lambda: "2026-01-01T00:00:00Z")
    pipe.send(Alive(0))
    todo = [*state.came("a"), *state.came("b")]
    while True:
        for effect in todo:
            if isinstance(effect, Tell):
                pipe.send(Told(effect.record))
        runs = [effect for effect in todo if isinstance(effect, Run)]
        todo = []
        for run in runs:
            name = os.path.basename(run.task.submit.clip.path)
            if name.startswith("last") and manner == "dies":
                os._exit(1)
            if name.startswith("last") and manner == "hangs":
                time.sleep(600)
            if manner == "waits":
                continue
            job = run.task.job
            bad = orders.Failed(job, ErrorBody("input_unreadable", "No sound.", False))
            done = bad if name.startswith("bad") else orders.Done(job, ())
            warned: tuple[Warned, ...] = ()
            if manner == "much":
                done, warned = (
                    _much(job),
                    (Warned("level_raised", "A sentence of a warning. " * 4),),
                )
            todo += state.ended(run.engine, job, Outcome(done, f"/out/{name}", "cpu", warned))
        if todo:
            continue
        message = pipe.recv()
        if isinstance(message, Task):
            todo = state.submit(message)
        elif isinstance(message, Leave):
            return
        elif isinstance(message, Stop):
            engine = state.running.get(message.job)
            todo = state.stop(message.job)
            if engine is not None:
                gone = orders.Failed(message.job, ErrorBody("cancelled", "Stopped.", False))
                todo += state.ended(engine, message.job, Outcome(gone))
