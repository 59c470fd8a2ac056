"""What a verdict is made of, read from a job.json: the engine does it for its own, the report for
any."""

from __future__ import annotations

from collections.abc import Mapping

from .. import targets
from ..damage import NAMES
from ..verdict import Evidence, Found
from .facts import Facts

SEPARATION = "separate."
APART = (SEPARATION, "part.", "reverb.")
"""What takes a song or a voice apart, and repairs nothing."""


def evidence(facts: Facts) -> Evidence:
    """Of a job. What an older or a foreign job.json lacks was not measured."""
    blocks = [facts.text(f"{path}.name") for path in facts.each("preset.block")]
    decided: dict[str, dict[str, int]] = {}
    for path in facts.each("decisions"):
        reasons = decided.setdefault(facts.text(f"{path}.block"), {})
        reason = "kept" if facts.at(f"{path}.kept") else facts.text(f"{path}.reason")
        reasons[reason] = reasons.get(reason, 0) + 1
    separated = any(name.startswith(SEPARATION) for name in blocks)
    voice = facts.at("voice") is not None or facts.text("preset.input") == "voice"
    stems = [facts.text(f"{path}.name") for path in facts.each("stems")]
    return Evidence(
        facts.text("preset.name"),
        separates=separated and not voice,
        repairs=bool(decided) or any(not name.startswith(APART) for name in blocks),
        guarded=facts.at("preset.guarded") is not False,
        with_song=facts.at("damage.before.with_mixture") is not False,
        has_voice=targets.VOICE in stems or not stems,
        has_raw=targets.RAW in stems,
        has_others=bool(targets.others(stems)),
        before=_found(facts, "before"),
        after=_found(facts, "after"),
        decided=decided,
    )


def _found(facts: Facts, when: str) -> Mapping[str, Found]:
    base = f"damage.{when}.found"
    if not facts.at(base):
        return {}
    return {
        name: Found(
            facts.text(f"{base}.{name}.size") or "unknown",
            facts.number(f"{base}.{name}.value"),
            facts.text(f"{base}.{name}.why"),
        )
        for name in NAMES
        if facts.at(f"{base}.{name}")
    }
