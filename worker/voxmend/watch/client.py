"""The worker as the watcher sees it: the ordinary client, dialled when there is something to say.

A worker that is not there is started, as ``voxmend restore`` does; one that somebody has stopped
only for a file that came after that. One that cannot answer is left alone for a while, which grows:
nothing is lost meanwhile, the files lie where they lie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from voxmend_protocol import Client, JobRecord
from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.messages import Accepted, Submit

from .event import Event

FIRST_S, MOST_S = 2.0, 60.0
"""How long a worker that cannot answer is left alone."""


class Worker(Protocol):
    """What an inbox needs of the worker. Both raise VoxmendError as the worker answers."""

    def submit(self, order: Submit) -> Accepted:
        """Queue a job."""

    def record(self, job: str) -> JobRecord:
        """A job as it stands."""


class WorkerClient:
    """The real one.

    Args:
        connect: starts a worker if there is none, and gives a client.
        tell: takes what is to be said.
        wake: as ``connect``, for a new file: also where somebody has stopped the worker.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        tell: Callable[[Event], None],
        wake: Callable[[], Client] | None = None,
    ) -> None:
        self._connect, self._tell, self._wake = connect, tell, wake or connect
        self._fresh = False
        self._client: Client | None = None
        self._rested_at = 0.0
        self._pause = 0.0
        self._said = ""

    def ready(self, now: float, fresh: bool = False) -> bool:
        """Whether it may be asked now; dials if need be.

        Args:
            fresh: for a file that came after the worker was stopped.
        """
        if fresh and not self._fresh:
            self._pause = 0.0
        self._fresh = fresh
        if self._rested_at <= now < self._rested_at + self._pause:
            return False
        if self._client is None:
            try:
                self._client = self._wake() if fresh else self._connect()
            except VoxmendError as error:
                self.rest(error, now)
                return False
        return True

    def rest(self, error: VoxmendError, now: float) -> None:
        """Leave it alone for a while, for this reason."""
        self._rested_at = now
        self._pause = min(max(FIRST_S, 2 * self._pause), MOST_S)
        self.close()
        if error.message != self._said:
            self._said = error.message
            words = f"The files wait, the worker is asked again. {error.message} [{error.code}]"
            self._tell(Event("worker", words, code=error.code))

    def well(self) -> None:
        """It answered: whatever was wrong is over."""
        if self._said:
            self._said = ""
            self._tell(Event("worker", "The worker answers again."))
        self._pause = 0.0

    def submit(self, order: Submit) -> Accepted:
        assert self._client is not None
        return self._client.request(order, Accepted)

    def record(self, job: str) -> JobRecord:
        assert self._client is not None
        return self._client.job(job)

    def close(self) -> None:
        """Let the connection go; jobs go on without it."""
        if self._client is not None:
            self._client.close()
            self._client = None
