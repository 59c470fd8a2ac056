"""Lines of ``@provides``: ``[options] pattern > target``, and which files they mean."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .problem import RuleError

TYPES = {
    "script": ("lua", "eel", "py"), "extension": ("ext",), "effect": ("jsfx",), "data": (),
    "theme": (), "langpack": ("reaperlangpack",), "webinterface": ("www",),
    "projecttpl": ("rpp",), "tracktpl": ("rtracktemplate",), "midinotenames": ("txt",),
    "autoitem": ("reaperautoitem",), "keymap": ("reaperkeymap",),
}  # fmt: skip
"""Types of files by their names, and the other words for them."""

PLATFORMS = {
    "all", "windows", "win32", "win64", "windows-arm64ec", "darwin", "darwin32", "darwin64",
    "darwin-arm64", "linux", "linux32", "linux64", "linux-armv7l", "linux-aarch64",
}  # fmt: skip

_LINE = re.compile(
    r"\A(?:\[\s*(?P<options>.+?)\s*\])?\s*(?P<file>.+?)"
    r"(?:\s*>\s*(?P<target>.+?))?(?:\s+(?P<url>(?:file|https?)://.+))?\Z"
)
SECTIONS = {"main", "midi_editor", "midi_inlineeditor", "midi_eventlisteditor", "mediaexplorer"}


@dataclass(frozen=True)
class Line:
    """One line. ``main``: sections of the action list; empty for none; None if not said.
    ``type`` and ``platform`` are empty where they are the package's and all."""

    pattern: str
    target: str | None = None
    main: tuple[str, ...] | None = None
    type: str = ""
    platform: str = ""


@dataclass(frozen=True)
class Source:
    """One file of a package: where it lies in the repository, and where it goes to: relative to
    the folder of its category, or to REAPER's Data folder where its type is ``data``."""

    path: str
    file: str
    main: tuple[str, ...] = ()
    type: str = ""
    platform: str = ""

    def target(self, category: str) -> str:
        """Where it lies in REAPER: what must be another place for every file."""
        if self.type in ("", "script"):
            return f"Scripts/{inside(self.file, category)}"
        return f"{self.type}/{posixpath.normpath(self.file)}"


def parse(text: str) -> list[Line]:
    """All lines of a tag.

    Raises:
        RuleError: an option that ReaPack does not know, or one that we have no use for.
    """
    return [_parse(line.strip()) for line in text.splitlines() if line.strip()]


def _parse(line: str) -> Line:
    match = _LINE.match(line)
    if match is None:
        raise RuleError(f"@provides: {line} cannot be read.")
    if match["url"]:
        raise RuleError(f"@provides: {line} names an address; the base of the release makes them.")
    main: tuple[str, ...] | None = None
    type_ = platform = ""
    for option in (match["options"] or "").lower().split():
        name, equals, value = option.partition("=")
        sections = tuple(filter(None, value.split(","))) if equals else ("main",)
        if option == "nomain":
            main = ()
        elif name == "main" and sections and set(sections) <= SECTIONS:
            main = sections
        elif option in PLATFORMS:
            platform = option
        elif found := _type(option):
            type_ = found
        else:
            raise RuleError(f"@provides: the option {option} is not known.")
    return Line(match["file"], match["target"], main, type_, platform)


def _type(word: str) -> str:
    return next((name for name, others in TYPES.items() if word == name or word in others), "")


def expand(
    lines: Iterable[Line], package: str, category: str, files: Iterable[str]
) -> list[Source]:
    """The files that lines mean, the package's own among them.

    Args:
        lines: of the tag.
        package: the package's file name.
        category: its folder in the repository.
        files: all of the repository.

    Raises:
        RuleError: a pattern means no file.
    """
    there = sorted(files)
    own = f"{category}/{package}"
    sources: list[Source] = []
    for line in lines:
        pattern = own if line.pattern == "." else inside(line.pattern, category)
        found = [own] if pattern == own else [file for file in there if matches(pattern, file)]
        if not found:
            raise RuleError(f"@provides: there is no file {line.pattern}.")
        for path in found:
            main = line.main if line.main is not None else ("main",) if path == own else ()
            sources.append(
                Source(path, _target(line, path, category), main, line.type, line.platform)
            )
    if not any(source.path == own for source in sources):
        sources.insert(0, Source(own, package, ("main",)))
    return sources


def inside(path: str, category: str) -> str:
    """A path of a tag, seen from the root of the repository."""
    return posixpath.normpath(posixpath.join("/", category, path)).lstrip("/")


def matches(pattern: str, path: str) -> bool:
    """Ruby's ``File.fnmatch`` with FNM_PATHNAME and FNM_EXTGLOB: a star stays within a folder and
    passes over hidden files."""
    return re.fullmatch(_regex(pattern), path) is not None


def _target(line: Line, path: str, category: str) -> str:
    if line.target is None:
        return posixpath.relpath(path, category)
    if line.target.endswith("/"):
        return posixpath.normpath(line.target + posixpath.basename(path))
    return posixpath.normpath(line.target)


def _regex(pattern: str) -> str:
    out, at = "", 0
    while at < len(pattern):
        rest = pattern[at:]
        first = at == 0 or pattern[at - 1] == "/"
        if first and rest.startswith("**/"):
            out, at = out + r"(?:(?!\.)[^/]+/)*", at + 3
        elif rest[0] == "*":
            out, at = out + (r"(?!\.)" if first else "") + "[^/]*", at + 1
        elif rest[0] == "?":
            out, at = out + "[^/]", at + 1
        elif rest[0] == "[" and (end := rest.find("]", 2)) > 0:
            body = rest[1:end].replace("\\", r"\\")
            out, at = out + "[" + re.sub(r"\A[!^]", "^", body) + "]", at + end + 1
        elif rest[0] == "{" and (end := rest.find("}")) > 0:
            choices = "|".join(_regex(choice) for choice in rest[1:end].split(","))
            out, at = f"{out}(?:{choices})", at + end + 1
        else:
            out, at = out + re.escape(rest[0]), at + 1
    return out
