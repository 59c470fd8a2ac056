"""Which precision a network runs in: fp32, unless a lower one has proved itself on these weights.
How small its error must be for that, the setting ``worker.precision`` says.

The proof is one real window, the loudest of the first clip, run in both. It is kept by weights,
device and build, so that it is made once. Non-finite numbers later send a stage back to fp32.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from ..networks.memory import out_of_memory
from .ladder import FULL

WHOLE_DB, WORST_DB = 45.0, 35.0
"""The error that is allowed against fp32: over the window, and in its worst second."""

AUTO, FAST, EXACT = "auto", "fast", "exact"
"""Settings: as above; as below; fp32 alone, which an older word for is its own name."""

ROUGH_DB, ROUGHEST_DB = 25.0, 15.0
"""The same for ``fast``. The best separators' own error in a voice is at 8 to 12 dB: one that lies
13 dB below it is not heard beside it, but no null test passes."""

GAIN = 1.15
"""A lower precision is taken where it is at least so much faster."""

QUIET = 1e-3
"""A window whose peak is below this proves nothing."""

VOICELESS = 1e-4
"""Nor does one whose voice has less than this part of its energy: 40 dB under the mixture it is
what the network could not tell from silence, and its error says nothing of voices."""

PRECISIONS = ("bf16",)
"""What may be chosen beside fp32."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a trial found.

    Attributes:
        whole_db, worst_db: signal to error, over the window and in the worst second.
        faster: fp32's time over that of the lower precision.
    """

    precision: str
    whole_db: float
    worst_db: float
    faster: float

    def holds(self, asked: str = AUTO) -> bool:
        """Whether the error is small enough for a setting."""
        whole, worst = (ROUGH_DB, ROUGHEST_DB) if asked == FAST else (WHOLE_DB, WORST_DB)
        return asked not in (EXACT, FULL) and self.whole_db >= whole and self.worst_db >= worst

    def chosen(self, asked: str = AUTO) -> str:
        """The precision to run in."""
        return self.precision if self.holds(asked) and self.faster >= GAIN else FULL


class Proofs(Protocol):
    """Where proofs are kept."""

    def find(self, key: str) -> Proof | None:
        """The proof of this key."""
        ...

    def keep(self, key: str, proof: Proof) -> None:
        """Remember it."""
        ...


class Forgetful:
    """Keeps nothing."""

    def find(self, key: str) -> Proof | None:  # noqa: ARG002
        """None."""
        return None

    def keep(self, key: str, proof: Proof) -> None:
        """Nothing."""


def key(name: str, code: str, hashes: tuple[str, ...], device: torch.device) -> str:
    """What a proof depends on: the block, the code that makes sound, the weights, the device."""
    facts = [
        name,
        code,
        hashes,
        device_name(device),
        torch.__version__,
        torch.get_num_threads(),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def offered(precisions: tuple[str, ...], device: torch.device) -> str | None:
    """The lower precision that the block has and the device is good at, or None."""
    if "bf16" not in precisions:
        return None
    if device.type == "cpu":
        return "bf16" if torch.cpu._is_avx512_bf16_supported() else None
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else None
    return None


def attempt(run: Any, precision: str, mix: Tensor, rate: int, outputs: int = 1) -> Proof | None:
    """Run one window in both precisions, each twice: the first run warms up. None where fp32 finds
    nothing in it that was asked for; of several targets those count that it finds, and the worst of
    them decides. A precision that the device cannot do after all does not hold. On the CPU its
    own time counts, not the clock's, so that what else the machine does at this moment does not
    decide for all days to come.

    Args:
        run: takes (window, precision) and gives the voice of the same shape, or targets one behind
            the other.
        mix: one window. Shape: (1, channels, samples).
        outputs: how many targets.
    """
    clock = time.process_time if mix.device.type == "cpu" else time.perf_counter
    took: dict[str, float] = {}
    voices: dict[str, Tensor] = {}
    for name in (FULL, precision):
        for _ in range(2):
            began = clock()
            try:
                voices[name] = run(mix, name).cpu()
            except RuntimeError as error:
                if name == FULL or out_of_memory(error):
                    raise
                return Proof(precision, -math.inf, -math.inf, 0.0)
            took[name] = clock() - began
            sounds = _heard(voices[FULL], mix, outputs)
            if not sounds:
                return None
    pairs = [
        (voices[FULL].chunk(outputs, 1)[n], voices[precision].chunk(outputs, 1)[n]) for n in sounds
    ]
    found = [errors(truth, other, rate) for truth, other in pairs]
    return Proof(
        precision, min(whole for whole, _ in found), min(worst for _, worst in found),
        took[FULL] / max(took[precision], 1e-9),
    )  # fmt: skip


def _heard(stems: Tensor, mix: Tensor, outputs: int) -> list[int]:
    """Which targets are more than what the network could not tell from silence."""
    least = VOICELESS * _energy(mix)
    return [n for n, stem in enumerate(stems.chunk(outputs, 1)) if _energy(stem) > least]


def errors(truth: Tensor, other: Tensor, rate: int) -> tuple[float, float]:
    """Signal to error in dB, over all and in the worst second that is not all but silent."""
    if not bool(torch.isfinite(other).all()):
        return -math.inf, -math.inf
    energy = _per_second(truth, rate)
    wrong = _per_second(other - truth, rate)
    heard = energy > 1e-4 * energy.max()  # 40 dB under the loudest second
    if not bool(heard.any()):
        return -math.inf, -math.inf
    per_second = _db(energy[heard] / wrong[heard].clamp_min(1e-30))
    return float(_db(energy.sum() / wrong.sum().clamp_min(1e-30))), float(per_second.min())


def loaded(text: str) -> dict[str, Proof]:
    """Proofs from a JSON object of their fields, by key; none if it is anything else."""
    try:
        return {name: _proof(**facts) for name, facts in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _proof(precision: str, whole_db: float, worst_db: float, faster: float) -> Proof:
    """One proof, its fields what they should be."""
    if precision not in PRECISIONS:
        raise ValueError(precision)
    return Proof(precision, float(whole_db), float(worst_db), float(faster))


def _energy(sound: Tensor) -> float:
    return float(sound.double().square().sum())


def _per_second(sound: Tensor, rate: int) -> Tensor:
    power = sound.double().square().sum((0, 1))
    return torch.stack([part.sum() for part in torch.split(power, rate)])


def _db(ratio: Tensor) -> Tensor:
    return 10 * torch.log10(ratio)


def device_name(device: torch.device) -> str:
    """What results depend on of a device: which card it is, or its kind."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return device.type
