"""What went into a voice, as a name: the key under which the cache keeps it.

A key is made from the key before it: of the source, then of each stage in turn. So it stands for
the decoded sound, every block with its rate, parameters, precision and weights, the device, the
build and our own code; and never for a file's name or date.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import torch

from . import cache, precision
from .context import Context
from .plan import BlockRun

LIBRARIES = (
    *("audio-separator", "beartype", "demucs", "einops", "julius", "librosa"),
    *("numpy", "onnx-weekly", "onnxruntime", "onnxruntime-gpu", "pyyaml", "rotary-embedding-torch"),
    *("safetensors", "soundfile", "soxr", "voicefixer"),
)
"""What else makes sound, upstream's own libraries too, as it is called where it was installed
from."""

OURS = (
    *("align", "audio", "blocks", "cascade", "diagnosis", "dsp", "networks"),
    *("damage.py", "engine/device.py"),
)
"""Where our own code that makes sound lies."""


@dataclass(frozen=True, slots=True)
class Key:
    """All that went into a voice so far, in one name."""

    name: str

    @classmethod
    def of_source(cls, context: Context, from_voice: bool) -> Key:
        """Before the first stage. The number of threads is left out: it moves samples by less than
        −200 dB."""
        facts = {
            "digest": context.digest,
            "device": precision.device_name(context.device),
            "torch": torch.__version__,
            "sound": code(),
            "from_voice": from_voice,
        }
        return cls(cache.key(facts))

    def then(
        self,
        step: BlockRun,
        precision: str,
        weights: Sequence[str],
        members: Sequence[Key] = (),
        guarded: bool = False,
    ) -> Key:
        """After one more stage.

        Args:
            weights: sha256 of each file that its network is loaded from.
            members: of the voices that it combines.
            guarded: its proposal was judged.
        """
        facts = {
            "before": self.name,
            "block": step.block.name,
            "targets": list(step.block.targets),
            "rate": step.heard_at,
            "params": asdict(step.params),
            "precision": precision,
            "weights": list(weights),
            "members": [member.name for member in members],
            "guarded": guarded,
        }
        return Key(cache.key(facts))


@functools.cache
def code() -> str:
    """A digest of the code that makes sound, ours and the libraries': whatever changes in it, no
    stage that was made before is found."""
    house = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for place in OURS:
        inside = [file for kind in ("py", "json") for file in (house / place).rglob(f"*.{kind}")]
        for file in sorted(inside) or [house / place]:
            digest.update(file.relative_to(house).as_posix().encode() + b"\0" + file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    return digest.hexdigest()


def _version(library: str) -> str:
    """Empty for one that is not installed: of onnxruntime's two, a machine has one."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
