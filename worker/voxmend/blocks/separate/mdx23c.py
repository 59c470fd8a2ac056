"""Separation with MDX23C, a TFC-TDF-UNet v3 (Kim, Lee: Sound Demixing Challenge 2023), full band,
through the network class of audio-separator.

It gives a stem's spectrum, not a mask. The window is audio-separator's, hop · (``inference.dim_t``
- 1); there the clip stands between zeros and each sample is the mean of several windows, here half
an FFT frame at each side is heard and thrown away, since the network sees less of it. Only the
spectra of what is asked for are made.

Always holds: same shape, zero lag, the same window gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from ...networks.checkpoint import Published, Stem
from ...networks.network import TorchNetwork, lowered
from ...networks.standard import in_standard_form
from ..contract import Params, Separator
from ..registry import register

RATE = 44_100

KNOWN = {
    "norm": ("BatchNorm", "InstanceNorm", "GroupNorm", "None"),
    "act": ("gelu", "relu", "elu"),
}
"""Words the network's class understands; a number may follow."""


@register
class Mdx23c(Separator):
    """``separate.mdx23c``: MDX23C."""

    name = "separate.mdx23c"
    rate = RATE
    window_s = 5.92
    context_s = 0.716
    channels = 2
    models = ("mdx23c_instvoc_hq",)
    precisions = ("bf16",)

    def load(self, files: Sequence[Path], device: torch.device) -> TorchNetwork:
        """Load one checkpoint and its description.

        Raises:
            ModelCorrupt: they are no MDX23C, do not give what is asked for, or hold more than
                data.
        """
        published = Published.open(files, self.models[0])
        stem = published.of(self.targets)
        frames = "inference" if "dim_t" in published.section("inference") else "audio"
        window = published.number("audio", "hop_length") * (published.number(frames, "dim_t") - 1)
        margin = published.number("audio", "n_fft") // 2
        if window < 4 * margin:
            published.refuse("describes windows of less than two FFT frames")
        network = published.fill(build(published)).to(device).eval()
        return TorchNetwork(lean(network, stem), window, margin, is_rest=stem.is_rest)

    def separate(self, model: TorchNetwork, mix: Tensor, params: Params) -> Tensor:
        """The targets. In "bf16" the transforms stay float32; the rest errs by -28 dB with random
        weights, so whoever asks for it has to measure the real ones.

        Shape: (batch, 1 or 2, samples) to (batch, targets · (1 or 2), samples).
        """
        with lowered(params.precision, mix.device):
            return in_standard_form(model, mix, model.window)


def build(published: Published) -> nn.Module:
    """The network a description speaks of, its weights not yet filled in."""
    from audio_separator.separator.uvr_lib_v5.tfc_tdf_v3 import TFC_TDF_net

    published.for_stereo_at(RATE)
    model, training = published.section("model"), published.section("training")
    for key, known in KNOWN.items():  # of others the class would make nothing, without a word
        if str(model.get(key)).rstrip("0123456789.") not in known:
            published.refuse(f"says {model.get(key)!r} where “model: {key}” must be of {known}")
    config = SimpleNamespace(
        audio=SimpleNamespace(**published.section("audio")),
        model=SimpleNamespace(**model),
        training=SimpleNamespace(**training),
    )
    with published.building():
        network: nn.Module = TFC_TDF_net(config, torch.device("cpu"))
    return network


def lean(network: Any, stem: Stem) -> Any:
    """The same network, on its device, without what changes no result: the rows of its last layer
    that make other stems, and a Hann window copied anew in each transform."""
    last = network.final_conv[-1]
    each = torch.arange(last.out_channels, device=last.weight.device).view(stem.count, -1)
    rows = each[list(stem.places)].flatten()
    last.weight = nn.Parameter(last.weight[rows].detach().clone())
    last.out_channels = len(rows)
    network.num_target_instruments = len(stem.places)
    network.stft.window = network.stft.window.to(last.weight.device)
    return network
