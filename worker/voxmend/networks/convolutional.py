"""A convolutional network in ONNX form, run by torch in channels-last order.

In that order a convolution needs no new layout of what goes in, and a processor with units for bf16
does several times the work of float32; onnxruntime's own convolutions know float32 alone. So a
network that consists of nothing but the layers below is read from its file, and each normalisation
is folded into the layer before it, in float32. In bf16 the first and the last convolution, which
carry the sound itself, stay float32.

Always holds: shapes are those of the file, and a window's answer depends on no other in its batch.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LOWER = torch.bfloat16
LAST = torch.channels_last

LAYERS = frozenset(
    {"Add", "BatchNormalization", "Conv", "ConvTranspose", "MatMul", "Mul", "Relu", "Transpose"}
)


class OtherLayersError(RuntimeError):
    """The file holds something else than these layers, or one of them in another form."""


class Convolution(nn.Module):
    """A convolution and what is folded into it. Its weights' type is what it computes in."""

    def __init__(
        self, weight: Tensor, bias: Tensor, stride: Sequence[int], pad: Sequence[int], back: bool
    ) -> None:
        """Take a layer.

        Args:
            back: it is a transposed one.
        """
        super().__init__()
        self.weight = nn.Parameter(weight.contiguous(memory_format=LAST), requires_grad=False)
        self.bias = nn.Parameter(bias, requires_grad=False)
        self.stride, self.pad, self.back, self.bent = tuple(stride), tuple(pad), back, False

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, frames, bins) to other channels, frames and bins."""
        x = x.to(self.weight.dtype).contiguous(memory_format=LAST)
        how = F.conv_transpose2d if self.back else F.conv2d
        found: Tensor = how(x, self.weight, self.bias, self.stride, self.pad)
        return found.relu_() if self.bent else found


class Dense(nn.Module):
    """All bins of a frame to others, channel by channel, and the normalisation after it."""

    scale: Tensor | None
    shift: Tensor | None

    def __init__(self, weight: Tensor) -> None:
        """Take a layer. Shape: (bins, other bins)."""
        super().__init__()
        self.weight = nn.Parameter(weight.mT.contiguous(), requires_grad=False)
        self.register_buffer("scale", None)
        self.register_buffer("shift", None)
        self.bent = False

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (batch, channels, frames, bins) to (batch, channels, frames, other bins)."""
        found = torch.matmul(self.weight, x.to(self.weight.dtype).permute(0, 2, 3, 1))
        if self.scale is not None and self.shift is not None:
            found = torch.addcmul(self.shift, found, self.scale, out=found)
        return (found.relu_() if self.bent else found).permute(0, 3, 1, 2)


class Join(nn.Module):
    """The sum or the product of two that have come different ways."""

    def __init__(self, product: bool) -> None:
        super().__init__()
        self.product = product

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        """Shape: of both."""
        return x * other if self.product else x + other


class Turn(nn.Module):
    """Axes in another order."""

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        self.order = tuple(order)

    def forward(self, x: Tensor) -> Tensor:
        """Shape: the axes in this order."""
        return x.permute(self.order)


@dataclass(frozen=True, slots=True)
class Step:
    """One layer in its place: what it takes, what it makes, and what nobody needs after it."""

    layer: int
    takes: tuple[str, ...]
    makes: str
    done: tuple[str, ...]


class Convolutional(nn.Module):
    """The network, loaded."""

    def __init__(
        self, layers: Sequence[nn.Module], steps: Sequence[Step], start: str, end: str
    ) -> None:
        """Internal: ``read`` makes one."""
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self._steps, self._start, self._end = steps, start, end

    @classmethod
    def read(cls, file: Path) -> Convolutional:
        """The network of a file, on the CPU.

        Raises:
            OtherLayersError: it consists of other layers.
        """
        import onnx
        from onnx import numpy_helper

        try:
            graph = onnx.load(str(file), load_external_data=False).graph
            weights = {
                each.name: torch.from_numpy(numpy_helper.to_array(each).copy())
                for each in graph.initializer
            }
        except Exception as error:  # noqa: BLE001  protobuf and numpy say it in many ways
            raise OtherLayersError(f"{file.name}: {error!s:.100}") from None
        ends = [edge.name for edge in graph.input if edge.name not in weights]
        if len(ends) != 1 or len(graph.output) != 1:
            raise OtherLayersError(f"{file.name} has not one input and one output")
        return _Reading(weights, ends[0], graph.output[0].name).of(graph.node)

    def lower(self) -> Convolutional:
        """The same in bf16, with weights of its own."""
        made = copy.deepcopy(self)
        ends = [layer for layer in made.layers if isinstance(layer, Convolution)]
        for layer in made.layers:
            if layer not in (ends[0], ends[-1]):
                layer.to(LOWER)
        return made

    @property
    def bytes(self) -> int:
        """What its weights take."""
        return sum(weights.nbytes for weights in self.parameters())

    def forward(self, x: Tensor) -> Tensor:
        """float32 to float32, both in torch's usual order. Shape: as the file says."""
        held = {self._start: x}
        for step in self._steps:
            held[step.makes] = self.layers[step.layer](*(held[name] for name in step.takes))
            for name in step.done:
                del held[name]
        return held[self._end].float().contiguous()


