"""An HTDemucs whose voice is what it hears: weights set by hand, in the published form.

The branch of frequencies alone carries the sound: its first layer copies four bins in a row into
four channels, and turned over into four more, since gelu(x) - gelu(-x) is x; the skip connection
takes them to the last layer, which puts them back. So whatever the path around the network does to
a sound can be heard.
The highest bin, at 22.05 kHz, is not among those the network sees.
"""

from __future__ import annotations

from pathlib import Path

import torch

from voxmend.bench.networks import htdemucs

OPEN = 50.0
"""A gate that lets everything through."""

PARTS = 4
"""Real and imaginary part of two channels."""

COPIES = 4 * PARTS


def write(folder: Path) -> Path:
    """Write it as ``identity.safetensors``."""
    network = htdemucs.build(full=False, seed=1, channels=2 * COPIES)
    with torch.no_grad():
        first, last = network.encoder[0], network.decoder[-1]
        for name, weights in first.dconv.named_parameters():
            if name.endswith("scale"):
                weights.zero_()
        network.freq_emb.embedding.weight.zero_()
        for layer in (
            first.conv, first.rewrite, last.rewrite, last.conv_tr, network.decoder[-2].conv_tr,
            network.tdecoder[-1].conv_tr,
        ):  # fmt: skip
            layer.weight.zero_()
            layer.bias.zero_()
        voice = PARTS * network.sources.index("vocals")
        for part in range(PARTS):
            for phase in range(4):
                at, tap = 4 * part + phase, 2 + phase
                first.conv.weight[at, part, tap] = 1.0
                first.conv.weight[COPIES + at, part, tap] = -1.0
                first.rewrite.weight[at, at] = 1.0
                first.rewrite.weight[at, COPIES + at] = -1.0
                last.rewrite.weight[at, at, 1, 1] = 1.0
                last.conv_tr.weight[at, voice + part, tap] = 1.0
        first.rewrite.bias[2 * COPIES :] = OPEN
        last.rewrite.bias[2 * COPIES :] = OPEN
    return htdemucs.save(network, folder / "identity.safetensors")
