"""The form of a catalogue's rows: what TOML says, checked rule by rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from voxmend_protocol.values import STEM

from .. import targets
from ..plain_names import fault, fault_of_path
from .model import Archive, File, Grant, Model, Package

MOST_BYTES = 1_000_000_000_000
"""Of one file: far more than any has, and still a number that a message can carry."""

MOST_GAIN = 10.0
"""Of ``compensate``: published ones lie between 1.0 and 1.1."""

MOST_PROOFS = 4

_URL = re.compile(r"https?://[!-~]+")
_ID = re.compile(r"[a-z0-9][a-z0-9_]{0,40}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,120}(?<![.])")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,80}[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!_-]{0,40}")
_BLOCK = re.compile(r"[a-z]+\.[a-z0-9_]+")
_LICENCE = re.compile(r"[A-Za-z0-9.+-]{1,60}( AND [A-Za-z0-9.+-]{1,60}){0,4}")
_DAY = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_HEX = {"sha256": r"[0-9a-f]{64}", "sha256_prefix": r"[0-9a-f]{8,63}", "md5_tail": r"[0-9a-f]{32}"}


class SlipError(ValueError):
    """A rule of the catalogue's form is broken: which, and by which model."""


def rule(holds: object, model: str, words: str) -> None:
    """Raise ``SlipError`` unless it holds."""
    if not holds:
        raise SlipError(f"{model}: {words}")


def read(data: Mapping[str, Any], own: bool) -> tuple[Model, ...]:
    """The rows of a catalogue, in its order.

    Args:
        own: it is the user's: its files may have no address.

    Raises:
        SlipError: one breaks a rule.
    """
    return tuple(_model(name, row, own) for name, row in data.items())


def _model(name: str, row: Any, own: bool) -> Model:
    plain = _ID.fullmatch(name) and not fault(name)
    rule(plain and isinstance(row, dict), name[:60], "a model is a table with a plain id")
    row = dict(row)
    files = row.pop("file", [])
    rule(isinstance(files, list) and bool(files), name, "needs at least one file")
    package = _package(name, row.pop("package")) if "package" in row else None
    read = tuple(_file(name, file, own, package) for file in files)
    by_name = {file.name: file for file in read}
    folded = {file.name.lower() for file in read}
    rule(len(folded) == len(read), name, "has two files of one name")
    made = {(file.becomes or file.name).lower() for file in read}
    rule(len(made) == len(read), name, "has two files that become one")
    for file in read:
        first = by_name.get(file.instead_of or file.name)
        rule(
            first and first.instead_of is None,
            name,
            f"{file.name} can stand in only for a file that is needed",
        )
    blocks = row.pop("blocks", None)
    rule(
        _strings(blocks) and all(_BLOCK.fullmatch(block) for block in blocks),
        name,
        "blocks is a list of names such as separate.mdx",
    )
    like, compensate = row.pop("like", None), row.pop("compensate", None)
    alone = len(blocks) == 1
    fits = like is None or (isinstance(like, str) and _BLOCK.fullmatch(like) and alone)
    rule(fits, name, "like is the name of a block, and goes with one name in blocks")
    number = type(compensate) in (int, float) and like is not None
    fits = compensate is None or (number and 0 < compensate < MOST_GAIN)
    rule(fits, name, f"compensate is a number from 0 to {MOST_GAIN:g}, and goes with like")
    gives = row.pop("gives", [targets.VOICE])
    rule(
        _strings(gives) and gives and all(_is_target(target) for target in gives),
        name,
        "gives is a list of stems in lower case, such as drums; none of voxmend's own but vocals",
    )
    in_order = len(set(gives)) == len(gives) and targets.VOICE not in gives[1:]
    rule(in_order, name, "gives names each stem once, vocals first")
    grant = _grant(name, row.pop("grant")) if "grant" in row else None
    left = {"id", "files", "blocks", "like", "compensate", "gives", "grant", "splits"}
    splits = row.pop("splits", [])
    rule(
        _strings(splits) and all(_is_target(stem) for stem in splits),
        name,
        "splits is two stems in lower case, such as lead and backing_vocals; none of voxmend's own",
    )
    apart = len(set(splits)) == len(splits) == 2 and targets.VOICE not in splits
    rule(not splits or apart, name, "splits is the stem that it gives, and what is left of a voice")
    words = {f.name for f in fields(Model)} - left
    rule(row.keys() == words, name, f"has exactly these words: {', '.join(sorted(words))}")
    rule(all(isinstance(v, str) and v for v in row.values()), name, "every word is text")
    return Model(
        id=name, files=read, blocks=tuple(blocks), like=like, compensate=compensate,
        gives=tuple(gives), splits=tuple(splits), grant=grant,
        **row,
    )  # fmt: skip


