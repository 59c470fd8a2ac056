"""A job that goes on whether somebody waits for it or not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from voxmend_protocol import JobRecord
from voxmend_protocol.messages import Ack, Cancel

from .progress import OnProgress, Teller, progress
from .result import Result, result

if TYPE_CHECKING:
    from .links import Links


class Job:
    """One job of the worker, as ``Client.submit`` and ``Client.job`` give it.

    Attributes:
        id: as ``voxmend jobs list`` shows it.
    """

    def __init__(self, links: Links, id: str) -> None:
        self._links, self.id = links, id

    def __repr__(self) -> str:
        return f"<Job {self.id}>"

    def record(self) -> JobRecord:
        """All that the worker keeps of it, as it stands.

        Raises:
            VoxmendError: the worker knows it no more, or cannot be reached.
        """
        with self._links.borrow() as link:
            return link.job(self.id)

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``."""
        return self.record().state

    def cancel(self) -> None:
        """Ask it to stop. One that has ended stays as it is.

        Raises:
            VoxmendError: as ``record``.
        """
        with self._links.borrow() as link:
            link.request(Cancel(self.id), Ack)

    def wait(
        self, on_progress: OnProgress | None = None, timeout: float | None = None
    ) -> Result[Path]:
        """Wait until it has ended. Who stops waiting (Ctrl-C, the time) cancels nothing.

        Args:
            on_progress: is called whenever something is new, and about every half second.
            timeout: seconds to wait at most.

        Raises:
            VoxmendError: it failed or was cancelled; ``code`` says why, ``job`` is its id.
            TimeoutError: it has not ended in time.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        teller = Teller(on_progress)

        def tick() -> None:
            teller.again()
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"The job {self.id} has not ended within {timeout:g} s.")

        reached, last = 0.0, None
        with self._links.borrow() as link:
            for last in link.follow([self.id], tick=tick):
                news = progress(last, 0, Path(last.clip.path), reached)
                reached = news.fraction
                teller.tell(news)
        assert last is not None  # to follow ends with the last record
        found = result(last)
        if found.error is not None:
            raise found.error
        return found
