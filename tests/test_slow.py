"""``make slow``: each go an hour at most, and the next goes on with what is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import slow

TINY = """
from pathlib import Path
import pytest

def ran(name):
    with open(Path(__file__).with_name("ran"), "a") as out:
        out.write(name)

@pytest.mark.slow
def test_a(): ran("a")

@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_b(): ran("b")

@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_c(): ran("c"); assert Path(__file__).with_name("well").exists()

@pytest.mark.slow
def test_d(): ran("d"); pytest.skip("not here")

def test_e(): ran("e")
"""

GO = """
import itertools, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import slow
here = Path.cwd()
clock = itertools.count(0, 800).__next__
go = slow.Go(here / "kept.txt", {state!r}, clock=clock, again={again!r})
sys.exit(slow.once("tiny", [here], go, "-q", "-p", "no:cacheprovider"))
"""


class Tiny:
    """A part of five tests; 800 seconds pass between two looks at the clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "test_tiny.py").write_text(TINY)
        (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  slow: long\n")

    def go(self, state: str = "one", again: bool = False) -> int:
        """One go at it."""
        code = GO.format(tests=str(Path(slow.__file__).parent), state=state, again=again)
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=self.folder, capture_output=True, text=True
        )
        assert "INTERNALERROR" not in done.stdout + done.stderr, done.stdout
        return done.returncode

    def ran(self) -> str:
        """The tests that ran since one last asked, in their order."""
        file = self.folder / "ran"
        names = file.read_text() if file.exists() else ""
        file.unlink(missing_ok=True)
        return names


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path)


def test_a_go_ends_before_the_hour_and_the_next_goes_on_until_nothing_is_left(tiny: Tiny) -> None:
    (tiny.folder / "well").touch()
    assert (tiny.go(), tiny.ran()) == (slow.LEFT, "c")  # 2400 s more would be more than an hour
    assert (tiny.go(), tiny.ran()) == (slow.LEFT, "ba")
    assert (tiny.go(), tiny.ran()) == (0, "d")
    assert (tiny.go(), tiny.ran()) == (0, "d"), "one that is skipped is asked again"


def test_what_failed_holds_up_no_other_and_is_run_again(tiny: Tiny) -> None:
    assert (tiny.go(), tiny.ran()) == (slow.LEFT, "c")
    assert (tiny.go(), tiny.ran()) == (slow.LEFT, "ba")
    assert (tiny.go(), tiny.ran()) == (slow.BAD, "dc")
    (tiny.folder / "well").touch()
    assert (tiny.go(), tiny.ran()) == (0, "dc")
    assert (tiny.go(), tiny.ran()) == (0, "d")


def test_while_one_that_failed_does_not_fit_into_the_hour_the_part_is_not_well(tiny: Tiny) -> None:
    file = tiny.folder / "test_tiny.py"
    file.write_text(file.read_text().replace("def test_d", "def not_d"))
    assert (tiny.go(), tiny.ran()) == (slow.LEFT, "c")
    assert (tiny.go(), tiny.ran()) == (slow.BAD, "ba")


def test_once_the_project_has_changed_all_of_it_is_left_again(tiny: Tiny) -> None:
    (tiny.folder / "well").touch()
    while tiny.go() == slow.LEFT:
        pass
    tiny.ran()
    assert (tiny.go("another"), tiny.ran()) == (slow.LEFT, "c")


def test_where_tests_count_by_themselves_all_is_left_again_once_nothing_is(tiny: Tiny) -> None:
    (tiny.folder / "well").touch()
    ran = [(tiny.go(again=True), tiny.ran()) for _ in range(4)]
    assert ran == [(slow.LEFT, "c"), (slow.LEFT, "ba"), (0, "d"), (slow.LEFT, "c")]


def test_a_state_is_another_after_any_change_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tests" / "test_a.py"
    file.parent.mkdir()
    states = []
    for text in ("one", "two"):
        file.write_text(text)
        states.append(slow.state(tmp_path))
    (tmp_path / "worker").mkdir()
    file.rename(tmp_path / "worker" / "test_a.py")
    states.append(slow.state(tmp_path))
    assert len(set(states)) == 3


def test_all_parts_are_run_each_until_nothing_is_left_and_one_that_fails_stops_no_other() -> None:
    codes = {"a": [3, 3, 0], "b": [1], "c": [0]}
    assert slow.every("abc", lambda part: codes[part].pop(0)) == 1
    assert not any(codes.values())


def test_every_test_lies_in_one_part() -> None:
    places = [place for part in slow.PARTS for place in slow.folders(part)]
    assert len(places) == len(set(places))
    for file in slow.ROOT.joinpath("tests").rglob("test_*.py"):
        assert sum(place in (file, *file.parents) for place in places) == 1, file


def test_each_part_has_a_target() -> None:
    targets = (slow.ROOT / "Makefile").read_text().split()
    for part in slow.PARTS:
        assert f"slow-{part}" in targets


def test_a_part_that_is_not_there_is_told_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert slow.main(["sounds"]) == 2
    assert "reaper, faults, sound" in capsys.readouterr().err
