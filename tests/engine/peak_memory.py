"""Mend one file with the preset quick and print the process's peak memory in MB: a script."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from real_weights import RealWeights
from work_alone import do

from voxmend import manners, presets
from voxmend.cascade.precision import Forgetful
from voxmend.engine import orders
from voxmend.engine.work import Line, Means
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

JOB = "00000001-0000-0000-0000-000000000000"


def main(source: Path, folder: Path) -> None:
    """Mend ``source`` into ``folder``."""
    manners.keep_memory()  # as the engine does
    partial = folder / f"{source.stem}.partial"
    partial.mkdir()
    found = source.stat()
    plan = presets.find("quick", folder / "none").dump()
    submit = Submit(JOB, Clip(str(source)), "quick", Output(str(folder)))
    order = orders.Run(
        JOB,
        submit,
        plan,
        found.st_size,
        str(found.st_mtime_ns),
        str(partial),
        "2026-01-01T00:00:00Z",
    )
    means = Means(
        folder / "cache",
        folder / "state",
        orders.Configure("auto", "auto", 0.0),
        RealWeights(folder),
        Forgetful(),
    )
    do(order, Line(lambda _: None, lambda: False), means)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
