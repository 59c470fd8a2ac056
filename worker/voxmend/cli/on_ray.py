"""``voxmend batch --ray``: what the command asks of a cluster. Ray itself is loaded by a child."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from voxmend_protocol import codec
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, EnvironmentProblem, OutputUnwritable
from voxmend_protocol.messages import Submit

from ..disk import shown, write_error
from . import restore as one
from .screen import say

if TYPE_CHECKING:
    from .. import presets
    from ..cluster.bucket import Bucket
    from ..cluster.host import Cluster

ENGINE_GB, PER_WEIGHT = 1.5, 3.0
"""What an engine takes: torch and one song, and so many times its networks' weights."""

LOCK = ".voxmend-batch.lock"


@dataclass(slots=True)
class Ray:
    """A cluster, and where its stems go.

    Args:
        address: of the cluster, or ``local``.
        out: what ``--out`` says.

    Raises:
        BadRequest: there is no ``--out``, or it is none.
        EnvironmentProblem: Ray is not installed.
    """

    address: str
    cores: int
    memory_gb: float | None
    out: str | None

    kept = "What is done stays. The same command does the rest."

    def __post_init__(self) -> None:
        from ..cluster import joining
        from ..cluster.bucket import is_address

        if not self.address.strip():
            raise BadRequest("--ray is empty. Write a cluster's address (HOST:PORT), or local.")
        if not self.out:
            raise BadRequest("--ray needs a place for the stems that all nodes share: --out FOLDER")
        if self.memory_gb is not None and not 0 < self.memory_gb < 1e6:
            raise BadRequest(f"--memory-gb {self.memory_gb:g}: write gigabytes, such as 4.")
        if importlib.util.find_spec("ray") is None:
            raise EnvironmentProblem(joining.MISSING)
        if is_address(self.out):
            self._opened()

    @property
    def bucket(self) -> bool:
        """Whether stems go into an object store."""
        from ..cluster.bucket import is_address

        return is_address(self.out or "")

    @property
    def shelf(self) -> Bucket | None:
        """Where earlier results are looked for; None: on the disk."""
        return self._opened() if self.bucket else None

    @property
    def most_waiting(self) -> int:
        """Jobs that may wait in the driver."""
        from ..cluster.host import MOST_WAITING

        return MOST_WAITING

    @property
    def folder(self) -> str:
        """Where stems go, as a whole path: on the disk, or in the bucket."""
        if self.bucket:
            return self._opened().folder(self.out or "")
        return str(one.absolute(self.out or "", "--out"))

    def _opened(self) -> Bucket:
        from ..cluster.bucket import Bucket

        return Bucket.of(self.out or "")

    def stems(
        self,
        preset: presets.Preset,
        wanted: Sequence[str] | None,
        files: str | None,
        values: Mapping[str, Scalar],
    ) -> tuple[str, ...]:
        """What is written of each song.

        Raises:
            BadRequest: the preset cannot give one of them, or no disk takes the names of files.
        """
        from .. import paths
        from ..asked import mind_files
        from ..models import stems, store
        from ..supervisor.admission import mind_unasked

        catalogue = store.for_blocks(paths.find(), preset.blocks).catalogue
        names = stems.chosen(preset, wanted, catalogue)
        mind_files(files, names, preset.name)
        mind_unasked(values, preset, catalogue, names)
        return names

    def named(self, submit: Submit, preset: presets.Preset) -> Submit:
        """The job under an id that is the same whenever it is asked for again: so a batch that is
        taken up takes up its own unfinished folders."""
        asked = codec.to_dict(replace(submit, group=None))
        del asked["job"]
        told = codec.dump({**asked, "plan": preset.dump()}).decode()
        return replace(submit, job=str(uuid.uuid5(uuid.NAMESPACE_URL, told)))

    @contextmanager
    def joined(
        self, preset: presets.Preset, stems: Sequence[str], device: str | None
    ) -> Iterator[Cluster]:
        """The cluster, for as long as the ``with`` lasts.

        Raises:
            VoxmendError: it cannot be joined, or another batch writes to the same place.
        """
        from .. import speech
        from ..cluster import driver
        from ..cluster.host import Cluster
        from ..cluster.messages import Begin, Need
        from ..engine import orders

        need = Need(self.cores, int(1e9 * (self.memory_gb or self._usual_gb(preset))))
        settings = orders.Configure(device or "auto", "auto", -1.0)
        store = self._opened().store if self.bucket else ""
        begin = Begin(self.address, preset.dump(), tuple(stems), settings, need, store)
        speech.doing("joining the cluster")
        with self._alone(), Cluster(begin, driver.main, say) as cluster:
            yield cluster

    def _usual_gb(self, preset: presets.Preset) -> float:
        from .. import paths
        from ..models import store

        catalogue = store.for_blocks(paths.find(), preset.blocks).catalogue
        weights = sum(model.bytes for model in catalogue.of_blocks(preset.blocks))
        return ENGINE_GB + PER_WEIGHT * weights / 1e9

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One batch at a time writes to a folder: two of one list would take each other's claims
        for their own."""
        if self.bucket:
            yield
            return
        folder = Path(self.folder)
        lock = FileLock(folder / LOCK)
        try:
            os.makedirs(folder, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputUnwritable(
                f"Another batch writes to {shown(folder)}. Wait for its end, or choose another "
                "--out."
            ) from None
        except OSError as error:
            raise write_error(folder, error) from None
        try:
            yield
        finally:
            # First the name, then the lock: whoever opens the old file in between finds it held.
            with contextlib.suppress(OSError):  # Windows keeps the name of an open file
                Path(folder / LOCK).unlink()
            lock.release()
