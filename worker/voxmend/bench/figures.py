"""What a measurement of speed found: plain values, and the table a person reads.

A ratio is upstream's time over ours: 2 means that ours takes half as long. A real-time factor is
seconds of work for a second of sound: below 1 is faster than the clip plays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ours:
    """voxmend's side, for one clip. All times are of the command, from its start to stems on disk,
    but for two.

    Attributes:
        cold_s: the first job of all: the worker starts, torch and the networks load, and each
            network that can do with less than fp32 is tried out once.
        restart_s: the first job after a restart of the worker, the trials known from before.
        warm_s: a clip the worker has not seen, in a worker that has worked; the median.
        cached_s: a clip it has seen.
        job_warm_s: of the warm one, the engine's part, without the command around it.
        first_window_s: of the warm one, from the job's creation to its first window.
        peak_mb: the most the engine has held in memory so far.
        stages: how each block of the warm one was run.
    """

    cold_s: float
    restart_s: float
    warm_s: float
    cached_s: float
    warm_rtf: float
    peak_mb: float | None
    job_warm_s: float
    first_window_s: float | None
    stages: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Theirs:
    """Upstream's commands in a row, for the same clips: medians. ``commands_s`` has each by its
    name; ``deepfilternet`` is its official ONNX files in a fresh process."""

    commands_s: Mapping[str, float]
    total_s: float
    rtf: float
    peak_mb: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One length of clip."""

    clip_s: float
    repeats: int
    ours: Ours
    upstream: Theirs | None = None
    cold_ratio: float | None = None
    warm_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Alone:
    """One network alone, in memory.

    Attributes:
        asked: "fp32", or "auto": lower where it proved itself on these weights.
        precision: what it ran in.
    """

    network: str
    clip_s: float
    asked: str
    precision: str
    runs_on: str
    ours_s: float
    upstream_s: float | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Speed:
    """All of it.

    Attributes:
        device: as the jobs' records name it.
        threads: what torch takes; both sides have the same environment.
        load: the machine's load average in the minute before: what else it was doing.
        preset: what ours ran: "separation" or "classic".
    """

    device: str
    threads: int
    load: float | None
    preset: str
    rows: tuple[Row, ...]
    networks: tuple[Alone, ...] = ()


def table(found: Speed) -> Iterator[str]:
    """The lines a person reads."""
    names = next((tuple(row.upstream.commands_s) for row in found.rows if row.upstream), ())
    yield f"{found.device}, {found.threads} threads, preset {found.preset}"
    if found.rows:
        yield ""
        yield from _grid(
            [
                "clip", "first", "restart", "warm", "cached", "x real time", "peak MB",
                *names, "upstream", "peak MB", "warm ratio", "cold ratio",
            ],
            [_cells(row, names) for row in found.rows],
        )  # fmt: skip
        yield ""
        if "deepfilternet" in names:
            yield "deepfilternet: its official ONNX files in a fresh process; see docs/speed.md"
        yield from (f"{row.clip_s:g} s, warm: {_stages(row.ours)}" for row in found.rows)
    if found.networks:
        yield ""
        yield from _grid(
            ["network alone", "clip", "precision", "on", "ours", "upstream", "ratio"],
            [
                [
                    row.network, f"{row.clip_s:g} s", _precision(row), row.runs_on,
                    f"{row.ours_s:.2f} s", _number(row.upstream_s, " s", 2),
                    _number(row.ratio, "", 2),
                ]
                for row in found.networks
            ],
        )  # fmt: skip


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    ours, theirs = row.ours, row.upstream
    times = (ours.cold_s, ours.restart_s, ours.warm_s, ours.cached_s)
    return [
        f"{row.clip_s:g} s", *(f"{time:.2f} s" for time in times), f"{ours.warm_rtf:.2f}",
        _number(ours.peak_mb),
        *(_number(theirs.commands_s[name] if theirs else None, " s", 1) for name in names),
        _number(theirs.total_s if theirs else None, " s", 1),
        _number(theirs.peak_mb if theirs else None), _number(row.warm_ratio, "", 2),
        _number(row.cold_ratio, "", 2),
    ]  # fmt: skip


def _stages(ours: Ours) -> str:
    """How the blocks of the warm job were run."""
    return ", ".join(
        f"{ran['block']} {ran['precision']} on {ran['runs_on']} {ran['seconds']:.2f} s"
        for ran in ours.stages
    )


def _precision(row: Alone) -> str:
    return row.precision if row.asked == row.precision else f"{row.precision} ({row.asked})"


def _number(value: float | None, unit: str = "", digits: int = 0) -> str:
    return "-" if value is None else f"{value:.{digits}f}{unit}"


def _grid(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Columns, each as wide as its widest cell; one that holds nothing is left out."""
    columns = [list(column) for column in zip(head, *rows, strict=True)]
    columns = [column for column in columns if any(cell != "-" for cell in column[1:])]
    widths = [max(map(len, column)) for column in columns]
    for cells in zip(*columns, strict=True):
        yield "  ".join(
            cell.rjust(width) for cell, width in zip(cells, widths, strict=True)
        ).rstrip()
