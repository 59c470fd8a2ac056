"""What a process wrote, as the kernel was asked to, and every disk that a power cut may leave.

``strace`` records the calls, sqlite's own among them. The model is the strictest that POSIX allows:
a file's bytes are safe after an fsync of the file, a name after an fsync of its folder, a rename is
both or nothing, and of all else a cut keeps any part, in any order, a write even torn.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from waiting import PATIENCE_S

CALLS = (
    "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,write,"
    "pwrite64,writev,pwritev,lseek,ftruncate,truncate,fsync,fdatasync,fallocate,link,linkat,"
    "symlink,symlinkat,access,faccessat,faccessat2"
)
MARK = "/voxmend-mark/"
"""A path that is looked at to leave a word in the record."""

_TORN = 0.3


@dataclass(frozen=True)
class Write:
    """Bytes put into a file."""

    inode: int
    at: int
    data: bytes


@dataclass(frozen=True)
class Cut:
    """A file cut, or lengthened with zeros."""

    inode: int
    size: int


@dataclass(frozen=True)
class Names:
    """Names in a folder that now mean a file or folder, or nothing: one step."""

    inode: int
    entries: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Sync:
    """All that was done to a file's bytes, or to a folder's names, is safe."""

    inode: int


@dataclass(frozen=True)
class Word:
    """What the process said of itself."""

    text: str


Step = Write | Cut | Names | Sync | Word


@dataclass(frozen=True)
class Left:
    """A disk after a cut: how many steps were begun, and which of them it holds. ``torn``: of a
    write only so many bytes."""

    begun: int
    holds: frozenset[int]
    torn: tuple[tuple[int, int], ...] = ()


@dataclass
class Record:
    """The steps of a process below ``root``, in order. Inode 0 is the root itself."""

    root: Path
    steps: list[Step] = field(default_factory=list)
    folders: set[int] = field(default_factory=lambda: {0})

    def words(self, begun: int) -> list[str]:
        """What was said before a cut."""
        return [step.text for step in self.steps[:begun] if isinstance(step, Word)]

    def without_syncs_of(self, name: str) -> Record:
        """The same day on a voxmend that forgets to make these files or folders safe."""
        named = {
            inode
            for step in self.steps
            if isinstance(step, Names)
            for entry, inode in step.entries
            if entry == name
        }
        steps = [s for s in self.steps if not (isinstance(s, Sync) and s.inode in named)]
        assert len(steps) < len(self.steps), f"no {name} is ever made safe"
        return Record(self.root, steps, self.folders)

    def lefts(self, chance: random.Random, subsets: int) -> Iterator[Left]:
        """The disks that a cut may leave, at every point: with all, with nothing that was not safe,
        with each such step missing, with each alone, and random parts. Of disks that hold the same
        the latest cut comes: it was promised the most."""
        latest: dict[tuple[frozenset[int], tuple[tuple[int, int], ...]], int] = {}
        for begun in range(len(self.steps) + 1):
            safe, loose = self._at(begun)
            parts: list[Iterable[int]] = [loose, ()]
            parts += [[n for n in loose if n != out] for out in loose]
            parts += [[n] for n in loose]
            parts += [[n for n in loose if chance.random() < 0.5] for _ in range(subsets)]
            for number, part in enumerate(parts):
                kept = frozenset(part)
                torn = self._torn(kept, chance) if number > 1 else ()
                latest[safe | kept, torn] = begun
        for (holds, torn), begun in latest.items():
            yield Left(begun, holds, torn)

    def bare(self) -> Iterator[Left]:
        """The disks with nothing on them that was not safe, at every point."""
        latest = {self._at(begun)[0]: begun for begun in range(len(self.steps) + 1)}
        for holds, begun in latest.items():
            yield Left(begun, holds)

    def _at(self, begun: int) -> tuple[frozenset[int], list[int]]:
        """Which steps are safe at a cut, and which may or may not be there."""
        safe: set[int] = set()
        loose: dict[int, int] = {}
        for number, step in enumerate(self.steps[:begun]):
            if isinstance(step, Sync):
                done = {n for n, inode in loose.items() if inode == step.inode}
                safe |= done
                for n in done:
                    del loose[n]
            elif not isinstance(step, Word):
                loose[number] = step.inode
        return frozenset(safe), list(loose)

    def _torn(self, kept: frozenset[int], chance: random.Random) -> tuple[tuple[int, int], ...]:
        writes = [n for n in sorted(kept) if isinstance(self.steps[n], Write)]
        if not writes or chance.random() > _TORN:
            return ()
        number = chance.choice(writes)
        step = self.steps[number]
        assert isinstance(step, Write)
        return ((number, chance.randrange(len(step.data) + 1)),)

    def build(self, left: Left) -> None:
        """Put the disk that was left in the place of ``root``."""
        names: dict[int, dict[str, int]] = {}
        files: dict[int, bytearray] = {}
        torn = dict(left.torn)
        for number in sorted(left.holds):
            step = self.steps[number]
            if isinstance(step, Names):
                inside = names.setdefault(step.inode, {})
                for name, inode in step.entries:
                    inside.pop(name, None)
                    if inode is not None:
                        inside[name] = inode
            elif isinstance(step, Cut):
                data = files.setdefault(step.inode, bytearray())
                del data[step.size :]
                data.extend(bytes(step.size - len(data)))
            elif isinstance(step, Write):
                data = files.setdefault(step.inode, bytearray())
                part = step.data[: torn.get(number, len(step.data))]
                data.extend(bytes(max(0, step.at - len(data))))
                data[step.at : step.at + len(part)] = part
        shutil.rmtree(self.root, ignore_errors=True)
        self._put(0, self.root, names, files)

    def _put(
        self, inode: int, place: Path, names: dict[int, dict[str, int]], files: dict[int, bytearray]
    ) -> None:
        if inode not in self.folders:
            place.write_bytes(files.get(inode, b""))
            return
        place.mkdir(mode=0o700)
        for name, child in names.get(inode, {}).items():
            self._put(child, place / name, names, files)


def record(script: Path, root: Path, log: Path) -> Record:
    """Run a script with ``root``, an empty folder, as its argument, and record what it writes
    there; skips where nothing can record it."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here: what sqlite writes cannot be recorded")
    words = [strace, "-f", "-y", "-xx", "-s", "100000000", "-e", f"trace={CALLS}", "-o", str(log)]
    run = subprocess.run(
        [*words, sys.executable, "-B", str(script), str(root)],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    if run.returncode != 0 and "ptrace" in run.stderr:
        pytest.skip(f"processes cannot be watched here: {run.stderr.strip()[:200]}")
    assert run.returncode == 0, run.stderr
    return _Reader(root).read(log.read_text("ascii").splitlines())


_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(?:<.*>)?(?: .*)?$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PLACE = re.compile(r'(?:\w+<((?:\\x[0-9a-f]{2})*)>, )?"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"^(\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?")


def _text(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


class _Reader:
    """Calls into steps."""

    def __init__(self, root: Path) -> None:
        self.record = Record(root)
        self._inodes: dict[str, int] = {"": 0}
        self._sizes: dict[int, int] = {}
        self._offsets: dict[str, int] = {}
        self._append: set[str] = set()

    def read(self, lines: Sequence[str]) -> Record:
        """All lines of a record; one thread wrote it, so no call is cut in two."""
        for line in lines:
            assert "unfinished" not in line, "the script must write from one thread"
            found = _CALL.match(line)
            if found is None:
                continue
            if "access" in found[1]:
                self._said(found[2])
            elif not found[3].startswith("-"):
                self._call(found[1], found[2], int(found[3]))
        return self.record

    def _said(self, arguments: str) -> None:
        """A word is a look at a path that is nowhere."""
        for path in (_text(text).decode("utf-8", "replace") for text in _STRING.findall(arguments)):
            if path.startswith(MARK):
                self.record.steps.append(Word(path.removeprefix(MARK)))

    def _call(self, name: str, arguments: str, result: int) -> None:
        strings = [_text(text) for text in _STRING.findall(arguments)]
        if name in ("write", "pwrite64", "lseek", "ftruncate", "fsync", "fdatasync", "fallocate"):
            self._file(name, arguments, strings, result)
        elif name in ("writev", "pwritev", "link", "linkat", "symlink", "symlinkat", "truncate"):
            inside = any(self._below(path.decode("utf-8", "replace")) for path in strings)
            fd = _FD.match(arguments)
            inside = inside or bool(fd and self._below(_text(fd[2]).decode("utf-8", "replace")))
            assert not inside, f"not understood: {name}"
        else:
            self._path(name, arguments, result)

    def _below(self, path: str) -> str | None:
        """A path from the root on; None where it lies elsewhere."""
        root = f"{self.record.root}/"
        return path[len(root) :] if path.startswith(root) else None

    def _file(self, name: str, arguments: str, strings: list[bytes], result: int) -> None:
        fd = _FD.match(arguments)
        if fd is None or fd[3]:
            return
        path = self._below(_text(fd[2]).decode())
        if path is None and _text(fd[2]).decode() == str(self.record.root):
            path = ""
        if path is None or path.endswith("-shm"):  # made anew after a cut
            return
        inode = self._inodes[path]
        steps = self.record.steps
        if name in ("fsync", "fdatasync"):
            steps.append(Sync(inode))
        elif name == "lseek":
            self._offsets[fd[1]] = result
        elif name == "ftruncate":
            size = int(arguments.rpartition(",")[2])
            steps.append(Cut(inode, size))
            self._sizes[inode] = size
        elif name == "fallocate":
            raise AssertionError("not understood: fallocate")
        else:
            data = strings[0][:result]
            if name == "pwrite64":
                at = int(arguments.rpartition(",")[2])
            else:
                appends = fd[1] in self._append
                at = self._sizes.get(inode, 0) if appends else self._offsets.get(fd[1], 0)
                self._offsets[fd[1]] = at + result
            steps.append(Write(inode, at, data))
            self._sizes[inode] = max(self._sizes.get(inode, 0), at + len(data))

    def _path(self, name: str, arguments: str, result: int) -> None:
        assert name.endswith("at") or name in (
            "open",
            "creat",
            "mkdir",
            "rename",
            "unlink",
            "rmdir",
        )
        places = [(_text(a).decode(), _text(b).decode()) for a, b in _PLACE.findall(arguments)]
        paths = [self._below(str(Path(folder, path))) for folder, path in places]
        if not paths or all(path is None for path in paths):
            return
        path = paths[0]
        assert path is not None
        if name in ("openat", "open", "creat"):
            self._open(path, arguments, str(result))
        elif name.startswith("mkdir"):
            self.record.folders.add(self._make(path))
        elif name.startswith("rename"):
            to = paths[1]
            assert to is not None
            self._rename(path, to)
        else:
            self._name({path: None})
            for known in [key for key in self._inodes if key == path]:
                del self._inodes[known]

    def _open(self, path: str, arguments: str, fd: str) -> None:
        if path.endswith("-shm"):
            return
        self._offsets[fd] = 0
        self._append.discard(fd)
        if "O_APPEND" in arguments:
            self._append.add(fd)
        if path not in self._inodes:
            if "O_CREAT" not in arguments and "creat" not in arguments:
                raise AssertionError(f"{path} was there before")
            self._make(path)
        elif "O_TRUNC" in arguments:
            self.record.steps.append(Cut(self._inodes[path], 0))
            self._sizes[self._inodes[path]] = 0

    def _make(self, path: str) -> int:
        inode = len(self._sizes) + 1
        self._sizes[inode] = 0
        self._inodes[path] = inode
        self._name({path: inode})
        return inode

    def _name(self, entries: dict[str, int | None]) -> None:
        parents = {path.rpartition("/")[0] for path in entries}
        assert len(parents) == 1, "a move between folders is not understood"
        named = tuple((path.rpartition("/")[2], inode) for path, inode in entries.items())
        self.record.steps.append(Names(self._inodes[parents.pop()], named))

    def _rename(self, path: str, to: str) -> None:
        inode = self._inodes[path]
        self._name({path: None, to: inode})
        for known in [key for key in self._inodes if key == path or key.startswith(f"{path}/")]:
            self._inodes[to + known[len(path) :]] = self._inodes.pop(known)
