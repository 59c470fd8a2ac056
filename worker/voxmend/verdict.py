"""What came of a job, in plain words: what was wrong, what was done, what stays, what to do next.

One pure function from what was measured and decided to a few sentences. The engine writes them into
job.json and into the record, so terminal, report, watch folder and REAPER say the same; the report
makes them anew from the numbers of a job.json, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voxmend_protocol.values import Outcome, Verdict

from .damage import LEFT, NAMES

SIZES = ("none", "some", "strong")
"""Sizes that were measured; the fourth is ``unknown``."""

NOTICEABLE = 0.1
"""Damage that moved by less than this number, or by less than a fifth of itself, is the same."""

STRONGER: Mapping[str, str] = {"quick": "restore", "split": "studio", "restore": "studio"}
"""A preset to that which often leaves less damage in the voice."""

ADJECTIVES: Mapping[str, str] = {
    "phase": "metallic",
    "bandwidth": "muffled",
    "musical": "chirping",
}
"""Of a voice; bleed has a sentence of its own."""

_DEGREES: Mapping[str, str] = {"some": "slightly", "strong": "very"}
_SHARES: Mapping[str, str] = {"some": "Some", "strong": "Much"}

_DONE: Mapping[str, str] = {
    "denoise.gaps": "What was left of the band was turned down in {pauses} of the voice.",
    "denoise": "Noise and bleed were reduced in {sections}.",
    "reverb": "Reverb was taken off in {sections}.",
    "phase": "The metallic sound was reduced in {sections}.",
    "bandwidth": "Missing highs were added in {sections}.",
}
"""A repair that was kept, by its block or its family."""

_LEFT: Mapping[str, str] = {
    "unchanged": "no section needed a repair",
    "no_damage": "the voice has none of the damage that this preset repairs",
    "no_gap": "no pause of the voice is long and clear enough to be cleaned safely",
    "no_mixture": "without the song, a pause cannot be told from a quiet voice",
}
"""Why a voice was left as it was, of which nothing was rejected."""

_UNTOLD: Mapping[str, str] = {
    "no_mixture": "cannot be told without the song",
    "no_voice": "cannot be told: no singing was heard",
    "no_pause": "cannot be told: the voice has no pause that is long enough",
    "hidden": "cannot be told: the band covers the voice",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One damage: its size, its number (0 is none, 1 medium), and why it is unknown if it is."""

    size: str
    value: float = 0.0
    why: str = ""

    @property
    def there(self) -> bool:
        """Whether there is some."""
        return self.size in _DEGREES


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict is made of.

    Attributes:
        preset: its name.
        separates: the preset takes the voice out of a song.
        repairs: it has steps that repair.
        guarded: each repair is checked before it is kept.
        with_song: damage was measured with the song beside the voice.
        before, after: damage by name; ``before`` is empty where nothing was measured, ``after``
            where nothing was to change the voice.
        decided: block to reason to count, as the guard decided.
        has_voice: the voice, repaired where it was, is one of the stems.
        has_raw: the voice as it was separated is one of the stems.
        has_others: stems that only some separators give are among them, such as drums.
    """

    preset: str
    separates: bool = True
    repairs: bool = True
    guarded: bool = True
    with_song: bool = True
    before: Mapping[str, Found] = field(default_factory=dict)
    after: Mapping[str, Found] = field(default_factory=dict)
    decided: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    has_voice: bool = True
    has_raw: bool = True
    has_others: bool = False

    @property
    def kept(self) -> int:
        """Repairs that were kept."""
        return sum(reasons.get("kept", 0) for reasons in self.decided.values())

    @property
    def left(self) -> Mapping[str, int]:
        """Checks that had nothing to repair, by reason."""
        return {
            reason: sum(reasons.get(reason, 0) for reasons in self.decided.values())
            for reason in LEFT
        }

    @property
    def rejected(self) -> Mapping[str, int]:
        """Repairs that were not kept, by reason."""
        found: dict[str, int] = {}
        for reasons in self.decided.values():
            for reason, count in reasons.items():
                if reason != "kept" and reason not in LEFT:
                    found[reason] = found.get(reason, 0) + count
        return found

    @property
    def now(self) -> Mapping[str, Found]:
        """Damage as it is in the end."""
        return self.after or self.before


def judge(evidence: Evidence) -> Verdict:
    """The verdict."""
    code = _outcome(evidence)
    text, preset = _next(evidence, code)
    return Verdict(
        code,
        _HEADLINES[code],
        _found(evidence),
        _done(evidence),
        _left(evidence),
        text,
        _counts(evidence),
        preset,
    )


_HEADLINES: Mapping[Outcome, str] = {
    "clean": "No damage was found in the voice.",
    "mended": "Repaired: no damage is left that can be measured.",
    "better": "Repaired in part: some damage is left.",
    "worse": "Listen before you use it: some damage is stronger than before.",
    "unchanged": "Not repaired: the damage is still there.",
    "separated": "Separated: the voice has damage that this preset does not repair.",
    "measured": "Damage was found in the voice.",
    "unknown": "How damaged the voice is cannot be told.",
}


def _outcome(evidence: Evidence) -> Outcome:
    before, now = evidence.before, evidence.now
    if not any(found.size in SIZES for found in now.values()):
        return "unknown"
    damaged = any(found.there for found in before.values())
    if not evidence.after:
        return ("separated" if evidence.separates else "measured") if damaged else "clean"
    changes = [_change(before.get(name), now[name]) for name in NAMES if name in now]
    if "more" in changes:
        return "worse"
    if not any(found.there for found in now.values()):
        return "mended" if damaged else "clean"
    return "better" if "less" in changes or "gone" in changes else "unchanged"


def _change(before: Found | None, now: Found) -> str:
    """``same``, ``less``, ``gone`` or ``more``; what stayed without damage is the same."""
    if before is None or before.size not in SIZES or now.size not in SIZES:
        return "same"
    if before.there and not now.there:
        return "gone"
    if not now.there:
        return "same"
    moved = now.value - before.value
    if abs(moved) < max(NOTICEABLE, 0.2 * before.value):
        rank = SIZES.index(now.size) - SIZES.index(before.size)
        return "same" if rank == 0 or before.there else "more"
    return "more" if moved > 0 else "less"


def _found(evidence: Evidence) -> str:
    before = evidence.before
    if not before:
        return "This job did not measure the voice."
    said = []
    if named := _adjectives(before, NAMES):
        said.append(f"The voice was {named}.")
    if (bleed := before.get("bleed")) and bleed.there:
        said.append(_bleed(bleed, "was", evidence.with_song))
    if not said and any(found.size in SIZES for found in before.values()):
        said.append("No damage was found in the voice.")
    reasons = dict.fromkeys(found.why for found in before.values() if found.size not in SIZES)
    for why in reasons:
        names = [
            n for n in NAMES if n in before and (before[n].size, before[n].why) == ("unknown", why)
        ]
        named = _join([ADJECTIVES.get(name, "free of the band") for name in names], "or")
        if names:
            said.append(f"Whether it was {named} {_UNTOLD.get(why, 'cannot be told')}.")
    return " ".join(said)


def _bleed(found: Found, verb: str, with_song: bool) -> str:
    """Of the band in the voice, or of what may be the band."""
    if not with_song:
        what = f"Something {'sounded' if verb == 'was' else 'still sounds'} between the phrases"
        return f"{what}: the band, the room or other voices."
    still = "" if verb == "was" else " still"
    return f"{_SHARES[found.size]} of the band {verb}{still} audible in the voice."


def _adjectives(found: Mapping[str, Found], names: Sequence[str]) -> str:
    """Slightly metallic and very muffled; empty where there is nothing of it."""
    said = [
        f"{_DEGREES[found[name].size]} {ADJECTIVES[name]}"
        for name in names
        if name in ADJECTIVES and name in found and found[name].there
    ]
    return _join(said) if said else ""


def _done(evidence: Evidence) -> str:
    if not evidence.repairs:
        if evidence.separates:
            return "The voice was separated. This preset repairs nothing."
        return "Nothing was changed: this preset only measures."
    if not evidence.guarded:
        return "Every repair was applied to the whole voice, without a check."
    if not evidence.decided:
        return f"Nothing was repaired: no repair was asked for. {_untouched(evidence)}"
    if evidence.kept:
        said = []
        for block, reasons in evidence.decided.items():
            form = _DONE.get(block) or _DONE.get(block.partition(".")[0])
            if count := reasons.get("kept", 0):
                sections = f"{count} of {_count(sum(reasons.values()), 'section')}"
                pauses = _count(count, "pause")
                said.append(
                    form.format(sections=sections, pauses=pauses)
                    if form
                    else f"{block} was applied in {sections}."
                )
        return " ".join(said)
    return f"Nothing was repaired: {_why_not(evidence)}. {_untouched(evidence)}"


def _untouched(evidence: Evidence) -> str:
    how = "exactly as it was separated" if evidence.separates else "exactly as it came in"
    return f"The voice is {how}."


def _why_not(evidence: Evidence) -> str:
    """Why no repair was kept."""
    rejected = evidence.rejected
    if not rejected:
        return _LEFT[max(LEFT, key=lambda reason: evidence.left[reason])]
    tried = sum(rejected.values())
    if rejected.get("no_gain", 0) == tried:
        return "no repair brought a measurable improvement"
    if rejected.get("no_gain", 0):
        return "the repairs that were tried would have harmed the voice, or improved nothing"
    return "each repair that was tried would have harmed the voice"


def _left(evidence: Evidence) -> str:
    before, now = evidence.before, evidence.now
    if not any(found.size in SIZES for found in now.values()):
        return "What is left cannot be told."
    changes = {name: _change(before.get(name), now[name]) for name in NAMES if name in now}
    if not evidence.after:
        damaged = any(found.there for found in now.values())
        return "All of it." if damaged else "No damage that can be measured."
    said = []
    gone = [name for name, change in changes.items() if change == "gone"]
    if any(found.there for found in now.values()) and gone:
        named = _join([ADJECTIVES[name] for name in gone if name in ADJECTIVES], "or")
        said += [f"The voice is no longer {named}."] if named else []
        said += ["The band is no longer audible in it."] if "bleed" in gone else []
    for change, words in _COMPARED.items():
        here = [name for name in changes if changes[name] == change and now[name].there]
        if named := _adjectives(now, here):
            said.append(f"The voice is {words[0]}{named}{words[1]}.")
    if (bleed := now.get("bleed")) and bleed.there:
        words = _COMPARED[changes["bleed"]]
        said.append(_bleed(bleed, "is", evidence.with_song).removesuffix(".") + f"{words[1]}.")
    return " ".join(said) or "No damage that can be measured."


_COMPARED: Mapping[str, tuple[str, str]] = {
    "less": ("still ", ", but less than before"),
    "same": ("still ", ""),
    "more": ("now ", ", more than before"),
}


def _next(evidence: Evidence, code: Outcome) -> tuple[str, str | None]:
    """What to do, and the preset that it names."""
    if code == "unknown":
        silent = any(found.why == "no_voice" for found in evidence.before.values())
        if silent:
            return "Check that this is the right file: no singing was heard in it.", None
        return f"Listen to the {'voice' if evidence.has_voice else 'stems'}.", None
    if code == "measured":
        if evidence.with_song:
            return "Repair it with the preset “mend”, with its song beside it.", "mend"
        return (
            "Repair it with the preset “mend”. With its song beside it, more can be done.",
            "mend",
        )
    if code in ("clean", "mended"):
        voice = evidence.has_voice
        return ("Use the voice as it is." if voice else "Use the stems as they are."), None
    if code == "worse" and not evidence.has_voice:
        return "Use the stems as they are: the repaired voice is not among them.", None
    raw = "the raw voice (vocals_raw)" if evidence.separates else "your own file"
    if code == "worse" and evidence.separates and not evidence.has_raw:
        return (
            "Listen to the voice. If it sounds bad, ask for the raw voice too: the stem vocals_raw."
        ), None
    if code == "worse":
        return f"Compare both in the report. If the new voice sounds worse, use {raw}.", None
    free = evidence.separates and not evidence.has_others
    stronger = STRONGER.get(evidence.preset) if free else None
    if stronger:
        slow = " It is slow without a graphics card." if stronger == "studio" else ""
        text = f"Try the preset “{stronger}”: a stronger separator often leaves less damage.{slow}"
        return text, stronger
    if not evidence.separates and not evidence.with_song:
        return "Give the song beside the voice: with it more can be measured and repaired.", None
    return "Listen to the voice together with the band: there, less of the damage is heard.", None


def _counts(evidence: Evidence) -> str | None:
    """The numbers behind it; None where nothing was judged."""
    if not evidence.decided:
        return None
    kept, rejected = evidence.kept, sum(evidence.rejected.values())
    left = sum(evidence.left.values())
    total = _count(kept + rejected + left, "check")
    return f"{total}: {kept} repaired, {rejected} rejected, {left} left as they were."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _join(parts: Sequence[str], last: str = "and") -> str:
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)
