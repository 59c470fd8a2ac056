"""A package as the index holds it, and the rules that ``reapack-index`` holds it to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import header, provides
from .problem import RuleError
from .provides import Source

# reapack-index: names that some system cannot have as a file or folder name.
_NAME = re.compile(r"\A[^*\\:<>?/|\"\x00-\x1f\x7f]+\Z")
_BAD_NAME = re.compile(r"\A(?:[. ].*|.+[. ]|CLOCK\$|COM\d|LPT\d)\Z", re.IGNORECASE)
_LINKS = (("website", "link"), ("screenshot", "screenshot"), ("donation", "donation"))
_TYPES = (".lua", ".eel", ".py")


@dataclass(frozen=True)
class Package:
    """One package in one version."""

    category: str
    name: str
    version: str
    description: str
    author: str
    about: str
    changelog: str
    links: tuple[tuple[str, str], ...]
    sources: tuple[Source, ...]


def read(path: str, files: Mapping[str, str]) -> Package | None:
    """The package that a file of the repository declares; None where it says ``@noindex``.

    Args:
        path: of the file, from the root of the repository.
        files: every file there, with its text.

    Raises:
        RuleError: a rule is broken.
    """
    category, _, name = path.rpartition("/")
    if not category:
        raise RuleError(f"{path}: a package must lie in a folder, which is its category.")
    if not name.lower().endswith(_TYPES):
        raise RuleError(f"{path}: this is no script.")
    tags = header.parse(files[path])
    if tags.get("noindex") in ("", "true"):
        return None
    try:
        header.check(tags)
        sources = provides.expand(provides.parse(tags.get("provides", "")), name, category, files)
    except RuleError as problem:
        raise RuleError(f"{path}: {problem}") from None
    links = tuple(
        (rel, line.strip())
        for rel, tag in (
            ("website", "link"),
            ("screenshot", "screenshot"),
            ("donation", "donation"),
        )
        for line in tags.get(tag, "").splitlines()
        if line.strip()
    )
    for _, link in links:
        if not re.search(r"https?://\S+\Z", link):
            raise RuleError(f"{path}: the link {link} has no address.")
    return Package(
        category,
        name,
        tags["version"],
        tags.get("description", ""),
        tags.get("author", ""),
        tags.get("about", ""),
        tags.get("changelog", ""),
        links,
        tuple(sources),
    )


def check(repository: str, packages: Iterable[Package]) -> None:
    """The rules between packages, and those of names.

    Raises:
        RuleError: one is broken.
    """
    check_name(repository)
    owners: dict[str, tuple[str, str]] = {}
    for package in packages:
        own = f"{package.category}/{package.name}"
        for part in own.split("/"):
            check_name(part)
        for source in package.sources:
            target = source.target(package.category)
            if source.file.startswith("../"):
                raise RuleError(f"{own}: {source.file} would leave the folder of its category.")
            for part in provides.inside(source.file, "").split("/"):
                check_name(part)
            # Two of three systems do not tell small letters from capitals.
            owner, first = owners.setdefault(target.lower(), (own, source.path))
            if owner != own:
                raise RuleError(f"{own}: {target} conflicts with {owner}.")
            if first != source.path or owners.get(f"\0{own}\0{target.lower()}"):
                raise RuleError(f"{own}: {target} is there twice.")
            owners[f"\0{own}\0{target.lower()}"] = (own, source.path)
        if not any(source.main for source in package.sources):
            raise RuleError(f"{own}: nothing of it comes into the action list.")


def check_name(name: str) -> None:
    """A name that every system can have for a file or a folder.

    Raises:
        RuleError: it cannot.
    """
    if not _NAME.match(name) or _BAD_NAME.match(name):
        raise RuleError(f"{name!r} cannot be a name.")
