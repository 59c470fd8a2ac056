"""The weights of the user's own store, for a bench that runs without a worker."""

from __future__ import annotations

from ...engine.pool import ModelPool
from ...engine.weights import Weights
from ...models import store
from ...paths import Paths


def lender(where: Paths) -> Weights:
    """Lends the networks that are installed; one that is not is an error with the next step."""
    return Weights(store.of(where), ModelPool())
