"""What several tests of the protocol need: bytes of libzmq, odd peers, an older Python."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import PATIENCE_S


@pytest.fixture(scope="session")
def python_39() -> str:
    """A Python 3.9, among pyenv's or on the path; skips without one."""
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.9*/bin/python3.9"))
    for found in (*map(str, pyenv), shutil.which("python3.9")):
        # pyenv leaves a stub on the path for versions that are not switched on: it fails.
        if found and not subprocess.run([found, "-c", ""], capture_output=True).returncode:
            return found
    pytest.skip("there is no Python 3.9 on this machine")


@pytest.fixture(scope="session")
def golden(shared: Path) -> dict[str, bytes]:
    """Bytes captured from libzmq."""
    file = shared / "reaper" / "zmtp_golden.json"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    read = json.loads(file.read_text("utf-8"))
    return {name: bytes.fromhex(text) for name, text in read.items() if isinstance(text, str)}


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], object]], int]]:
    """Run a function on the first connection to a port; the connection is closed after it."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(peer: Callable[[socket.socket], object]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE_S)

        def run() -> None:
            there, _ = listener.accept()
            with there:
                there.settimeout(PATIENCE_S)
                peer(there)

        listeners.append(listener)
        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield start
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    for listener in listeners:
        listener.close()
