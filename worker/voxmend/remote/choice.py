"""Where a job is done: on this machine, or on one that it is paired with."""

from __future__ import annotations

from dataclasses import dataclass

from voxmend_protocol.errors import EnvironmentProblem
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEVICE

from ..installation import worker_python
from ..paths import Paths
from . import peers


@dataclass(frozen=True, slots=True)
class Choice:
    """What the settings say of it.

    Attributes:
        device: ``worker.device``: for jobs that name none.
        fallback: whether this machine does what a remote worker cannot.
    """

    paths: Paths
    device: str = "auto"
    fallback: bool = False

    @property
    def usual(self) -> str | None:
        """The remote worker of jobs that name no device; None where they are done here."""
        return None if DEVICE.fullmatch(self.device) else self.device

    def remote(self, submit: Submit) -> str | None:
        """The remote worker that is to do a job; None where this machine is.

        Raises:
            BadRequest: this machine is not paired with one of that name.
            EnvironmentProblem: this machine is meant, and has no torch.
        """
        asked = submit.device or self.device
        if not DEVICE.fullmatch(asked):
            return peers.read(self.paths).server(asked).name
        if not self.near:
            raise EnvironmentProblem(
                "This machine has voxmend without torch, so it separates nothing itself. Name a "
                "remote worker: --device NAME, or worker.device in the settings. See: voxmend "
                "remote list"
            )
        return None

    @property
    def near(self) -> bool:
        """Whether this machine can do jobs at all."""
        return worker_python.here()
