"""Collects the bundle and writes the zip: checks, the last jobs, logs, settings, versions.

Everything passes through the redactor. No sound is opened, let alone taken along.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import platform
import socket
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import VoxmendError

from .. import foreign, safe_files
from ..disk import write_error
from ..installation.program import installed
from ..paths import Paths
from ..version import __version__
from ..watch import registry
from .redact import Person, Redactor, names_of

Examine = Callable[[], Iterable[Mapping[str, Any]]]

LAST_JOBS = 200
MOST_OF_A_LOG = 1_000_000
"""Characters of a log that are taken, the last ones."""


@dataclass(frozen=True, slots=True)
class Written:
    """The bundle as it lies there."""

    file: Path
    members: tuple[str, ...]


def write(paths: Paths, file: Path, examined: Examine) -> Written:
    """Write the bundle.

    Args:
        examined: what the doctor finds, as plain data; it takes its time.

    Raises:
        OutputUnwritable, DiskFull: it cannot be written there.
    """
    try:  # before the checks, which take their time
        with safe_files.put_beside(file, 0o600) as new:
            members = _members(paths, examined)
            with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in members.items():
                    archive.writestr(name, text.encode("utf-8", "replace"))
    except OSError as error:
        raise write_error(file.parent, error) from None
    return Written(file, tuple(members))


def _members(paths: Paths, examined: Examine) -> dict[str, str]:
    """The bundle's files, each already without what is private."""
    jobs = list(_jobs(paths.database))
    logs = dict(_logs(paths))
    redactor = redactor_of(paths, jobs, logs)
    return {
        "doctor.json": _json(redactor.data(list(examined()))),
        "versions.json": _json(redactor.data(_versions())),
        "jobs.json": _json(redactor.data(jobs)),
        "settings/voxmend.toml": redactor.text(_read(paths.config_file)),
        **{f"logs/{name}": redactor.text(text) for name, text in logs.items()},
    }


def redactor_of(paths: Paths, jobs: list[dict[str, Any]], logs: dict[str, str]) -> Redactor:
    """A redactor that knows this user, and every name that jobs, logs and settings hold."""
    kept = {
        str(paths.state): "<state>", str(paths.cache): "<cache>", str(paths.config): "<settings>",
        sys.prefix: "<environment>", sys.base_prefix: "<python>",
    }  # fmt: skip
    program = installed()
    if program is not None:
        kept[str(program.root)] = "<program>"
    kept = dict(sorted(kept.items(), key=lambda pair: -len(pair[0])))
    machine = socket.gethostname()
    redactor = Redactor(
        Person(str(Path.home()), _people(), names_of({machine, machine.partition(".")[0]})), kept
    )
    for job in jobs:
        redactor.learn(job["clip"]["path"])
        if job.get("folder"):
            redactor.learn(job["folder"])
            redactor.learn(str(Path(job["folder"]).parent))
    with contextlib.suppress(VoxmendError):
        for watched in registry.load(paths.watch_file):
            redactor.learn(watched.path)
    for text in logs.values():
        redactor.learn_from_log(text)
    return redactor


def _people() -> tuple[str, ...]:
    """Names of this user, as the system knows them."""
    found = [Path.home().name, os.environ.get("USER", ""), os.environ.get("USERNAME", "")]
    with contextlib.suppress(OSError, KeyError, ImportError):
        found.append(getpass.getuser())
    with contextlib.suppress(ImportError, KeyError, OSError):
        import pwd

        full = pwd.getpwuid(os.getuid()).pw_gecos.partition(",")[0]
        found += [full, *full.split()]
    return names_of(found)


def _jobs(database: Path) -> Iterator[dict[str, Any]]:
    """The last jobs' records, as stored; nothing where there is no list."""
    if not database.is_file():
        return
    try:
        with contextlib.closing(
            sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=5)
        ) as db:
            rows = db.execute("SELECT record FROM job ORDER BY seq DESC LIMIT ?", (LAST_JOBS,))
            for (record,) in rows:
                told = foreign.table(str(record).encode("utf-8", "replace"))
                clip = told.get("clip")
                if isinstance(clip, dict) and isinstance(clip.get("path"), str):
                    yield told
    except (sqlite3.Error, ValueError):
        return


def _logs(paths: Paths) -> Iterator[tuple[str, str]]:
    folder = paths.log.parent
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.is_file() and not file.is_symlink():
            yield file.name, _read(file)[-MOST_OF_A_LOG:]


def _read(file: Path) -> str:
    try:
        with os.fdopen(safe_files.opened(file), "rb") as opened:
            opened.seek(max(0, os.fstat(opened.fileno()).st_size - 4 * MOST_OF_A_LOG))
            return opened.read(4 * MOST_OF_A_LOG).decode("utf-8", "replace")
    except OSError:
        return ""


def _versions() -> dict[str, Any]:
    packages = {dist.name: dist.version for dist in metadata.distributions()}
    return {
        "voxmend": __version__, "python": sys.version, "system": platform.platform(),
        "machine": platform.machine(), "cores": os.cpu_count(),
        "environment": {
            name: value for name, value in sorted(os.environ.items())
            if name.startswith(("VOXMEND_", "CUDA_", "HIP_", "ROCR_", "XDG_"))
        },
        "packages": dict(sorted(packages.items())),
    }  # fmt: skip


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False)
