"""What a watcher tells: one event, one plain line on stderr, one JSON object on stdout."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from voxmend_protocol import codec
from voxmend_protocol.values import Verdict

Kind = Literal[
    "watching", "away", "taken", "done", "known", "failed", "cancelled", "held", "freed", "moved",
    "remark", "warning", "worker", "stopped",
]  # fmt: skip
"""away: the folder cannot be watched now. taken: its job is with the worker. known: it was mended
before. held: files wait for something that is not their fault, freed: no longer. warning: what a
job that is done found to say of its file."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``message`` is the sentence, with the next step where there is one to take."""

    kind: Kind
    message: str
    folder: str = ""
    file: str | None = None
    preset: str | None = None
    job: str | None = None
    result: str | None = None
    same_as: str | None = None
    code: str | None = None
    verdict: Verdict | None = None

    def plain(self) -> dict[str, Any]:
        """As ``--json`` prints it: what is absent is left out."""
        data = {key: value for key, value in asdict(self).items() if value not in (None, "")}
        if self.verdict is not None:
            data["verdict"] = codec.to_dict(self.verdict)
        return {"event": data.pop("kind"), **data}