def _is_target(name: str) -> bool:
    """Whether a file may have this name, and no stem of ours has it for another meaning."""
    ours = {*targets.OF_VOICE, targets.REST} - {targets.VOICE}
    return bool(STEM.fullmatch(name)) and name not in ours and not fault(f"{name}.wav")


def _grant(model: str, row: Any) -> Grant:
    form = "a grant has licence, proof and date"
    rule(isinstance(row, dict) and row.keys() == {f.name for f in fields(Grant)}, model, form)
    licence, proof, date = row["licence"], row["proof"], row["date"]
    rule(
        isinstance(licence, str) and _LICENCE.fullmatch(licence),
        model,
        "a grant's licence is an SPDX identifier, or several joined by AND",
    )
    fits = _strings(proof) and 1 <= len(proof) <= MOST_PROOFS
    rule(
        fits and all(_URL.fullmatch(url) for url in proof),
        model,
        f"a grant's proof is a list of 1 to {MOST_PROOFS} addresses",
    )
    rule(isinstance(date, str) and _DAY.fullmatch(date), model, "a grant's date is YYYY-MM-DD")
    return Grant(licence, tuple(proof), date)


def _package(model: str, row: Any) -> Package:
    form = "a package has distribution, version and, if it has one, archive"
    rule(isinstance(row, dict), model, form)
    row = dict(row)
    archive = row.pop("archive", None)
    rule(row.keys() == {"distribution", "version"}, model, form)
    for key, plain in (("distribution", _DISTRIBUTION), ("version", _VERSION)):
        found = row[key]
        rule(isinstance(found, str) and plain.fullmatch(found), model, f"{key} is a plain word")
    if archive is None:
        return Package(**row)
    known = {f.name for f in fields(Archive)}
    rule(
        isinstance(archive, dict) and archive.keys() == known,
        model,
        "an archive has path, size and sha256",
    )
    _measured(model, "archive", archive)
    rule(not fault_of_path(archive["path"]), model, "the archive's path must stay in the package")
    return Package(**row, archive=Archive(**archive))


def _file(model: str, row: Any, own: bool, package: Package | None) -> File:
    known = {f.name for f in fields(File)} - {"package"}
    rule(isinstance(row, dict) and row.keys() <= known, model, "a file has an unknown key")
    name = row.get("name")
    rule(isinstance(name, str) and _NAME.fullmatch(name), model, "a file needs a plain name")
    rule(not fault(name), model, f"{name} {fault(name)}")
    taken = name.endswith((".part", ".part.json")) or name in ("receipt.json", "made")
    rule(not taken, model, f"{name} is a name the store uses itself")
    inside = [key for key in ("path", "member") if key in row]
    urls = row.get("urls", [] if own or inside else None)
    rule(_strings(urls) and (urls or own or inside), model, f"{name} needs addresses")
    for url in urls:
        rule(_URL.fullmatch(url), model, f"{url} is no http address")
    _measured(model, name, row)
    instead = row.get("instead_of")
    rule(instead is None or isinstance(instead, str), model, "instead_of is the name of a file")
    _inside(model, name, row, inside, package)
    becomes = row.get("becomes")
    plain = isinstance(becomes, str) and _NAME.fullmatch(becomes) and not fault(becomes)
    rule(
        becomes is None or (plain and becomes.endswith(".safetensors")),
        model,
        f"{name}: becomes is the plain name of a .safetensors",
    )
    sure = becomes is None or {"size", "sha256"} <= row.keys()
    rule(sure, model, f"{name} becomes another, so it needs size and sha256")
    read: Mapping[str, Any] = {**row, "urls": tuple(urls), "package": package if inside else None}
    return File(**read)


def _inside(
    model: str, name: str, row: Mapping[str, Any], keys: Sequence[str], package: Package | None
) -> None:
    """A file inside a package is one there, or one in its archive, and known to the byte."""
    if not keys:
        return
    rule(package, model, f"{name} lies inside a package, and none is named")
    wanted = "member" if package and package.archive else "path"
    rule(keys == [wanted], model, f"{name} says by {wanted} where it lies in the package")
    rule({"size", "sha256"} <= row.keys(), model, f"{name} in a package needs size and sha256")
    place = row[wanted]
    rule(
        not fault_of_path(place) if wanted == "path" else isinstance(place, str) and place,
        model,
        f"{name}: {wanted} must stay in the package",
    )


def _measured(model: str, name: str, row: Mapping[str, Any]) -> None:
    """Sizes and hashes have their form, where they are given."""
    for key in ("size", "about"):
        value = row.get(key)
        fits = value is None or (type(value) is int and 0 < value <= MOST_BYTES)
        rule(fits, model, f"{key} is bytes, at most {MOST_BYTES:,}")
    for key, form in _HEX.items():
        value = row.get(key)
        rule(
            value is None or (isinstance(value, str) and re.fullmatch(form, value)),
            model,
            f"{name}: {key} is not such a hash",
        )


def _strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
