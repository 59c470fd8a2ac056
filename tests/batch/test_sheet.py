"""The report of a batch: every file in it, and nothing that a program would run."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import supervisor_jobs

from voxmend import Result
from voxmend.batch.listing import Listed
from voxmend.batch.queue import Item
from voxmend.batch.sheet import as_csv, as_html, counted, sheet
from voxmend.batch.summary import Row, Summary, row
from voxmend.verdict import Evidence, judge

ROWS = [
    Row("a.wav", "succeeded", "quick", "job-1", "/out/a_quick", "cpu", 60.0, 4.5,
        ("/out/a_quick/vocals.wav", "/out/a_quick/instrumental.wav"), ("Too quiet. [w]",),
        verdict="Repaired in part: some damage is left."),
    Row("b.wav", "skipped", "quick", None, "/out/b_quick"),
    Row("<script>c</script>.wav", "failed", "quick", "job-3", code="input_unreadable",
        message="No sound, “really”."),
    Row("d, \"d\".wav", "waiting", "quick"),
]  # fmt: skip
SUMMARY = Summary.of(ROWS, 5.25)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_summary_counts_every_file_once() -> None:
    assert SUMMARY.plain() == {
        "files": 4, "done": 1, "skipped": 1, "failed": 1, "cancelled": 0, "not_begun": 1,
        "warned": 1, "sound_s": 60.0, "took_s": 5.25,
    }  # fmt: skip
    assert counted(SUMMARY) == "4 files: 1 done, 1 done before, 1 failed, 1 not begun"


def test_a_row_has_the_headline_of_its_files_verdict() -> None:
    verdict = judge(Evidence("quick"))
    record = replace(supervisor_jobs.job().record, verdict=verdict)
    assert row(Item(Listed("a.wav"), record=record)).verdict == verdict.headline
    assert Result(record=record).verdict == verdict  # and Python says the same
    assert row(Item(Listed("a.wav"))).verdict is None


def test_a_spreadsheet_has_a_row_for_each_file() -> None:
    rows = read(as_csv(ROWS))
    assert [row["file"] for row in rows] == [row.file for row in ROWS]
    assert [row["state"] for row in rows] == ["succeeded", "skipped", "failed", "waiting"]
    assert rows[0]["stems"].splitlines() == list(ROWS[0].stems)
    assert (rows[0]["sound_s"], rows[0]["took_s"], rows[1]["took_s"]) == ("60.0", "4.5", "")
    assert rows[2]["message"] == "No sound, “really”."
    assert [row["verdict"] for row in rows] == [ROWS[0].verdict, "", "", ""]


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＠x"]
)
def test_no_cell_is_a_formula(name: str) -> None:
    row = Row(
        f"{name}.wav", "failed", name, name, name, name, 1.0, 1.0, (name,), (name,), name, name,
        name,
    )  # fmt: skip
    for column, cell in read(as_csv([row]))[0].items():
        if column not in ("state", "sound_s", "took_s"):
            assert cell.startswith("'"), column


def test_a_name_that_is_not_unicode_can_be_written() -> None:
    row = Row("caf\udce9.wav", "failed", "quick")
    for form in ("csv", "html"):
        assert sheet(form, [row], SUMMARY, []).encode("utf-8", "backslashreplace")


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and what it would fetch."""
        self.tags.append(tag)
        self.fetched += [name for name, _ in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def test_a_page_stands_for_itself_and_runs_no_name() -> None:
    page = Page(as_html(ROWS, SUMMARY))
    assert page.tags.count("tr") == 1 + len(ROWS)
    assert "script" not in page.tags
    assert page.fetched == []
    for each in ROWS:
        assert each.file in page.text
    assert "No sound, “really”. [input_unreadable]" in page.text
    assert "Repaired in part: some damage is left." in page.text


def test_json_is_what_the_command_prints() -> None:
    told = json.loads(sheet("json", ROWS, SUMMARY, [{"file": "a.wav"}]))
    assert told == {"items": [{"file": "a.wav"}], "summary": SUMMARY.plain()}
