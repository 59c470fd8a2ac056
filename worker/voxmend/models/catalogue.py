"""What weights there are: ``catalogue.toml`` and the user's own ``models.toml``, typed and checked.

The store, the command line and the worker ask here; nothing here touches disk beyond those files.
A file's publisher proves it by a hash of some kind, or by none; ``File.proof`` says which. A file
may be had from addresses, from inside a Python package that is installed with voxmend, or both.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from voxmend_protocol.errors import BadRequest, EnvironmentProblem, InternalError

from .. import foreign, near, safe_files
from ..disk import safely
from ..plain_names import fault, fault_of_path

Proof = Literal["sha256", "sha256_prefix", "md5_tail", "recorded"]

MOST_BYTES, MOST_TEXT = 1_000_000_000_000, 1_000_000
"""Of one file: far more than any has, and still a number that a message can carry."""

MOST_GAIN = 10.0
"""Of ``compensate``: published ones lie between 1.0 and 1.1."""

_URL = re.compile(r"https?://[!-~]+")
_ID = re.compile(r"[a-z0-9][a-z0-9_]{0,40}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,120}(?<![.])")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,80}[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!_-]{0,40}")
_BLOCK = re.compile(r"[a-z]+\.[a-z0-9_]+")
_HEX = {"sha256": r"[0-9a-f]{64}", "sha256_prefix": r"[0-9a-f]{8,63}", "md5_tail": r"[0-9a-f]{32}"}


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


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models, in the order they are shown."""

    models: tuple[Model, ...]

    def find(self, name: str) -> Model:
        """The model of this id.

        Raises:
            BadRequest: there is none.
        """
        for model in self.models:
            if model.id == name:
                return model
        hint = near.meant(name, (model.id for model in self.models))
        raise BadRequest(f"There is no model “{name[:60]}”.{hint} See: voxmend models list")

    def of_blocks(self, blocks: Iterable[str]) -> tuple[Model, ...]:
        """The models that these blocks load; none if they need none."""
        wanted = set(blocks)
        return tuple(model for model in self.models if wanted & set(model.blocks))

    @property
    def likes(self) -> dict[str, Model]:
        """The blocks that have no code of their own, by name."""
        return {model.blocks[0]: model for model in self.models if model.like is not None}

    def with_own(self, own: Catalogue) -> Catalogue:
        """This catalogue and another: a row of the same id takes the place of ours.

        Raises:
            SlipError: a row would change which model one of our blocks loads; that is code.
        """
        ours = {model.id: model for model in self.models}
        loads = {block: model.id for model in self.models for block in model.blocks}
        for model in own.models:
            if model.id in ours:
                here = ours[model.id]
                same = set(model.blocks) == set(here.blocks) and model.like == here.like
                words = f"blocks must be {', '.join(here.blocks)}"
                if here.like:
                    words += f", like {here.like}"
                _rule(same, model.id, words)
                continue
            for block in model.blocks:
                _rule(
                    block not in loads, model.id, f"{block} loads {loads.get(block)}: use that id"
                )
        return Catalogue(tuple({**ours, **{model.id: model for model in own.models}}.values()))


class SlipError(ValueError):
    """A rule of the catalogue's form is broken: which, and by which model."""


@functools.cache
def load() -> Catalogue:
    """Our catalogue."""
    return parse(Path(__file__).with_name("catalogue.toml").read_text("utf-8"))


def of_user(own: Path) -> Catalogue:
    """Our catalogue with the rows of the user's own file, if there is one.

    Raises:
        EnvironmentProblem: that file cannot be read or breaks a rule; the sentence names both.
    """
    with foreign.foreign(
        lambda why: EnvironmentProblem(f"{own} is not a valid catalogue of models: {why}. Mend it.")
    ):
        try:
            with safely():
                data = safe_files.read(own, MOST_TEXT)
        except (FileNotFoundError, NotADirectoryError):
            return load()
        return load().with_own(_rows(foreign.toml(data), own=True))


def parse(text: str) -> Catalogue:
    """A catalogue from TOML.

    Raises:
        InternalError: it breaks a rule; the sentence names the model and the rule.
    """
    try:
        return _rows(tomllib.loads(text), own=False)
    except SlipError as slip:
        raise InternalError(f"The model catalogue is broken: {slip}.") from None


def _rows(data: Mapping[str, Any], own: bool) -> Catalogue:
    return Catalogue(tuple(_model(name, row, own) for name, row in data.items()))


