"""Random weights in voxmend's own store, of the networks that a measured preset runs. Upstream's
commands get the same numbers (``voxmend_bench.weights``), so both sides do the same work.

Run as a command in a process of its own, since it loads torch: ``stopwatch`` says why.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from .. import paths
from ..models import catalogue
from ..models.store import Store
from .chain import SEPARATION, SEPARATION_PRESET

SEED = 1
SIGNATURE = "955717e8"
ONNX = "UVR-MDX-NET-Voc_FT.onnx"
SAFETENSORS = f"{SIGNATURE}.safetensors"
OURS = {"htdemucs": (SAFETENSORS,), "mdx_voc_ft": (ONNX,)}
"""The models of both chains' separators, by id, and their files."""

DEEPFILTERNET = "deepfilternet3"
"""Of the whole chain the one network that is small and free: its real weights are taken."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a measurement keeps what."""

    root: Path

    @property
    def home(self) -> Path:
        """Our VOXMEND_HOME."""
        return self.root / "home"

    def folder(self, model: str) -> Path:
        """Our store's folder for a model."""
        return self.home / "models" / model

    def files(self, name: str) -> list[Path]:
        """The weights of a network, as our block takes them."""
        model = {"htdemucs": "htdemucs", "mdx": "mdx_voc_ft"}[name]
        return [self.folder(model) / file for file in OURS[model]]


def write(places: Places, full: bool, deepfilternet: Path | None = None) -> None:
    """Write all weights, a catalogue of ours that knows them, and the preset of separation alone.

    Args:
        deepfilternet: a folder of real weights: those of the whole chain's repairs, too.
    """
    from .networks import htdemucs, mdx, voicefixer

    ours = {**OURS, **({"voicefixer": voicefixer.NAMES} if deepfilternet else {})}
    store = Store(places.home / "models", _own(places.home / "config" / "models.toml", ours))
    presets = places.home / "config" / "presets"
    presets.mkdir(exist_ok=True)
    (presets / f"{SEPARATION.preset}.toml").write_text(SEPARATION_PRESET, "utf-8")
    htdemucs.save(htdemucs.build(full=full, seed=SEED), places.files("htdemucs")[0])
    mdx.write(places.files("mdx")[0], full=full, seed=SEED)
    if deepfilternet:
        shutil.copytree(deepfilternet, places.folder(DEEPFILTERNET))
        voicefixer.write(places.folder("voicefixer"), seed=SEED, half=not full)
    for name in (*ours, *([DEEPFILTERNET] if deepfilternet else [])):
        store.files(store.catalogue.find(name))  # proved once, as `models pull` would have done


def real(model: str) -> Path:
    """The folder of a model's real weights: in the user's store, or under ``VOXMEND_SHARED``.

    Raises:
        EnvironmentProblem: they are in neither.
    """
    places = [paths.find().models]
    if shared := os.environ.get("VOXMEND_SHARED"):
        places.append(Path(shared) / "weights")
    for folder in (place / model for place in places):
        names = [file.name for file in catalogue.load().find(model).files]
        if all((folder / name).is_file() for name in names):
            return folder
    raise EnvironmentProblem(
        f"The whole chain is measured with {model}'s real weights, and they are not here. Fetch "
        f"them (voxmend models pull {model}), or measure separation alone: --preset separation"
    )


def _own(file: Path, ours: Mapping[str, Sequence[str]]) -> catalogue.Catalogue:
    """The user's catalogue: our rows, with files that have no published hash."""
    rows = []
    for name, weights in ours.items():
        model = catalogue.load().find(name)
        words = ("title", "stage", "purpose", "licence", "terms", "source", "citation")
        rows += [f"[{name}]", *(f"{word} = {json.dumps(getattr(model, word))}" for word in words)]
        rows += [f"blocks = {json.dumps(model.blocks)}"]
        for weight in weights:
            rows += [f"[[{name}.file]]", f"name = {json.dumps(weight)}", ""]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(rows), "utf-8")
    return catalogue.of_user(file)


def main() -> None:
    """Write them, and say how many threads torch takes here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--deepfilternet", type=Path)
    asked = parser.parse_args()
    write(Places(asked.root), not asked.tiny, asked.deepfilternet)
    import torch

    print(json.dumps({"threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
