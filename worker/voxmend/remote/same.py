"""Whether a remote worker gives the same stems: it is the same build, and means the same weights
by the same names. Asked before a byte of sound is sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import RemoteDiffers

from .. import build, presets
from ..models import needs
from ..models import store as stores
from ..models.catalogue import Catalogue
from ..models.model import Model
from ..models.store import Store
from ..paths import Paths
from ..presets import Preset
from ..version import __version__
from .forms import Order, Welcome


def weights(model: Model) -> str:
    """Which files a model is, in one word of 16 hex digits: by their hashes as they were
    published, and what its block is told of them."""
    files = [
        (file.name, file.sha256, file.sha256_prefix, file.md5_tail, file.size, file.member)
        for file in model.files
    ]
    facts = [model.id, model.like, model.compensate, model.gives, model.splits, files]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def expected(catalogue: Catalogue, needed: Preset) -> dict[str, Scalar]:
    """The weights that a job means, by the names of their models."""
    return {model.id: weights(model) for model in catalogue.of_blocks(needed.blocks)}


def needed(plan: str, stems: tuple[str, ...], voice: bool, catalogue: Catalogue) -> Preset:
    """The preset of a job with the blocks alone that it takes.

    Raises:
        BadRequest: the plan is none.
    """
    preset = presets.parse(plan)
    if voice:
        preset = preset.after_separation()
    return needs.narrowed(preset, catalogue, stems)


def insist(order: Order, paths: Paths) -> None:
    """Refuse an order that this machine would carry out otherwise than the laptop means it.

    Raises:
        RemoteDiffers: another version or build, or other weights under the same name.
        ModelMissing, ModelCorrupt: weights are not here.
        BadRequest: the plan is none.
        EnvironmentProblem: this machine's own catalogue is not valid.
    """
    _mind_build(order.version, order.build)
    voice = any(source.role == "voice" for source in order.sources)
    held: Store = stores.for_blocks(paths, presets.parse(order.plan).blocks)
    wanted = needed(order.plan, order.stems, voice, held.catalogue)
    _mind_weights(order.models, expected(held.catalogue, wanted))
    needs.insist(wanted, held)


def greeted(welcome: Welcome) -> None:
    """Refuse a remote worker that is not what this machine is.

    Raises:
        RemoteDiffers: another version, or another build of it.
    """
    if welcome.version != __version__:
        raise RemoteDiffers(_versions(welcome.version, __version__))
    if welcome.build != build.mark():
        raise RemoteDiffers(_builds())


def _mind_build(version: str, theirs: str) -> None:
    if version != __version__:
        raise RemoteDiffers(_versions(__version__, version))
    if theirs != build.mark():
        raise RemoteDiffers(_builds())


def _versions(there: str, here: str) -> str:
    return (
        f"{{name}} has voxmend {there[:40]}, this machine has {here[:40]}. Update one of them, so "
        "that both give the same stems: voxmend update"
    )


def _builds() -> str:
    return (
        f"{{name}} has another build of voxmend {__version__} than this machine has. Install both "
        "from the same package, so that both give the same stems: voxmend update"
    )


def _mind_weights(theirs: Mapping[str, Scalar], ours: Mapping[str, Scalar]) -> None:
    for model in sorted({*theirs, *ours}):
        if theirs.get(model) != ours.get(model):
            raise RemoteDiffers(
                f"{{name}} means other weights by {model[:60]} than this machine does, so its "
                "stems would be others. Bring both catalogues (models.toml) to one state."
            )
