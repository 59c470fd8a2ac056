"""The first lines of a report: what was found, what was done, and if nothing was, why."""

from __future__ import annotations

from collections import Counter

from ..damage import LEFT, NAMES, WORDS
from . import words
from .facts import Facts
from .markup import Html, html, join, number, tag


def lines(facts: Facts) -> Html:
    """The paragraphs under the title."""
    return join(tag("p", each, class_="lead") for each in (*_found(facts), *_done(facts)) if each)


def changed_nothing(facts: Facts) -> bool:
    """Whether there were repairs, and none of them was kept."""
    return bool(facts.at("decisions")) and not facts.number("decided.kept")


def _damaged(facts: Facts, when: str) -> str:
    """Strongly muffled and somewhat full of bleed; empty where no damage was found."""
    sizes = {name: facts.text(f"damage.{when}.found.{name}.size") for name in NAMES}
    grades = {"some": "somewhat", "strong": "strongly"}
    named = [f"{grades[s]} {words.ADJECTIVES[n]}" for n, s in sizes.items() if s in grades]
    return _and(named) if named else ""


def _found(facts: Facts) -> list[str]:
    found = facts.at("damage.before.found")
    if not isinstance(found, dict):
        return ["This job did not say how damaged the voice was."]
    named = _damaged(facts, "before")
    unknown = [WORDS[name] for name in NAMES if found.get(name, {}).get("size") == "unknown"]
    said = f"The voice was {named}." if named else "No damage was found in the voice."
    if facts.at("damage.after") and named:
        left = _damaged(facts, "after")
        now = f"Now it is {left}." if left else "Now none is found."
        said += " It still is." if left == named else f" {now}"
    if unknown:
        said += f" Whether it is {_and(unknown, 'or')} could not be told."
    return [said]


def _done(facts: Facts) -> list[str]:
    if not facts.at("preset.block"):
        return ["This preset changes nothing: it only looks."]
    if not facts.at("decisions"):
        if facts.at("preset.guarded") is False:
            return ["Every repair was taken as it came: this preset judges nothing."]
        return ["No repair was asked for: the voice is as it was separated."]
    kept, refused = (number(facts, f"decided.{name}") for name in ("kept", "refused"))
    unchanged = number(facts, "decided.unchanged")
    if not facts.number("decided.kept") and not facts.number("decided.refused"):
        return ["No repair had anything to change: the voice passed untouched, bit for bit."]
    if changed_nothing(facts):
        said = join(
            (tag("strong", "Nothing was changed."), " The guard refused all ", refused,
             " repairs that were offered, so the voice passed untouched, bit for bit. ", why(facts))
        )  # fmt: skip
        return [said]
    total = join(("Of the stretches that were judged, ", kept, " repairs were kept, ", refused))
    rest = join((total, " were refused, and ", unchanged, " had nothing to change. "))
    return [join((rest, why(facts)))]


def why(facts: Facts) -> Html:
    """The reasons of all refusals, the most frequent first."""
    decisions = facts.at("decisions") or ()
    refused = Counter(
        (d["stage"], d["reason"])
        for d in decisions
        if not d.get("kept") and d.get("reason") not in LEFT
    )
    if not refused:
        return Html("")
    told = [
        f"{words.stage(stage)}: {words.reason(reason).removeprefix('refused: ')} ({count}×)"
        for (stage, reason), count in refused.most_common()
    ]
    return html("Why they were refused: " + "; ".join(told) + ".")


def _and(parts: list[str], last: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
