"""Where the worker can be found: one small file, readable by its owner only.

The worker writes ``run/worker.json`` after it has bound its socket and removes it on a clean exit.
A client reads it, connects and says hello; two seconds without a welcome mean that the file is
stale. The folder can be computed in ten lines of any language, without Python.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Tuple

from . import codec
from .errors import BadRequest, EnvironmentProblem, WorkerUnreachable

SCHEMA = 2
"""1 was written by workers of protocol 1: the same fields. A client of that time takes no other
number, so it knows before it dials that it cannot talk; ours knows by ``protocol_max``."""
MOST_BYTES = 65536
"""Of worker.json: it has some hundred."""
_NEXT = "Start one: voxmend worker start"


def home(env: Optional[Mapping[str, str]] = None, platform: str = sys.platform) -> Path:
    """The one folder that holds voxmend's state. ``VOXMEND_HOME`` moves it.

    Raises:
        EnvironmentProblem: there is no home folder to begin from.
    """
    try:
        return _home(env, platform)
    except (RuntimeError, OSError):  # no such user; a relative path in a folder that was removed
        raise EnvironmentProblem(
            "The home folder cannot be found. Set VOXMEND_HOME to an absolute path."
        ) from None


def _home(env: Optional[Mapping[str, str]], platform: str) -> Path:
    env = os.environ if env is None else env
    if env.get("VOXMEND_HOME"):
        return Path(env["VOXMEND_HOME"]).expanduser().absolute()
    if platform == "win32":
        local = env.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "voxmend"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "voxmend"
    state = env.get("XDG_STATE_HOME")
    # The specification: a relative path in this variable is invalid and to be ignored.
    root = Path(state) if state and state.startswith("/") else Path.home() / ".local" / "state"
    return root / "voxmend"


def worker_file(root: Optional[Path] = None) -> Path:
    """The path of worker.json."""
    return (root or home()) / "run" / "worker.json"


@dataclass(frozen=True)
class WorkerFile:
    """What a client needs to talk to the worker of this user."""

    schema: int
    endpoint: str
    key: str
    protocol_min: int
    protocol_max: int
    epoch: int
    pid: int
    started: str
    version: str
    exe: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.key):
            raise BadRequest("key must be 64 hex digits.")
        if not re.fullmatch(r"tcp://127\.0\.0\.1:[1-9][0-9]{0,4}", self.endpoint):
            raise BadRequest("endpoint must be on the loopback address.")
        if self.port > 65535:
            raise BadRequest("endpoint must have a port of at most 65535.")

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return int(self.endpoint.rpartition(":")[2])


def write(found: WorkerFile, path: Path) -> None:
    """Write worker.json in one step, mode 0600 (on Windows the profile's own rights protect it).

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp creates with 0600: the key is never readable by others, not even for a moment.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".worker-", suffix=".json")
    try:
        text = json.dumps(codec.to_dict(found), indent=1, ensure_ascii=False)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))  # exe may be a path that is not Unicode
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(path: Path) -> WorkerFile:
    """Read worker.json.

    Raises:
        WorkerUnreachable: it is not there, half written, of another user, or open to others.
    """
    try:
        status, data = _whole(path)
    except FileNotFoundError:
        raise WorkerUnreachable(f"No worker is running. {_NEXT}") from None
    except OSError as error:
        raise WorkerUnreachable(
            f"{path} cannot be read ({error.strerror}). See: voxmend doctor"
        ) from None
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o077):
        raise WorkerUnreachable(
            f"{path} belongs to another user or is readable by others, so its key cannot be "
            "trusted. Delete it, then: voxmend worker restart"
        )
    try:
        found = codec.from_dict(WorkerFile, codec.parse(data))
    except BadRequest as error:
        raise WorkerUnreachable(f"{path} is not valid ({error}). {_NEXT}") from None
    if not 1 <= found.schema <= SCHEMA:
        raise WorkerUnreachable(
            "The worker is of another version of voxmend. Type: voxmend worker restart"
        )
    return found


def _whole(path: Path) -> Tuple[os.stat_result, bytes]:
    """Rights and contents of one and the same file. A pipe is not waited for, a link is not
    followed: worker.json is made by a rename, so it is never one."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(22, "it is a pipe or a device, not a file")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(27, f"it is larger than {MOST_BYTES:,} bytes")
    return status, data
