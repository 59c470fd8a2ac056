"""Random weights in every place that needs them: voxmend's own store, and what upstream's commands
read. Both get the same numbers, so both do the same work.

Run as a command in a process of its own, since it loads torch: ``stopwatch`` says why.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from .. import paths
from ..models import catalogue
from ..models.hashes import digest_of
from ..models.store import Store

SEED = 1
BAG, SIGNATURE = "htdemucs", "955717e8"
ONNX = "UVR-MDX-NET-Voc_FT.onnx"
SAFETENSORS = f"{SIGNATURE}.safetensors"
OURS = {"htdemucs": (SAFETENSORS,), "mdx_voc_ft": (ONNX,)}
"""The models of the preset split, by id, and their files."""

DEEPFILTERNET = "deepfilternet3"
"""Of the whole chain the one network that is small and free: its real weights are taken."""

CHECKPOINTS = ("roformer", "mdx23c")
"""The networks that are measured alone only."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a measurement keeps what."""

    root: Path

    @property
    def home(self) -> Path:
        """Our VOXMEND_HOME."""
        return self.root / "home"

    @property
    def upstream_home(self) -> Path:
        """The home of upstream's commands."""
        return self.root / "upstream" / "home"

    def folder(self, model: str) -> Path:
        """Our store's folder for a model."""
        return self.home / "models" / model

    @property
    def demucs(self) -> Path:
        """What ``demucs --repo`` reads."""
        return self.root / "upstream" / "demucs"

    @property
    def separator(self) -> Path:
        """What ``audio-separator --model_file_dir`` reads."""
        return self.root / "upstream" / "separator"

    def files(self, name: str) -> list[Path]:
        """The weights of a network, as our block takes them."""
        if name in CHECKPOINTS:
            return [self.separator / file for file in checkpoint_names(name)]
        model = {"htdemucs": "htdemucs", "mdx": "mdx_voc_ft"}[name]
        return [self.folder(model) / file for file in OURS[model]]


def checkpoint_names(name: str) -> tuple[str, str]:
    """The ``.ckpt`` and ``.yaml`` of a network."""
    from .networks import mdx23c, roformer

    return roformer.NAMES["mel"] if name == "roformer" else mdx23c.NAMES


def frames(full: bool) -> int:
    """Frames in a window of the MDX network."""
    from .networks import mdx

    return (mdx.FULL if full else mdx.TINY).frames


def write(places: Places, full: bool, every: bool, deepfilternet: Path | None = None) -> None:
    """Write all weights, and a catalogue of ours that knows them.

    Args:
        every: the networks that are measured alone only, too.
        deepfilternet: a folder of real weights: those of the whole chain's repairs, too.
    """
    from .networks import htdemucs, mdx, mdx23c, roformer, voicefixer

    ours = {**OURS, **({"voicefixer": voicefixer.NAMES} if deepfilternet else {})}
    store = Store(places.home / "models", _own(places.home / "config" / "models.toml", ours))
    network = htdemucs.build(full=full, seed=SEED)
    htdemucs.save(network, places.files("htdemucs")[0])
    htdemucs.save_th(network, places.demucs, SIGNATURE)
    (places.demucs / f"{BAG}.yaml").write_text(f"models: ['{SIGNATURE}']\n")
    places.separator.mkdir(parents=True, exist_ok=True)
    onnx = places.separator / ONNX
    mdx.write(onnx, full=full, seed=SEED)
    own = places.files("mdx")[0]
    own.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(onnx, own)
    if every:
        roformer.write(places.separator, full=full, seed=SEED)
        mdx23c.write(places.separator, full=full, seed=SEED)
    if deepfilternet:
        shutil.copytree(deepfilternet, places.folder(DEEPFILTERNET))
        files = voicefixer.write(places.folder("voicefixer"), seed=SEED, half=not full)
        for file, place in zip(files, VOICEFIXER_AT, strict=True):
            there = places.upstream_home / ".cache" / "voicefixer" / place / file.name
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, there)
    _describe(places.separator, full)
    for name in (*ours, *([DEEPFILTERNET] if deepfilternet else [])):
        store.files(store.catalogue.find(name))  # proved once, as `models pull` would have done


VOICEFIXER_AT = ("analysis_module/checkpoints", "synthesis_module/44100")
"""Where in its cache voicefixer looks for its files."""


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
        f"them (voxmend models pull {model}), or measure separation alone: --preset split"
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


def _describe(folder: Path, full: bool) -> None:
    """The three lists audio-separator would download: with them there it asks no network."""
    from .networks import mdx

    lists: Mapping[str, object] = {
        "download_checks": {
            "vr_download_list": {},
            "mdx_download_list": {"MDX-Net Model: random weights": ONNX},
            "mdx_download_vip_list": {},
            "demucs_download_list": {},
            "mdx23c_download_list": {"MDX23C: random weights": _pair("mdx23c")},
            "mdx23c_download_vip_list": {},
            "roformer_download_list": {"Roformer: random weights": _pair("roformer")},
        },
        "mdx_model_data": {
            digest_of(folder / ONNX).md5_tail: {
                "compensate": 1.021,
                "mdx_dim_f_set": mdx.BINS,
                "mdx_dim_t_set": int(math.log2(frames(full))),
                "mdx_n_fft_scale_set": 7680,
                "primary_stem": "Vocals",
            }
        },
        "vr_model_data": {},
    }
    for name, content in lists.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1), "utf-8")


def _pair(name: str) -> dict[str, str]:
    """A checkpoint and its description, as UVR's lists have them."""
    ckpt, text = checkpoint_names(name)
    return {ckpt: text}


def main() -> None:
    """Write them, and say how many threads torch takes here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--deepfilternet", type=Path)
    asked = parser.parse_args()
    write(Places(asked.root), not asked.tiny, asked.every, asked.deepfilternet)
    import torch

    print(json.dumps({"threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
