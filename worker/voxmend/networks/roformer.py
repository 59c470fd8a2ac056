"""Mel-Band RoFormer (Wang, Lu, Won 2023) and BS-RoFormer (Lu, Wang, Kong, Hung, ICASSP 2024),
full band, through the network classes of audio-separator.

They mask a sound's spectrum band by band, with a transformer along time and one along
frequency. The window is audio-separator's: hop · (``inference.dim_t`` - 1). What differs from
there, and no result with it: only the voice's mask is made, and attention takes a shorter way.

Always holds: same shape, zero lag, the same window gives the same answer.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .checkpoint import Published, Stem
from .network import TorchNetwork

RATE = 44_100


class Angles:
    """Rotary position: place n turns the k-th pair of numbers by n · ``frequencies[k]`` (Su et al.,
    RoFormer, 2021). Kept for the length last asked for, float32 whatever the precision."""

    def __init__(self, frequencies: Tensor) -> None:
        self._frequencies = frequencies.detach().float()
        self._turns = torch.zeros(0, len(frequencies), dtype=torch.complex64)

    def turn(self, x: Tensor) -> Tensor:
        """Shape: (batch, heads, places, numbers), last dimension dense."""
        places = x.shape[-2]
        if len(self._turns) != places:
            at = torch.arange(places, device=self._frequencies.device, dtype=torch.float32)
            angles = at[:, None] * self._frequencies
            self._turns = torch.polar(torch.ones_like(angles), angles)
        pairs = torch.view_as_complex(x.float().view(*x.shape[:-1], -1, 2))
        return torch.view_as_real(pairs * self._turns).flatten(-2).type_as(x)


class Attention(nn.Module):
    """Softmax attention, with places as angles where there are any.

    Turning as complex numbers takes a seventh of the time that the network's own way takes, which
    is a fifth of the whole on a CPU; and that way forbids torch its fastest kernels for bfloat16 on
    most graphics cards.
    """

    def __init__(self, scale: float | None, angles: Angles | None) -> None:
        super().__init__()
        self._scale, self._angles = scale, angles

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Shape of all: (batch, heads, places, numbers)."""
        if self._angles is not None:
            q, k = self._angles.turn(q), self._angles.turn(k)
        return F.scaled_dot_product_attention(q, k, v, scale=self._scale)


def loaded(published: Published, stem: Stem, device: torch.device) -> TorchNetwork:
    """The network of a checkpoint, cut down to what is asked for, on its device."""
    window = window_of(published)
    network = published.fill(build(published, stem)).to(device).eval()
    return TorchNetwork(lean(network, stem), window, is_rest=stem.is_rest)


def window_of(published: Published) -> int:
    """Samples in one pass: ``inference.dim_t`` frames as audio-separator counts them, or what it
    was trained on where the description knows no such word."""
    hop = published.number("model", "stft_hop_length")
    if "dim_t" in published.section("inference"):
        return hop * (published.number("inference", "dim_t") - 1)
    return hop * (published.number("audio", "chunk_size") // hop)


def build(published: Published, stem: Stem) -> nn.Module:
    """The network a description speaks of, its weights not yet filled in."""
    from audio_separator.separator.uvr_lib_v5.roformer.bs_roformer import BSRoformer
    from audio_separator.separator.uvr_lib_v5.roformer.mel_band_roformer import MelBandRoformer

    described = published.section("model")
    by_bands, by_mel = "freqs_per_bands" in described, "num_bands" in described
    if by_bands == by_mel:
        published.refuse("has to name either num_bands or freqs_per_bands under “model”")
    published.for_stereo_at(RATE)
    if not described.get("stereo") or described.get("sample_rate", RATE) != RATE:
        published.refuse(f"is not for stereo at {RATE / 1000:g} kHz")
    if described.get("skip_connection"):
        published.refuse("asks for skip connections, which the network does not have")
    if described.get("num_stems", 1) != stem.count:
        published.refuse(f"has {described.get('num_stems', 1)} stems and names {stem.count}")
    described = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in described.items()
    }
    described.update(flash_attn=True, sage_attention=False)
    kind = BSRoformer if by_bands else MelBandRoformer
    with published.building():
        network: nn.Module = kind(**described)
    return network


def lean(network: Any, stem: Stem) -> Any:
    """The same network, on its device, without what changes no result: masks of other stems, a
    Hann window made anew in each pass, the long way of attention. In bfloat16 what runs past the
    layers stays float32: 5 dB less error for BS-RoFormer, at no cost."""
    network.mask_estimators = nn.ModuleList(network.mask_estimators[n] for n in stem.places)
    network.num_stems = len(stem.places)
    hann = network.stft_window_fn().to(next(network.parameters()).device)
    network.stft_window_fn = lambda: hann
    network.band_split.register_forward_hook(_as_float32)
    shared: dict[nn.Module, Angles] = {}
    for module in network.modules():
        if hasattr(module, "attend"):
            rotary, angles = getattr(module, "rotary_embed", None), None
            if rotary is not None:  # one for all layers along time, one along frequency
                angles = shared.setdefault(rotary, Angles(rotary.freqs))
                module.rotary_embed = None
            module.attend = Attention(module.attend.scale, angles)
    return network


def _as_float32(_module: nn.Module, _given: Any, answer: Tensor) -> Tensor:
    """A hook on a module's answer."""
    return answer.float()
