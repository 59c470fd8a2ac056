"""The engines of a worker, one for each seat: each made when its first job comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from ..engine import orders
from .events import EngineDied
from .seats import AFAR


class Host(Protocol):
    """What stands on a seat: an engine of this machine, or a worker elsewhere."""

    @property
    def pid(self) -> int | None:
        """The engine's process id, while there is one here."""
        ...

    def send(self, order: orders.Run | orders.Cancel | orders.Release | orders.Stand) -> None:
        """Give an order; a Run starts what is needed for it."""
        ...

    def heard(self) -> Iterator[orders.Answer | orders.Manners | EngineDied]:
        """What came since the last call."""
        ...

    def kill(self) -> None:
        """End the job that is under way at once, whatever it takes; it is heard."""
        ...

    def close(self) -> None:
        """End, and wait for that."""
        ...


Said = orders.Answer | EngineDied


class Engines:
    """Hosts by their seats.

    Attributes:
        manners: how each engine behaves, as it said when it began.
    """

    def __init__(self, make: Callable[[int], Host]) -> None:
        """
        Args:
            make: the host of a seat; it starts no engine by itself.
        """
        self._make = make
        self._hosts: dict[int, Host] = {}
        self.manners: dict[int, orders.Manners] = {}

    def start(self, seat: int, order: orders.Run) -> None:
        """Give a job to an engine, which is started if it is not there.

        Raises:
            OSError: the system cannot start another process.
            BadRequest: a name in the order is no Unicode.
        """
        if seat not in self._hosts:
            self._hosts[seat] = self._make(seat)
        self._hosts[seat].send(order)

    def tell(self, seat: int, order: orders.Cancel) -> None:
        """Give an order to the engine of a seat, if it is there."""
        if seat in self._hosts:
            self._hosts[seat].send(order)

    def tell_all(self, order: orders.Release | orders.Stand) -> None:
        """Give an order to each engine that is there."""
        for host in self._hosts.values():
            host.send(order)

    def heard(self) -> Iterator[Said]:
        """What has come from them since the last call, with the seat where that matters; manners
        are kept here. One at a time: where one makes trouble, those behind it wait for the next
        call."""
        for seat, host in list(self._hosts.items()):
            for message in host.heard():
                match message:
                    case orders.Manners():
                        self.manners[seat] = message
                    case EngineDied():
                        self.manners.pop(seat, None)
                        yield replace(message, seat=seat)
                    case orders.Holding() | orders.Places():
                        yield replace(message, seat=seat)
                    case _:
                        yield message

    def kill(self, seat: int) -> None:
        """End an engine at once; its death is heard like any other."""
        if seat in self._hosts:
            self._hosts[seat].kill()

    def pid(self, seat: int) -> int | None:
        """The process of a seat's engine, while there is one."""
        host = self._hosts.get(seat)
        return host.pid if host is not None else None

    def close(self) -> None:
        """End all of them, and wait for that."""
        for seat, host in self._hosts.items():
            if seat < AFAR:  # one elsewhere goes on with its job
                host.kill()
        for host in self._hosts.values():
            host.close()
