"""The first lines of a report: the verdict, what it rests on, and why repairs were rejected."""

from __future__ import annotations

from collections import Counter

from .. import targets
from ..damage import LEFT
from ..verdict import judge
from . import words
from .evidence import evidence
from .facts import Facts
from .markup import Html, html, join, number, tag


def lines(facts: Facts) -> Html:
    """What stands under the title: the headline, four sentences, and the numbers behind them."""
    if parts := _parts(facts):
        return parts
    verdict = judge(evidence(facts))
    told = (
        ("What was wrong", verdict.found),
        ("What was done", verdict.done),
        ("What stays", verdict.left),
        ("What to do next", verdict.next),
    )
    rows = [join((tag("dt", name), tag("dd", text))) for name, text in told]
    return join((
        tag("p", tag("strong", verdict.headline), class_="lead headline"),
        tag("dl", *rows, class_="verdict"),
        _numbers(facts),
    ))  # fmt: skip


def _parts(facts: Facts) -> Html:
    """What stands there of a job without a voice; nothing of any other."""
    names = [facts.text(f"{path}.name") for path in facts.each("stems")]
    if not names or set(names) & set(targets.OF_VOICE) or facts.at("damage") is not None:
        return Html("")
    return join((
        tag("p", tag("strong", f"Separated: {', '.join(names)}."), class_="lead headline"),
        tag("p", "No stem of the voice was asked for, so none was measured or repaired."),
    ))  # fmt: skip


def _numbers(facts: Facts) -> Html:
    """The counts, behind a click; nothing where nothing was judged."""
    if not facts.at("decided") or not facts.at("decisions"):
        return Html("")
    kept, refused, left = (number(facts, f"decided.{n}") for n in ("kept", "refused", "unchanged"))
    counts = join((kept, " repaired, ", refused, " rejected, ", left, " left as they were."))
    reasons = why(facts)
    return tag(
        "details",
        tag("summary", "The numbers behind it"),
        tag("p", "Sections that were checked: ", counts),
        tag("p", reasons) if reasons else "",
    )


def why(facts: Facts) -> Html:
    """The reasons of all rejections, the most frequent first."""
    decisions = facts.at("decisions") or ()
    refused = Counter(
        (d["stage"], d["reason"])
        for d in decisions
        if not d.get("kept") and d.get("reason") not in LEFT
    )
    if not refused:
        return Html("")
    told = [
        f"{words.stage(stage)}: {words.reason(reason).removeprefix('rejected: ')} ({count}×)"
        for (stage, reason), count in refused.most_common()
    ]
    return html("Why repairs were rejected: " + "; ".join(told) + ".")
