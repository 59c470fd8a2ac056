"""A scripted engine: the real pipe, the real folder, no torch.

The preset ``fake`` carries the script: how long a job takes, how often the process dies in it,
whether it heeds a cancel, with which code it fails, and for which file it waits (with ``{song}``
for the clip's name in it), so that a test ends it and no clock does; and whether it looks at the
clip's file, as a real one does. Its settings it heeds not, and repeats as the one network it says
it has loaded, and as its manners.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import queue
import threading
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from voxmend_protocol import VoxmendError, codec
from voxmend_protocol.values import DEFAULT_STEMS, ErrorBody, LoadedModel, Stem, Warned

from ..audio import probe
from ..disk import write_json
from ..engine import orders

FAKE = """\
title = "Fake"
description = "A scripted engine: for tests."

[[block]]
name = "testing.fake"
seconds = 0.0
until = ""
crashes = 0
stubborn = false
fails = ""
warns = 0
overflows = false
reads = false
"""

FRAMES, RATE = 800, 8000


def fake_engine(pipe: Connection, *_: Any) -> None:
    """Be an engine until the pipe closes."""
    todo: queue.SimpleQueue[orders.Run] = queue.SimpleQueue()
    cancelled: set[str] = set()
    still = threading.Event()

    def take(order: Any) -> None:
        if isinstance(order, orders.Cancel):
            cancelled.add(order.job)
        elif isinstance(order, orders.Run):
            todo.put(order)
        elif isinstance(order, orders.Stand):
            (still.set if order.still else still.clear)()
        elif isinstance(order, orders.Configure):
            kept = LoadedModel(order.precision, 1000, order.device, 0.0, order.keep_alive_s)
            _say(pipe, orders.Holding((kept,)))
            limit = round(order.memory_gb * 1e9) or None
            _say(pipe, orders.Places("cpu", ("cpu",)))
            _say(pipe, orders.Manners(f"{order.priority}, fake", order.threads or None, limit))

    def read() -> None:
        while True:
            try:
                take(orders.order_of(pipe.recv_bytes()))
            except (EOFError, OSError):  # the supervisor is gone
                os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        order = todo.get()
        _say(pipe, _run(order, pipe, cancelled, still))


def _say(pipe: Connection, message: Any) -> None:
    pipe.send_bytes(orders.dump(message))


def _run(order: orders.Run, pipe: Connection, cancelled: set[str], still: threading.Event) -> Any:
    script = json.loads(order.plan)["block"][0]
    folder = Path(order.partial)
    if script["reads"]:
        try:
            probe(Path(order.submit.clip.path))
        except VoxmendError as error:
            return orders.Failed(order.job, ErrorBody.of(error))
    stems = []
    for n, name in enumerate(order.submit.stems or DEFAULT_STEMS):
        soundfile.write(folder / f"{name}.wav", np.zeros(FRAMES, "float32"), RATE, "FLOAT")
        stems.append(Stem(name, f"{name}.wav", 0, FRAMES, RATE, 1, 0.0))
        if n == 0 and order.attempt <= script["crashes"]:
            os._exit(70)
    for n in range(script["warns"]):
        _say(pipe, orders.Warning(order.job, f"warning_{n}", "x" * 300))
    last, spent = time.monotonic(), 0.0
    song = Path(order.submit.clip.path).stem
    while True:
        fraction = min(1.0, spent / script["seconds"]) if script["seconds"] else 1.0
        if script["until"] and not Path(script["until"].replace("{song}", song)).exists():
            fraction = min(fraction, 0.5)
        _say(pipe, orders.Progress(order.job, "fake", 0, 1, fraction, "fake"))
        if order.job in cancelled and not script["stubborn"]:
            return orders.Failed(order.job, ErrorBody("cancelled", "Stopped as asked.", False))
        if fraction >= 1.0:
            break
        time.sleep(0.01)
        now = time.monotonic()
        spent, last = spent if still.is_set() else spent + now - last, now
        while still.is_set() and order.job not in cancelled:
            time.sleep(0.01)
    if script["fails"]:
        return orders.Failed(order.job, ErrorBody(script["fails"], "Failed as asked.", False))
    write_json(
        folder / "job.json",
        {
            "job": order.job,
            "state": "succeeded",
            "attempt": order.attempt,
            "clip": codec.to_dict(order.submit.clip),
            "source": _source(order),
            "asked": {
                "stems": list(order.submit.stems or DEFAULT_STEMS),
                "format": order.submit.output.format,
                "files": order.submit.output.files,
            },
            "preset": json.loads(order.plan),
            "voice": None,
            "created": order.created,
            "stems": [codec.to_dict(stem) for stem in stems],
            "warnings": [codec.to_dict(Warned("fake", "Silence, not sound."))],
        },
    )
    if script["overflows"]:
        stems[0] = replace(stems[0], peak=math.inf)
    return orders.Done(order.job, tuple(stems))


def _source(order: orders.Run) -> dict[str, Any]:
    """What job.json says of the source: the whole file's hash, whatever stretch was asked for. Of
    one that is not there nothing: this engine makes its sound of nothing."""
    try:
        data = Path(order.submit.clip.path).read_bytes()
    except OSError:
        return {}
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
