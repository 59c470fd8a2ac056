"""A program that took the port of a worker that is gone: its worker.json still names the port."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voxmend_protocol import discovery


@contextmanager
def took_the_port(worker_file: Path, protocol: int = 2) -> Iterator[int]:
    """Listens, and answers nobody; the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        here = discovery.WorkerFile(
            protocol, f"tcp://127.0.0.1:{port}", "0" * 64, protocol, protocol, 1, os.getpid(),
            "2026-01-01T00:00:00.000Z", "0", sys.executable,
        )  # fmt: skip
        discovery.write(here, worker_file)
        yield port
