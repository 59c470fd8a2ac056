"""What came of a job, in words: nothing is claimed that was not measured, and each case says what
to do next."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest
from made_job import facts

from voxmend.damage import LEFT, NAMES
from voxmend.presets import find
from voxmend.report.evidence import evidence
from voxmend.report.facts import Facts
from voxmend.verdict import STRONGER, Evidence, Found, judge

CLEAN = dict.fromkeys(NAMES, Found("none", 0.02))
Damage = Mapping[str, Found]


def damaged(**given: tuple[str, float]) -> Damage:
    """Clean but for these."""
    return {**CLEAN, **{name: Found(*each) for name, each in given.items()}}


def job(before: Damage, after: Damage | None = None, **more: object) -> Evidence:
    told: dict[str, object] = {
        "preset": "quick", "before": before, "after": before if after is None else after,
        "decided": {"denoise.gaps": {"kept": 3}}, **more,
    }  # fmt: skip
    return Evidence(**told)  # type: ignore[arg-type]


def test_bleed_that_became_less_is_said_to_be_less_though_its_size_is_the_same() -> None:
    verdict = judge(job(damaged(bleed=("some", 1.084)), damaged(bleed=("some", 0.643))))
    assert verdict.found == "Some of the band was audible in the voice."
    assert verdict.left == "Some of the band is still audible in the voice, but less than before."
    assert verdict.code == "better"
    assert verdict.done == "What was left of the band was turned down in 3 pauses of the voice."


def test_damage_that_did_not_move_is_still_there_and_a_stronger_separator_is_named() -> None:
    much = damaged(bleed=("strong", 2.0), bandwidth=("some", 0.8))
    verdict = judge(job(much, decided={"denoise.gaps": {"no_gap": 1}}))
    assert verdict.code == "unchanged"
    assert verdict.done == (
        "Nothing was repaired: no pause of the voice is long and clear enough to be cleaned "
        "safely. The voice is exactly as it was separated."
    )
    assert verdict.left == (
        "The voice is still slightly muffled. Much of the band is still audible in the voice."
    )
    assert verdict.try_preset == "restore"
    assert "restore" in verdict.next


def test_a_raw_voice_that_was_not_written_is_not_said_to_be_there(tmp_path: Path) -> None:
    before, after = damaged(bleed=("strong", 2.0)), damaged(musical=("some", 0.5))
    verdict = judge(job(before, after, has_raw=False))
    assert verdict.code == "worse"
    assert verdict.next.startswith("Listen to the voice.")
    for names, there in ((("vocals", "drums"), False), (("vocals", "vocals_raw"), True)):
        told = facts(stems=[{"name": name, "file": f"{name}.wav"} for name in names])
        assert evidence(Facts(told, tmp_path)).has_raw == there


def test_a_voice_that_was_not_written_is_not_recommended(tmp_path: Path) -> None:
    told = facts(stems=[{"name": name, "file": f"{name}.wav"} for name in ("vocals_raw", "drums")])
    read = evidence(Facts(told, tmp_path))
    assert (read.has_voice, read.has_raw, read.has_others) == (False, True, True)
    assert judge(job(CLEAN, has_voice=False)).next == "Use the stems as they are."
    worse = judge(job(CLEAN, damaged(musical=("some", 0.5)), has_voice=False))
    assert worse.next == "Use the stems as they are: the repaired voice is not among them."
    unheard = judge(job({}, has_voice=False))
    assert (unheard.code, unheard.next) == ("unknown", "Listen to the stems.")


def test_no_preset_is_named_that_cannot_give_all_the_stems() -> None:
    much = damaged(bleed=("strong", 2.0))
    assert judge(job(much, preset="split")).try_preset == "studio"
    verdict = judge(job(much, preset="split", has_others=True))
    assert verdict.try_preset is None
    assert "studio" not in verdict.next


def test_what_a_repair_made_worse_is_said_first() -> None:
    verdict = judge(job(damaged(bleed=("strong", 2.0)), damaged(musical=("some", 0.5))))
    assert verdict.code == "worse"
    assert "The voice is now slightly chirping, more than before." in verdict.left
    assert "vocals_raw" in verdict.next


def test_a_voice_that_lost_all_its_damage_is_mended_and_one_that_had_none_is_clean() -> None:
    assert judge(job(damaged(phase=("strong", 2.0)), CLEAN)).code == "mended"
    clean = judge(job(CLEAN))
    assert (clean.code, clean.found) == ("clean", "No damage was found in the voice.")
    assert clean.try_preset is None


def test_what_is_gone_is_told_beside_what_stays() -> None:
    verdict = judge(
        job(damaged(phase=("some", 1.0), bleed=("strong", 2.0)), damaged(bleed=("strong", 2.0)))
    )
    assert verdict.left.startswith("The voice is no longer metallic.")
    assert "still audible" in verdict.left


def test_repairs_that_were_all_rejected_say_why_and_how_many() -> None:
    much = damaged(bleed=("strong", 2.0))
    decided = {"denoise.deepfilternet": {"voice_lost": 2, "no_gain": 1, "unchanged": 4}}
    verdict = judge(job(much, decided=decided))
    assert "would have harmed the voice, or improved nothing" in verdict.done
    assert verdict.counts == "7 checks: 0 repaired, 3 rejected, 4 left as they were."
    only = judge(job(much, decided={"phase.mixture": {"no_gain": 1}}))
    assert "no repair brought a measurable improvement" in only.done
    assert only.counts == "1 check: 0 repaired, 1 rejected, 0 left as they were."


def test_what_could_not_be_told_is_not_claimed() -> None:
    before = {
        **CLEAN,
        "phase": Found("unknown", 0.0, "no_mixture"),
        "bandwidth": Found("unknown", 0.0, "no_mixture"),
        "bleed": Found("some", 0.7),
    }
    verdict = judge(
        job(before, preset="mend", separates=False, with_song=False,
            decided={"denoise.deepfilternet": {"no_gain": 1}})
    )  # fmt: skip
    assert "Whether it was metallic or muffled cannot be told without the song." in verdict.found
    assert "the band, the room or other voices" in verdict.found
    assert "exactly as it came in" in verdict.done
    assert verdict.next.startswith("Give the song beside the voice")


def test_where_nobody_sings_the_file_is_doubted() -> None:
    silent = dict.fromkeys(NAMES, Found("unknown", 0.0, "no_voice"))
    verdict = judge(job(silent, decided={}))
    assert verdict.code == "unknown"
    assert "no singing was heard" in verdict.next


@pytest.mark.parametrize(
    ("more", "done"),
    [
        ({"guarded": False, "decided": {}}, "Every repair was applied to the whole voice"),
        ({"repairs": False, "decided": {}, "after": {}}, "This preset repairs nothing"),
        ({"repairs": False, "separates": False, "decided": {}, "after": {}}, "only measures"),
        ({"decided": {}}, "no repair was asked for"),
        ({"decided": {"denoise.{odd}": {"kept": 1}}}, "Noise and bleed were reduced in 1 of 1"),
        ({"decided": {"hum.{odd}": {"kept": 1}}}, "hum.{odd} was applied in 1 of 1 section."),
    ],
)
def test_what_a_preset_does_is_said_of_it(more: dict[str, object], done: str) -> None:
    told = dict(more)
    after = told.pop("after", damaged(bleed=("some", 0.6)))
    verdict = judge(job(damaged(bleed=("some", 0.6)), after, **told))  # type: ignore[arg-type]
    assert done in verdict.done


def test_every_case_has_whole_sentences_that_fit_a_record() -> None:
    sizes = [Found("none", 0.0), Found("some", 0.7), Found("strong", 2.0), Found("unknown")]
    rows = [dict(zip(NAMES, each, strict=True)) for each in product(sizes, repeat=4)]
    decided: list[Mapping[str, Mapping[str, int]]] = [
        {}, {"denoise.gaps": {"kept": 2}}, {"phase.mixture": {"phase_worse": 2}},
        *({"denoise.gaps": {reason: 1}} for reason in LEFT),
    ]  # fmt: skip
    for n, before in enumerate(rows):
        after = rows[(n * 37 + 11) % len(rows)]
        for separates, with_song in product((True, False), repeat=2):
            verdict = judge(
                Evidence("quick", separates, True, True, with_song, before,
                         after if n % 3 else {}, decided[n % len(decided)])
            )  # fmt: skip
            for text in (verdict.headline, verdict.found, verdict.done, verdict.left, verdict.next):
                assert text[:1].isupper(), verdict
                assert text.endswith("."), verdict
                assert "  " not in text, verdict
                assert " ." not in text, verdict
                assert len(text) <= 400, verdict


def test_a_preset_that_is_named_is_one(tmp_path: object) -> None:
    from pathlib import Path

    for name, better in STRONGER.items():
        assert find(name, Path(str(tmp_path))).name == name
        assert find(better, Path(str(tmp_path))).name == better
