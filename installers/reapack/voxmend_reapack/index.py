"""``index.xml``: what ReaPack reads of a repository."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from .package import Package
from .problem import RuleError


def write(repository: str, packages: Iterable[Package], base: str, time: datetime) -> bytes:
    """The index, sorted as ``reapack-index`` sorts it.

    Args:
        repository: the name that ReaPack shows, and of the folder under Scripts.
        packages: what it has.
        base: address of the folder that holds the index; ``$version`` stands for the version.
        time: of the release.

    Raises:
        RuleError: the base is no address.
    """
    if urlsplit(base).scheme not in ("http", "https", "file"):
        raise RuleError(f"--base {base}: write an address that begins with https:// or file://.")
    root = ElementTree.Element("index", version="1", name=repository)
    folders: dict[str, ElementTree.Element] = {}
    for package in sorted(packages, key=lambda one: (one.category.lower(), one.name.lower())):
        folder = folders.get(package.category)
        if folder is None:
            folder = ElementTree.SubElement(root, "category", name=package.category)
            folders[package.category] = folder
        _add(folder, package, base, time)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return text + b"\n"


def address(base: str, path: str, version: str) -> str:
    """Where a file of the repository is fetched."""
    return f"{base.replace('$version', version).rstrip('/')}/{quote(path)}"


def _add(folder: ElementTree.Element, package: Package, base: str, time: datetime) -> None:
    node = ElementTree.SubElement(
        folder, "reapack", name=package.name, type="script", desc=package.description
    )
    if package.about or package.links:
        metadata = ElementTree.SubElement(node, "metadata")
        if package.about:
            ElementTree.SubElement(metadata, "description").text = rich_text(package.about)
        for rel, link in package.links:
            words, _, url = link.rpartition(" ")
            entry = ElementTree.SubElement(metadata, "link", rel=rel)
            entry.text = words.strip() or url
            if words.strip():
                entry.set("href", url)
    version = ElementTree.SubElement(
        node, "version", name=package.version, author=package.author,
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )  # fmt: skip
    if package.changelog:
        ElementTree.SubElement(version, "changelog").text = package.changelog
    for source in package.sources:
        entry = ElementTree.SubElement(version, "source")
        if source.main:
            entry.set("main", " ".join(source.main))
        if source.file != package.name:
            entry.set("file", source.file)
        if source.type:
            entry.set("type", source.type)
        if source.platform and source.platform != "all":
            entry.set("platform", source.platform)
        entry.text = address(base, source.path, package.version)


def rich_text(text: str) -> str:
    """Paragraphs as RTF, which is what ReaPack shows under “About this package”."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    body = "".join(f"{{\\pard \\sa180 {_escaped(part)}\\par}}\n" for part in paragraphs)
    return f"{{\\rtf1\\ansi\\deff0{{\\fonttbl{{\\f0 \\fswiss Helvetica;}}}}\n{body}}}"


def _escaped(text: str) -> str:
    out = ""
    for letter in text:
        if letter in "\\{}":
            out += f"\\{letter}"
        elif letter.isascii():
            out += letter
        else:
            units = letter.encode("utf-16-le")
            for at in range(0, len(units), 2):
                unit = int.from_bytes(units[at : at + 2], "little")
                out += f"\\u{unit - 65536 if unit > 32767 else unit}?"  # RTF: signed 16 bits
    return out
