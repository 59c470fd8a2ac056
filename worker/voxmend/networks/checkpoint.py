"""Opening what publishers of RoFormer and MDX23C give: weights as ``.ckpt``, a description as
``.yaml``.

Both formats can carry code that runs when they are read. Here they are data or they are refused:
of a checkpoint only tensors are read, and of Python's own tags in YAML only the tuple, which these
files use. Whatever is wrong with them comes out as ``ModelCorrupt``, which names the file and the
command that brings it anew.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml
from torch import Tensor, nn

from voxmend_protocol.errors import ModelCorrupt, VoxmendError

from .. import safe_files
from ..foreign import foreign
from ..foreign import why as why_of
from ..targets import VOICE
from .memory import out_of_memory
from .tensors import NoFirstWeights, corrupt, open_weights

WRAPPERS = ("state_dict", "model", "best_state")
"""Where training programs put the weights if they save more than them."""

REST = ("instrumental", "other")
"""Names of a stem that is all but the voice."""


MOST_TEXT = 1_000_000
"""Bytes of a description; published ones have some thousand."""

MOST = 2**31 - 1
"""No size of a network is larger."""


class _Yaml(yaml.SafeLoader):  # type: ignore[misc]
    """YAML's own types, and the tuple. No merging: ten lines of it make ten billion entries."""

    def flatten_mapping(self, node: Any) -> None:
        """Refuse ``<<``."""
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise yaml.constructor.ConstructorError(None, None, "merged mappings")


_Yaml.add_constructor(
    "tag:yaml.org,2002:python/tuple",
    lambda loader, node: tuple(loader.construct_sequence(node, deep=True)),
)


@dataclass(frozen=True, slots=True)
class Stem:
    """Which outputs of a network to ask for; mostly one.

    Attributes:
        places: theirs among the outputs, in the order in which they are wanted.
        count: how many outputs there are.
        is_rest: it is all but what is wanted, so that is the mixture less it.
    """

    places: tuple[int, ...]
    count: int
    is_rest: bool


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint and its description, both safely read.

    Attributes:
        model: catalogue id, for the sentence that says how to get it anew.
        ckpt, yaml: the files.
        state: the weights by name, float32 on the CPU.
        config: the description: sections of names and values.
    """

    model: str
    ckpt: Path
    yaml: Path
    state: dict[str, Tensor]
    config: Mapping[str, Any]

    @classmethod
    def open(cls, files: Sequence[Path], model: str) -> Published:
        """Read the ``.ckpt`` and the ``.yaml`` among ``files``.

        Raises:
            ModelCorrupt: one is missing, broken, or holds more than data.
        """
        ckpt, text = _one(files, ".ckpt", model), _one(files, ".yaml", model)
        config = _description(text, model)  # first: it is small, and often what is wrong
        return cls(model, ckpt, text, open_weights(ckpt, model, WRAPPERS), config)

    def section(self, name: str) -> dict[str, Any]:
        """A section of the description, as a copy."""
        found = self.config.get(name)
        if not isinstance(found, Mapping):
            self.refuse(f"has no section “{name}”")
        return dict(found)

    def number(self, section: str, key: str) -> int:
        """A whole number above 0 from the description."""
        found = self.section(section).get(key)
        if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= MOST:
            # Not as it stands: ten lines can describe a list of ten billion entries.
            self.refuse(
                f"says {reprlib.repr(found)} where “{section}: {key}” must be a number above 0"
            )
        return found

    @property
    def stems(self) -> list[str]:
        """Its outputs by name, in order, in lower case."""
        target = self.section("training").get("target_instrument")
        names = [target] if target else self.section("training").get("instruments")
        named = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
        if not named or not names:
            self.refuse("names no stems under “training”")
        return [name.lower() for name in names]

    def stem(self, wanted: Sequence[str] = (VOICE,), rest: Sequence[str] = REST) -> Stem:
        """The output that is wanted, by default the voice; or all but it.

        Args:
            wanted: names it may have, the likeliest first.
            rest: names of an output that is all but it.
        """
        stems = self.stems
        is_rest = len(stems) == 1 and stems[0] in rest
        found = [stems.index(name) for name in wanted if name in stems]
        if not found and not is_rest:
            self.refuse(f"gives {', '.join(stems)[:80]}, and no {wanted[0]}")
        return Stem((0,) if is_rest else (found[0],), len(stems), is_rest)

    def of(self, targets: Sequence[str]) -> Stem:
        """The outputs that are these targets."""
        if tuple(targets) == (VOICE,):
            return self.stem()
        named = self.stems
        if missing := [target for target in targets if target not in named]:
            self.refuse(f"gives {', '.join(named)[:80]}, and no {missing[0]}")
        return Stem(tuple(named.index(target) for target in targets), len(named), False)

    def for_stereo_at(self, rate: int) -> None:
        """Refuse a network for another rate, or for mono."""
        audio = self.section("audio")
        if audio.get("sample_rate", rate) != rate or audio.get("num_channels", 2) != 2:
            self.refuse(f"is not for stereo at {rate / 1000:g} kHz")

    def fill(self, network: nn.Module) -> nn.Module:
        """Put the weights into the network they were made for."""
        try:
            network.load_state_dict(self.state, assign=True)
        except Exception as error:
            if out_of_memory(error):
                raise
            why = " ".join(str(error).split("\n")[1:2] or [str(error)]).strip()[:200]
            raise corrupt(
                self.ckpt, f"does not fit what {self.yaml.name} describes ({why})", self.model
            ) from None
        return network

    def refuse(self, why: str) -> NoReturn:
        """Raise ``ModelCorrupt`` over the description."""
        raise corrupt(self.yaml, why, self.model)

    @contextmanager
    def building(self) -> Iterator[None]:
        """Within it, a network may be built from the description: its random first weights are
        left out, and what goes wrong is the description's fault."""
        try:
            with NoFirstWeights():
                yield
        except (VoxmendError, ImportError):
            raise
        except Exception as error:  # what a network says against its numbers is no list that ends
            if out_of_memory(error):
                raise
            self.refuse(f"describes no network that can be built ({why_of(error)})")


def _one(files: Sequence[Path], suffix: str, model: str) -> Path:
    """The one file with this suffix."""
    found = [file for file in files if file.suffix.lower() == suffix]
    if len(found) != 1:
        raise ModelCorrupt(
            f"{model} needs one {suffix} file and has {len(found)}. "
            f"Fetch it again: voxmend models pull {model}"
        )
    return found[0]


def _description(file: Path, model: str) -> Mapping[str, Any]:
    """What a YAML file says."""
    with foreign(lambda why: corrupt(file, f"cannot be read ({why})", model)):
        try:
            said = yaml.load(safe_files.read(file, MOST_TEXT, "named"), _Yaml)
        except yaml.constructor.ConstructorError as error:
            why = why_of(ValueError(error.problem))
            raise corrupt(file, f"holds more than data and is not opened ({why})", model) from None
    if not isinstance(said, Mapping):
        raise corrupt(file, "describes no network", model)
    return said
