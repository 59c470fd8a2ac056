"""The part of a report that says what was run on what: source, preset, device, blocks, warnings."""

from __future__ import annotations

from .facts import Facts
from .markup import Html, join, moment, number, tag
from .markup import table as html_table


def section(facts: Facts) -> Html:
    """All of it."""
    return join((_warnings(facts), _list(facts), _blocks(facts)))


def _warnings(facts: Facts) -> Html:
    rows = [tag("li", facts.text(f"{path}.message")) for path in facts.each("warnings")]
    return tag("ul", *rows, class_="warnings") if rows else Html("")


def _list(facts: Facts) -> Html:
    rate = join((number(facts, "source.rate"), " Hz, ", number(facts, "source.channels"),
                 " channels, ", number(facts, "source.frames"), " frames"))  # fmt: skip
    told: list[tuple[str, str]] = [
        ("source", facts.text("clip.path")),
        ("sound", rate),
        ("preset", facts.text("preset.title") or facts.text("preset.name")),
        ("device", facts.text("device")),
        ("took", join((number(facts, "seconds"), " s"))),
        ("finished", facts.text("finished")),
        ("job", facts.text("job")),
        ("voxmend", facts.text("voxmend")),
    ]
    if facts.at("clip.start_s") is not None:
        told.insert(1, ("from", moment(facts, "clip.start_s")))
    if facts.at("clip.end_s") is not None:
        told.insert(2, ("to", moment(facts, "clip.end_s")))
    return tag("dl", *(join((tag("dt", name), tag("dd", value))) for name, value in told if value))


def _blocks(facts: Facts) -> Html:
    rows = [
        [
            facts.text(f"{path}.block"), facts.text(f"{path}.runs_on"),
            facts.text(f"{path}.precision"), number(facts, f"{path}.windows"),
            number(facts, f"{path}.seconds"),
        ]
        for path in facts.each("stages")
    ]  # fmt: skip
    rows += [[name, "found in the cache", "", "", ""] for name in facts.at("cached") or ()]
    if not rows:
        return Html("")
    head = ["Block", "ran on", "precision", "windows", "seconds"]
    return html_table("What was run", head, rows)
