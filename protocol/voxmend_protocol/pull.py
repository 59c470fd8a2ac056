"""What a client may ask of models: which there are, and to fetch some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from .errors import BadRequest

MAX_PULLED = 100
"""Models that one pull may name."""


@dataclass(frozen=True)
class Models:
    """Ask which models there are, and how far their pulls are. Answer: model_list; ``after`` is
    the last list's ``next``."""

    after: Optional[str] = None


@dataclass(frozen=True)
class Pull:
    """Fetch models, by their ids and all that a preset needs. Answer: ack with the number of those
    that are fetched or wait for it. How far they are, ``models`` tells."""

    models: Tuple[str, ...] = ()
    preset: Optional[str] = None
    accept_licence: bool = False

    def __post_init__(self) -> None:
        if not self.models and self.preset is None:
            raise BadRequest("pull needs models or a preset.")
        if len(self.models) > MAX_PULLED:
            raise BadRequest(f"pull takes at most {MAX_PULLED} models.")


@dataclass(frozen=True)
class StopPull:
    """Fetch nothing more; what has come is kept. Answer: ack with the number of pulls that ended
    so."""
