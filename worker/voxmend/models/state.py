"""How files and models are: what a look at the store, or at a package, comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .model import Model, Proof

State = Literal["absent", "partial", "present", "corrupt"]

Origin = Literal["store", "package"]
"""Where a file lies: pulled or imported into the store, or inside a package, come with voxmend."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A next step: what it does, and the command to type."""

    words: str
    command: str

    def __str__(self) -> str:
        return f"{self.words}: {self.command}"


@dataclass(frozen=True, slots=True)
class FileState:
    """How one file is.

    Attributes:
        size: its bytes on disk, unfinished ones too.
        fault: why it is corrupt; of one that only a package brings, also why it is absent.
        proved: whether its bytes were ever read and found good; only a glance leaves that open.
        origin: None where nothing of it is here.
        remedy: the next step, where that is not a pull.
    """

    name: str
    state: State
    size: int
    proof: Proof
    fault: str | None = None
    proved: bool = True
    origin: Origin | None = None
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class ModelState:
    """How one model is: present with all it needs, else the worst of its files.

    Attributes:
        held: bytes that it takes in the store, working copies too.
    """

    model: Model
    state: State
    files: tuple[FileState, ...]
    held: int

    @property
    def size(self) -> int:
        """Bytes on disk, those inside a package too."""
        return sum(file.size for file in self.files)

    @property
    def proved(self) -> bool:
        """Whether nothing that a pull brought waits for its proof. What came inside a package is
        proved by whoever opens it."""
        return all(file.proved or file.origin == "package" for file in self.files)

    @property
    def origin(self) -> Origin | None:
        """Where a model that is here comes from: the package, if that holds any of what it needs.
        None while it is not here whole."""
        if self.state != "present":
            return None
        needed = {best([self.of(file.name) for file in group]).origin for group in self.model.needs}
        return "package" if "package" in needed else "store"

    @property
    def trouble(self) -> FileState | None:
        """The first file that keeps the model from being whole; None where none does."""
        held = [best([self.of(file.name) for file in group]) for group in self.model.needs]
        bad = [file for file in held if file.state == "corrupt"]
        return next(iter(bad or [file for file in held if file.state != "present"]), None)

    @property
    def reason(self) -> str:
        """Why it is not here, to be put behind that; empty where it was just never fetched."""
        why = self.trouble.fault if self.trouble else None
        return f": {self.trouble.name} {why}" if self.trouble and why else ""

    @property
    def fetchable(self) -> bool:
        """Whether a pull mends what keeps the model from being whole."""
        return self.trouble is None or self.trouble.remedy is None

    @property
    def remedy(self) -> Remedy:
        """The next step that mends the model."""
        own = self.trouble.remedy if self.trouble else None
        again = "Fetch it again" if self.state == "corrupt" else "Fetch it"
        return own or Remedy(again, f"voxmend models pull {self.model.id}")

    def of(self, name: str) -> FileState:
        """How this file is."""
        return next(file for file in self.files if file.name == name)

    def is_there(self, name: str) -> bool:
        """Whether this file is there and good."""
        return any(file.name == name and file.state == "present" for file in self.files)


def best(files: Sequence[FileState]) -> FileState:
    """Of files of which one will do, the one that is best off."""
    order: tuple[State, ...] = ("present", "corrupt", "partial", "absent")
    return min(files, key=lambda file: order.index(file.state))


def size_words(model: Model) -> str:
    """How large a model is, as a person reads it."""
    if not model.bytes:
        return "size not published"
    words = f"{model.bytes / 1e6:,.1f} MB" if model.bytes < 1e7 else f"{model.bytes / 1e6:,.0f} MB"
    return words if model.exact else f"about {words}"
