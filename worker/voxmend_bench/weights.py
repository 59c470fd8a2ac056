"""The random weights of ``voxmend.bench.weights`` once more, where upstream's commands look and in
the form they read; and those of the networks that are measured alone only.

Run as a command in a process of its own, since it loads torch: ``stopwatch`` says why.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path

from voxmend.bench.networks import htdemucs, mdx, voicefixer
from voxmend.bench.weights import ONNX, SEED, SIGNATURE, Places
from voxmend.models.hashes import digest_of

from .networks import mdx23c, roformer, scnet

BAG = "htdemucs"

CHECKPOINTS = {"roformer": roformer.NAMES["mel"], "mdx23c": mdx23c.NAMES}
"""The networks that are measured alone only: the ``.ckpt`` and ``.yaml`` of each."""

SCNETS = {"scnet": "small", "scnet_large": "large"}
"""The networks for which upstream is a network and no command, with their sizes."""

VOICEFIXER_AT = dict(
    zip(voicefixer.NAMES, ("analysis_module/checkpoints", "synthesis_module/44100"), strict=True)
)
"""Where in its cache voicefixer looks for its files."""


class UpstreamPlaces(Places):
    """Where a measurement keeps what upstream reads."""

    __slots__ = ()

    @property
    def their_home(self) -> Path:
        """The home of upstream's commands."""
        return self.root / "upstream" / "home"

    @property
    def demucs(self) -> Path:
        """What ``demucs --repo`` reads."""
        return self.root / "upstream" / "demucs"

    @property
    def separator(self) -> Path:
        """What ``audio-separator --model_file_dir`` reads."""
        return self.root / "upstream" / "separator"

    def scnet(self, name: str) -> Path:
        """Where a SCNet of this name lies."""
        return self.root / "upstream" / name

    def files(self, name: str) -> list[Path]:
        """The weights of a network, as our block takes them."""
        if name in CHECKPOINTS:
            return [self.separator / file for file in CHECKPOINTS[name]]
        if name in SCNETS:
            return sorted(self.scnet(name).iterdir())
        return Places.files(self, name)


def frames(full: bool) -> int:
    """Frames in a window of the MDX network."""
    return (mdx.FULL if full else mdx.TINY).frames


def size_of(name: str, full: bool) -> str:
    """The size of a SCNet."""
    return SCNETS[name] if full else "tiny"


def write(places: UpstreamPlaces, full: bool, every: bool) -> None:
    """Lay all weights out. Ours must be there.

    Args:
        every: the networks that are measured alone only, too.
    """
    network = htdemucs.build(full=full, seed=SEED)
    htdemucs.save_th(network, places.demucs, SIGNATURE)
    (places.demucs / f"{BAG}.yaml").write_text(f"models: ['{SIGNATURE}']\n")
    places.separator.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(places.files("mdx")[0], places.separator / ONNX)
    for name in SCNETS if every else ("scnet",):
        scnet.write(places.scnet(name), size_of(name, full), seed=SEED)
    if every:
        roformer.write(places.separator, full=full, seed=SEED)
        mdx23c.write(places.separator, full=full, seed=SEED)
    for name, place in VOICEFIXER_AT.items():
        if (file := places.folder("voicefixer") / name).is_file():
            there = places.their_home / ".cache" / "voicefixer" / place / name
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, there)
    _describe(places.separator, full)


def _describe(folder: Path, full: bool) -> None:
    """The three lists audio-separator would download: with them there it asks no network."""
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
    ckpt, text = CHECKPOINTS[name]
    return {ckpt: text}


def main() -> None:
    """Lay them out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--every", action="store_true")
    asked = parser.parse_args()
    write(UpstreamPlaces(asked.root), not asked.tiny, asked.every)


if __name__ == "__main__":
    main()
