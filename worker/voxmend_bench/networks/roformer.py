"""RoFormer with random weights, as published: ``.ckpt`` and ``.yaml``.

Random weights prove parity and speed, never quality. The full Mel-Band network has the shape of
Kimberley Jensen's, the full BS network that of Resurrection; the windows are those that
audio-separator takes from their descriptions, 11 s and 12.8 s. The tiny ones hear one second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAMES = {
    "mel": ("vocals_mel_band_roformer.ckpt", "vocals_mel_band_roformer.yaml"),
    "bs": (
        "bs_roformer_vocals_resurrection_unwa.ckpt",
        "config_bs_roformer_vocals_resurrection_unwa.yaml",
    ),
}
"""The names of the catalogue."""

BANDS = (2,) * 24 + (4,) * 12 + (12,) * 8 + (24,) * 8 + (48,) * 8 + (128, 129)
"""The bands of the BS-RoFormer paper: 62, of 1025 frequencies."""

TINY_BANDS = (5, 20, 100, 300, 600)

LAYERS: dict[str, Any] = {
    "stereo": True,
    "num_stems": 1,
    "time_transformer_depth": 1,
    "freq_transformer_depth": 1,
    "dim_head": 64,
    "heads": 8,
    "attn_dropout": 0,
    "ff_dropout": 0,
    "flash_attn": True,
    "dim_freqs_in": 1025,
    "stft_n_fft": 2048,
    "stft_win_length": 2048,
    "stft_normalized": False,
    "mask_estimator_depth": 2,
    "multi_stft_resolution_loss_weight": 1.0,
    "multi_stft_resolutions_window_sizes": (4096, 2048, 1024, 512, 256),
    "multi_stft_hop_size": 147,
    "multi_stft_normalized": False,
}

MEL = {**LAYERS, "dim": 384, "depth": 6, "num_bands": 60, "sample_rate": 44_100}
MEL["stft_hop_length"] = 441

BS = {**LAYERS, "dim": 256, "depth": 12, "linear_transformer_depth": 0, "freqs_per_bands": BANDS}
BS["stft_hop_length"] = 512

SMALL = {"dim": 16, "depth": 1, "dim_head": 8, "heads": 2}


def describe(*, full: bool, kind: str) -> dict[str, Any]:
    """What the ``.yaml`` says; ``kind`` is "mel" or "bs"."""
    model = dict(MEL if kind == "mel" else BS)
    frames = 1101
    if not full:
        model |= SMALL | ({"num_bands": 8} if kind == "mel" else {"freqs_per_bands": TINY_BANDS})
        frames = 101 if kind == "mel" else 87
    hop = model["stft_hop_length"]
    return {
        "audio": {
            "chunk_size": 352_800 if full else hop * (frames - 1),
            "dim_f": 1024,
            "dim_t": 256,
            "hop_length": hop,
            "n_fft": 2048,
            "num_channels": 2,
            "sample_rate": 44_100,
            "min_mean_abs": 0.001,
        },
        "model": model,
        "training": {"instruments": ["vocals", "other"], "target_instrument": "vocals"},
        "inference": {"batch_size": 1, "dim_t": frames, "num_overlap": 2},
    }


def write(
    folder: Path,
    *,
    full: bool,
    seed: int,
    kind: str = "mel",
    config: dict[str, Any] | None = None,
) -> list[Path]:
    """Write a checkpoint and its description, the weights drawn from ``seed``; ``config`` stands
    in for ``describe``."""
    import torch
    import yaml
    from audio_separator.separator.uvr_lib_v5.roformer.bs_roformer import BSRoformer
    from audio_separator.separator.uvr_lib_v5.roformer.mel_band_roformer import MelBandRoformer

    config = config or describe(full=full, kind=kind)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = (MelBandRoformer if kind == "mel" else BSRoformer)(**config["model"])
    folder.mkdir(parents=True, exist_ok=True)
    ckpt, text = (folder / name for name in NAMES[kind])
    torch.save(network.state_dict(), ckpt)
    text.write_text(yaml.dump(config, sort_keys=False))  # writes tuples as published ones have them
    return [ckpt, text]
