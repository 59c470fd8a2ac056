"""VoiceFixer's second half: a mel spectrum in, sound out (TFGAN: Tian et al., 2020).

The network is upstream's, and so is what goes into it: each band divided by its usual weight, in dB
from -115 to 0 as -4 to 4, and four frames of silence at the end. Upstream means to remove the
weights' normalisation and does not: its call meets another kind and its error is swallowed. Here it
is really gone, with the branches whose answer is thrown away; no sample changes. And most of its
memory is used in place: fresh memory took a third of the time.

Always holds: 441 samples a frame, and at least 1764 more than the frames stand for; LAG says where.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from ..tensors import NoFirstWeights, open_weights
from .analysis import MELS, RATE, fill
from .upstream import Room

LAG = 1022
"""Samples by which its sound comes late: measured with the published weights on upstream's own
pair of files (test/utterance: original and output of the vocoder alone)."""

TAIL = 4
"""Frames of silence upstream adds at the end, and one more where their number is odd."""

PIECE = 32_768
"""Places of a stack's sound that pass at once; more than any layer reaches."""

LOWEST_DB, REFERENCE_DB, SPAN = -115.0, 20.0, 4.0
QUIETEST = 1e-5
"""What upstream's dB end at, what is taken off them, and how the rest is spread."""


class Vocoder(nn.Module):
    """Mel spectrum to sound."""

    usual: Tensor

    def __init__(self, network: nn.Module, usual: Tensor) -> None:
        """Take the network and each band's usual weight. Shape: (MELS,)."""
        super().__init__()
        self.network = network
        self.register_buffer("usual", usual, persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """Shape: (batch, frames, MELS) to (batch, HOP · (frames + 4 or 5))."""
        db = 20 * torch.log10((mel / self.usual).clamp_min(QUIETEST)) - REFERENCE_DB
        spread = (2 * SPAN * (1 - db / LOWEST_DB) - SPAN).clamp(-SPAN, SPAN)
        frames = spread.shape[1]
        told = F.pad(spread.mT, (0, TAIL + frames % 2), value=-SPAN)
        sound: Tensor = self.network(told)[:, 0]
        return sound.float()


class Full(nn.Module):
    """A part that takes and gives float32 whatever the precision: a small error in front of the
    sines of the upsampling is a large one behind them."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Tensor) -> Tensor:
        """Shape: as the part has it."""
        with torch.autocast(x.device.type, enabled=False):
            found: Tensor = self.part(x.float())
        return found


class Line(nn.Module):
    """Upstream's convolution over time, as one over a plane that is one place high: torch lays out
    such a plane channels-last, and then neither what goes in nor what comes out is laid out anew.
    In bf16 that took half of the time, and in float32 it is a third quicker too."""

    def __init__(self, weight: Tensor, bias: Tensor | None, pad: int = 0, apart: int = 1) -> None:
        """Take weights. Shape: (to, from, taps); bias: (to,).

        Args:
            pad: places of zeros at either end.
            apart: places from one tap to the next.
        """
        super().__init__()
        whole = weight.detach()[:, :, None]
        self.weight = nn.Parameter(whole.contiguous(memory_format=torch.channels_last))
        self.bias = None if bias is None else nn.Parameter(bias.detach())
        self.pad, self.apart = pad, apart

    @classmethod
    def of(cls, layer: nn.Conv1d) -> Line:
        """The same as upstream's layer, which pads with zeros if at all."""
        return cls(layer.weight, layer.bias, int(layer.padding[0]), layer.dilation[0])

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, 1, places)."""
        return F.conv2d(x, self.weight, self.bias, padding=(0, self.pad), dilation=(1, self.apart))


def planes(x: Tensor) -> Tensor:
    """Places as ``Line`` takes them. Shape: (batch, channels, places) to (batch, channels, 1,
    places); the same memory where it lies channels-last already."""
    return x[:, :, None].contiguous(memory_format=torch.channels_last)


class Stack(nn.Module):
    """Upstream's stack of dilated convolutions, each pair added to what it heard: in place. In a
    lower precision the sum stays float32."""

    def __init__(self, stack: Any) -> None:
        super().__init__()
        self.pairs = nn.ModuleList(
            nn.ModuleList([Line.of(pair[1]), Line.of(pair[3])]) for pair in stack.layers
        )
        self.slope = stack.layers[0][0].negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, places), kept; ``x`` is used up."""
        rows = x.mT.contiguous()
        pairs: Any = self.pairs
        for first, second in pairs:
            self._add(rows, first, second)
        return rows.mT

    def _add(self, rows: Tensor, first: Line, second: Line) -> None:
        """Add what a pair makes of a sound, piece by piece: in one it takes many times the sound's
        own memory. Shape: (batch, places, channels)."""
        kind = rows.dtype
        if torch.is_autocast_enabled(rows.device.type):
            kind = torch.get_autocast_dtype(rows.device.type)
        count, reach = rows.shape[1], first.pad + second.pad
        before = rows[:, :0]
        for start in range(0, count, PIECE):
            end, lead = min(start + PIECE, count), before.shape[1]
            ahead = rows[:, start : end + reach]
            heard = rows.new_empty(len(rows), lead + ahead.shape[1], rows.shape[2], dtype=kind)
            heard[:, :lead], heard[:, lead:] = before, ahead
            before = rows[:, max(0, end - reach) : end].clone()  # the next piece hears it as it was
            bent = F.leaky_relu_(heard, self.slope).mT
            made = second(F.leaky_relu_(first(planes(bent)), self.slope))[:, :, 0]
            rows[:, start:end] += made.mT[:, lead : lead + end - start]


