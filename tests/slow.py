"""The long tests, part by part: ``python tests/slow.py [PART]``, what ``make slow`` runs.

A part is some of the folders. One go at it takes an hour at most: a test begins only while its own
limit (pytest-timeout's) fits into what is left of the hour, and those with the longest limits come
first. What has passed stands in ``.slow/PART.txt``, line by line as it happens, so that the same
command goes on with what is left, whether the hour was over or the machine was switched off. Once
anything has changed that a test could see, all of them are left again.

Without a part: all of them, one after the other, each as often as it takes. Exit code 0: nothing is
left; 1: a test failed; 3: the hour was over, the same command goes on.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".slow"
SEEN = ("daw_scripts", "docs", "installers", "protocol", "tests", "worker", "pyproject.toml")
"""What a test could see of the project."""

HOUR_S = 3600.0
LIMIT_S = 1800.0
"""Of a test that names none."""

PARTS = {
    "reaper": ("reaper",),
    "faults": ("faults", "watch", "cluster"),
    "sound": ("audio", "blocks", "diagnosis", "engine"),
    "truth": ("align", "bench", "parity", "quality"),
    "endurance": ("endurance",),
    "rest": (),
}
"""Folders of tests by part; the last one has those that no other has."""

PASSED, FAILED = "passed", "failed"
BAD, LEFT = 1, 3
NONE_LEFT = int(pytest.ExitCode.NO_TESTS_COLLECTED)


def folders(part: str, tests: Path = ROOT / "tests") -> list[Path]:
    """Where the tests of a part lie; files of ``tests`` itself are of the last part."""
    if PARTS[part]:
        return [tests / name for name in PARTS[part]]
    taken = {name for names in PARTS.values() for name in names}
    found = [place for place in sorted(tests.iterdir()) if place.name not in taken]
    return [p for p in found if any(p.glob("test_*.py")) or p.match("test_*.py")]


def state(root: Path = ROOT) -> str:
    """A name for all that a test could see: another one as soon as a file has changed."""
    seen = hashlib.sha256(sys.version.encode())
    for file in _files(root / name for name in SEEN):
        seen.update(f"{file.relative_to(root)}\0".encode())
        seen.update(hashlib.sha256(file.read_bytes()).digest())
    return seen.hexdigest()


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


@dataclass(eq=False)
class Go:
    """One go at a part, as pytest's plugin.

    Attributes:
        kept: the file of what has passed, and failed, so far.
        state: what the project was when that was.
        again: once nothing is left, the next go begins anew: its tests count by themselves how far
            they are.
        left: the hour was over before a test that has not failed yet.
    """

    kept: Path
    state: str
    hour_s: float = HOUR_S
    clock: Callable[[], float] = time.monotonic
    again: bool = False
    left: bool = False
    _began: float = 0.0
    _worked: bool = False
    _before: dict[str, str] = field(default_factory=dict)
    _now: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin the hour, and a new file where the old one is of another state."""
        self._began = self.clock()
        lines = self.kept.read_text("utf-8").splitlines() if self.kept.exists() else []
        if lines[:1] == [self.state]:
            self._before = {
                test: said for said, _, test in (line.partition(" ") for line in lines[1:])
            }
            return
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        self.kept.write_text(f"{self.state}\n", "utf-8")

    def limit(self, item: pytest.Item) -> float:
        """The most that a test may take, seconds; an hour where it would take more."""
        mark = item.get_closest_marker("timeout")
        asked = mark.args[0] if mark and mark.args else LIMIT_S
        return min(float(asked), self.hour_s)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what has passed. What failed comes last: it holds up no other."""
        longest: dict[str, float] = {}
        for item in items:
            file = item.nodeid.partition("::")[0]
            longest[file] = max(longest.get(file, 0.0), self.limit(item))

        def place(item: pytest.Item) -> tuple[bool, float, str, float, int]:
            file = item.nodeid.partition("::")[0]
            line = item.location[1] or 0
            return item.nodeid in self._before, -longest[file], file, -self.limit(item), line

        done = [item for item in items if self._before.get(item.nodeid) == PASSED]
        left = [item for item in items if self._before.get(item.nodeid) != PASSED]
        items[:] = sorted(left, key=place)
        for item in items:
            item.add_marker(pytest.mark.timeout(self.limit(item)), append=False)
        if done:
            config.hook.pytest_deselected(items=done)

    def pytest_runtest_protocol(self, item: pytest.Item) -> object:
        """Begin no test whose limit does not fit into what is left of the hour; the first always
        does."""
        over = self.clock() - self._began + self.limit(item) > self.hour_s
        if not over or not self._worked:
            return None
        self.left = item.nodeid not in self._before
        item.session.shouldstop = "the hour is over"
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down how a test ended; one that was skipped is asked again another time."""
        if not report.passed:
            self._now.setdefault(report.nodeid, FAILED if report.failed else "")
        if report.when != "teardown" or not (said := self._now.get(report.nodeid, PASSED)):
            return
        self._worked = True
        with open(self.kept, "a", encoding="utf-8") as out:
            out.write(f"{said} {report.nodeid}\n")


def once(part: str, places: Sequence[Path], go: Go, *options: str) -> int:
    """One go at a part.

    Returns:
        0: nothing is left; 1: a test failed, or pytest could not begin; 3: something is left.
    """
    go.begin()
    code = int(pytest.main(["-m", "slow", *options, *map(str, places)], plugins=[go]))
    if go.left:
        print(f"\n{part}: the hour is over. The same command goes on with what is left.")
        return LEFT
    if code not in (0, NONE_LEFT):
        return BAD
    if go.again:
        go.kept.unlink()
    return 0


def every(parts: Iterable[str], run: Callable[[str], int]) -> int:
    """All parts, each until nothing is left of it."""
    codes = []
    for part in parts:
        while (code := run(part)) == LEFT:
            pass
        codes.append(code)
    return max(codes, default=0)


def _by_itself(part: str) -> int:
    """A go in a process of its own, as pytest wants it."""
    print(f"== {part}", flush=True)
    return subprocess.run([sys.executable, __file__, part], cwd=ROOT, check=False).returncode


def main(words: list[str]) -> int:
    """Run the parts that are named."""
    unknown = [word for word in words if word not in PARTS]
    if unknown:
        print(f"There is no part {unknown[0]}. Name one of: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    if len(words) != 1:
        return every(words or PARTS, _by_itself)
    (part,) = words
    os.chdir(ROOT)
    go = Go(KEPT / f"{part}.txt", state(), again=part == "endurance")
    return once(part, folders(part), go)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
