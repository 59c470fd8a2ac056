"""Run Lua as REAPER would: under real Lua 5.3 and 5.4 where they are installed, else under lupa's.

A spec file returns a table of sentences and functions. It is run once in each Lua; what it says
comes back as one verdict for each sentence. Data that Lua code needs from JSON is handed over as a
Lua literal, so that the stand-in for REAPER needs no JSON reader of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "daw_scripts" / "reaper"
DATA = HERE / "data"
VERSIONS = ("5.3", "5.4")

CPU_S = 600
"""What a Lua may compute before it counts as one that runs in circles: a hundred times what the
dearest file takes. It is its own time, so a machine that does other things at once takes none."""

PATIENCE_S = 1500
"""When a Lua that neither computes nor ends is given up."""


def literal(value: Any) -> str:
    """A JSON value as a Lua expression; null is nil, so it leaves a hole in a list."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        inner = "".join(
            chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03d}" for b in value.encode()
        )
        return f'"{inner}"'
    if isinstance(value, Mapping):
        # A name without a value is there all the same: false.
        pairs = ((k, False if v is None else v) for k, v in value.items())
        return "{" + ",".join(f"[{literal(k)}]={literal(v)}" for k, v in pairs) + "}"
    return "{" + ",".join(literal(v) for v in value) + "}"


@cache
def interpreter(version: str) -> tuple[str, ...]:
    """The command that runs a Lua file with arguments; lupa's Lua where none is installed."""
    real = shutil.which(f"lua{version}")
    return (real,) if real else (sys.executable, str(HERE / "lua_run.py"), version)


def is_real(version: str) -> bool:
    """Whether this Lua is an installed one, which can load C modules."""
    return shutil.which(f"lua{version}") is not None


def has_sockets(version: str) -> bool:
    """Whether LuaSocket is there for it."""
    if not is_real(version):
        return False
    probe = [*interpreter(version), "-e", 'require "socket.core"']
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@cache
def _data() -> str:
    names = sorted(DATA.glob("*.json"))
    entries = (f"[{literal(n.stem)}]={literal(json.loads(n.read_text('utf-8')))}" for n in names)
    return "return {" + ",\n".join(entries) + "}\n"


def write_data(folder: Path) -> Path:
    """The data files as one Lua file that returns a table by file name."""
    file = folder / "data.lua"
    file.write_text(_data(), "utf-8")
    return file


def run(
    version: str, script: Path, folder: Path, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a Lua file. It finds ``HERE``, ``SCRIPTS``, ``TMP`` and ``DATA`` (a Lua file with the
    data) in its environment variables ``VOXMEND_TEST_*``: prelude.lua makes them globals."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data.lua"
    if not data.exists():
        write_data(folder)
    places = {
        "VOXMEND_TEST_HERE": f"{HERE}/",
        "VOXMEND_TEST_SCRIPTS": f"{SCRIPTS}/",
        "VOXMEND_TEST_TMP": f"{folder}/",
        "VOXMEND_TEST_DATA": str(data),
    }
    limited = ("/bin/sh", "-c", 'ulimit -S -t "$0" && exec "$@"', str(CPU_S))
    ran = subprocess.run(
        [*limited, *interpreter(version), str(HERE / "prelude.lua"), str(script), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S,
        env={**os.environ, **places, **env},
        check=False,
    )
    assert ran.returncode != -signal.SIGXCPU, f"{script.name} runs in circles: {ran.stdout}"
    return ran


POPEN = """
function(run)
  io.popen = function(command)
    local text, at = run(command), 1
    local pipe = {}
    function pipe.read() return text end
    function pipe.close() return true end
    function pipe.lines()
      return function()
        local line, after = text:match('^([^\\n]*)\\n()', at)
        at = after or at
        return line
      end
    end
    return pipe
  end
end
"""


def give_popen(lua: Any) -> None:
    """lupa's Lua is built without ``io.popen``; the stand-in lists folders with it."""

    def said(command: str) -> str:
        ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
        return ran.stdout.decode("utf-8", "replace")

    lua.eval(POPEN)(said)


def main() -> None:
    """``lua_run.py VERSION FILE [ARGUMENT...]``: be an interpreter, by way of lupa."""
    version, file, *arguments = sys.argv[1:]
    if version == "5.3":
        from lupa.lua53 import LuaRuntime
    else:
        from lupa.lua54 import LuaRuntime
    lua = LuaRuntime(unpack_returned_tuples=True)
    give_popen(lua)
    lua.globals().arg = lua.table_from({0: file, **dict(enumerate(arguments, 1))})
    lua.execute(f"dofile({literal(file)})")


if __name__ == "__main__":
    main()
