"""The output folder of a job: claimed as ``<name>.partial``, renamed once when all is in it.

``mkdir`` is the claim, and a job.json made with O_EXCL inside names the owner, so that after a
crash nobody takes another's folder for its own. Nothing that exists is ever written over: a taken
name gets ``_2``, ``_3`` … The supervisor and a cluster's engines do it alike.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import OutputUnwritable
from voxmend_protocol.messages import Submit

from . import foreign, safe_files
from .disk import anchor, sync, write_error
from .plain_names import folder_name

MANIFEST = "job.json"
MOST_BYTES = 100_000_000
PARTIAL = ".partial"


def candidates(submit: Submit) -> Iterator[Path]:
    """Final names to try, in order."""
    name = folder_name(submit.output.name or Path(submit.clip.path).stem, submit.preset)
    folder = Path(submit.output.folder)
    yield folder / name
    for number in range(2, 10_000):
        yield folder / f"{name}_{number}"


def claim(
    submit: Submit, intend: Callable[[Path, Path], None], mark: Callable[[str], None]
) -> tuple[Path, Path]:
    """Make the job's ``.partial`` folder.

    Args:
        submit: what was asked for.
        intend: called with (partial, final) before each mkdir, to be remembered durably.
        mark: called with the name of each point that was reached.

    Returns:
        partial, final.

    Raises:
        OutputUnwritable, DiskFull: the folder cannot be made.
    """
    try:
        safe_files.make_folders(submit.output.folder)
        mode = folder_mode(submit)
        for final in candidates(submit):
            partial = final.with_name(final.name + PARTIAL)
            if os.path.lexists(final) or os.path.lexists(partial):
                continue
            intend(partial, final)
            mark("before_mkdir")
            try:
                safe_files.make_folder(partial, mode)
            except FileExistsError:
                continue
            mark("after_mkdir")
            try:
                if own(partial, submit.job):
                    return partial, final
            except OSError:
                drop(partial, submit.job)
                raise
    except OSError as error:
        raise write_error(submit.output.folder, error) from None
    raise OutputUnwritable(
        f"{submit.output.folder} holds 9999 results of this name. Choose another folder."
    )


def own(partial: Path, job: str) -> bool:
    """Put our name on a folder that exists: True if it is ours now, or was before. A manifest
    without a name is one whose writer died in between: it was ours, or its owner will claim anew.

    Raises:
        OSError: it is not there or cannot be written.
    """
    try:
        handle = safe_files.create(partial / MANIFEST, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump({"job": job, "state": "running"}, file)
        return True
    except FileExistsError:
        return owner(partial) in (job, None)


def manifest(folder: Path) -> dict[str, Any]:
    """What job.json in ``folder`` says, or nothing."""
    try:
        return foreign.table(safe_files.read(folder / MANIFEST, MOST_BYTES, "shared"))
    except (OSError, foreign.ForeignError):
        return {}


def owner(folder: Path) -> str | None:
    """The id of the job whose folder this is."""
    job = manifest(folder).get("job")
    return job if isinstance(job, str) else None


def keep(partial: Path, final: Path) -> None:
    """Give the folder its final name, durably.

    Raises:
        FileExistsError: somebody made one of that name meanwhile.
        OSError: it cannot be renamed.
    """
    if os.path.lexists(final):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final))
    safe_files.rename_folder(partial, final)
    anchor(final)


def folder_mode(submit: Submit) -> int:
    """Who may look into a job's folder: those who may read all that it is made of."""
    mode = 0o666
    for given in (submit.clip, submit.mixture, submit.voice):
        if given is not None:
            try:
                mode &= os.stat(given.path).st_mode
            except (OSError, ValueError):
                mode = 0
    readable = mode & 0o444
    return 0o700 | readable | readable >> 2


def drop(partial: Path, job: str) -> bool:
    """Remove a claimed folder, durably: only if it is ours, or holds nothing. False where it is
    still there and ours, as on a disk that can only be read for now."""
    with contextlib.suppress(OSError):
        empty = (partial / MANIFEST).lstat().st_size == 0
        if owner(partial) == job or (empty and os.listdir(partial) == [MANIFEST]):
            safe_files.remove_folder(partial)
    with contextlib.suppress(OSError):
        safe_files.remove_empty(partial)
    sync(partial.parent)
    return owner(partial) != job
