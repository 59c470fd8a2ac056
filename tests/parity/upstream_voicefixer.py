"""VoiceFixer's own code on one sound, run as a command: its import wants its weights in the home.

Arguments: a ``.npy`` of samples in, an ``.npz`` out: ``mel`` and ``sound`` of its two halves, and
``restored``, what its ``restore`` gives.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PLACES = (
    "analysis_module/checkpoints/vf.ckpt",
    "synthesis_module/44100/model.ckpt-1490000_trimed.pt",
)


def asked(files: Sequence[Path], samples: Any, folder: Path) -> Mapping[str, Any]:
    """Upstream's answers, from a process whose home is ``folder`` and holds these weights."""
    for file, place in zip(files, PLACES, strict=True):
        there = folder / ".cache" / "voicefixer" / place
        there.parent.mkdir(parents=True, exist_ok=True)
        if not there.exists():
            shutil.copyfile(file, there)
    np.save(folder / "in.npy", samples)
    subprocess.run(
        [sys.executable, __file__, str(folder / "in.npy"), str(folder / "out.npz")],
        env={**os.environ, "HOME": str(folder), "USERPROFILE": str(folder)},
        check=True, capture_output=True, timeout=900,
    )  # fmt: skip
    return dict(np.load(folder / "out.npz"))


def main() -> None:
    """Be upstream."""
    import torch
    from voicefixer import VoiceFixer
    from voicefixer.tools.pytorch_util import from_log

    samples = np.load(sys.argv[1])
    upstream = VoiceFixer()
    with torch.no_grad():
        spectrum, mel = upstream._pre(upstream._model, samples, cuda=False)
        restored = from_log(upstream._model(spectrum, mel)["mel"])
        sound = upstream._model.vocoder(restored, cuda=False)
    np.savez(
        sys.argv[2], heard=mel[:, 0].numpy(), mel=restored[:, 0].numpy(), sound=sound[:, 0].numpy(),
        restored=upstream.restore_inmem(samples),
    )  # fmt: skip


if __name__ == "__main__":
    main()
