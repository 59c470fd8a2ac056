"""Opening what the publishers of SCNet give: weights as ``.ckpt``, and a ``.yaml`` for a network of
another size than the two whose form stands in ``form``.

Always holds: nothing in a file runs, and no memory is taken for what its weights do not have. What
is wrong comes out as ``ModelCorrupt``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from voxmend_protocol.errors import ModelCorrupt

from ...targets import VOICE
from ..checkpoint import WRAPPERS, Published
from ..memory import out_of_memory
from ..network import TorchNetwork
from ..tensors import corrupt, open_weights
from .form import PUBLISHED, Form, described
from .network import SCNet

RATE = 44_100

PARALLEL = "module."
"""What torch puts before each name where a network was trained on several cards."""

WIDTH = "encoder.0.globalconv.bias"
"""A weight that tells the published sizes apart."""

SEAM = 16
"""A window's context at each side is this part of it, so a seam is an eighth."""


class Stems(TorchNetwork):
    """A loaded SCNet that gives what is left of its stems."""

    def __call__(self, mix: Tensor, precision: str = "fp32") -> Tensor:
        """The stems in stereo windows of any length, at the level they come in.

        Args:
            precision: "fp32", or "bf16" for its recurrent layers.

        Shape: (batch, 2, samples) to (batch, stems · 2, samples); float32.
        """
        found: Tensor = self._network(mix, precision)
        return found


def loaded(
    files: Sequence[Path], model: str, device: torch.device, targets: Sequence[str] = (VOICE,)
) -> Stems:
    """The network of a checkpoint, cut down to the targets, on its device.

    Args:
        files: one ``.ckpt``, and a ``.yaml`` if it is of a size of its own.
        model: catalogue id, for the sentence that says how to get them anew.

    Raises:
        ModelCorrupt: they are no SCNet, do not give the targets, or hold more than data.
    """
    if any(file.suffix.lower() == ".yaml" for file in files):
        published = Published.open(files, model)
        form, named = _described(published)
        file, state = published.ckpt, published.state
    else:
        file = _only(files, model)
        state = open_weights(file, model, WRAPPERS)
        form = _recognised(state, file, model)
        named = form.sources
    if missing := [target for target in targets if target not in named]:
        raise corrupt(file, f"gives {', '.join(named)[:80]}, and no {missing[0]}", model)
    network = _filled(form, state, file, model).only([named.index(name) for name in targets])
    return Stems(network.to(device).eval(), form.window, context=form.window // SEAM)


def _described(published: Published) -> tuple[Form, Sequence[str]]:
    """The form that a description speaks of, and its stems by name."""
    published.for_stereo_at(RATE)
    if published.section("inference").get("normalize") is not True:
        published.refuse(
            "is for a network that hears a song at its own level; SCNet runs here at one level "
            "for all, as “inference: normalize: true” says"
        )
    try:
        form = described(published.section("model"), published.number("audio", "chunk_size"))
    except ValueError as error:
        published.refuse(f"describes no SCNet: {error}")
    named = published.stems
    if len(named) != len(form.sources):
        published.refuse(f"has {len(form.sources)} stems and names {len(named)}")
    return form, named


def _only(files: Sequence[Path], model: str) -> Path:
    """The one file there is."""
    if len(files) != 1:
        raise ModelCorrupt(
            f"{model} needs one .ckpt file and has {len(files)} files. Fetch it again: voxmend "
            f"models pull {model}"
        )
    return files[0]


def _recognised(state: Mapping[str, Tensor], file: Path, model: str) -> Form:
    """The published form that these weights are of, by their width."""
    width = state.get(WIDTH, state.get(PARALLEL + WIDTH, torch.empty(0)))
    for form in PUBLISHED:
        if width.shape == (form.dims[1],):
            return form
    raise corrupt(
        file, "is no SCNet of a published size; any other needs its .yaml beside it", model
    )


def _filled(form: Form, state: Mapping[str, Tensor], file: Path, model: str) -> SCNet:
    """The network with its weights. It is laid out without memory first, so that a description of
    something vast is refused before it is built."""
    if all(name.startswith(PARALLEL) for name in state):
        state = {name.removeprefix(PARALLEL): weights for name, weights in state.items()}
    try:
        with torch.device("meta"):
            network = SCNet(form)
        network.load_state_dict(state, assign=True)
    except (RuntimeError, TypeError, ValueError) as error:
        if out_of_memory(error):
            raise
        why = " ".join(str(error).split("\n")[1:2] or [str(error)]).strip()[:200]
        raise corrupt(file, f"does not fit SCNet ({why})", model) from None
    return network
