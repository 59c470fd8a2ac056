"""A place in an object store (s3://, gs://), through fsspec: what a batch asks of it, and the
store's refusals as voxmend's own.

A bucket has no folders and renames nothing. A result is there once its job.json says so; who
claims a name writes that file first, and only where there is none, which the store decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import BadRequest, EnvironmentProblem, OutputUnwritable

MANIFEST = "job.json"
EXTRAS = {"s3": "s3", "gs": "gs"}
"""What each kind of address needs of voxmend's extras."""


def is_address(place: str) -> bool:
    """Whether a place is in an object store, and not a folder."""
    return "://" in place


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, as fsspec opens it. What is in it has whole paths, as on a disk.

    Attributes:
        store: its address, such as ``s3://archive``.
    """

    store: str
    files: Any

    @classmethod
    def of(cls, address: str) -> Bucket:
        """The bucket of an address.

        Raises:
            BadRequest: it is of a kind that is not known, or names none.
            EnvironmentProblem: the package for it is not installed.
        """
        kind, _, rest = address.partition("://")
        if kind not in EXTRAS:
            raise BadRequest(f"--out {address}: write a folder, or an address in s3:// or gs://.")
        name = rest.partition("/")[0]
        if not name:
            raise BadRequest(f"--out {address}: name the bucket, such as {kind}://BUCKET/stems.")
        try:
            import fsspec

            return cls(f"{kind}://{name}", fsspec.filesystem(kind, use_listings_cache=False))
        except ImportError:
            raise EnvironmentProblem(
                f"{kind}:// needs a package that is not installed. Install voxmend with the extra "
                f"{EXTRAS[kind]}: voxmend[ray,{EXTRAS[kind]}]"
            ) from None

    def folder(self, address: str) -> str:
        """The path of an address in it, whole."""
        return "/" + address.removeprefix(self.store).strip("/")

    def address(self, folder: str) -> str:
        """The address of a path in it."""
        return self.store + folder.rstrip("/")

    def names(self, place: str) -> list[str]:
        """What lies directly in a place; nothing where there is none."""
        with _asked(self.address(place)):
            try:
                found = self.files.ls(self.address(place), detail=False)
            except FileNotFoundError:
                return []
        return [each.rstrip("/").rpartition("/")[2] for each in found]

    def manifest(self, folder: str) -> dict[str, Any]:
        """What the job.json in a folder says; empty if there is none."""
        with _asked(self.address(folder)):
            try:
                told = json.loads(self.files.cat_file(f"{self.address(folder)}/{MANIFEST}"))
            except (FileNotFoundError, ValueError):
                return {}
        return told if isinstance(told, dict) else {}

    def size(self, file: str) -> int:
        """Bytes of a file.

        Raises:
            FileNotFoundError: there is none.
        """
        with _asked(self.address(file)):
            return int(self.files.info(self.address(file))["size"])

    def claim(self, folder: str, job: str) -> bool:
        """Take a name for a job; True too where it has it, and has not ended."""
        file, told = f"{self.address(folder)}/{MANIFEST}", {"job": job, "state": "running"}
        found = self.manifest(folder)
        if not found:
            with _written(self.address(folder)):
                try:
                    self.files.pipe_file(file, json.dumps(told).encode(), mode="create")
                    return True
                except FileExistsError:
                    found = self.manifest(folder)
        return found == told

    def put(self, file: Path, path: str) -> None:
        """Send a file there, over what may be there."""
        with _written(self.address(path)):
            self.files.put_file(str(file), self.address(path))

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; those that are not there do not matter."""
        for path in paths:
            with _asked(self.address(path)):
                try:
                    self.files.rm_file(self.address(path))
                except FileNotFoundError:
                    continue


@contextmanager
def _asked(place: str) -> Iterator[None]:
    """What a store refuses, in a sentence. Each kind has exceptions of its own; a name that is not
    there, or is there, is for the caller."""
    try:
        yield
    except (FileNotFoundError, FileExistsError, OutputUnwritable):
        raise
    except Exception as error:  # noqa: BLE001  each kind of store has its own
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise OutputUnwritable(
            f"{place} cannot be used ({said}). Check the address and your right to it."
        ) from None


@contextmanager
def _written(place: str) -> Iterator[None]:
    """The same where something is written: nothing that is not there is meant, but the bucket."""
    with _asked(place):
        try:
            yield
        except FileNotFoundError:
            raise OutputUnwritable(
                f"{place} cannot be written: there is no such bucket. Make it, or check its name."
            ) from None
