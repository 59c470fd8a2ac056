"""Each row of SECURITY.md names tests that are there, and its floors are those that hold."""

from __future__ import annotations

import re
import tomllib

from docs.pages import ROOT
from packaging.requirements import Requirement

from voxmend.doctor import libraries

TEXT = (ROOT / "SECURITY.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def missing(named: str) -> str | None:
    """What of a test's name does not exist."""
    file, _, test = named.partition("::")
    path = ROOT / "tests" / file
    if not path.is_file():
        return file
    there = not test or re.search(rf"^def {re.escape(test)}\(", path.read_text("utf-8"), re.M)
    return None if there else named


def test_each_row_names_tests_that_are_there() -> None:
    found = rows("Who is not trusted, and what prevents harm")
    assert len(found) > 10
    for row in found:
        assert len(row) == 4, row
        tests = re.findall(r"`([^`]+)`", row[3])
        assert tests, row
        assert [missing(test) for test in tests if missing(test)] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert missing("docs/test_security.py::test_no_such") is not None
    assert missing("docs/test_none.py") is not None
    assert missing("docs/test_security.py::test_a_test_that_is_not_there_is_noticed") is None


def test_floors_are_those_of_the_project_and_of_the_doctor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [
        Requirement(line)
        for line in (*project["dependencies"], *project["optional-dependencies"]["worker"])
    ]
    floors = {
        need.name: spec.version
        for need in asked
        for spec in need.specifier
        if spec.operator == ">="
    }
    floors["onnx"] = floors["onnx-weekly"].partition(".dev")[0].removesuffix(".0")
    floors.update({library.name: library.floor for library in libraries.native()})
    told = {row[0]: row[1] for row in rows("Floors of libraries")}
    assert told == {name: floors[name] for name in told}
    assert len(told) == 7
