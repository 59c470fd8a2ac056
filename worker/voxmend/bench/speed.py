"""``voxmend bench speed``: how long a job takes, and how long upstream's own commands take for the
same clip, in the same run, in turns.

Both sides run full-size networks with the same random weights: the work is that of the published
ones, the sound is noise. So this says how fast, and nothing of how good. Ours is the real worker
behind the real command; theirs is a ``rival``, whom only a checkout has.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from voxmend_protocol.errors import BadRequest

from .. import config
from ..disk import write_error
from . import rival as rivals
from . import weights
from .figures import Speed
from .home import ENDS, Home
from .rival import Rival
from .stopwatch import time_of
from .turns import Question, Tell, Turns

SHORTEST_S, LONGEST_S = 0.1, 3600.0


def measure(question: Question, out: Path | None = None, tell: Tell = lambda _: None) -> Speed:
    """Measure. Ends the worker it started; removes what it wrote, unless ``out`` is named.

    Args:
        out: a new or empty folder to keep weights, clips, stems and logs in.

    Raises:
        BadRequest: a length no clip can have, or a folder that holds something.
        EnvironmentProblem: upstream is asked for and not there, or a command failed.
        OutputUnwritable, DiskFull: the folder cannot be written.
    """
    _refuse(question)
    rival = rivals.find() if question.against or question.networks else None
    if rival is not None:
        rival.check(question.chain)
    with _ending(), _folder(out) as root:
        deepfilternet = weights.real(weights.DEEPFILTERNET) if question.chain.repairs else None
        try:
            return _measure(question, weights.Places(root), deepfilternet, rival, tell)
        except OSError as error:
            raise write_error(root, error) from None


def _measure(
    question: Question, places: weights.Places, deepfilternet: Path | None, rival: Rival | None,
    tell: Tell,
) -> Speed:  # fmt: skip
    env, load = _environment(places), _load()
    tell("Random weights of the published sizes: this measures speed, and says nothing of quality.")
    threads = _write_weights(question, places, deepfilternet, env)
    home = Home.of(places, env, question.chain)
    turns = Turns(question, places, home, env, tell, rival)
    try:
        if rival is not None:
            rival.prepare(places, question.full, question.every, env)
        if rival is not None and question.against:
            tell("upstream: once unmeasured, so that nothing comes from a cold disk")
            rival.run(places, turns.clip(1.0, 0), question.full, env, question.chain)
        rows = [turns.row(seconds) for seconds in question.clips]
    finally:
        home.close()
    alone = turns.alone(rival) if rival is not None and question.networks else ()
    return Speed(turns.device, threads, load, question.chain.preset, tuple(rows), alone)


def _write_weights(
    question: Question, places: weights.Places, deepfilternet: Path | None, env: Mapping[str, str]
) -> int:
    """Write them in a process of its own; the number of torch's threads."""
    options = [] if question.full else ["--tiny"]
    if deepfilternet is not None:
        options += ["--deepfilternet", str(deepfilternet)]
    command = [sys.executable, "-m", "voxmend.bench.weights", str(places.root), *options]
    said = time_of(command, env, places.root / "logs" / "weights.log").out
    return int(json.loads(said.splitlines()[-1])["threads"])


def _environment(places: weights.Places) -> dict[str, str]:
    """The user's, for both sides. Where ours is told to stay on the CPU, so is upstream."""
    env = {**os.environ, "VOXMEND_HOME": str(places.home)}
    settings, _ = config.load(places.home / "config" / "voxmend.toml", env)
    if settings.worker.device == "cpu":
        env["CUDA_VISIBLE_DEVICES"] = ""
    return env


def _load() -> float | None:
    """The load average of the last minute; None where the system has none."""
    with contextlib.suppress(OSError, AttributeError):
        return round(os.getloadavg()[0], 2)
    return None


def _refuse(question: Question) -> None:
    for seconds in question.clips:
        if not SHORTEST_S <= seconds <= LONGEST_S:
            raise BadRequest(f"--clips {seconds:g}: write seconds from {SHORTEST_S:g} to 3600")
    if not question.clips or len(set(question.clips)) < len(question.clips):
        raise BadRequest("--clips: write each length once, such as 3,20,180")


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """What ends a program ends a measurement as Ctrl-C does: with its worker and its folder."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    ends = [getattr(signal, name) for name in ENDS[1:] if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        ends = []
    before = {number: signal.signal(number, end) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """A folder that goes when all is done, or the one that was named, which stays."""
    if out is None:
        with tempfile.TemporaryDirectory(
            prefix="voxmend-speed-", ignore_cleanup_errors=True
        ) as made:
            yield Path(made)
        return
    root = out.absolute()
    try:
        root.mkdir(parents=True, exist_ok=True)
        taken = any(root.iterdir())
    except OSError as error:
        raise write_error(root, error) from None
    if taken:
        raise BadRequest(f"--out {out}: it holds something. Name a new or an empty folder.")
    yield root
