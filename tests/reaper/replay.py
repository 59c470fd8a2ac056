"""Hold a trace of the self-test, which a REAPER somewhere has written, against the stand-in:
``make replay TRACE=self-test.json``. Every call is made again with the same arguments; each result
that differs is named. The exit code is 1 where one differs, 2 where the trace cannot be read.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from reaper.lua_run import HERE, run


def held(trace: Path, folder: Path, switch: str = "") -> dict[str, Any]:
    """The number of steps, and the differences: {step, call, gave, here}.

    Raises:
        ValueError: the trace cannot be read.
    """
    ran = run("5.4", HERE / "scenarios" / "replay.lua", folder, str(trace), switch)
    if "RESULT " not in ran.stdout:
        raise ValueError((ran.stderr or ran.stdout).strip().splitlines()[0])
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2])
    return found


def main(words: list[str]) -> int:
    """Print what differs. words: the trace, and a switch as ``name=value``."""
    trace, switch = Path(words[0]), "".join(words[1:2])
    try:
        told = json.loads(trace.read_bytes())
        with tempfile.TemporaryDirectory() as folder:
            found = held(trace, Path(folder), switch)
    except (OSError, ValueError) as error:
        print(f"{trace} cannot be replayed: {error}")
        return 2
    where = f"REAPER {told.get('reaper')} on {told.get('os')}, {told.get('lua')}"
    if not found["differences"]:
        print(f"{where}: the stand-in answers as it did in every call of {found['calls']} steps.")
        return 0
    for row in found["differences"]:
        print(f"{row['step']}: {row['call']} gave {row['gave']}, the stand-in: {row['here']}")
    print(f"{where}: {len(found['differences'])} calls differ, in {found['calls']} steps.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
