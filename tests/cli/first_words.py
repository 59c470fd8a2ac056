"""Runs commands on a terminal each, and notes what comes first: a word, or a heavy import.

Reads a JSON list of command lines from stdin, writes what came first of each as JSON. The command
line is loaded once and forked for each; none runs on after its first sign of life.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import sys

HEAVY = ("torch", "numpy", "scipy", "onnxruntime", "soundfile", "demucs", "audio_separator")
MARK = b"<<heavy %s>>"


def telltale(event: str, details: tuple[object, ...]) -> None:
    """Say on the terminal that something heavy is about to be imported."""
    if event == "import" and details[0] in HEAVY:
        os.write(2, MARK % str(details[0]).encode())


def first(words: list[str], patience_s: float) -> str:
    """What the terminal of a command shows first; empty where it ends without a word."""
    child, terminal = pty.fork()
    if child == 0:
        sys.addaudithook(telltale)
        sys.argv = ["voxmend", *words]
        from voxmend.cli.app import main

        main()
        os._exit(0)
    seen = b""
    try:
        while not seen.strip(b"\r\n\x1b[K"):
            ready, _, _ = select.select([terminal], [], [], patience_s)
            if not ready:
                return "<<nothing came>>"
            try:
                more = os.read(terminal, 4096)
            except OSError:  # Linux says so when the last one has let go of the terminal
                break
            if not more:
                break
            seen += more
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    return seen.decode("utf-8", "replace")


if __name__ == "__main__":
    import voxmend.cli.app  # noqa: F401  once for all of them

    patience = float(sys.argv[1])
    json.dump([first(words, patience) for words in json.load(sys.stdin)], sys.stdout)
