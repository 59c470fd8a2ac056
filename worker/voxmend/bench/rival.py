"""The other side of a measurement: upstream's own commands on the same clips.

It lies in ``voxmend_bench``, which only a checkout has: a user who mends vocals has no need of it.
So it is asked for by its name, and where it is not there one sentence says where it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from voxmend_protocol.errors import EnvironmentProblem

from .chain import Chain
from .figures import Alone
from .stopwatch import Took
from .weights import Places

MODULE = "voxmend_bench.upstream"


@dataclass(frozen=True, slots=True)
class Commands:
    """What the commands cost, one after the other, by name."""

    took: Mapping[str, Took]

    @property
    def seconds(self) -> float:
        """All in a row."""
        return sum(took.seconds for took in self.took.values())

    @property
    def peak_mb(self) -> float | None:
        """The largest of the peaks: they do not run at once."""
        peaks = [took.peak_mb for took in self.took.values() if took.peak_mb is not None]
        return max(peaks) if len(peaks) == len(self.took) else None


class Rival(Protocol):
    """What the other side can do. ``full`` is whether networks have the published size."""

    def check(self, chain: Chain) -> None:
        """See that there is something to compare with.

        Raises:
            EnvironmentProblem: a package is not installed.
        """

    def prepare(self, places: Places, full: bool, every: bool, env: Mapping[str, str]) -> None:
        """Lay our random weights, which are there, where its commands look for theirs.

        Args:
            every: those of the networks that are measured alone only, too.

        Raises:
            EnvironmentProblem: it failed.
        """

    def run(
        self, places: Places, clip: Path, full: bool, env: Mapping[str, str], chain: Chain
    ) -> Commands:
        """Run all commands on a clip.

        Raises:
            EnvironmentProblem: one failed.
        """

    def roofline(self, as_json: bool) -> None:
        """Print what share of the processor's peak each network reaches: lines, or JSON on stdout
        and the lines on stderr.

        Raises:
            EnvironmentProblem: it failed.
        """

    def alone(
        self, places: Places, networks: Sequence[str], clips: Sequence[tuple[Path, float]],
        repeats: Sequence[int], full: bool, device: str, env: Mapping[str, str],
    ) -> tuple[Alone, ...]:  # fmt: skip
        """Time each network alone, both sides in turns, in a process of its own.

        Args:
            clips: files, with their lengths in seconds.
            repeats: measured runs of each.

        Raises:
            EnvironmentProblem: it failed.
        """


def find() -> Rival:
    """The other side.

    Raises:
        EnvironmentProblem: this is no checkout.
    """
    try:
        return cast("Rival", importlib.import_module(MODULE))
    except ModuleNotFoundError as error:
        if error.name not in (MODULE, MODULE.partition(".")[0]):
            raise
        raise EnvironmentProblem(
            "Upstream's commands, and networks alone, are measured from a checkout of voxmend: "
            "there, sh installers/run.sh bench speed --against upstream. Here, leave out: "
            "--against upstream, --networks and --roofline"
        ) from None
