"""Where the tests' time goes, by folder: ``python tests/times.py [FILE]``.

The test command keeps the time of every test in a file that git ignores (JUnit's XML, with what
each test took in set-up, call and clean-up), and prints this from it. On a machine that does other
work the figures are of that moment; only their proportions say something.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

KEPT = Path(__file__).resolve().parents[1] / ".test-times" / "tests.xml"
MOST = 60
"""So many tests are named, the dearest ones."""


@dataclass(frozen=True, slots=True)
class Took:
    """What one test took; ``file`` as in ``tests.cli.test_live``, ``name`` without parameters."""

    file: str
    seconds: float
    name: str = ""

    @property
    def folder(self) -> str:
        """The folder under tests/ that it lies in; empty for tests/ itself."""
        parts = self.file.removeprefix("tests.").split(".")
        return parts[0] if len(parts) > 1 else ""


def read(file: Path) -> Iterator[Took]:
    """Every test of a run.

    Raises:
        OSError: there is no such file.
        ElementTree.ParseError: it is no XML: the run was cut off.
    """
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        # A test in a class would have that at the end; ours have none.
        name = case.get("name", "").partition("[")[0]
        yield Took(case.get("classname", ""), float(case.get("time", 0)), name)


def table(took: Iterable[Took]) -> str:
    """Folders, the dearest first, each with its dearest file."""
    folders: dict[str, list[Took]] = {}
    for test in took:
        folders.setdefault(test.folder, []).append(test)
    spent = {folder: sum(test.seconds for test in tests) for folder, tests in folders.items()}
    lines = [f"{'seconds':>8} {'tests':>6}  folder"]
    for folder in sorted(folders, key=lambda folder: -spent[folder]):
        file, part = _dearest(folders[folder])
        most = f"  ({file} {part:.0f} s)" if part >= 1 else ""
        lines.append(f"{spent[folder]:8.1f} {len(folders[folder]):6}  tests/{folder}{most}")
    lines.append(f"{sum(spent.values()):8.1f} {sum(map(len, folders.values())):6}  in all")
    return "\n".join(lines)


def dearest(took: Iterable[Took], most: int = MOST) -> str:
    """The tests that took longest, each with all its parameters together."""
    spent: dict[tuple[str, str], list[float]] = {}
    for test in took:
        spent.setdefault((test.file, test.name), []).append(test.seconds)
    lines = [f"{'seconds':>8} {'times':>6}  test"]
    for (file, name), each in sorted(spent.items(), key=lambda pair: -sum(pair[1]))[:most]:
        lines.append(f"{sum(each):8.1f} {len(each):6}  {file.removeprefix('tests.')} {name}")
    return "\n".join(lines)


def _dearest(tests: list[Took]) -> tuple[str, float]:
    """The file that took longest, and its time."""
    files: dict[str, float] = {}
    for test in tests:
        name = test.file.rpartition(".")[2]
        files[name] = files.get(name, 0.0) + test.seconds
    return max(files.items(), key=lambda file: file[1])


def main(arguments: list[str]) -> int:
    """Print the table of a run, the last one where none is named."""
    file = Path(arguments[0]) if arguments else KEPT
    try:
        took = list(read(file))
        print(table(took), dearest(took), sep="\n\n")
    except (OSError, ElementTree.ParseError) as error:
        print(f"{file} has no times ({error}). Run: sh installers/test.sh", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
