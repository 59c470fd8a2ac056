"""All that is to be measured on a graphics card, in one go: ``make gpu``, or
``python -m voxmend_bench.gpu [--minutes 8] [--out FOLDER]``.

First what the card does at best, then each network on it: whether its float32 answer is the CPU's
(60 dB are asked for), how fast it is in each precision, and its share of the card's peak. Then
whole presets over 10 s, 3 min and an hour of sound: the real-time factor, and the most memory that
torch took on the card. Each figure is a line of JSON in ``gpu.jsonl`` the moment it is there, so
that a run that is cut off keeps what it has; what did not fit into the minutes is named at the end.

Random weights of the published sizes, Spleeter with its own: speed and sameness, never quality.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from voxmend import manners
from voxmend.engine import device

from . import preset_speed, roofline

LEAST_DB = 60.0
"""Signal to error that a card's float32 must reach against the CPU's."""

CLIPS_S = (10.0, 180.0, 3600.0)
PRESETS = ("quick", "restore", "studio")
"""Spleeter; SCNet and MDX-Net; a RoFormer."""

NO_CARD = 3
"""Exit code where torch finds none."""


@dataclass
class Run:
    """One go.

    Attributes:
        out: where each figure is written as a line.
        until: the clock at which nothing more begins.
        left: what did not fit.
        wrong: what was not as it must be.
    """

    out: Path
    until: float
    clock: Callable[[], float] = time.monotonic
    left: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def tell(self, kind: str, figures: dict[str, Any]) -> None:
        """Keep a figure, and show it."""
        line = json.dumps({"kind": kind, **figures})
        print(line, flush=True)
        with self.out.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def begins(self, what: str) -> bool:
        """Whether there is time for it."""
        if self.clock() < self.until:
            return True
        self.left.append(what)
        return False


def measure(run: Run, place: torch.device, full: bool, clips_s: Sequence[float]) -> None:
    """All of it, in the order in which it matters.

    Args:
        full: networks of the published size.
        clips_s: lengths of the clips for the presets.
    """
    device.prepare(place)
    run.tell("device", {"device": device.describe(place), "torch": torch.__version__})
    limits = {peak.precision: peak for peak in roofline.peaks(8192 if full else 64, 5, place)}
    for peak in limits.values():
        run.tell("peak", asdict(peak))
    for name in (*roofline.NETWORKS, *roofline.LARGE):
        if run.begins(name):
            for row in _network(name, place, full):
                _judge(run, row, limits)
    chosen = [one for one in preset_speed.candidates() if one.name in PRESETS]
    for seconds in clips_s:
        for preset in chosen:
            if run.begins(f"{preset.name} {seconds:g} s"):
                _preset(run, preset, seconds, place, full)


def _network(name: str, place: torch.device, full: bool) -> Iterator[roofline.Share]:
    yield from roofline.shares([name], full, 3, place)
    if place.type == "cuda":
        torch.cuda.empty_cache()


def _judge(run: Run, row: roofline.Share, limits: dict[str, roofline.Peak]) -> None:
    """One row told, and whether the card gives what the CPU gives."""
    share = row.of(limits[row.precision])
    run.tell("network", {**asdict(row), "share_of_peak": share})
    if row.precision == "fp32" and row.error_db is not None and row.error_db < LEAST_DB:
        run.wrong.append(f"{row.network}: {row.error_db:.1f} dB against the CPU")


def _preset(run: Run, preset: Any, seconds: float, place: torch.device, full: bool) -> None:
    """One preset over one clip."""
    card = place.type == "cuda"
    if card:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(place)
    for timed in preset_speed.measure([preset], seconds, full, asked=str(place)):
        run.tell(
            "preset",
            {
                **asdict(timed),
                "times_real": timed.clip_s / timed.took_s,
                "memory_gb": torch.cuda.max_memory_allocated(place) / 1e9 if card else None,
            },
        )


def main() -> None:
    """Measure what fits into the minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--out", type=Path, default=Path("dist"))
    parser.add_argument("--clips", default=",".join(f"{each:g}" for each in CLIPS_S))
    parser.add_argument("--tiny", action="store_true", help="tiny networks: only that it runs")
    parser.add_argument("--device", default="auto", help="as worker.device names it")
    asked = parser.parse_args()
    manners.keep_memory()
    place, _ = device.choose(asked.device)
    if place.type == "cpu" and asked.device != "cpu":
        print("There is no graphics card that torch can use: nothing was measured.")
        sys.exit(NO_CARD)
    asked.out.mkdir(parents=True, exist_ok=True)
    file = asked.out / "gpu.jsonl"
    file.unlink(missing_ok=True)
    run = Run(file, time.monotonic() + 60 * asked.minutes)
    with torch.no_grad():
        measure(run, place, not asked.tiny, [float(each) for each in asked.clips.split(",")])
    for what in run.left:
        print(f"no time was left for {what}")
    for what in run.wrong:
        print(f"wrong: {what}")
    print(f"{file}")
    sys.exit(1 if run.wrong else 0)


if __name__ == "__main__":
    main()
