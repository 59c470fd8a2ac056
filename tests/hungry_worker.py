"""A real worker whose HTDemucs runs out of memory as often as the file ``short`` in its home says.

``python tests/hungry_worker.py``, with ``VOXMEND_HOME`` set.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from voxmend import config, paths
from voxmend.engine.loop import main as engine
from voxmend.log import open_log
from voxmend.paths import Paths
from voxmend.supervisor.run import run


def hungry_engine(pipe: Connection, where: Paths, *more: int) -> None:
    """The real engine; spawned, so that this module is imported anew there."""
    from voxmend.blocks.separate.htdemucs import Htdemucs

    whole = Htdemucs.run

    def short(self: Any, *given: Any) -> Any:
        if times := left(where.state):
            (where.state / "short").write_text(str(times - 1))
            raise MemoryError
        return whole(self, *given)

    Htdemucs.run = short  # type: ignore[assignment, method-assign]
    engine(pipe, where, *more)


def left(state: Path) -> int:
    """How often it is still to fail."""
    file = state / "short"
    return int(file.read_text()) if file.exists() else 0


if __name__ == "__main__":
    home = paths.find()
    settings, _ = config.load(home.config_file)
    open_log(home.log, "debug")
    run(home, settings, hungry_engine)
