"""Separation with HTDemucs (Rouard, Massa, Défossez: "Hybrid Transformers for Music Source
Separation", ICASSP 2023), full band, through the network class of the demucs package.

Only what is asked for is computed: the last layer of each branch is cut down to the rows that make
it. The weights come from a local file and are data: safetensors, or a ``.th`` that holds nothing
but tensors and the network's own arguments.

Always holds: same shape, zero lag, no random shift: the same window gives the same answer.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from voxmend_protocol.errors import ModelCorrupt

from ...foreign import foreign
from ...networks import opening
from ...networks.memory import out_of_memory
from ...networks.network import TorchNetwork, lowered
from ...networks.standard import in_standard_form
from ...targets import VOICE
from ..contract import Params, Separator
from ..registry import register

OVERLAP = 0.2
"""Share of a window that it has in common with the next. Upstream's default is 0.25, and its README
holds 0.1 to be enough; this leaves the middle of a joint 0.8 s from either edge and takes a
sixteenth fewer windows."""

MARGIN = 2048
"""Samples, half an STFT frame: the inverse transform of its spectral branch fades in and out at the
edges of a window, by 6 dB at the first sample, and a clip begins there."""

CLASS = "demucs.htdemucs.HTDemucs"


class Demucs(TorchNetwork):
    """A loaded HTDemucs that gives what is left of its stems.

    Attributes:
        window: samples of the segment it was trained on; any other length is another result.
    """

    def __init__(self, network: Any, device: torch.device) -> None:
        window = int(network.segment * network.samplerate)
        context = int((window - 2 * MARGIN) * OVERLAP / 2)
        # Channels last, where a convolution need not lay its input out anew: a tenth of the time.
        placed = network.to(device).to(memory_format=torch.channels_last)
        super().__init__(placed.eval(), window, MARGIN, context)
        for layers in (network.encoder, network.tencoder):
            layers[0].forward = _in_full(layers[0].forward)
        for layers in (network.decoder, network.tdecoder):
            layers[-1].forward = _in_full(layers[-1].forward)

    def __call__(self, mix: Tensor) -> Tensor:
        """The stems in full windows, at the level they come in, one behind the other. Shape:
        (batch, stems · 2, window)."""
        with _scaled_dot_product():
            stems: Tensor = self._network(mix).flatten(1, 2)
        return stems.clone()  # and not a view of all that was computed


@register
class Htdemucs(Separator):
    """``separate.htdemucs``: HTDemucs."""

    name = "separate.htdemucs"
    rate = 44_100
    window_s = 7.8
    context_s = 0.77
    channels = 2
    models = ("htdemucs",)
    precisions = ("bf16",)
    gives = (VOICE, "drums", "bass", "other")

    def load(self, files: Sequence[Path], device: torch.device) -> Demucs:
        """Load the one file of weights there is.

        Raises:
            ModelCorrupt: it is no HTDemucs, does not give what is asked for, or holds more than
                weights.
        """
        file = files[0]
        package = _from_safetensors(file) if file.suffix == ".safetensors" else _from_pickle(file)
        return Demucs(_only(self.targets, _built(package, file), file), device)

    def separate(self, model: Demucs, mix: Tensor, params: Params) -> Tensor:
        """The targets. Shape: (batch, 1 or 2, samples) to (batch, targets · (1 or 2), samples)."""
        with lowered(params.precision, mix.device):
            return in_standard_form(model, mix, model.window).float()


def _in_full(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A layer's forward in float32 whatever the precision around it.

    The first and the last layer of each branch carry the sound itself: left in bf16 they make nine
    tenths of its error, and they take a tenth of the time.
    """

    def exact(x: Tensor, *given: Any) -> Any:
        with torch.autocast(x.device.type, enabled=False):
            return forward(_float(x), *(_float(each) for each in given))

    return exact


def _float(value: Any) -> Any:
    return value.float() if isinstance(value, Tensor) and value.is_floating_point() else value


@contextlib.contextmanager
def _scaled_dot_product() -> Iterator[None]:
    """Attention through scaled_dot_product_attention: torch's fast path for whole encoder layers
    writes out the matrix of 2688 x 2688 scores and takes a quarter longer on the CPU."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _from_safetensors(file: Path) -> dict[str, Any]:
    """A package of ``demucs.hf``'s form: the class, its arguments as JSON, the weights."""
    from safetensors import safe_open

    with foreign(lambda why: _corrupt(file, f"is no HTDemucs of the published form ({why})")):
        with safe_open(str(file), framework="pt") as opened:
            facts: Mapping[str, str] = opened.metadata() or {}
            state = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if "structure" in facts:  # packed weights, which only the diffq package can read
            raise _corrupt(file, "holds packed weights")
        return {
            "klass": facts.get("klass"),
            "args": json.loads(facts["args"], object_hook=_fraction),
            "kwargs": json.loads(facts["kwargs"], object_hook=_fraction),
            "state": state,
        }


def _from_pickle(file: Path) -> dict[str, Any]:
    """A package of Demucs' older form; of pickle's powers only these two classes are allowed."""
    from demucs.htdemucs import HTDemucs

    size = file.stat().st_size if file.is_file() else 0
    with opening.opening(lambda why: _corrupt(file, f"is broken: it {why}"), size):
        package = opening.load(file, [HTDemucs, Fraction])
        klass = package["klass"]
        wanted = {key: package[key] for key in ("args", "kwargs", "state")}
        return {**wanted, "klass": f"{klass.__module__}.{klass.__name__}"}


def _fraction(value: dict[str, Any]) -> Any:
    """Demucs writes a Fraction as an object that says so."""
    if value.get("_type") == "fraction":
        return Fraction(int(value["numerator"]), int(value["denominator"]))
    return value


def _built(package: Mapping[str, Any], file: Path) -> Any:
    """The network with its weights, in float32."""
    from demucs.htdemucs import HTDemucs

    if package["klass"] != CLASS:  # the file names a class; we make no other
        raise _corrupt(file, f"is made for {str(package['klass'])[:80]}, not for HTDemucs")
    try:
        network = HTDemucs(*package["args"], **package["kwargs"])
        network.load_state_dict(package["state"])
    except Exception as error:  # what its layers say against numbers is no list that ends
        if out_of_memory(error):
            raise
        why = str(error).partition("\n")[0][:200]
        raise _corrupt(file, f"does not fit HTDemucs ({why})") from None
    if network.audio_channels != 2 or network.samplerate != Htdemucs.rate:
        raise _corrupt(file, "is not for stereo at 44.1 kHz")
    return network


def _only(targets: Sequence[str], network: Any, file: Path) -> Any:
    """Cut the last layer of both branches down to what is asked for, in that order."""
    if missing := [target for target in targets if target not in network.sources]:
        raise _corrupt(file, f"has no {missing[0]} among its stems")
    count, places = len(network.sources), [network.sources.index(target) for target in targets]
    for layer in (network.decoder[-1], network.tdecoder[-1]):
        last = layer.conv_tr
        each = torch.arange(last.out_channels).view(count, -1)
        rows = each[places].flatten()
        last.weight = nn.Parameter(last.weight[:, rows].detach().clone())
        last.bias = nn.Parameter(last.bias[rows].detach().clone())
        last.out_channels = len(rows)
        if not isinstance(layer.norm2, nn.Identity):
            raise _corrupt(file, "mixes its stems in the last layer")
    network.sources = list(targets)
    return network


def _corrupt(file: Path, why: str) -> ModelCorrupt:
    return ModelCorrupt(f"{file.name} {why}. Check what is there: voxmend models verify")