class InPieces(nn.Module):
    """Layers over time that pass a long sound in pieces, each with what they hear around it."""

    def __init__(self, layers: nn.Module, times: int, reach: int) -> None:
        """
        Args:
            times: places that come out for each one that goes in.
            reach: places around one that goes in which what comes out of it may depend on.
        """
        super().__init__()
        self.layers, self.times, self.reach = layers, times, reach

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, places) to (batch, channels, times · places)."""
        count, found = x.shape[-1], []
        for start in range(0, count, PIECE):
            end, first = min(start + PIECE, count), max(0, start - self.reach)
            made = self.layers(x[..., first : end + self.reach])
            lead = (start - first) * self.times
            found.append(made[..., lead : lead + (end - start) * self.times])
        return torch.cat(found, dim=-1)


class Upsampling(nn.Module):
    """What upstream's upsampling gives, without the branch it makes and does not use.

    A transposed convolution gives each place ``stride`` neighbours, each a sum over the same few
    places before it: an ordinary convolution to ``stride`` times the channels, whose places then
    lie side by side. The same numbers, in two thirds of the time on the CPU.
    """

    def __init__(self, layer: nn.ConvTranspose1d) -> None:
        """Take a layer over whole strides. Shape of its weights: (from, to, taps · stride)."""
        super().__init__()
        self.stride, self.head = layer.stride[0], int(layer.padding[0])
        self.tail = self.head - layer.output_padding[0]
        heard, made, size = layer.weight.shape
        taps = layer.weight.detach().view(heard, made, size // self.stride, self.stride).flip(2)
        self.made, self.before = made, taps.shape[2] - 1
        weight = taps.permute(3, 1, 0, 2).flatten(0, 1)  # (stride · made, heard, taps)
        bias = weight.new_zeros(layer.out_channels) if layer.bias is None else layer.bias.detach()
        self.line = Line(weight, bias.repeat(self.stride), self.before)

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, places), to half the channels and more places."""
        bent = planes(x.sin().add_(x))
        found = self.line(bent).permute(0, 2, 3, 1)[:, 0]
        # Stride by stride, which is where they lie already.
        whole: Tensor = found.reshape(len(x), -1, self.made).mT
        return whole[..., self.head : whole.shape[-1] - self.tail]


def load(file: Path, model: str) -> Vocoder:
    """The second half, its weights from ``model.ckpt-1490000_trimed.pt``.

    Args:
        model: catalogue id, for the sentence that says how to get the file anew.

    Raises:
        ModelCorrupt: the file is broken, holds more than weights, or another network's.
    """
    state = open_weights(file, model, ("generator",))
    with NoFirstWeights():
        vocoder = build(Room())
    fill(vocoder.network, state, file, model)
    return lean(vocoder)


def build(room: Room) -> Vocoder:
    """The second half, its weights not yet filled in."""
    config = room.module("vocoder.config").Config
    config.refresh(RATE)
    network = room.module("vocoder.model.generator").Generator(MELS)
    return Vocoder(network, config.get_mel_weight_torch()).eval()


def lean(vocoder: Vocoder) -> Vocoder:
    """The same network with plain weights, and without what changes no result."""
    for module in list(vocoder.modules()):
        if parametrize.is_parametrized(module):
            parametrize.remove_parametrizations(module, "weight")
    network: Any = vocoder.network
    layers, stacks, last = network.generator, 0, 0
    network.condnet = Full(network.condnet)
    for n, layer in enumerate(layers):
        if getattr(layer, "no_skip", False) and hasattr(layer, "skip_conv"):
            layers[n], last = Full(Upsampling(layer.layer)), n
        elif hasattr(layer, "layers"):
            # The first is narrow in time and costs little, and its errors go through all sines.
            layers[n] = Stack(layer) if stacks else Full(Stack(layer))
            stacks += 1
        elif isinstance(layer, nn.Conv1d):  # the first and the last
            layers[n] = Full(layer)
        elif isinstance(layer, nn.LeakyReLU):
            layer.inplace = True
    network.generator = nn.Sequential(*layers[:last], _last(layers[last:]))
    return vocoder.requires_grad_(False)


def _last(layers: Any) -> InPieces:
    """The layers from the last upsampling on: at the full rate all channels of a window are a third
    of a gigabyte, several times over."""
    times, reach = layers[0].part.stride, 0
    for module in layers.modules():
        if isinstance(module, Line):
            reach += module.pad
        elif isinstance(module, nn.Conv1d):
            reach += module.kernel_size[0] // 2
    return InPieces(layers, times, -(-reach // times) + 1)
