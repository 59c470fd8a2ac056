"""The scripts' way from this installation into REAPER's Scripts folder, and out again.

A new set is made beside the old one and takes its place by two renames: whoever looks sees the
old set or the new one. What a user put there or changed is theirs: their own files are carried
along, a changed file of ours is copied aside before it is replaced, and an uninstall leaves it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import voxmend_protocol
from voxmend_protocol.errors import EnvironmentProblem

from .. import safe_files
from .actions import PLACE
from .edits import keep
from .refusals import refusing

_OLD, _NEW = ".Vocals-old", ".Vocals-new"
_PROTOCOL = "voxmend_protocol"
MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class State:
    """How installed files compare with their receipt, by their paths within the folder."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def source() -> Path:
    """The folder of scripts that belongs to this voxmend: of the checkout, or as installed.

    Raises:
        EnvironmentProblem: there is none.
    """
    checkout = Path(__file__).resolve().parents[3]
    places = [Path(sysconfig.get_path("data")) / "share" / "voxmend" / "daw_scripts" / "reaper"]
    with contextlib.suppress(KeyError):
        user = sysconfig.get_path("data", f"{os.name}_user")
        places.append(Path(user) / "share" / "voxmend" / "daw_scripts" / "reaper")
    if (checkout / "pyproject.toml").is_file():
        # The copy of an editable install may be older than the checkout.
        places.insert(0, checkout / "daw_scripts" / "reaper")
    for place in places:
        if any(place.glob("voxmend_*.lua")):
            return place
    raise EnvironmentProblem(
        f"The scripts for REAPER are not part of this installation (looked at {places[0]}). "
        "Install voxmend anew."
    )


def contents(scripts: Path) -> dict[str, Path]:
    """What to install: the path within the folder of scripts, and the file it comes from."""
    found: dict[str, Path] = {}
    for pattern in ("voxmend_*.lua", "voxmend_*.py", "lib/*.lua"):
        found |= {file.relative_to(scripts).as_posix(): file for file in scripts.glob(pattern)}
    protocol = Path(voxmend_protocol.__file__).parent
    found |= {f"{_PROTOCOL}/{file.name}": file for file in protocol.glob("*.py")}
    return dict(sorted(found.items()))


def put(
    files: Mapping[str, Path], scripts: Path, known: Mapping[str, str], data: Path
) -> tuple[dict[str, str], list[Path]]:
    """Install files.

    Args:
        files: as ``contents`` gives them.
        scripts: REAPER's Scripts folder.
        known: hashes of the files of the last install.
        data: voxmend's folder of data in REAPER's.

    Returns:
        The hash of each file installed, and the copies of files that the user had changed.

    Raises:
        OutputError: the folder cannot be written; what was there is still there.
        EnvironmentProblem: a link of the user's is in the place.
    """
    target = scripts / PLACE
    parent = target.parent
    if target.is_symlink():
        raise EnvironmentProblem(
            f"{target} is a link that voxmend did not make, to {os.readlink(target)}. Remove the "
            "link, then type it again."
        )
    new = parent / _NEW
    with refusing(target):
        parent.mkdir(parents=True, exist_ok=True)
        _finish_interrupted(target)
        new.mkdir()
        try:
            hashes = {place: _copy(file, new / place) for place, file in files.items()}
            aside = _carry(target, new, hashes, known, data)
            _swap(target, new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    return hashes, aside


def remove(
    scripts: Path, known: Mapping[str, str], others: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Take installed files away, and folders that this leaves empty.

    Args:
        scripts: REAPER's Scripts folder.
        known: hashes of the files of the last install.
        others: files that are not ours to remove any more.

    Returns:
        The paths removed, and those kept because the user changed them.

    Raises:
        OutputError: one cannot be removed.
    """
    target = scripts / PLACE
    theirs = {other.lower() for other in others}
    gone: list[str] = []
    kept: list[str] = []
    with refusing(target):
        for place, hash_ in known.items():
            file = target / place
            if not _inside(place) or place.lower() in theirs or not os.path.lexists(file):
                continue
            if file.is_symlink() or hash_of(file) != hash_:
                kept.append(place)
            else:
                file.unlink()
                gone.append(place)
        # Python leaves its compiled files beside ours.
        for folder in {(target / place).parent for place in gone}:
            shutil.rmtree(folder / "__pycache__", ignore_errors=True)
            _remove_empty(folder, scripts)
    return gone, kept


def compare(scripts: Path, known: Mapping[str, str]) -> State:
    """How installed files are now."""
    changed, missing = [], []
    for place, hash_ in known.items():
        file = scripts / PLACE / place
        try:
            if hash_of(file) != hash_:
                changed.append(place)
        except FileNotFoundError:
            missing.append(place)
        except OSError:
            changed.append(place)
    return State(tuple(changed), tuple(missing))


def hash_of(file: Path) -> str:
    """Hash of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    return hashlib.sha256(safe_files.read(file, MOST_BYTES, "shared")).hexdigest()


def _copy(file: Path, place: Path) -> str:
    content = file.read_bytes()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _carry(
    target: Path, new: Path, hashes: Mapping[str, str], known: Mapping[str, str], data: Path
) -> list[Path]:
    """Bring the user's own files along, and copy changed ones of ours aside."""
    aside: list[Path] = []
    for place in _walk(target):
        old = target / place
        if place in hashes or place in known:
            if not old.is_symlink() and hash_of(old) in (hashes.get(place), known.get(place)):
                continue
            aside.append(keep(safe_files.read(old, MOST_BYTES, "shared"), old.name, data))
        else:
            (new / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, new / place, follow_symlinks=False)
    return aside


def _swap(target: Path, new: Path) -> None:
    old = target.with_name(_OLD)
    was_there = target.exists()
    if was_there:
        os.rename(target, old)
    try:
        os.rename(new, target)
    except OSError:
        if was_there:
            os.rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _finish_interrupted(target: Path) -> None:
    """Clear up after an install that was killed; an old set that has no successor comes back."""
    old = target.with_name(_OLD)
    shutil.rmtree(target.with_name(_NEW), ignore_errors=True)
    if old.exists():
        if target.exists():
            shutil.rmtree(old)
        else:
            os.rename(old, target)


def _walk(folder: Path) -> Iterator[str]:
    """The files of a folder, by their paths in it; links are files, compiled Python is none."""
    for here, folders, files in os.walk(folder):
        links = [name for name in folders if Path(here, name).is_symlink()]
        folders[:] = [name for name in folders if name != "__pycache__" and name not in links]
        for name in [*files, *links]:
            yield Path(here, name).relative_to(folder).as_posix()


def _inside(place: str) -> bool:
    """Whether a path of a receipt stays within the folder; the receipt could have been edited."""
    parts = PurePosixPath(place).parts
    return bool(parts) and not PurePosixPath(place).is_absolute() and ".." not in parts


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and top in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
