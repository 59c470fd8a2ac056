"""The times of a run, by folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import times
from times import Took

RUN = """\
<testsuites><testsuite>
<testcase classname="tests.cli.test_live" name="test_a" time="2.5" />
<testcase classname="tests.cli.test_demo" name="test_b[x.y]" time="1.0"><failure /></testcase>
<testcase classname="tests.test_disk" name="test_c" time="0.25" />
</testsuite></testsuites>
"""


def test_every_test_counts_in_its_folder_the_dearest_folder_first(tmp_path: Path) -> None:
    file = tmp_path / "run.xml"
    file.write_text(RUN)
    assert [took.folder for took in times.read(file)] == ["cli", "cli", ""]
    assert [took.name for took in times.read(file)] == ["test_a", "test_b", "test_c"]
    assert times.table(times.read(file)).splitlines() == [
        " seconds  tests  folder",
        "     3.5      2  tests/cli  (test_live 2 s)",
        "     0.2      1  tests/",
        "     3.8      3  in all",
    ]


def test_a_test_is_named_once_with_all_its_parameters() -> None:
    took = [Took("tests.a.test_b", 1.0, "test_c"), Took("tests.a.test_b", 2.0, "test_c")]
    took += [Took("tests.test_d", 2.5, "test_e"), Took("tests.test_d", 0.5, "test_f")]
    assert times.dearest(took, 2).splitlines() == [
        " seconds  times  test",
        "     3.0      2  a.test_b test_c",
        "     2.5      1  test_d test_e",
    ]


def test_a_run_without_tests_has_a_table_too() -> None:
    assert times.table([]).splitlines()[-1].split() == ["0.0", "0", "in", "all"]
    assert times.table([Took("tests.cli.test_live", 0.0)])


@pytest.mark.parametrize("text", [None, "<testsuites>"])
def test_a_run_that_was_cut_off_is_said(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.xml"
    if text is not None:
        file.write_text(text)
    assert times.main([str(file)]) == 1
    assert "no times" in capsys.readouterr().err
