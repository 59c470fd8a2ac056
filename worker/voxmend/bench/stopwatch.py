"""Times a command as its user does: from its start to its end, with the most memory it took.

What it says goes into a file, so that no terminal slows it down. The kernel counts into a child's
peak what its parent held when it started it: so whoever calls this keeps small, and loads no torch.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

MB = 1e6
_PER_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of ``ru_maxrss``."""


@dataclass(frozen=True, slots=True)
class Took:
    """What a command cost.

    Attributes:
        seconds: wall time.
        peak_mb: the largest resident set, in 10^6 bytes; None where the system does not tell.
        out: what it wrote to stdout.
    """

    seconds: float
    peak_mb: float | None
    out: str


def time_of(command: Sequence[str | Path], env: Mapping[str, str], log: Path) -> Took:
    """Run a command to its end.

    Args:
        log: its stderr goes here, its stdout beside it.

    Raises:
        EnvironmentProblem: it failed; the sentence holds its last words.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    said = log.with_suffix(".out")
    with open(log, "wb") as errors, open(said, "wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=dict(env), cwd=log.parent,
        )  # fmt: skip
        try:
            peak = _wait(process)
        except BaseException:  # Ctrl-C: nothing that was started here goes on
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - began
    words = said.read_text("utf-8", "replace")
    if process.returncode != 0:
        raise EnvironmentProblem(
            f"{log.stem} ended with code {process.returncode}: {_last(log, words)} To read all it "
            "said, run the same again with: --out FOLDER"
        )
    return Took(seconds, peak, words)


def _wait(process: subprocess.Popen[bytes]) -> float | None:
    """Wait for the end; the peak of the resident set in MB, where the system tells."""
    if not hasattr(os, "wait4"):
        process.wait()
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * _PER_UNIT / MB


def high_water(pid: int | None) -> float | None:
    """The largest resident set of a process that lives, in MB; None where /proc does not tell."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8"))
    except OSError:
        return None
    return int(found[1]) * 1024 / MB if found else None


def _last(log: Path, out: str) -> str:
    """The last line that says something, as a sentence."""
    for text in (log.read_text("utf-8", "replace"), out):
        lines = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
        if lines:
            return lines[-1][:200].rstrip(".") + "."
    return "it said nothing."
