"""HTML from plain values: everything that comes from outside is escaped, in one place.

A number is written as ``<data value="…" data-of="path">``: what is shown may be rounded or a clock,
what it was and where it stands in job.json goes with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..terminal import harmless
from .facts import Facts
from .words import clock


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def html(text: str) -> Html:
    """Escaped, unless it is HTML."""
    return text if isinstance(text, Html) else Html(escape(harmless(text)))


def tag(name: str, *inside: str, **attributes: str | None) -> Html:
    """An element. ``class_`` is class, other underscores are hyphens; None leaves one out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(harmless(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{''.join(map(html, inside))}</{name}>")


def join(parts: Iterable[str], between: str = "") -> Html:
    """One after the other."""
    return Html(html(between).join(html(part) for part in parts))


def plain(value: float) -> str:
    """A number as it stands in job.json, without a needless zero."""
    return f"{value + 0.0:.10g}"  # -0.0 becomes 0


def number(facts: Facts, path: str, shown: str | None = None) -> Html:
    """A number of job.json."""
    value = facts.number(path)
    return tag("data", shown or plain(value), value=plain(value), data_of=path)


def moment(facts: Facts, path: str) -> Html:
    """A number of job.json that is a time in the clip."""
    return number(facts, path, clock(facts.number(path)))


def table(caption: str, head: Iterable[str], rows: Iterable[Iterable[str]], **given: str) -> Html:
    """A table with a caption; the first cell of a row is its heading. On a phone a row is a card
    whose cells say their columns: so the roles, which a table loses once it is laid out otherwise.
    """
    head, body = list(head), []
    for row in rows:
        first, *rest = row
        cells = join(
            tag("td", cell, role="cell", data_label=name)
            for name, cell in zip(head[1:], rest, strict=True)
        )
        heading = tag("th", first, scope="row", role="rowheader")
        body.append(tag("tr", heading, cells, role="row"))
    titles = (tag("th", cell, scope="col", role="columnheader") for cell in head)
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption),
            tag("thead", tag("tr", *titles, role="row"), role="rowgroup"),
            tag("tbody", *body, role="rowgroup"),
            role="table",
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
        **given,
    )
