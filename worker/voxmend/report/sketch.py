"""A job's small arrays: the curves of its four detectors, and a picture of the sound at each stage.

The engine writes them into the state folder while it works, since the sound between two blocks
lies only in the cache, which is evicted; the report draws them. A job's numbers are not here: they
stand in its ``job.json``.

Always holds: one file for each job, at most some hundred kilobytes, replaced as a whole; what
cannot be read is as good as not there.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .. import safe_files
from ..audio.spectrogram import Picture
from ..disk import put
from .shelf import file_of

Curves = Mapping[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the report draws.

    Attributes:
        hop_s: seconds from one value of a curve to the next.
        before, after: damage to its curve, nan where nothing can be told; ``after`` is empty where
            nothing was to change the voice.
        pictures: in the order in which the sound came to be.
    """

    hop_s: float
    before: Curves
    after: Curves = field(default_factory=dict)
    pictures: Sequence[Picture] = ()


def write(state: Path, job: str, sketch: Sketch) -> None:
    """Keep a job's arrays. A report without them is poorer, so a full disk is no failure."""
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for when, curves in (("before", sketch.before), ("after", sketch.after)):
        for name, curve in curves.items():
            arrays[f"{when}.{name}"] = curve.astype(np.float16)
    facts = []
    for n, picture in enumerate(sketch.pictures):
        arrays[f"picture.{n}"] = picture.cells
        facts.append({"name": picture.name, "low_hz": picture.low_hz, "high_hz": picture.high_hz})
    head = json.dumps({"hop_s": sketch.hop_s, "pictures": facts}).encode()
    arrays["head"] = np.frombuffer(head, dtype=np.uint8)
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    file = file_of(state, job)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        put(file, packed.getvalue())


def read(state: Path, job: str) -> Sketch | None:
    """A job's arrays, or None where there are none."""
    try:
        with (
            os.fdopen(safe_files.opened(file_of(state, job)), "rb") as opened,
            np.load(opened, allow_pickle=False) as arrays,
        ):
            head = json.loads(bytes(arrays["head"]))
            curves: dict[str, dict[str, npt.NDArray[np.float32]]] = {"before": {}, "after": {}}
            for key in arrays.files:
                when, _, name = key.partition(".")
                if when in curves:
                    curves[when][name] = arrays[key].astype(np.float32)
            pictures = [
                Picture(fact["name"], arrays[f"picture.{n}"], fact["low_hz"], fact["high_hz"])
                for n, fact in enumerate(head["pictures"])
            ]
            return Sketch(float(head["hop_s"]), curves["before"], curves["after"], pictures)
    except Exception:  # noqa: BLE001  numpy and zip say it in many ways; a picture is no need
        return None
