"""How near each network comes to what this processor can do: ``python -m voxmend_bench.roofline``.

First what the machine does at best, a product of matrices and a convolution, in float32 and bf16.
Then one window of each network in each precision it has: its arithmetic, counted at the operators
that torch runs, its time, and its share of the higher of the two peaks. Transforms and recurrent
layers are not counted, so a share is never too high; onnxruntime's networks cannot be counted.
With one thread (``--threads 1``) its processor time counts in place of the clock's, so that what
else the machine does changes little.

Random weights of the published sizes, but for Spleeter's: speed, and nothing of quality. Where they
run in bf16 their error against float32 is told, as a trial would find it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from voxmend import manners, paths
from voxmend.audio import load
from voxmend.bench import clip as clips
from voxmend.bench.networks import htdemucs, mdx, voicefixer
from voxmend.blocks.contract import Block, Separator
from voxmend.cascade.plan import block_called
from voxmend.cascade.precision import errors
from voxmend.models import store
from voxmend.networks.arrays import as_safetensors

from .networks import mdx23c, roformer, scnet

SEED = 1
CPU = torch.device("cpu")
KINDS = {"fp32": torch.float32, "bf16": torch.bfloat16}
Writer = Callable[[Path, bool], Sequence[Path]]
"""Writes a network's weights into a folder, of the published size or tiny."""

LONGEST_S = 10.0
"""Of a window that is measured: VoiceFixer's own is longer than most phrases."""


@dataclass(frozen=True, slots=True)
class Peak:
    """What the machine does at best in one precision, 10^9 operations a second.

    Attributes:
        product: matrices of 2048 by 2048.
        convolution: 3 by 3 over 96 channels, channels last.
    """

    precision: str
    product: float
    convolution: float

    @property
    def best(self) -> float:
        """The higher of the two."""
        return max(self.product, self.convolution)


@dataclass(frozen=True, slots=True)
class Share:
    """One network in one precision.

    Attributes:
        window_s: sound in the window.
        work: 10^9 operations in it, or None where nobody can count.
        took_s: the best of some runs; ``own_s`` is processor time, all threads together.
        error_db: signal to error against float32, None for that itself.
    """

    network: str
    precision: str
    window_s: float
    work: float | None
    took_s: float
    own_s: float
    error_db: float | None

    def of(self, peak: Peak) -> float | None:
        """Its share of a peak."""
        return None if self.work is None else self.work / self.took_s / peak.best


def best(
    run: Callable[[], object], repeats: int, place: torch.device = CPU
) -> tuple[float, float]:  # fmt: skip
    """The shortest of some runs after one that warms up, and the least processor time, seconds:
    the same where there is one thread and no card."""

    def whole() -> None:
        run()
        if place.type == "cuda":
            torch.cuda.synchronize(place)

    whole()
    took = []
    for _ in range(repeats):
        began, own = time.perf_counter(), time.process_time()
        whole()
        took.append((time.perf_counter() - began, time.process_time() - own))
    own = min(each for _, each in took)
    alone = torch.get_num_threads() == 1 and place.type == "cpu"
    return (own if alone else min(wall for wall, _ in took)), own


