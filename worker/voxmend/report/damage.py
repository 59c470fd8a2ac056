"""The part of a report that says how damaged the voice was and is: a table, and a curve for each
damage with its damaged stretches behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..damage import NAMES, WORDS
from . import axes, curves, words
from .facts import Facts
from .markup import Html, join, moment, number, tag
from .markup import table as html_table
from .sketch import Sketch

UNIT_FROM = 0.9
"""Share of a time axis from which its unit stands there."""

WHEN: Mapping[str, str] = {"before": "before", "after": "after"}


def section(facts: Facts, sketch: Sketch | None) -> Html:
    """All of it; a sentence for a job that did not say."""
    if not facts.at("damage.before"):
        return tag("p", "This job did not measure the voice.")
    parts: list[str] = [_table(facts), _legend(facts)]
    parts += [_panel(facts, sketch, name) for name in NAMES]
    return join(parts)


def times(facts: Facts) -> list[str]:
    """Of ``before`` and ``after`` those that this job has."""
    return [when for when in WHEN if facts.at(f"damage.{when}")]


def _table(facts: Facts) -> Html:
    """Sizes in words; the numbers stand behind a click."""
    known = "with the song" if facts.at("damage.before.with_mixture") else "without the song"
    whens = times(facts)
    rows: list[list[str]] = []
    numbers: list[list[str]] = []
    for name in NAMES:
        sizes = [facts.text(f"damage.{when}.found.{name}.size") for when in whens]
        rows.append([WORDS[name], *sizes, _where(facts, name)])
        values = [number(facts, f"damage.{when}.found.{name}.value") for when in whens]
        numbers.append([WORDS[name], *values])
    sized = html_table(
        f"How damaged the voice is, measured {known}", ["Damage", *whens, "Where it was"], rows
    )
    caption = "The same as numbers: 0 is none, 1 is medium"
    behind = html_table(caption, ["Damage", *whens], numbers)
    return join((sized, tag("details", tag("summary", "The numbers behind it"), behind)))


def _where(facts: Facts, name: str) -> Html:
    """The damaged stretches as buttons that play them, or why nothing can be told."""
    base = f"damage.before.found.{name}"
    parts: list[str] = []
    for path in facts.each(f"{base}.regions"):
        start, end = facts.number(f"{path}.start_s"), facts.number(f"{path}.end_s")
        label = f"{words.clock(start)}–{words.clock(end)}, play this {WORDS[name]} stretch"
        inside = join((moment(facts, f"{path}.start_s"), "–", moment(facts, f"{path}.end_s")))
        parts.append(tag("button", inside, type="button", class_="go", data_seek=str(start),
                         data_end=str(end), aria_label=label))  # fmt: skip
    finding = dict(facts.at(base) or {})
    known = bool(facts.at("damage.before.with_mixture"))
    rest = words.where({**finding, "regions": []}, name, known)
    if parts and name == "bleed" and not known:
        rest = words.ALONE_BLEED
    return join((*parts, rest), " ") if parts else join((rest or "nowhere",))


def _legend(facts: Facts) -> Html:
    keys = [tag("span", tag("i", class_=f"key {when}"), f" {when}") for when in times(facts)]
    shades = [
        tag("span", tag("i", class_=f"key {size}"), f" {size}") for size in ("some", "strong")
    ]
    return tag("p", join((*keys, *shades), " "), class_="legend", aria_hidden="true")


def _panel(facts: Facts, sketch: Sketch | None, name: str) -> Html:
    """One damage over time."""
    seconds = facts.seconds or 1.0
    drawn = [(w, getattr(sketch, w).get(name)) for w in times(facts)] if sketch else []
    found = {w: dict(facts.at(f"damage.{w}.found.{name}") or {}) for w in times(facts)}
    top = axes.top_of(*(c for _, c in drawn if c is not None), limit=1.5)
    spoken = f"{WORDS[name]} over time, {words.MEANS[name]}: " + "; ".join(
        f"{when} {_spoken(each, name, bool(facts.at('damage.before.with_mixture')))}"
        for when, each in found.items()
    )
    svg = curves.svg(
        [(w, c) for w, c in drawn if c is not None],
        sketch.hop_s if sketch else 1.0,
        seconds,
        top,
        found.get("before", {}).get("regions", []),
    )
    ticks = [tag("span", f"{v:g}", style=f"bottom:{100 * v / top:.2f}%") for v in (0, top / 2, top)]
    plot = tag("div", svg, tag("div", class_="head"), class_="plot seekable")
    return tag(
        "figure",
        tag("figcaption", tag("b", WORDS[name]), f": {words.MEANS[name]} (0 is none, 1 is medium)"),
        tag(
            "div", tag("div", *ticks, class_="axis"), plot, tag("div", *clock_ticks(seconds),
            class_="clock"), class_="chart", role="img", aria_label=spoken,
        ),
    )  # fmt: skip


def _spoken(finding: Mapping[str, Any], name: str, known: bool) -> str:
    size = str(finding.get("size", "unknown"))
    return f"{size} {words.where(finding, name, known)}".strip()


def clock_ticks(seconds: float) -> list[Html]:
    """Labels of a time axis, in per cent of its width; the unit stands at the last."""
    ticks = [
        tag("span", label, style=f"left:{100 * at / seconds:.2f}%")
        for at, label in axes.times(seconds, 8)
        if at < UNIT_FROM * seconds
    ]
    return [*ticks, tag("em", "min:s")]
