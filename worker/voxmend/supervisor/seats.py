"""All seats of a worker: how its engines do together, and which of them a job may take. Pure.

A worker elsewhere has seats too, made when its first job comes: on one the next song is sent while
on the other one is done. They are numbered behind all that a machine can have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voxmend_protocol.values import DEVICE, EngineState, LoadedModel

from .seat import Seat

MOST = 16

AFAR = MOST
"""The number of the first seat of a worker elsewhere."""
EACH = 2
"""Seats of one worker elsewhere."""


class Seats:
    """One or more, counted from 0."""

    def __init__(self, count: int) -> None:
        self._all = [Seat(number) for number in range(count)]
        self._afar: list[Seat] = []

    def __iter__(self) -> Iterator[Seat]:
        return iter((*self._all, *self._afar))

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, number: int) -> Seat:
        return self._all[number] if number < AFAR else self._afar[number - AFAR]

    def grow(self, devices: Sequence[str]) -> None:
        """Have one for each of these devices, the first of which sit already."""
        for number in range(len(self._all), min(MOST, len(devices))):
            self._all.append(Seat(number, devices[number]))

    @property
    def engine(self) -> EngineState:
        """How all the engines do, in one word: broken where every one is."""
        there = {seat.engine for seat in self}
        words: tuple[EngineState, ...] = ("busy", "idle", "absent")
        return next((word for word in words if word in there), "broken")

    @property
    def reason(self) -> str | None:
        """Why no engine works."""
        return self._all[0].reason if self.engine == "broken" else None

    @property
    def running(self) -> tuple[str, ...]:
        """The jobs at work, by their seats."""
        return tuple(seat.job for seat in self if seat.job is not None)

    def of(self, job: str) -> Seat | None:
        """Where a job runs."""
        return next((seat for seat in self if seat.job == job), None)

    def loaded(self, now: float) -> tuple[LoadedModel, ...]:
        """The networks that the engines hold."""
        return tuple(model for seat in self._all for model in seat.loaded(now))

    def place(self, device: str | None) -> Seat | None:
        """Where a job that asks for this device may begin now: rather where an engine is there
        already."""
        if is_remote(device):
            return self._place_afar(str(device))
        free = [seat for seat in self._suiting(device) if seat.free]
        return min(free, key=lambda seat: (seat.engine == "absent", seat.number), default=None)

    def broken_for(self, device: str | None) -> str | None:
        """Why no engine does a job that asks for this device; None where one can."""
        if is_remote(device):
            return None
        suits = self._suiting(device)
        if any(seat.engine != "broken" for seat in suits):
            return None
        # It is this device's fault only where others go on.
        where = "" if self.engine == "broken" else f" of {device}"
        return f"The engine{where} does not stay alive: {suits[0].reason}."

    def _suiting(self, device: str | None) -> Sequence[Seat]:
        """Where a job may run that asks for this device: the seats that have it. Where none has, or
        any would do, all of them: an engine does as it is told, or says that it cannot."""
        if device in (None, "auto", "cpu"):
            return self._all
        having = [seat for seat in self._all if seat.device and device in _names(seat.device)]
        return having or self._all

    def _place_afar(self, name: str) -> Seat | None:
        """A free seat of a worker elsewhere, made where it has not got all of its own yet."""
        seats = [seat for seat in self._afar if seat.device == name]
        for seat in seats:
            if seat.free:
                return seat
        if len(seats) == EACH:
            return None
        self._afar.append(Seat(AFAR + len(self._afar), name))
        return self._afar[-1]


def is_remote(device: str | None) -> bool:
    """Whether this names a worker elsewhere and no device of this machine."""
    return device is not None and not DEVICE.fullmatch(device)


def _names(device: str) -> tuple[str, str]:
    """What a device answers to: "cuda:1" to "cuda" too."""
    return device, device.partition(":")[0]
