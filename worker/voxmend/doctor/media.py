"""Whether the worker, as it was started, can use a folder of sound: read from it and write to it.

A system may let a terminal into a folder and keep a worker out that it started itself: macOS
guards the desktop, documents, and other disks that way, Flatpak and Snap guard more. So nothing
here asks this process. Two seconds of a song are laid into the folder and given
to the worker, and everything is removed again.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from pathlib import Path

from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.messages import Accepted, Submit
from voxmend_protocol.values import Clip, Output

from .. import launch, presets
from ..demo import song
from .finding import Case, Finding

CLIP_S = 2.0
_GUARDED = (
    "The worker is another process than this one, with rights of its own. On a Mac: System "
    "Settings > Privacy & Security > Files and Folders."
)


def media(case: Case) -> Finding:
    """Have the worker mend a clip in the folder that was named."""
    if case.media is None:
        return Finding(
            "media", "Media", "ok", "no folder was named; to try one: voxmend doctor --media FOLDER"
        )
    folder = case.media.expanduser().absolute()
    if not folder.is_dir():
        return _bad(f"{folder} is no folder", "It may be on a disk that is not there now.", folder)
    try:
        place = Path(tempfile.mkdtemp(prefix=".voxmend-doctor-", dir=folder))
    except OSError as error:
        return _bad(
            f"{folder} cannot be written even from here ({error.strerror or error})",
            "Stems go beside their source, unless another folder is named: --out FOLDER", folder,
        )  # fmt: skip
    try:
        return _tried(folder, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _tried(folder: Path, place: Path) -> Finding:
    clip = place / "clip.wav"
    song.write_clip(clip, CLIP_S)
    out = Output(str(place / "out"))
    order = Submit(str(uuid.uuid4()), Clip(str(clip)), presets.DEFAULT, out)
    last = None
    try:
        with launch.connect("doctor") as client:
            client.request(order, Accepted)
            for record in client.follow([order.job]):
                last = record
    except VoxmendError as error:
        return _bad(error.message, _GUARDED, folder)
    if last is None or last.state != "succeeded":
        said = last.error.message if last is not None and last.error else "the job did not end well"
        return _bad(said, _GUARDED, folder)
    with contextlib.suppress(OSError):
        shutil.rmtree(place)
    return Finding("media", "Media", "ok", f"the worker reads and writes {folder}")


def _bad(detail: str, why: str, folder: Path) -> Finding:
    return Finding("media", "Media", "fail", detail, why, f'ls -ld "{folder}"')