def peaks(size: int = 2048, repeats: int = 5, place: torch.device = CPU) -> list[Peak]:
    """What a device does at best, in each precision."""
    found = []
    for name, kind in KINDS.items():
        one, other = (torch.randn(size, size, device=place).to(kind) for _ in range(2))
        wall, _ = best(lambda one=one, other=other: one @ other, repeats, place)  # type: ignore[misc]
        product = 2 * size**3 / wall / 1e9
        last = torch.channels_last
        heard = torch.randn(1, 96, 128, size // 8, device=place).to(kind)
        heard = heard.contiguous(memory_format=last)
        weight = torch.randn(96, 96, 3, 3, device=place).to(kind).contiguous(memory_format=last)
        wall, _ = best(
            lambda heard=heard, weight=weight: F.conv2d(heard, weight, padding=1),  # type: ignore[misc]
            repeats,
            place,
        )
        work = 2 * 9 * 96**2 * heard.shape[2] * heard.shape[3]
        found.append(Peak(name, product, work / wall / 1e9))
    return found


def _htdemucs(folder: Path, full: bool) -> list[Path]:
    htdemucs.save(htdemucs.build(full=full, seed=SEED), folder / "net.safetensors")
    return [folder / "net.safetensors"]


def _mdx(folder: Path, full: bool) -> list[Path]:
    return [mdx.write(folder / "net.onnx", full=full, seed=SEED)]


def _voicefixer(folder: Path, full: bool) -> list[Path]:
    voicefixer.write(folder, seed=SEED, half=not full)
    return sorted(folder.iterdir())


def _installed(folder: Path, full: bool) -> list[Path]:  # noqa: ARG001  they have one size
    shelf = store.of(paths.find())
    return list(shelf.files(shelf.catalogue.find("spleeter"), as_safetensors))


NETWORKS: Mapping[str, Writer] = {
    "separate.htdemucs": _htdemucs,
    "separate.mdx": _mdx,
    "phase.voicefixer": _voicefixer,
    "separate.spleeter": _installed,
}

LARGE: Mapping[str, Writer] = {
    "separate.scnet": lambda at, full: scnet.write(at, "small" if full else "tiny", seed=SEED),
    "separate.scnet_large": lambda at, full: scnet.write(
        at, "large" if full else "tiny", seed=SEED
    ),
    "separate.roformer": lambda at, full: roformer.write(at, full=full, seed=SEED),
    "separate.mdx23c": lambda at, full: mdx23c.write(at, full=full, seed=SEED),
}
"""Those that are measured where they are named, and on a card."""


def shares(
    names: Sequence[str], full: bool, repeats: int = 3, place: torch.device = CPU
) -> Iterator[Share]:  # fmt: skip
    """A row for each network and precision, as it is done. On a card the error of its float32 row
    is that against the CPU's answer to the same window."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        song = load(clips.write(folder / "song.wav", 30.0, SEED), None, None, folder).signal
        for name in names:
            own = folder / name
            own.mkdir()
            block = block_called(name)
            files = {**NETWORKS, **LARGE}[name](own, full)
            network = block.load(files, place)
            samples = min(network.window, round(LONGEST_S * song.rate))
            heard = torch.from_numpy(song.read(0, samples))[None]
            rows = _shares(block, network, heard.to(place), song.rate, repeats)
            if place.type != "cpu":
                truth = answer(block, block.load(files, CPU), heard, song.rate)
                there = answer(block, network, heard.to(place), song.rate).cpu()
                first = next(rows)
                yield replace(first, error_db=errors(truth, there, song.rate)[0])
            yield from rows


def answer(
    block: Block, network: Any, heard: Tensor, rate: int, precision: str = "fp32"
) -> Tensor:  # fmt: skip
    """What a block makes of a window."""
    words: dict[str, Any] = {"full": True} if block.name == "phase.voicefixer" else {}
    given = block.params(rate=rate, precision=precision, **words)
    mix, voice = (heard, None) if isinstance(block, Separator) else (None, heard)
    return block.run(network, mix, voice, given)


def _shares(
    block: Block, network: Any, heard: Tensor, rate: int, repeats: int
) -> Iterator[Share]:  # fmt: skip
    truth: Tensor | None = None
    work: float | None = None
    for precision in ("fp32", *block.precisions):

        def run(precision: str = precision) -> Tensor:
            return answer(block, network, heard, rate, precision)

        wall, own = best(run, repeats, heard.device)
        if truth is None:
            truth, work = run(), counted(run)
            error = None
        else:
            error = errors(truth.cpu(), run().cpu(), rate)[0]
        yield Share(block.name, precision, heard.shape[-1] / rate, work, wall, own, error)


def counted(run: Callable[[], object]) -> float | None:
    """10^9 operations of products and convolutions in a run; None where there are none to see."""
    with FlopCounterMode(display=False) as counter:
        run()
    total = counter.get_total_flops()
    return total / 1e9 if total else None


def lines(limits: Sequence[Peak], rows: Sequence[Share]) -> Iterator[str]:
    """What a person reads."""
    for peak in limits:
        yield (
            f"{peak.precision}: {peak.product:.0f} GFLOP/s in a product of matrices, "
            f"{peak.convolution:.0f} in a convolution"
        )
    by_name = {peak.precision: peak for peak in limits}
    for row in rows:
        share, work = row.of(by_name[row.precision]), row.work
        count = "not counted" if work is None else f"{work:6.0f} GFLOP, {work / row.took_s:5.0f}/s"
        part = "" if share is None else f"{100 * share:4.0f} % of the peak"
        error = "" if row.error_db is None else f"   error at {row.error_db:.1f} dB"
        yield (
            f"{row.network:18} {row.precision}  {row.window_s:5.1f} s  {row.took_s:6.2f} s "
            f"({row.own_s:6.2f} s of processor)  {count}  {part}{error}"
        )


def main() -> None:
    """Measure those that are named, or all. In a process of its own, as the engine's is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", default=[*NETWORKS])
    parser.add_argument("--threads", type=int, help="fewer than the machine has cores")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="tiny networks: only that it runs")
    parser.add_argument("--json", action="store_true", help="JSON on stdout, lines on stderr")
    asked = parser.parse_args()
    known = (*NETWORKS, *LARGE)
    if unknown := set(asked.networks) - {*known}:
        parser.error(f"{', '.join(sorted(unknown))}: write some of {', '.join(known)}")
    if not manners.ASLEEP.items() <= os.environ.items():
        env = {**os.environ, **manners.ASLEEP}
        command = [sys.executable, "-m", "voxmend_bench.roofline", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=env, check=False).returncode)
    manners.keep_memory()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    shown = sys.stderr if asked.json else sys.stdout
    machine: dict[str, Any] = {
        "threads": torch.get_num_threads(), "cores": os.cpu_count(), "load": os.getloadavg()[0],
    }  # fmt: skip
    print("{threads} threads, {cores} cores, load {load:.1f}".format(**machine), file=shown)
    with torch.no_grad():
        limits = peaks(repeats=asked.repeats)
        print(*lines(limits, ()), sep="\n", flush=True, file=shown)
        rows = []
        for row in shares(asked.networks, not asked.tiny, asked.repeats):
            rows.append(row)
            print(list(lines(limits, [row]))[-1], flush=True, file=shown)
    if asked.json:
        print(json.dumps({**machine, **plain(limits, rows)}))


def plain(limits: Sequence[Peak], rows: Sequence[Share]) -> dict[str, Any]:
    """What a program reads."""
    by_name = {peak.precision: peak for peak in limits}
    return {
        "peaks": [asdict(peak) for peak in limits],
        "networks": [
            {**asdict(row), "share_of_peak": row.of(by_name[row.precision])} for row in rows
        ],
    }


if __name__ == "__main__":
    main()
