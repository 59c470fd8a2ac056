"""Takes names out of texts: of people, of machines, of songs and of the folders they lie in.

Pure. Names that are known (of sources and results in the list of jobs and in the logs, of watched
folders) go wherever they stand; any other path goes where it looks like one. What stays are the
folders of voxmend itself and of Python's packages, which say what is installed. The same name
always becomes the same sign, so that a story can still be followed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

_ROOT = r"(?:[A-Za-z]:[\\/]|/(?!/)|\\\\)"
_SEEN_IN_LOG = re.compile(
    r"""\b(?:path|folder|file)=('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\S+)"""
)
_QUOTED_PATH = re.compile(rf"""(?<=')({_ROOT}[^'\n]*)(?=')|(?<=")({_ROOT}[^"\n]*)(?=")""")
_PATH = re.compile(rf"""(?<![\w.~:/>-]){_ROOT}[^\s'"<>|,;:()\[\]]+""")
_SIGN = re.compile(r"name-[0-9a-f]{8}")
_SOUND = re.compile(
    r"""(?<![^\s'"/\\=])[^\s'"/\\=]{1,255}\.(?:wav|w64|rf64|aiff?|flac|mp3|ogg|opus|m4a|caf|rpp)\b""",
    re.IGNORECASE,
)
_ARGUMENTS = re.compile(r"^(voxmend \S+ )\[(.*)\]$", re.MULTILINE)
_COMMANDS = """
add bench bridge bundle cache cancel clear config demo doctor import install jobs list logs models
path presets pull quality reaper remove restart restore retry run service show speed start stats
status stop uninstall verify wait watch worker
"""
_WORDS = frozenset(_COMMANDS.split())
_PLAIN = frozenset(("/", "/bin", "/dev", "/dev/null", "/tmp", "/usr", "/var", "/proc"))
_OURS = re.compile(
    r"(?:vocals(?:_raw)?|instrumental(?:_mended)?|job|worker|engine(?:-\d+)?|start|voxmend|models|catalogue"
    r"|watch|install|precision)(?:\.\w+)?"
)
_SHORTEST = 3
"""Names shorter than this are not looked for by themselves: they stand in other words."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who and what must not be named: the home folder, user names, machine names."""

    home: str
    names: tuple[str, ...]
    machines: tuple[str, ...] = ()


@dataclass(slots=True)
class Redactor:
    """Replaces names.

    Attributes:
        kept: folders that may be told, with what is told instead of them: longest first.
        known: names met in jobs and logs, looked for literally.
    """

    person: Person
    kept: Mapping[str, str]
    known: dict[str, str] = field(default_factory=dict)

    def learn(self, path: str) -> None:
        """A path of the user's: it, its folders and its name must not be told."""
        pure = PureWindowsPath(path) if re.match(r"[A-Za-z]:|\\\\", path) else PurePosixPath(path)
        if self._kept_part(path) is not None:
            return
        self.known[path] = self.path(path)
        for name in (pure.name, pure.stem):
            if len(name) >= _SHORTEST and not _OURS.fullmatch(name):
                self.known[name] = sign(pure.stem) + (pure.suffix if name == pure.name else "")

    def learn_from_log(self, text: str) -> None:
        """Every path that a log line names as such."""
        for found in _SEEN_IN_LOG.finditer(text):
            value = found[1]
            if value[:1] in "'\"":
                value = value[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
            if "/" in value or "\\" in value:
                self.learn(value)

    def text(self, text: str) -> str:
        """The text without names."""
        text = _ARGUMENTS.sub(_without_arguments, text)
        for name in sorted(self.known, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _, n=name: self.known[n], text)  # type: ignore[misc]
        for pattern in (_QUOTED_PATH, _PATH):
            text = pattern.sub(lambda found: self.path(found[0]), text)
        text = _SOUND.sub(self._sound, text)
        for name in self.person.machines:
            text = _word(name).sub("<machine>", text)
        for name in self.person.names:
            text = _word(name).sub("<user>", text)
        return text

    def data(self, value: Any) -> Any:
        """The same for what JSON can hold. Keys are words of voxmend's, not names."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {str(key): self.data(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(one) for one in value]
        return value

    def path(self, path: str) -> str:
        """A path: what is voxmend's own stays, every other name becomes a sign."""
        kept = self._kept_part(path)
        if kept is not None:
            return kept
        if path in _PLAIN or re.search(r"/(?:lib/)?python3[.\d]*(?:/|$)", path):
            return self._homeless(path)
        parts = [part for part in re.split(r"[\\/]+", self._homeless(path)) if part]
        signs = [
            part if part in ("~", "Users", "home", "tmp", "Volumes") or _OURS.fullmatch(part)
            else sign(part.rpartition(".")[0] or part) + _suffix(part)
            for part in parts
        ]  # fmt: skip
        return ("" if parts[:1] == ["~"] else "/") + "/".join(signs)

    def _kept_part(self, path: str) -> str | None:
        for folder, told in self.kept.items():
            if path == folder or path.startswith((folder + "/", folder + "\\")):
                return told + path[len(folder) :].replace("\\", "/")
        return None

    def _homeless(self, path: str) -> str:
        home = self.person.home
        if home not in ("", "/") and (path == home or path.startswith((home + "/", home + "\\"))):
            return "~" + path[len(home) :]
        return path

    def _sound(self, found: re.Match[str]) -> str:
        stem, _, suffix = found[0].rpartition(".")
        if _OURS.fullmatch(found[0]) or _SIGN.fullmatch(stem):
            return found[0]
        return f"{sign(stem)}.{suffix}"


def sign(name: str) -> str:
    """What stands for a name; for a sign, itself."""
    if _SIGN.fullmatch(name):
        return name
    return f"name-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _suffix(part: str) -> str:
    stem, dot, suffix = part.rpartition(".")
    return dot + suffix if stem and len(suffix) <= 5 else ""


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", re.IGNORECASE)


def _without_arguments(found: re.Match[str]) -> str:
    words = re.findall(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", found[2])
    told = [
        word if word in _WORDS or re.fullmatch(r"--?[a-z][a-z-]*", word) else "<argument>"
        for word in (one or other for one, other in words)
    ]
    return found[1] + " ".join(told)


def names_of(candidates: Iterable[str]) -> tuple[str, ...]:
    """Names worth looking for, each once, the longest first."""
    found = {name.strip() for name in candidates if len(name.strip()) >= _SHORTEST}
    return tuple(sorted(found, key=lambda name: (-len(name), name)))
