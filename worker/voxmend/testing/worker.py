"""``python -m voxmend.testing.worker``: a real supervisor with the fake engine, which can be told
to die, as by ``kill -9``, at a named point."""

from __future__ import annotations

import argparse
import os
import signal
import time

from .. import config, paths
from ..log import open_log
from ..supervisor.run import run
from .engine import fake_engine


def main() -> None:
    """Be a supervisor until told to stop, or until the point is reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill-at", default="")
    wanted = parser.parse_args().kill_at

    def mark(point: str) -> None:
        if point == wanted:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            time.sleep(60)  # the signal ends us here

    where = paths.find()
    settings, _ = config.load(where.config_file)
    open_log(where.log, "debug")
    run(where, settings, fake_engine, mark)


if __name__ == "__main__":
    main()
