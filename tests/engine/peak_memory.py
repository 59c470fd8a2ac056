"""Mend one file with the preset quick and print the process's peak memory in MB: a script."""

from __future__ import annotations

import resource
import sys
from dataclasses import replace
from pathlib import Path

from engine_orders import means, orders_for
from real_weights import RealWeights
from work_alone import do

from voxmend import manners
from voxmend.engine.work import Line


def main(source: Path, folder: Path) -> None:
    """Mend ``source`` into ``folder``."""
    manners.keep_memory()  # as the engine does
    order = orders_for(source, folder / f"{source.stem}.partial", "quick")
    own = replace(means(folder / "cache"), networks=RealWeights(folder))
    do(order, Line(lambda _: None, lambda: False), own)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
