"""Jobs to put into a store or a broker."""

from __future__ import annotations

from typing import Any

from voxmend.supervisor.events import Job, Spec
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, JobRecord, Output


def job(number: int = 1, path: str = "/music/song.wav", **changes: Any) -> Job:
    """A queued job whose id holds ``number``."""
    name = f"{number:08}-0000-0000-0000-000000000000"
    clip = Clip(path)
    submit = Submit(name, clip, "quick", Output("/out"))
    record = JobRecord(
        name, "queued", 1, 0, clip, "quick", 1, "2026-01-01T00:00:00.000Z", **changes
    )
    return Job(Spec(submit, "hash", "{}", 10, "20"), record)
