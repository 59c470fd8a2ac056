"""The folder as whoever imports it sees it: ``index.xml`` is read back, and every file it names is
fetched from where its address leads.

The rules are those by which ReaPack reads an index: version 1, a name of the repository, categories
with packages of known types, versions with a name, an author and a time, each file once in its
place, an address for each.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from . import header, package, provides
from .problem import RuleError

MAIN = provides.SECTIONS


def check(folder: Path, base: str) -> int:
    """The number of files that the index of a release names.

    Args:
        folder: of the release.
        base: the address it will have; ``$version`` stands for the version.

    Raises:
        RuleError: ReaPack would refuse the index, or a file would not be found, or one that is
            there would never be fetched.
    """
    try:
        root = ElementTree.parse(folder / "index.xml").getroot()
    except ElementTree.ParseError as error:
        raise RuleError(f"index.xml is no XML: {error}.") from None
    if root.tag != "index" or root.get("version") != "1":
        raise RuleError("index.xml is no index of version 1.")
    package.check_name(root.get("name", ""))
    fetched: set[str] = set()
    for category in root.findall("category"):
        for name in category.get("name", "").split("/"):
            package.check_name(name)
        for node in category.findall("reapack"):
            _package(node, category.get("name", ""), folder, base, fetched)
    there = {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.parent != folder
    }
    if not fetched:
        raise RuleError("index.xml names no files.")
    if lost := sorted(there - fetched):
        raise RuleError(f"{lost[0]} is there, and the index does not name it.")
    return len(fetched)


def _package(
    node: ElementTree.Element, category: str, folder: Path, base: str, fetched: set[str]
) -> None:
    name = node.get("name", "")
    package.check_name(name)
    if node.get("type") not in provides.TYPES:
        raise RuleError(f"{name}: ReaPack knows no type {node.get('type')}.")
    if not node.get("desc"):
        raise RuleError(f"{name}: without a description it is listed by its file name.")
    versions = node.findall("version")
    if not versions:
        raise RuleError(f"{name} has no version.")
    for version in versions:
        header.check_version(version.get("name", ""))
        if not version.get("author"):
            raise RuleError(f"{name} {version.get('name')} has no author.")
        try:
            datetime.strptime(version.get("time", ""), "%Y-%m-%dT%H:%M:%S%z")
        except ValueError:
            raise RuleError(f"{name} {version.get('name')}: its time cannot be read.") from None
        places: set[str] = set()
        start = f"{base.replace('$version', version.get('name', '')).rstrip('/')}/"
        for source in version.findall("source"):
            path = _source(source, name, category, start, folder, places)
            fetched.add(path)
        if not any(source.get("main") for source in version.findall("source")):
            raise RuleError(f"{name}: nothing of it comes into the action list.")


def _source(
    node: ElementTree.Element, name: str, category: str, start: str, folder: Path, places: set[str]
) -> str:
    """The path of a file within the release."""
    file = node.get("file", name)
    source = provides.Source("", file, (), node.get("type", ""), node.get("platform", ""))
    if node.get("main") and not set(node.get("main", "").split()) <= MAIN:
        raise RuleError(f"{file}: REAPER has no such section: {node.get('main')}.")
    if source.type and source.type not in provides.TYPES:
        raise RuleError(f"{file}: ReaPack knows no type {source.type}.")
    if source.platform and source.platform not in provides.PLATFORMS:
        raise RuleError(f"{file}: ReaPack knows no platform {source.platform}.")
    place = source.target(category).lower()
    if place in places:
        raise RuleError(f"{file} is there twice.")
    places.add(place)
    address = node.text or ""
    if not address.startswith(start) or any(letter.isspace() for letter in address):
        raise RuleError(f"{file}: {address} is no address below {start}.")
    path = unquote(address.removeprefix(start))
    if not (folder / path).is_file():
        raise RuleError(f"{file}: there is no {path} in the release.")
    return path
