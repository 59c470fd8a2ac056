"""Files of models that come inside a Python package, which an installer put beside voxmend.

The package is found through its metadata and never imported: what it holds is data here. Whether
the data are right, the catalogue's hash says, not what the package says of itself. Of an archive
only the named file is read, as far as its size in the catalogue, and nothing is written under a
name from inside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tarfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import IO

from voxmend_protocol.errors import EnvironmentProblem

from .. import safe_files
from ..foreign import why
from .hashes import CHUNK
from .model import File, Model, Package
from .state import Remedy


class SpoiltError(Exception):
    """A file is not what it should be: why, as the end of a sentence."""


def found(package: Package) -> Path | None:
    """The folder in which the package's paths begin; None where this version is not installed."""
    try:
        here = metadata.distribution(package.distribution)
        right = here.version == package.version
    except (metadata.PackageNotFoundError, KeyError, TypeError, ValueError, OSError):
        return None
    return Path(str(here.locate_file(""))) if right else None


def pieces(file: File, held: Path, member: str | None = None) -> Iterator[bytes]:
    """The bytes of a file of a model. They are right only if this comes to its end.

    Args:
        held: the file itself, or the archive in which it is ``member``.

    Raises:
        SpoiltError: they are not right, or cannot be read.
    """
    assert file.size is not None  # as the catalogue's form wants it
    digest, left = hashlib.sha256(), file.size
    try:
        with contextlib.ExitStack() as stack:
            if member is None:
                source: IO[bytes] = stack.enter_context(
                    os.fdopen(safe_files.opened(held, "named"), "rb")
                )
            else:
                source = _member(stack.enter_context(tarfile.open(held)), member, file.size)
            while data := source.read(min(CHUNK, left + 1)):
                left -= len(data)
                if left < 0:
                    raise SpoiltError(f"is longer than {file.size:,} bytes")
                digest.update(data)
                yield data
    except SpoiltError:
        raise
    except Exception as error:  # noqa: BLE001  what tar and its packings say is no list that ends
        raise SpoiltError(f"cannot be read ({why(error)})") from None
    if left:
        raise SpoiltError(f"is {file.size - left:,} bytes long and should be {file.size:,}")
    if digest.hexdigest() != file.sha256:
        raise SpoiltError("does not have the published sha256")


def _member(archive: tarfile.TarFile, name: str, size: int) -> IO[bytes]:
    """The plain file of this name, of the right size; a link is none, wherever it leads."""
    for member in archive:
        if member.name == name:
            source = archive.extractfile(member) if member.isreg() else None
            if source is None:
                raise SpoiltError("is no plain file in its archive")
            if member.size != size:
                raise SpoiltError(f"is {member.size:,} bytes long and should be {size:,}")
            return source
    raise SpoiltError("is not in its archive")


def words(package: Package) -> str:
    """The package, as a sentence names it."""
    return f"the package {package.distribution} {package.version}"


def came_with(model: Model) -> str:
    """Where the files of a model that is here came from, as a sentence's end."""
    return f"came with voxmend, inside {words(model.package)}" if model.package else "is here"


def remedy(package: Package) -> Remedy:
    """The next step where what a package should hold cannot be used."""
    return to_install() if found(package) is None else to_renew(package)


def to_install() -> Remedy:
    """The next step where a package is missing."""
    run = Path(__file__).resolve().parents[3] / "installers" / "run.sh"
    if run.is_file():
        return Remedy("Install voxmend again", f"sh {_quoted(run)} models verify")
    script = "installers\\install.ps1" if os.name == "nt" else "sh installers/install.sh"
    return Remedy("Install voxmend again", script)


def to_renew(package: Package) -> Remedy:
    """The next step where what a package holds is spoilt.

    To install voxmend again would not do: uv links what it installs to its cache, so what is
    spoilt here is spoilt there. ``--reinstall`` makes it fetch the package again.
    """
    from ..installation import bundle, program

    try:
        tool = bundle.find_uv()
    except EnvironmentProblem:
        tool = Path("uv")
    mine = program.installed()
    cache = f" --cache-dir {_quoted(mine.cache)}" if mine else ""
    return Remedy(
        "Put the package there anew",
        f"{_quoted(tool)} pip install{cache} --python {_quoted(Path(sys.prefix))} --no-deps "
        f"--reinstall {package.distribution}=={package.version}",
    )


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)
