"""The report of a batch: a table for a browser, for a spreadsheet, or for a program. Pure.

A name or a sentence may hold what anybody wrote. In HTML it is escaped; in CSV a cell that a
spreadsheet would take for a formula gets an apostrophe in front, which it shows as text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from ..report.markup import Html, html, join, table, tag
from ..report.words import clock
from .summary import WORDS, Row, Summary

FORMATS = ("html", "csv", "json")

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""How a cell begins that a spreadsheet runs; the wide signs are those of Japanese systems."""

_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;
border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}
td,th[scope=row]{overflow-wrap:anywhere}
.scroll{overflow-x:auto}
"""


def sheet(form: str, rows: Sequence[Row], summary: Summary, items: Sequence[Any]) -> str:
    """The report.

    Args:
        form: one of ``FORMATS``.
        items: what ``--json`` prints of each file.
    """
    if form == "csv":
        return as_csv(rows)
    if form == "html":
        return as_html(rows, summary)
    told = {"items": list(items), "summary": summary.plain()}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """A row for each file, a column for each fact; a cell may hold several stems, line by line."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = Row.__slots__
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(getattr(row, column)) for column in columns])
    return out.getvalue()


def _cell(value: Any) -> str | float:
    if value is None:
        return ""
    if isinstance(value, float):
        return round(value, 3)
    text = "\n".join(value) if isinstance(value, tuple) else str(value)
    text = text.encode("utf-8", "backslashreplace").decode()
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def as_html(rows: Sequence[Row], summary: Summary) -> str:
    """A page that stands for itself: nothing in it is fetched."""
    title = "voxmend: " + counted(summary)
    body = join((
        tag("h1", title),
        tag("p", html(worked(summary))),
        table(
            "Each file",
            ("File", "Result", "Sound", "Took", "Where, or why not"),
            ((row.file, WORDS[row.state], _clock(row.sound_s), _clock(row.took_s), _said(row))
             for row in rows),
        ),
    ))  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def counted(summary: Summary) -> str:
    """How many files there are of each kind, in words; kinds without any are left out."""
    kinds = {
        "done": summary.done, "done before": summary.skipped, "failed": summary.failed,
        "cancelled": summary.cancelled, "not begun": summary.not_begun,
    }  # fmt: skip
    files = "1 file" if summary.files == 1 else f"{summary.files} files"
    return f"{files}: " + (", ".join(f"{n} {kind}" for kind, n in kinds.items() if n) or "none")


def worked(summary: Summary) -> str:
    """How much sound was done in which time."""
    return f"{clock(summary.sound_s)} of sound in {clock(summary.took_s)}."


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else clock(seconds)


def _said(row: Row) -> Html:
    lines = [*row.stems] or [row.folder or ""]
    if row.verdict:
        lines.insert(0, row.verdict)
    if row.message:
        lines.append(f"{row.message} [{row.code}]")
    return join((html(line) for line in (*lines, *row.warnings) if line), Html("<br>"))
