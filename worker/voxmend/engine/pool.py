"""Loaded networks, kept for the next job: ``with pool.use(key, load) as network``.

One load at a time. What is in use stays; what is idle stays for as long as it is kept alive, and
goes first where memory is short, longest idle first. No timer runs: whoever waits for orders asks
``wait`` how long it may sleep, and calls ``reap`` after that and after each job.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from voxmend_protocol.values import LoadedModel

from ..log import log

Key = tuple[str, ...]
"""A block, a device, what it is asked for, and the hashes of its weights."""

DAY_S = 86_400.0


@dataclass(slots=True)
class _Held:
    network: Any
    users: int = 0
    idle_since: float = 0.0


class ModelPool:
    """Networks by key."""

    def __init__(
        self,
        keep_alive_s: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[], None] = lambda: None,
        short: Callable[[BaseException], bool] = lambda error: isinstance(error, MemoryError),
    ) -> None:
        """Make an empty pool.

        Args:
            keep_alive_s: how long an idle network stays; 0: until ``reap``; below 0: for ever.
            changed: called after a network came or went, was taken into use or became idle.
            short: whether an exception of a load means that memory ran out.
        """
        self.keep_alive_s = keep_alive_s
        self._clock, self._changed, self._short = clock, changed, short
        self._held: dict[Key, _Held] = {}
        self._lock = threading.RLock()

    @contextmanager
    def use(self, key: Key, load: Callable[[], Any]) -> Iterator[Any]:
        """The network of this key, loaded if it is not here, for as long as the ``with`` lasts.

        Raises:
            Exception: what ``load`` raises. Where memory is short the idle ones go, and it is tried
                once more.
        """
        with self._lock:
            held = self._held.get(key) or self._load(key, load)
            held.users += 1
            if held.users == 1:
                self._changed()
        try:
            yield held.network
        finally:
            with self._lock:
                held.users -= 1
                held.idle_since = self._clock()
                if not held.users:
                    self._changed()

    def _load(self, key: Key, load: Callable[[], Any]) -> _Held:
        began = self._clock()
        network = self._try(load)
        if network is None:
            self.evict()
            network = load()  # once more; what it raises now is the answer
        held = self._held[key] = _Held(network)
        log("model_loaded", block=key[0], on=network.runs_on, s=round(self._clock() - began, 3))
        return held

    def _try(self, load: Callable[[], Any]) -> Any:
        """The network, or None where memory was short: said outside the except block, since the
        exception's traceback would keep what was loaded so far."""
        try:
            return load()
        except Exception as error:
            if not self._short(error):
                raise
        return None

    def evict(self, but: str = "") -> bool:
        """Let every idle network go, except those of one block; False if there was none."""
        with self._lock:
            return self._let_go(lambda key, _: key[0] != but)

    def reap(self) -> None:
        """Let those go that were idle for long enough."""
        if self.keep_alive_s < 0:
            return
        with self._lock:
            before = self._clock() - self.keep_alive_s
            self._let_go(lambda _, held: held.idle_since <= before)

    def _let_go(self, which: Callable[[Key, _Held], bool]) -> bool:
        gone = [key for key, held in self._held.items() if not held.users and which(key, held)]
        for key in sorted(gone, key=lambda key: self._held[key].idle_since):
            del self._held[key]
            log("model_released", block=key[0], device=key[1])
        if gone:
            gc.collect()
            self._changed()
        return bool(gone)

    def wait(self) -> float | None:
        """Seconds to sleep until the next one goes, a day at most: threads cannot wait for ever so
        long. None if none will."""
        with self._lock:
            idle = [held.idle_since for held in self._held.values() if not held.users]
            if not idle or self.keep_alive_s < 0:
                return None
            return min(DAY_S, max(0.0, min(idle) + self.keep_alive_s - self._clock()))

    def holdings(self) -> tuple[LoadedModel, ...]:
        """What is in memory."""
        with self._lock:
            now = self._clock()
            keep = None if self.keep_alive_s < 0 else self.keep_alive_s
            return tuple(
                LoadedModel(
                    key[0],
                    held.network.bytes,
                    held.network.runs_on,
                    None if held.users else round(now - held.idle_since, 1),
                    keep,
                )
                for key, held in self._held.items()
            )
