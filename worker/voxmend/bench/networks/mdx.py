"""MDX-Net with random weights, in the published form: one .onnx file.

The full network is TFC-TDF-UNet v2 (Kim, Choi, Chung, Lee, Jung: "KUIELab-MDX-Net", MDX Workshop
2021) with the sizes that give the published Voc FT its 16.7 million weights; inputs and outputs
are named and shaped as there. A reference spectrum goes along while the graph is drawn, so that
every normalisation gets the statistics of what reaches it: the output is as loud as the input.

Random weights prove parity and speed, never quality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

BINS, FFT, HOP = 3072, 7680, 1024
KERNEL = 3


@dataclass(frozen=True, slots=True)
class Sizes:
    """What sets a TFC-TDF-UNet's shape.

    Attributes:
        frames: frames of a window, a multiple of 2 to the power of ``levels``.
        channels: of the first level; each deeper one has as many more.
        convolutions: of each block.
        narrow: the fully connected part of a block narrows the bins by this factor.
    """

    frames: int
    channels: int
    levels: int
    convolutions: int
    narrow: int


FULL = Sizes(frames=256, channels=48, levels=5, convolutions=3, narrow=8)
TINY = Sizes(frames=32, channels=4, levels=1, convolutions=1, narrow=96)


def write(file: Path, *, full: bool, seed: int) -> Path:
    """Write the network, its weights drawn from ``seed``."""
    import torch

    sizes = FULL if full else TINY
    with torch.inference_mode():
        draft = _Draft(torch.Generator().manual_seed(seed))
        _unet(draft, sizes)
        draft.save(file, sizes.frames)
    return file


def _unet(draft: _Draft, sizes: Sizes) -> None:
    """Draw the whole network."""
    bins, channels = BINS, sizes.channels
    draft.convolve(channels, 1)
    draft.transpose()  # bins last: the fully connected parts run along them
    passed_by = []
    for _ in range(sizes.levels):
        _block(draft, sizes, bins)
        passed_by.append(draft.here)
        channels, bins = channels + sizes.channels, bins // 2
        draft.convolve(channels, 2, stride=2)
    _block(draft, sizes, bins)
    for skipped in reversed(passed_by):
        channels, bins = channels - sizes.channels, bins * 2
        draft.deconvolve(channels)
        draft.join("Mul", skipped)
        _block(draft, sizes, bins)
    draft.transpose()
    draft.finish()


def _block(draft: _Draft, sizes: Sizes, bins: int) -> None:
    """Convolutions over time and frequency, then all bins of a frame at once."""
    for _ in range(sizes.convolutions):
        draft.convolve(draft.here.sound.shape[1], KERNEL)
    convolved = draft.here
    draft.connect(bins // sizes.narrow)
    draft.connect(bins)
    draft.join("Add", convolved)


@dataclass(frozen=True, slots=True)
class _Edge:
    """A value in the graph, and what it is for the reference spectrum."""

    name: str
    sound: Tensor


@dataclass(slots=True)
class _Draft:
    """A graph under construction: each step adds its nodes and moves ``here`` on."""

    chance: Any
    nodes: list[Any] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)
    here: _Edge = field(init=False)
    _first: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self._first = _reference(self.chance)
        self.here = _Edge("input", self._first)

    def convolve(self, channels: int, kernel: int, stride: int = 1) -> None:
        """Convolution, normalisation folded in as the exporter does it, ReLU."""
        from torch.nn import functional as F

        before = self.here.sound
        weight = self._normal(channels, before.shape[1], kernel, kernel)
        pad = kernel // 2 if stride == 1 else 0
        found = F.conv2d(before, weight, stride=stride, padding=pad)
        mean, deviation = _statistics(found)
        scale, shift = self._affine(channels)
        weight = weight * (scale / deviation)[:, None, None, None]
        bias = shift - mean * scale / deviation
        self._node(
            "Conv", F.conv2d(before, weight, bias, stride, pad), [weight, bias],
            kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4,
        )  # fmt: skip
        self._relu()

    def deconvolve(self, channels: int) -> None:
        """Transposed convolution to twice the frames and bins, normalisation, ReLU.

        What comes out is a gain for what passed by, so it lies around 1.
        """
        from torch.nn import functional as F

        before = self.here.sound
        weight = self._normal(before.shape[1], channels, 2, 2)
        bias = self._normal(channels) * 0.1
        found = F.conv_transpose2d(before, weight, bias, stride=2)
        self._node(
            "ConvTranspose", found, [weight, bias], kernel_shape=[2] * 2, strides=[2] * 2,
        )  # fmt: skip
        self._normalise(around=1.0, spread=0.3)
        self._relu()

    def connect(self, bins: int) -> None:
        """All bins of a frame to ``bins`` others, normalisation, ReLU."""
        weight = self._normal(self.here.sound.shape[-1], bins)
        self._node("MatMul", self.here.sound @ weight, [weight])
        self._normalise()
        self._relu()

    def join(self, how: str, other: _Edge) -> None:
        """Multiply or add what came another way."""
        mine = self.here
        found = mine.sound * other.sound if how == "Mul" else mine.sound + other.sound
        self._node(how, found, beside=(other.name,))

    def transpose(self) -> None:
        """Swap bins and frames."""
        self._node("Transpose", self.here.sound.mT, perm=[0, 1, 3, 2])

    def finish(self) -> None:
        """Back to two channels, real and imaginary, half as loud as what came in."""
        from torch.nn import functional as F

        before = self.here.sound
        weight = self._normal(4, before.shape[1], 1, 1)
        level = 0.5 * self._first.square().mean().sqrt() / F.conv2d(before, weight).std()
        weight, bias = weight * level, self._normal(4) * level * 0.1
        self._node("Conv", F.conv2d(before, weight, bias), [weight, bias], kernel_shape=[1, 1])

    def save(self, file: Path, frames: int) -> None:
        """Write the graph, its end named ``output``."""
        import onnx
        from onnx import TensorProto, helper

        self.nodes[-1].output[0] = "output"
        shape: list[str | int | None] = ["batch_size", 4, BINS, frames]
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name in ("input", "output")
        ]
        graph = helper.make_graph(self.nodes, "mdx", ends[:1], ends[1:], self.weights)
        opset = [helper.make_opsetid("", 13)]
        file.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=7), str(file))

    def _normalise(self, around: float = 0.0, spread: float = 1.0) -> None:
        """Batch normalisation whose running statistics are those of the reference."""
        from torch.nn import functional as F

        before = self.here.sound
        mean, deviation = _statistics(before)
        scale, shift = self._affine(before.shape[1])
        rest = [spread * scale, around + spread * shift, mean, deviation.square()]
        found = F.batch_norm(before, mean, rest[3], rest[0], rest[1], eps=1e-5)
        self._node("BatchNormalization", found, rest, epsilon=1e-5)

    def _relu(self) -> None:
        self._node("Relu", self.here.sound.relu())

    def _affine(self, channels: int) -> tuple[Tensor, Tensor]:
        """A learned scale and shift, near enough to 1 and 0 that nothing dies."""
        return 1 + 0.1 * self._normal(channels), 0.2 * self._normal(channels)

    def _normal(self, *shape: int) -> Tensor:
        import torch

        return torch.randn(*shape, generator=self.chance)

    def _node(
        self, kind: str, sound: Tensor, weights: list[Tensor] | None = None,
        beside: tuple[str, ...] = (), **settings: Any,
    ) -> None:  # fmt: skip
        """Add a node that takes what is here, its weights and what comes from beside."""
        from onnx import helper, numpy_helper

        names = [f"w{len(self.weights) + n}" for n in range(len(weights or ()))]
        for name, weight in zip(names, weights or (), strict=True):
            self.weights.append(numpy_helper.from_array(weight.contiguous().numpy(), name))
        taken = [self.here.name, *names, *beside]
        made = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, taken, [made], **settings))
        self.here = _Edge(made, sound)


def _reference(chance: Any) -> Tensor:
    """The spectrum of partials over noise, at the level in which separators are run.

    It must have the peaks that music has: joined by multiplication, the network answers a sound
    ten times louder with one a million times louder. Shape: (1, 4, bins, 32).
    """
    import torch

    time = torch.arange(31 * HOP) / 44_100
    hertz = 60 * 2 ** (8 * torch.rand(60, 1, generator=chance))
    loud = torch.rand(2, 60, 1, generator=chance) * (60 / hertz) ** 0.5
    phase = 2 * torch.pi * (hertz * time + torch.rand(60, 1, generator=chance))
    sound = (loud * phase.sin()).sum(1) + 0.3 * torch.randn(2, len(time), generator=chance)
    sound = 0.9 * sound / sound.abs().max()
    spectrum = torch.stft(
        sound, FFT, HOP, window=torch.hann_window(FFT), center=True, return_complex=True
    )[:, :BINS]
    spectrum[:, :3] = 0
    return torch.view_as_real(spectrum).movedim(-1, 1).reshape(1, 4, BINS, -1)


def _statistics(sound: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel."""
    return sound.mean((0, 2, 3)), sound.std((0, 2, 3)).clamp_min(1e-3)
