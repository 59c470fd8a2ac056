"""The part of a report that says what the guard decided: by stage in a few words, then each
decision with the numbers that made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..damage import LEFT
from . import words
from .facts import Facts
from .markup import Html, html, join, moment, number, plain, tag
from .markup import table as html_table


def section(facts: Facts) -> Html:
    """All of it; a sentence where nothing was judged."""
    if not facts.at("decisions"):
        return tag("p", "There was no repair to check.")
    return join((_overview(facts), _each(facts)))


def _stages(facts: Facts) -> dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]]:
    found: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}
    for path in facts.each("decisions"):
        decision = facts.at(path)
        found.setdefault((decision["stage"], decision["block"]), []).append((path, decision))
    return found


def _overview(facts: Facts) -> Html:
    rows = []
    for (stage, block), decisions in _stages(facts).items():
        reasons = Counter(d["reason"] for _, d in decisions)
        kept = sum(d["kept"] for _, d in decisions)
        unchanged = sum(reasons[reason] for reason in LEFT)
        refused = len(decisions) - kept - unchanged
        why = "; ".join(
            f"{words.reason(reason).removeprefix('rejected: ')} ({count}×)"
            for reason, count in reasons.most_common()
            if reason not in ("kept", *LEFT)
        )
        rows.append(
            [f"{words.stage(stage)} ({block})", str(kept), str(refused), str(unchanged), why]
        )
    head = ["Repair", "kept", "rejected", "nothing to repair", "why rejected"]
    return html_table("Number of sections that were checked", head, rows)


def _each(facts: Facts) -> Html:
    parts = []
    for (stage, block), decisions in _stages(facts).items():
        rows = [_row(facts, path, decision) for path, decision in decisions]
        caption = f"{words.stage(stage)} ({block}): each decision"
        head = ["Section", "Decision", "Numbers"]
        parts.append(
            tag(
                "details",
                tag("summary", f"{caption}, {len(rows)}"),
                html_table(caption, head, rows),
            )
        )
    return join(parts)


def _row(facts: Facts, path: str, decision: Mapping[str, Any]) -> list[str]:
    start, end = (moment(facts, f"{path}.{key}") for key in ("start_s", "end_s"))
    label = f"{words.clock(decision['start_s'])}–{words.clock(decision['end_s'])}, play this"
    stretch = tag(
        "button", join((start, "–", end)), type="button", class_="go",
        data_seek=str(decision["start_s"]), data_end=str(decision["end_s"]), aria_label=label,
    )  # fmt: skip
    mark = "kept" if decision["kept"] else decision["reason"]
    state = "kept" if decision["kept"] else "same" if mark in LEFT else "refused"
    said = tag("span", words.reason(mark), class_=state)
    return [stretch, said, _numbers(facts, path, decision["numbers"])]


def _numbers(facts: Facts, path: str, numbers: Mapping[str, float]) -> Html:
    told = []
    for name, value in numbers.items():
        name_of, unit = words.called(name)
        shown = (
            plain(value)
            if not words.is_change(name)
            else f"{'+' if value > 0 else ''}{plain(value)}"
        )
        told.append(join((f"{name_of} ", number(facts, f"{path}.numbers.{name}", shown),
                          f" {unit}" if unit else "")))  # fmt: skip
    return join(told, ", ") if told else html("none: nothing to mend was measured")