class _Reading:
    """Nodes on their way into layers: what follows a layer and can be folded into it is."""

    def __init__(self, weights: Mapping[str, Tensor], start: str, end: str) -> None:
        self._weights, self._start, self._end = weights, start, end
        self._layers: list[nn.Module] = []
        self._takes: list[tuple[str, ...]] = []
        self._makes: list[str] = []

    def of(self, nodes: Sequence[Any]) -> Convolutional:
        """The whole network."""
        users = Counter(name for node in nodes for name in node.input)
        for node in nodes:
            if node.op_type not in LAYERS or len(node.output) != 1:
                raise OtherLayersError(f"there is a layer {node.op_type!s:.40}")
            self._add(node, users)
        if self._end not in self._makes:
            raise OtherLayersError("its end is made by no layer")
        if not any(isinstance(layer, Convolution) for layer in self._layers):
            raise OtherLayersError("there is no convolution")
        last = {name: n for n, takes in enumerate(self._takes) for name in takes}
        steps = [
            Step(n, takes, makes, tuple({name for name in takes if last[name] == n} - {self._end}))
            for n, (takes, makes) in enumerate(zip(self._takes, self._makes, strict=True))
        ]
        return Convolutional(self._layers, steps, self._start, self._end)

    def _add(self, node: Any, users: Mapping[str, int]) -> None:
        told = {each.name: _value(each) for each in node.attribute}
        given = [self._weights[name] for name in node.input if name in self._weights]
        taken = tuple(name for name in node.input if name not in self._weights)
        kind, makes = node.op_type, node.output[0]
        if node.input[0] in self._weights:  # what it hears stands behind them, or nothing does
            raise OtherLayersError(f"a layer {kind} has another form")
        # Folded into the layer whose answer nobody else takes.
        before = self._layers[-1] if self._makes and taken == (self._makes[-1],) else None
        alone = before is not None and users[taken[0]] == 1
        if kind == "Relu" and alone and isinstance(before, Convolution | Dense):
            before.bent = True
        elif kind == "BatchNormalization" and alone and isinstance(before, Convolution | Dense):
            _fold(before, given, float(told.get("epsilon", 1e-5)))
        else:
            self._layers.append(_layer(kind, told, given, len(taken)))
            self._takes.append(taken)
            self._makes.append(makes)
            return
        self._makes[-1] = makes


def _layer(kind: str, told: Mapping[str, Any], given: Sequence[Tensor], taken: int) -> nn.Module:
    """A layer of its own, not yet bent nor normalised."""
    match kind, taken, [each.dim() for each in given]:
        case (("Conv" | "ConvTranspose"), 1, [4] | [4, 1]):
            back = kind == "ConvTranspose"
            pads = tuple(told.get("pads", (0, 0, 0, 0)))
            usual = {"dilations": (1, 1), "group": 1, "auto_pad": b"NOTSET"}
            usual |= {"output_padding": (0, 0)} if back else {}
            plain = all(_same(told.get(name, value), value) for name, value in usual.items())
            if plain and pads[:2] == pads[2:] and "output_shape" not in told:
                bias = (
                    given[1] if len(given) == 2 else torch.zeros(given[0].shape[1 if back else 0])
                )
                return Convolution(given[0], bias, told.get("strides", (1, 1)), pads[:2], back)
        case "MatMul", 1, [2]:
            return Dense(given[0])
        case (("Add" | "Mul"), 2, []):
            return Join(product=kind == "Mul")
        case "Transpose", 1, [] if "perm" in told:
            return Turn(told["perm"])
    raise OtherLayersError(f"a layer {kind} has another form")


def _fold(layer: nn.Module, given: Sequence[Tensor], epsilon: float) -> None:
    """A normalisation by fixed statistics, into the layer that it follows."""
    if len(given) != 4 or getattr(layer, "bent", False):
        raise OtherLayersError("a normalisation has another form")
    factor, offset, mean, variance = (each.double() for each in given)
    scale = factor / torch.sqrt(variance + epsilon)
    shift = offset - mean * scale
    if isinstance(layer, Convolution):
        wide = scale[None, :, None, None] if layer.back else scale[:, None, None, None]
        layer.weight.data = (layer.weight * wide).float().contiguous(memory_format=LAST)
        layer.bias.data = (layer.bias * scale + shift).float()
    elif isinstance(layer, Dense) and layer.scale is None:
        layer.scale, layer.shift = scale.float(), shift.float()
    else:
        raise OtherLayersError("a layer is normalised twice")


def _value(attribute: Any) -> Any:
    """What an attribute of a node says, of the kinds that are used here."""
    import onnx

    found = onnx.helper.get_attribute_value(attribute)
    return tuple(found) if isinstance(found, Sequence) and not isinstance(found, bytes) else found


def _same(one: Any, other: Any) -> bool:
    return bool(one == other)
