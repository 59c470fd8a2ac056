"""How fast each preset of ours takes a song apart on this machine, side by side in one run:
``python -m voxmend_bench.preset_speed [--seconds 22] [--fp32] [PRESET …]``.

Networks of the published shape with random weights, Spleeter with its own: this says how fast, and
nothing of how good. Each preset's whole plan runs in one process, in memory: once on a short clip,
unmeasured, so that networks are loaded and their precision is decided, and once measured. Processor
time stands beside the time that passed, because on a busy machine only the first can be compared.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from voxmend import paths, presets, targets
from voxmend.audio import load
from voxmend.bench import clip as clips
from voxmend.blocks.contract import Block
from voxmend.cascade import plan as plans
from voxmend.cascade import runner
from voxmend.cascade.context import Context
from voxmend.engine import device
from voxmend.engine.pool import ModelPool
from voxmend.engine.weights import FileProofs, Weights
from voxmend.manners import ASLEEP
from voxmend.models import catalogue, store
from voxmend.presets import Preset
from voxmend_protocol.values import DEFAULT_STEMS

from . import roofline
from .networks import roformer
from .roofline import SEED, Writer

SECONDS = 22.0
"""Two windows of SCNet, without what they share."""

WARM_S = 3.0
"""Of the clip that is not measured."""

NOBODYS = Path("no user's presets")


RANDOM: Mapping[str, Writer] = {**roofline.NETWORKS, **roofline.LARGE}

WRITES: Mapping[str, Writer] = {
    **{
        name: RANDOM[name]
        for name in (
            "separate.htdemucs",
            "separate.mdx",
            "separate.scnet_large",
            "separate.roformer",
        )
    },
    "part.lead": lambda folder, full: roformer.write(folder, full=full, seed=SEED, kind="bs"),
}
"""The blocks whose networks have random weights here, and what writes those."""

IN_THE_BOX = ("separate.spleeter", "separate.ensemble", "denoise.gaps")
"""The blocks that need no weights but those that come with voxmend."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One preset.

    Attributes:
        took_s: time that passed; ``work_s``: of all cores together.
        blocks: each block, the precision it ran in, and its seconds.
    """

    preset: str
    clip_s: float
    took_s: float
    work_s: float
    blocks: tuple[str, ...]


class _Lent:
    """Networks of random weights, each loaded once, and those that are installed."""

    def __init__(self, folder: Path, full: bool) -> None:
        self._folder, self._full = folder, full
        self._installed = Weights(store.of(paths.find()), ModelPool())
        self._loaded: dict[tuple[str, ...], Any] = {}

    @contextmanager
    def use(self, block: Block, device: torch.device) -> Iterator[Any]:
        """The block's network."""
        if block.name not in WRITES:
            with self._installed.use(block, device) as network:
                yield network
            return
        key = (block.name, *block.targets)
        if key not in self._loaded:
            folder = self._folder / block.name
            if not folder.exists():
                folder.mkdir()
                WRITES[block.name](folder, self._full)
            self._loaded[key] = block.load(sorted(folder.iterdir()), device)
        yield self._loaded[key]

    def hashes(self, block: Block) -> tuple[str, ...]:
        """None is needed: nothing is cached."""
        return (block.name,)

    def evict(self, but: Block) -> bool:  # noqa: ARG002
        """They stay."""
        return False


def plan_of(preset: Preset) -> plans.Plan:
    """What the engine would do for the stems that the preset writes."""
    known = catalogue.load()
    asked = preset.stems or DEFAULT_STEMS
    return plans.make(preset, known, targets.of(asked, known.splits(preset.blocks)))


def candidates() -> list[Preset]:
    """Our own presets that can be measured: they separate, and with networks that are here."""
    return [
        preset
        for preset in presets.menu(NOBODYS)
        if preset.separators
        and {*preset.separators, *(run.block.name for run in plan_of(preset).runs)}
        <= {*WRITES, *IN_THE_BOX}
    ]  # fmt: skip


def measure(
    chosen: Sequence[Preset],
    seconds: float,
    full: bool,
    precision: str = "auto",
    asked: str = "auto",
) -> Iterator[Timed]:
    """A row for each preset, as it is done.

    Args:
        full: networks of the published size.
        precision: "fp32", or "auto": lower where that proves itself on these weights.
        asked: the device, as ``worker.device`` names it.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "networks").mkdir()
        lent = _Lent(folder / "networks", full)
        place, _ = device.choose(asked)
        device.prepare(place)
        brief, whole = (
            load(clips.write(folder / f"{each:g}.wav", each, SEED), None, None, folder).signal
            for each in (WARM_S, seconds)
        )
        context = Context(
            place, folder, batch=device.batch(place), networks=lent,
            proofs=FileProofs(folder / "proofs.json"), precision=precision,
        )  # fmt: skip
        for preset in chosen:
            plan = plan_of(preset)
            runner.run(plan, brief, context).vocals.close()
            work, began = time.process_time(), time.perf_counter()
            outcome = runner.run(plan, whole, context)
            took, worked = time.perf_counter() - began, time.process_time() - work
            outcome.vocals.close()
            blocks = tuple(
                f"{ran.block} {ran.precision} {ran.seconds:.1f} s" for ran in outcome.ran
            )
            yield Timed(preset.name, seconds, took, worked, blocks)


def main() -> None:
    """Measure those that are named, or all; print a table. In a process of its own, whose threads
    wait asleep as the engine's do: awake ones would count as work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--threads", type=int, help="fewer than the machine has cores")
    parser.add_argument("--fp32", action="store_true", help="no trial of lower precision")
    parser.add_argument("--tiny", action="store_true", help="tiny networks: only that it runs")
    asked = parser.parse_args()
    known = {preset.name: preset for preset in candidates()}
    if unknown := set(asked.presets) - known.keys():
        parser.error(f"{', '.join(sorted(unknown))}: write some of {', '.join(known)}")
    if asked.threads:
        os.environ["OMP_NUM_THREADS"] = str(asked.threads)
    if not ASLEEP.items() <= os.environ.items():
        env = {**os.environ, **ASLEEP}
        command = [sys.executable, "-m", "voxmend_bench.preset_speed", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=env, check=False).returncode)
    chosen = [known[name] for name in asked.presets or known]
    print(
        f"{torch.get_num_threads()} threads, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    precision = "fp32" if asked.fp32 else "auto"
    for row in measure(chosen, asked.seconds, not asked.tiny, precision):
        print(
            f"{row.preset:9} {row.took_s / row.clip_s:6.2f} s and {row.work_s / row.clip_s:6.2f} s "
            f"of processor for a second of sound   {', '.join(row.blocks)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
