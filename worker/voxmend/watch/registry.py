"""Which folders are watched: one small JSON file in the settings folder.

``voxmend watch add`` and ``remove`` write it, ``watch run`` reads it again whenever it changes.
A folder is named by its real path, so that two ways to it are one folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voxmend_protocol import codec
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, EnvironmentProblem
from voxmend_protocol.values import DEFAULT_STEMS, Format

from .. import foreign, safe_files
from ..disk import own_error, private, write_json

MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Watched:
    """One folder and what is done with the files in it.

    Attributes:
        path: its real path.
        preset: for files at its root; a sub-folder's name is a preset too.
        set: parameters of that preset.
        stems: voice and band stand for what each preset says.
        poll: never rely on the system's notices.
        done: move a file to ``Done/`` once it is mended.
    """

    path: str
    preset: str
    set: Mapping[str, Scalar] = field(default_factory=dict)
    stems: tuple[str, ...] = DEFAULT_STEMS
    format: Format = "wav"
    poll: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class _File:
    folders: tuple[Watched, ...] = ()


def load(file: Path) -> tuple[Watched, ...]:
    """The folders in the file; none if there is no file.

    Raises:
        EnvironmentProblem: it is not valid.
    """
    try:
        read = foreign.table(safe_files.read(file, MOST_BYTES))
        folders = codec.from_dict(_File, read).folders
        for folder in folders:
            if not os.path.isabs(folder.path) or "\0" in folder.path:
                raise BadRequest(f"the folder “{folder.path[:200]}” is no whole path")
        return folders
    except FileNotFoundError:
        return ()
    except safe_files.UnsafeError as error:
        raise EnvironmentProblem(str(error)) from None
    except (BadRequest, ValueError) as error:
        raise EnvironmentProblem(
            f"{file} is not valid ({error}). Mend it, or delete it and add your folders again: "
            "voxmend watch add FOLDER"
        ) from None
    except OSError as error:
        raise EnvironmentProblem(
            f"{file} cannot be read ({error.strerror}). Give yourself the right to read it."
        ) from None


def save(file: Path, folders: Sequence[Watched]) -> None:
    """Write the file in one step.

    Raises:
        DiskFull, EnvironmentProblem: it cannot be written.
    """
    try:
        private(file.parent)
        write_json(file, json.loads(codec.dump(codec.to_dict(_File(tuple(folders))))))
    except OSError as error:
        raise own_error(file.parent, error) from None


def with_folder(folders: Sequence[Watched], new: Watched, home: Path) -> list[Watched]:
    """The folders with a new one, or with other settings for one that is there already.

    Raises:
        BadRequest: it is, holds, or lies in a folder that cannot be watched beside it.
    """
    path = Path(new.path)
    if path == Path(path.anchor) or path == Path(os.path.realpath(home)):
        raise BadRequest(
            f"{path} holds far more than exports. Make a folder for it: "
            f"voxmend watch add {Path(os.path.realpath(home)) / 'Mend'}"
        )
    others = [folder for folder in folders if folder.path != new.path]
    for other in others:
        if path.is_relative_to(other.path) or Path(other.path).is_relative_to(path):
            raise BadRequest(
                f"{path} and {other.path}, which is watched already, lie in each other. Choose "
                f"another folder, or first: voxmend watch remove {other.path}"
            )
    return [*others, new]


def without(folders: Sequence[Watched], path: str) -> list[Watched]:
    """The folders less one.

    Raises:
        BadRequest: it is not among them.
    """
    left = [folder for folder in folders if folder.path != path]
    if len(left) == len(folders):
        raise BadRequest(f"{path} is not watched. See: voxmend watch list")
    return left
