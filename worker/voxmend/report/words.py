"""What was found and decided, in the words of who sings and mixes.

Pure text for the command line and the report; no number is made here, and none is left out where
it decided something. Codes that a later version brings are shown as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..damage import NAMES, WORDS

MEANS: Mapping[str, str] = {
    "phase": "a metallic, robotic sound",
    "bandwidth": "a dull sound: its highs are missing",
    "musical": "chirping noises between the phrases",
    "bleed": "the band is audible in the voice",
}
"""Each damage in half a sentence."""

WHY: Mapping[str, str] = {
    "no_mixture": "cannot be told without the mixture",
    "no_voice": "cannot be told: nobody sings",
    "no_pause": "cannot be told: no pause is long enough",
    "hidden": "cannot be told: the voice lies under the band",
}
"""Why a damage is unknown."""

ALONE_BLEED = "band, room or other voices: only the mixture could tell them apart"
"""What bleed means where a voice is alone."""

SHOWN = 6
"""Stretches named in a line; more are counted."""

REASONS: Mapping[str, str] = {
    "kept": "kept",
    "unchanged": "nothing to change",
    "no_gain": "rejected: no measurable improvement",
    "voice_lost": "rejected: it takes harmonics of the voice away",
    "band_risen": "rejected: it lifts a band above the song",
    "shifted": "rejected: it comes too early or too late",
    "inverted": "rejected: it inverts the polarity",
    "no_damage": "left as it is: the clip as a whole has none of what this mends",
    "no_gap": "left as it is: no gap is long and sure enough",
    "no_mixture": "left as it is: without the song nobody can tell a gap from a quiet voice",
    "loss_worse": "rejected: more of the voice would go into the band",
}
"""Of a decision."""

STAGES: Mapping[str, str] = {
    "separate": "separation",
    "part": "lead and backing vocals",
    "reverb": "reverb",
    "denoise": "noise and bleed",
    "phase": "phase",
    "bandwidth": "highs",
}

BLOCKS: Mapping[str, str] = {
    "source": "what came in",
}

NUMBERS: Mapping[str, tuple[str, str]] = {
    "lag_samples": ("shift", "samples"),
    "likeness": ("likeness to the voice before", ""),
    "harmonic_loss_db": ("harmonics lost", "dB"),
    "rise_db": ("rise over the song", "dB"),
    "loss": ("voice in the band", ""),
    "expected_db": ("residual expected", "dB"),
    "risk": ("voice it may hold", ""),
    "gain_db": ("gain", "dB"),
}
"""Of a decision: what a number is called, and its unit."""


def clock(seconds: float) -> str:
    """Where in a clip: 1:02.5, or 1:02:03 in long ones."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest // 10:02}"
    return f"{minutes}:{rest / 10:04.1f}" if rest % 10 else f"{minutes}:{rest // 10:02}"


def spans(regions: Sequence[Mapping[str, object]], most: int = SHOWN) -> str:
    """Where: 0:12–0:20.4, 1:03–1:10 and 4 more."""
    named = [f"{clock(_float(r['start_s']))}–{clock(_float(r['end_s']))}" for r in regions[:most]]
    more = len(regions) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def where(finding: Mapping[str, object], damage: str, with_mixture: bool) -> str:
    """What stands beside a size: stretches, or why nothing can be told."""
    regions = finding.get("regions")
    words = []
    if isinstance(regions, list) and regions:
        words.append(spans(regions))
        if damage == "bleed" and not with_mixture:
            words.append(f"({ALONE_BLEED})")
    why, edge = finding.get("why"), finding.get("edge_hz")
    if isinstance(why, str):
        words.append(WHY.get(why, why))
        if isinstance(edge, int | float):
            words[-1] += f" (the highs end in an edge at {edge / 1000:.1f} kHz)"
    elif isinstance(edge, int | float):
        words.append(f"from {edge / 1000:.1f} kHz on")
    return " ".join(words)


def reason(code: str) -> str:
    """Why the guard kept or refused a stretch."""
    name, _, worse = code.rpartition("_")
    if worse == "worse" and name in NAMES:
        return f"rejected: it makes the voice more {ADJECTIVES[name]}"
    return REASONS.get(code, code)


ADJECTIVES: Mapping[str, str] = {**WORDS, "bleed": "full of bleed"}


def stage(name: str) -> str:
    """A step of the chain."""
    return STAGES.get(name, name)


def block(name: str) -> str:
    """A block as a heading: its family in words, and its name."""
    if name in BLOCKS:
        return BLOCKS[name]
    family, _, own = name.partition(".")
    return f"after {stage(family)} ({own})" if own else name


def called(name: str) -> tuple[str, str]:
    """A number of a decision: its name and its unit. A damage has one as it was, and its change."""
    base = name.removesuffix("_was")
    if base not in NAMES and base != "loss":
        return NUMBERS.get(base, (base, ""))
    said = WORDS.get(base, NUMBERS["loss"][0])
    return (f"{said} was" if name != base else f"{said} changes by"), ""


def is_change(name: str) -> bool:
    """Whether a number says by how much another moved."""
    return name in NAMES or name == "loss"


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
