"""The bar over a whole batch, at the widths of terminals, and the lines where there is none."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
import supervisor_jobs
from rich.console import Console

from voxmend.batch.forecast import Forecast, Past
from voxmend.batch.listing import Listed
from voxmend.batch.queue import Item
from voxmend.batch.summary import Row, Summary
from voxmend.cli.overall import Overall, table
from voxmend.speech import AGAIN_S
from voxmend.testing import FakeClock

LONG = "Some Artist/The Album of a very long name/07 - a song of some length.wav"


def screen(width: int, terminal: bool = True) -> tuple[Overall, Console, FakeClock]:
    """A batch of four files, of which one is done and one runs."""
    clock = FakeClock()
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False)
    forecast = Forecast([60.0] * 4, [Past(60.0, 100.0)])
    shown = Overall(4, forecast, clock, console)
    record = replace(
        supervisor_jobs.job().record, state="running", stage="separate.spleeter", fraction=0.25,
        device="cpu, 2 threads",
    )  # fmt: skip
    item = Item(Listed(LONG), state="running", record=record)
    forecast.progress(0, 0.0, clock.now)
    shown.runs(0, item)
    clock.forward(100)
    forecast.end(0, clock.now)
    shown.ended(0, Row("a.wav", "succeeded", folder="/out/a_quick", took_s=100.0))
    forecast.progress(1, 0.25, clock.now)
    shown.runs(1, item)
    return shown, console, clock


def drawn(shown: Overall, width: int) -> list[str]:
    """The bar as text, a line each."""
    page = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    page.print(shown.bar())
    assert isinstance(page.file, io.StringIO)
    return page.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_count_share_and_time_left_are_there_at_every_width(width: int) -> None:
    shown, _, _ = screen(width)
    lines = drawn(shown, width)
    assert len(lines) == 2
    assert all(len(line) <= width for line in lines)
    assert ".wav" in lines[0]
    assert "25 %" in lines[0]
    for word in ("1 of 4", " 31 %", "min", "left"):
        assert word in lines[1], lines


def test_a_bar_is_drawn_and_a_line_scrolls_by_for_a_file_that_ends() -> None:
    shown, console, _ = screen(80)
    with shown:
        shown.ended(1, Row("b.wav", "failed", message="No sound.", code="input_unreadable"))
    assert isinstance(console.file, io.StringIO)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    assert "2/4 b.wav: failed. No sound. [input_unreadable]" in text
    assert "━" in text


def test_elsewhere_there_are_lines_only_and_one_about_the_whole_twice_a_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown, console, clock = screen(80, terminal=False)
    with shown:
        record = replace(supervisor_jobs.job().record, state="running", fraction=0.5)
        for _ in range(4):
            clock.forward(AGAIN_S / 2)
            shown.runs(1, Item(Listed("b.wav"), state="running", record=record))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
    said = capsys.readouterr().err.splitlines()
    assert said[1] == "1/4 a.wav: done in 1 min 40 s, /out/a_quick"
    assert [line for line in said if line.startswith("1 of 4 files, 31 %, ")] == said[3:]
    assert len(said[3:]) == 2


def test_no_name_steers_the_terminal() -> None:
    shown, _, _ = screen(80)
    shown.runs(2, Item(Listed("x\x1b[2J\n.wav"), state="running"))
    text = "\n".join(drawn(shown, 80))
    assert "\x1b[2J" not in text
    assert "\\x1b[2J\\n.wav" in text


def test_the_table_at_the_end_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        Row("a", "succeeded", sound_s=60.0, warnings=("w",)),
        Row("b", "failed"),
        Row("c", "skipped"),
    ]
    table(Summary.of(rows, 12.0))
    assert capsys.readouterr().err.splitlines() == [
        "done             1  1:00 of sound in 12 s",
        "done before      1  nothing was to do",
        "failed           1",
        "warnings         1  files have some: each job.json has them",
    ]
