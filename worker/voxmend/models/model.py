"""One row of the catalogue: a network, its files, and what carries them. Values, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .. import targets

Proof = Literal["sha256", "sha256_prefix", "md5_tail", "recorded"]


@dataclass(frozen=True, slots=True)
class Archive:
    """A tar file inside a package, packed or not, that holds files of a model.

    Attributes:
        path: as the package has it.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that carries files of a model; it is read, never imported.

    Attributes:
        distribution: its name, as an installer knows it.
        archive: where all files of the model lie in one.
    """

    distribution: str
    version: str
    archive: Archive | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What whoever published the weights states about their use.

    Attributes:
        licence: of the weights, not of code beside them: an SPDX identifier, or several that all
            apply, joined by ``AND``; ``NOASSERTION`` where nothing is stated.
        proof: addresses at which this can be read; where nothing is stated, at which it would be,
            or where somebody has asked.
        date: of the statement, where it has one, else when this was last read: ``YYYY-MM-DD``.
    """

    licence: str
    proof: tuple[str, ...]
    date: str


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model.

    Attributes:
        urls: where it can be had; none for one that comes inside a package, and for a user's own
            that is only ever imported.
        size: bytes, exact; None where the publisher does not say.
        about: bytes as others report them: to show and to plan room, never to judge.
        sha256_prefix: the first hex digits of sha256, as Demucs puts them into the name.
        md5_tail: MD5 of the last 10,240,000 bytes, as UVR identifies its models.
        instead_of: the file of the same model in whose place this one will do.
        package: what carries it.
        path: where it lies there.
        member: its name in the package's archive, where it lies in that.
        becomes: the name of the safetensors file that is made of it, once, and loaded in its place.
    """

    name: str
    urls: tuple[str, ...]
    size: int | None = None
    about: int | None = None
    sha256: str | None = None
    sha256_prefix: str | None = None
    md5_tail: str | None = None
    instead_of: str | None = None
    package: Package | None = None
    path: str | None = None
    member: str | None = None
    becomes: str | None = None

    @property
    def proof(self) -> Proof:
        """What the file is judged by; "recorded" where its publisher gives no hash."""
        if self.sha256:
            return "sha256"
        if self.sha256_prefix:
            return "sha256_prefix"
        return "md5_tail" if self.md5_tail else "recorded"

    @property
    def whole(self) -> bool:
        """Whether a published hash covers every byte: then pieces may come from anywhere."""
        return bool(self.sha256 or self.sha256_prefix)

    @property
    def bytes(self) -> int | None:
        """The size, or what it is about."""
        return self.size or self.about


@dataclass(frozen=True, slots=True)
class Model:
    """One network: what for, which files, under which terms.

    Attributes:
        stage: the family of blocks it serves, such as "separate".
        terms: what the licence allows, in plain words.
        blocks: names of the blocks that load it.
        like: where its one block has no code of its own, the block that it is with these weights.
        compensate: what that block's answer is multiplied by, as published with the weights; None =
            as that block says.
        gives: the targets that a separator can be asked for, the voice first where it is among
            them.
        grant: what its publisher states about use; None for a row of the user's own that leaves
            it out. ``use`` says in one word what follows.
        splits: of a network that takes a voice apart, the stem that it gives, and the one that is
            the voice less it; empty for all others.
    """

    id: str
    title: str
    stage: str
    purpose: str
    licence: str
    terms: str
    source: str
    citation: str
    blocks: tuple[str, ...]
    files: tuple[File, ...]
    like: str | None = None
    compensate: float | None = None
    gives: tuple[str, ...] = (targets.VOICE,)
    grant: Grant | None = None
    splits: tuple[str, ...] = ()

    @property
    def package(self) -> Package | None:
        """The package that carries files of it; None where none does."""
        return next((file.package for file in self.files if file.package), None)

    @property
    def needs(self) -> tuple[tuple[File, ...], ...]:
        """What it takes: of each group one file, the first if there is a choice."""
        return tuple(
            (file, *(other for other in self.files if other.instead_of == file.name))
            for file in self.files
            if file.instead_of is None
        )

    @property
    def bytes(self) -> int:
        """About how much a download is; files of unknown size count nothing."""
        return sum(group[0].bytes or 0 for group in self.needs)

    @property
    def exact(self) -> bool:
        """Whether ``bytes`` is known to the byte."""
        return all(group[0].size is not None for group in self.needs)