def _model(name: str, row: Any, own: bool) -> Model:
    plain = _ID.fullmatch(name) and not fault(name)
    _rule(plain and isinstance(row, dict), name[:60], "a model is a table with a plain id")
    row = dict(row)
    files = row.pop("file", [])
    _rule(isinstance(files, list) and bool(files), name, "needs at least one file")
    package = _package(name, row.pop("package")) if "package" in row else None
    read = tuple(_file(name, file, own, package) for file in files)
    by_name = {file.name: file for file in read}
    folded = {file.name.lower() for file in read}
    _rule(len(folded) == len(read), name, "has two files of one name")
    made = {(file.becomes or file.name).lower() for file in read}
    _rule(len(made) == len(read), name, "has two files that become one")
    for file in read:
        first = by_name.get(file.instead_of or file.name)
        _rule(
            first and first.instead_of is None,
            name,
            f"{file.name} can stand in only for a file that is needed",
        )
    blocks = row.pop("blocks", None)
    _rule(
        _strings(blocks) and all(_BLOCK.fullmatch(block) for block in blocks),
        name,
        "blocks is a list of names such as separate.mdx",
    )
    like, compensate = row.pop("like", None), row.pop("compensate", None)
    alone = len(blocks) == 1
    fits = like is None or (isinstance(like, str) and _BLOCK.fullmatch(like) and alone)
    _rule(fits, name, "like is the name of a block, and goes with one name in blocks")
    number = type(compensate) in (int, float) and like is not None
    fits = compensate is None or (number and 0 < compensate < MOST_GAIN)
    _rule(fits, name, f"compensate is a number from 0 to {MOST_GAIN:g}, and goes with like")
    words = {f.name for f in fields(Model)} - {"id", "files", "blocks", "like", "compensate"}
    _rule(row.keys() == words, name, f"has exactly these words: {', '.join(sorted(words))}")
    _rule(all(isinstance(v, str) and v for v in row.values()), name, "every word is text")
    return Model(id=name, files=read, blocks=tuple(blocks), like=like, compensate=compensate, **row)


def _package(model: str, row: Any) -> Package:
    form = "a package has distribution, version and, if it has one, archive"
    _rule(isinstance(row, dict), model, form)
    row = dict(row)
    archive = row.pop("archive", None)
    _rule(row.keys() == {"distribution", "version"}, model, form)
    for key, plain in (("distribution", _DISTRIBUTION), ("version", _VERSION)):
        found = row[key]
        _rule(isinstance(found, str) and plain.fullmatch(found), model, f"{key} is a plain word")
    if archive is None:
        return Package(**row)
    known = {f.name for f in fields(Archive)}
    _rule(
        isinstance(archive, dict) and archive.keys() == known,
        model,
        "an archive has path, size and sha256",
    )
    _measured(model, "archive", archive)
    _rule(not fault_of_path(archive["path"]), model, "the archive's path must stay in the package")
    return Package(**row, archive=Archive(**archive))


def _file(model: str, row: Any, own: bool, package: Package | None) -> File:
    known = {f.name for f in fields(File)} - {"package"}
    _rule(isinstance(row, dict) and row.keys() <= known, model, "a file has an unknown key")
    name = row.get("name")
    _rule(isinstance(name, str) and _NAME.fullmatch(name), model, "a file needs a plain name")
    _rule(not fault(name), model, f"{name} {fault(name)}")
    taken = name.endswith((".part", ".part.json")) or name in ("receipt.json", "made")
    _rule(not taken, model, f"{name} is a name the store uses itself")
    inside = [key for key in ("path", "member") if key in row]
    urls = row.get("urls", [] if own or inside else None)
    _rule(_strings(urls) and (urls or own or inside), model, f"{name} needs addresses")
    for url in urls:
        _rule(_URL.fullmatch(url), model, f"{url} is no http address")
    _measured(model, name, row)
    instead = row.get("instead_of")
    _rule(instead is None or isinstance(instead, str), model, "instead_of is the name of a file")
    _inside(model, name, row, inside, package)
    becomes = row.get("becomes")
    plain = isinstance(becomes, str) and _NAME.fullmatch(becomes) and not fault(becomes)
    _rule(
        becomes is None or (plain and becomes.endswith(".safetensors")),
        model,
        f"{name}: becomes is the plain name of a .safetensors",
    )
    sure = becomes is None or {"size", "sha256"} <= row.keys()
    _rule(sure, model, f"{name} becomes another, so it needs size and sha256")
    read: Mapping[str, Any] = {**row, "urls": tuple(urls), "package": package if inside else None}
    return File(**read)


def _inside(
    model: str, name: str, row: Mapping[str, Any], keys: Sequence[str], package: Package | None
) -> None:
    """A file inside a package is one there, or one in its archive, and known to the byte."""
    if not keys:
        return
    _rule(package, model, f"{name} lies inside a package, and none is named")
    wanted = "member" if package and package.archive else "path"
    _rule(keys == [wanted], model, f"{name} says by {wanted} where it lies in the package")
    _rule({"size", "sha256"} <= row.keys(), model, f"{name} in a package needs size and sha256")
    place = row[wanted]
    _rule(
        not fault_of_path(place) if wanted == "path" else isinstance(place, str) and place,
        model,
        f"{name}: {wanted} must stay in the package",
    )


def _measured(model: str, name: str, row: Mapping[str, Any]) -> None:
    """Sizes and hashes have their form, where they are given."""
    for key in ("size", "about"):
        value = row.get(key)
        fits = value is None or (type(value) is int and 0 < value <= MOST_BYTES)
        _rule(fits, model, f"{key} is bytes, at most {MOST_BYTES:,}")
    for key, form in _HEX.items():
        value = row.get(key)
        _rule(
            value is None or (isinstance(value, str) and re.fullmatch(form, value)),
            model,
            f"{name}: {key} is not such a hash",
        )


def _strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _rule(holds: object, model: str, rule: str) -> None:
    if not holds:
        raise SlipError(f"{model}: {rule}")
