"""Each network alone, in memory, in one process: upstream's own path and ours on the same samples,
one after the other, both warm. No file is read or written within a measured run.

Run as a command in a process of its own: ``stopwatch`` says why. Upstream is called as its own code
calls these functions, with its own window plan and its own defaults, but for Demucs' random shift.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from voxmend.audio import Signal, load
from voxmend.bench.figures import Alone
from voxmend.bench.weights import ONNX
from voxmend.blocks.contract import Block
from voxmend.cascade import runner
from voxmend.cascade.context import Context
from voxmend.cascade.ladder import FULL
from voxmend.cascade.plan import BlockRun, Plan, block_called
from voxmend.cascade.precision import Proof
from voxmend.cascade.render import Ran
from voxmend.engine import device

from . import separator_command, weights
from .networks import scnet
from .weights import UpstreamPlaces

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Order:
    """What to measure.

    Attributes:
        clips: files, with their lengths in seconds.
        repeats: timed runs of each side; the median counts.
    """

    root: str
    networks: tuple[str, ...]
    clips: tuple[tuple[str, float], ...]
    repeats: tuple[int, ...]
    against: bool
    full: bool
    device: str
    result: str


class _Lent:
    """One loaded network, lent to the block it belongs to."""

    def __init__(self, network: Any) -> None:
        self._network = network

    @contextmanager
    def use(self, block: Block, device: torch.device) -> Iterator[Any]:  # noqa: ARG002
        """The network."""
        yield self._network

    def hashes(self, block: Block) -> tuple[str, ...]:  # noqa: ARG002
        """There is only this one."""
        return ()

    def evict(self, but: Block) -> bool:  # noqa: ARG002
        """It stays."""
        return False


class _Proofs:
    """Proofs of precision, for as long as this process lives."""

    def __init__(self) -> None:
        self._known: dict[str, Proof] = {}

    def find(self, key: str) -> Proof | None:
        """The proof of this key."""
        return self._known.get(key)

    def keep(self, key: str, proof: Proof) -> None:
        """Remember it."""
        self._known[key] = proof


def measure(order: Order) -> list[Alone]:
    """A row for each network, clip and precision."""
    places = UpstreamPlaces(Path(order.root))
    place, _ = device.choose(order.device)
    rows: list[Alone] = []
    for name in order.networks:
        block = block_called(f"separate.{name}")
        network = block.load(places.files(name), place)
        proofs = _Proofs()
        theirs = _upstream(name, places, order.full, place) if order.against else None
        for (file, seconds), repeats in zip(order.clips, order.repeats, strict=True):
            with tempfile.TemporaryDirectory(dir=order.root) as scratch:
                clip = load(Path(file), None, None, Path(scratch)).signal
                contexts = {
                    asked: Context(
                        place, Path(scratch), batch=device.batch(place), networks=_Lent(network),
                        precision=asked, proofs=proofs,
                    )
                    for asked in (FULL, "auto")
                }  # fmt: skip
                rows += _rows(name, block, clip, seconds, contexts, theirs, repeats)
    return rows


def _rows(
    name: str, block: Block, clip: Signal, seconds: float, contexts: Mapping[str, Context],
    theirs: Callable[[Samples], object] | None, repeats: int,
) -> list[Alone]:  # fmt: skip
    """One network, one clip: each way once unmeasured, then in turns."""
    samples = clip.read(0, clip.frames)
    took: dict[str, list[float]] = {way: [] for way in (*contexts, "upstream")}
    ran: dict[str, Ran] = {}
    for turn in range(repeats + 1):
        for asked, context in contexts.items():
            began = time.perf_counter()
            ran[asked] = _ours(block, clip, context)
            took[asked] += [time.perf_counter() - began] if turn else []
        if theirs is not None:
            began = time.perf_counter()
            theirs(samples)
            took["upstream"] += [time.perf_counter() - began] if turn else []
    upstream = statistics.median(took["upstream"]) if theirs is not None else None
    rows = []
    for asked in contexts:
        ours = statistics.median(took[asked])
        ratio = None if upstream is None else round(upstream / ours, 3)
        rows.append(
            Alone(
                name, seconds, asked, ran[asked].precision, ran[asked].runs_on, round(ours, 3),
                None if upstream is None else round(upstream, 3), ratio,
            )
        )  # fmt: skip
    return rows


def _ours(block: Block, clip: Signal, context: Context) -> Ran:
    """The clip through our block as a worker runs it; how it was run."""
    plan = Plan("alone", (BlockRun("separate", block, block.params()),), guarded=False)
    outcome = runner.run(plan, clip, context)
    outcome.vocals.close()
    return outcome.ran[0]


def _upstream(
    name: str, places: UpstreamPlaces, full: bool, place: torch.device
) -> Callable[[Samples], object] | None:
    """Upstream's function from samples (2, frames) to stems, its network loaded; None where its
    package is not installed."""
    if name == "htdemucs":
        return _demucs(places, place)
    if name in weights.SCNETS:
        return _scnet(name, places, full, place)
    separator_command.prepare()
    from audio_separator.separator import Separator

    settings = {} if full else {"mdx_params": _mdx_params()}
    made = Separator(
        log_level=logging.ERROR, model_file_dir=str(places.separator),
        output_dir=str(places.root / "out"), **settings,
    )  # fmt: skip
    made.load_model(ONNX if name == "mdx" else weights.CHECKPOINTS[name][0])
    model = made.model_instance
    if name == "mdx":
        return lambda samples: model.demix(samples)

    def demix(samples: Samples) -> object:
        short = model._use_model_segment_override(samples.shape[1] / 44_100)
        return model.demix(samples, override_model_segment_size=short)

    return demix


def _demucs(places: UpstreamPlaces, place: torch.device) -> Callable[[Samples], object]:
    from demucs.apply import apply_model
    from demucs.pretrained import get_model

    bag = get_model(weights.BAG, repo=places.demucs)

    def demix(samples: Samples) -> object:
        mix = torch.from_numpy(samples)[None]
        with torch.no_grad():
            return apply_model(bag, mix, device=place, shifts=0, split=True, overlap=0.25)

    return demix


def _scnet(
    name: str, places: UpstreamPlaces, full: bool, place: torch.device
) -> Callable[[Samples], object] | None:
    """As the publisher of its weights runs it; his package comes with the tests only."""
    if importlib.util.find_spec("msst") is None:
        return None
    from ml_collections import ConfigDict

    config = scnet.describe(weights.size_of(name, full))
    published: Any = importlib.import_module("msst.models.scnet")
    running: Any = importlib.import_module("msst.utils.model_utils")
    network = published.SCNet(**config["model"])
    (ckpt,) = (file for file in places.files(name) if file.suffix == ".ckpt")
    network.load_state_dict(torch.load(ckpt, weights_only=True))
    network.to(place).eval()
    return lambda samples: running.demix(ConfigDict(config), network, samples, place, "scnet")


def _mdx_params() -> dict[str, Any]:
    """audio-separator's own defaults, at a tiny network's window."""
    return {
        "hop_length": 1024,
        "segment_size": weights.frames(full=False),
        "overlap": 0.25,
        "batch_size": 1,
        "enable_denoise": False,
    }


def main() -> None:
    """Carry out an order given as JSON; the rows go into its result file."""
    asked = json.loads(sys.argv[1])
    order = Order(**asked)
    rows = [asdict(row) for row in measure(order)]
    Path(order.result).write_text(json.dumps(rows), "utf-8")


if __name__ == "__main__":
    main()
