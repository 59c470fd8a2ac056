"""The cores, shared by the processes that run tests side by side."""

from __future__ import annotations

import os
from collections.abc import MutableMapping


def share(env: MutableMapping[str, str] = os.environ) -> None:
    """Let this process, and the engines it starts, take its part of the cores: torch's threads
    would else be as many in each as there are cores. Before torch is loaded; alone it takes all,
    and who has set a number keeps it."""
    beside = int(env.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if beside > 1:
        mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        env.setdefault("OMP_NUM_THREADS", str(max(1, (mine or 1) // beside)))
