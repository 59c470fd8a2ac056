"""HTDemucs with random weights, in both published forms.

Random weights prove parity and speed, never quality. The full network has the shape of the
published one: 42 million weights, segments of 7.8 s.
"""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

SOURCES = ["drums", "bass", "other", "vocals"]

FULL: dict[str, Any] = {
    "channels": 48,
    "growth": 2,
    "nfft": 4096,
    "depth": 4,
    "dconv_mode": 3,
    "bottom_channels": 512,
    "t_layers": 5,
    "t_heads": 8,
    "t_dropout": 0.02,
    "segment": Fraction(39, 5),
}
TINY: dict[str, Any] = {
    "channels": 8,
    "growth": 2,
    "nfft": 4096,  # with depth 4 the axis of frequencies must come down to 8
    "depth": 4,
    "dconv_comp": 4,
    "bottom_channels": 0,
    "t_layers": 2,
    "t_heads": 4,
    "t_hidden_scale": 1.0,
    "segment": Fraction(2),
}


def build(*, full: bool, seed: int, **other: Any) -> Any:
    """The network, its weights drawn from ``seed``; ``other`` replaces arguments of the class."""
    import torch
    from demucs.htdemucs import HTDemucs

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = HTDemucs(SOURCES, samplerate=44_100, **{**(FULL if full else TINY), **other})
        for name, weights in network.named_parameters():
            if name.endswith((".scale", "gamma_1.scale", "gamma_2.scale")):
                # Fresh residual branches are all but silent; trained ones are not.
                weights.data.uniform_(0.05, 0.2)
    return network.half().float().eval()  # as published: 16-bit numbers, run in 32


def write(folder: Path, signature: str, *, full: bool, seed: int) -> Path:
    """Write ``<signature>.safetensors`` as on the model hub: tensors, and the class with its
    arguments as JSON."""
    return save(build(full=full, seed=seed), folder / f"{signature}.safetensors")


def save(network: Any, file: Path) -> Path:
    """Write a network as safetensors."""
    from safetensors.torch import save_file

    args, kwargs = network._init_args_kwargs
    state = {name: weights.half().contiguous() for name, weights in network.state_dict().items()}
    facts = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": json.dumps(args, default=_fraction),
        "kwargs": json.dumps(kwargs, default=_fraction),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, file, facts)
    return file


def save_th(network: Any, folder: Path, signature: str) -> Path:
    """Write ``<signature>-<hash>.th``, the older form: one pickle."""
    import torch

    args, kwargs = network._init_args_kwargs
    package = {
        "klass": type(network),
        "args": args,
        "kwargs": kwargs,
        "state": {n: weights.half() for n, weights in network.state_dict().items()},
        "training_args": {},
    }
    folder.mkdir(parents=True, exist_ok=True)
    plain = folder / f"{signature}.th"
    torch.save(package, plain)
    begins = hashlib.sha256(plain.read_bytes()).hexdigest()[:8]
    return plain.rename(folder / f"{signature}-{begins}.th")


def _fraction(value: Any) -> dict[str, Any]:
    if not isinstance(value, Fraction):
        raise TypeError(f"{value!r} is not JSON")
    return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
