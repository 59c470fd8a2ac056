"""The guarded cascade with real weights on real voices: what is clean stays, what is broken gains.

One pass for each voice through ``bench quality``; the figures are printed, and stand in
docs/repair.md.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from real_weights import RealWeights
from truth import offered, shares

from voxmend import presets
from voxmend.bench.damage import material, rows
from voxmend.bench.damage.rows import SPLEETER
from voxmend.bench.quality.chains import ADAPTIVE, NAIVE, NOTHING
from voxmend.bench.quality.measure import Figures, Measured, Question, measure
from voxmend.bench.quality.metrics import BEST_DB
from voxmend.bench.quality.separated import separator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

SINGERS = ("vocadito_10.wav", "vocadito_14.wav")
SPEAKERS = ("librispeech_198.ogg", "vctk_speech_48k.wav")
AT_48K = "vctk_speech_48k.wav"
VOICES = (*SINGERS, *SPEAKERS)
BACKING, OFFSET_S, SECONDS = "vibe_ace.ogg", 20.0, 6.0

CLEAN = tuple(
    f"none, {form}" for form in ("dry", "quiet verse", "reverb 2.2 s", "choir pad", "dark")
)
BLEED = tuple(
    f"bleed, {name}"
    for name in (
        "leak -20 dB, dry", "leak -20 dB, reverb", "mask 4 dB", "mask 8 dB, dry", "mask 12 dB",
        *(f"{SPLEETER}, {form}" for form in ("dry", "quiet verse", "reverb", "double")),
    )
)  # fmt: skip
OTHERS = (
    "phase, 1 rad, dry", "highs, 7 kHz, dry", "highs, 7 kHz, hats -16", "highs, 12 kHz",
    "musical, -25 dB, dry", "phase + highs", "bleed + musical",
)  # fmt: skip

FOUND: dict[str, list[Measured]] = {}


@pytest.fixture
def mended(shared: Path, weights: Path) -> dict[str, list[Measured]]:
    """Voice to its rows; each voice is gone through once."""
    for voice in VOICES:
        if voice not in FOUND:
            question = Question(
                shared / "audio" / voice, shared / "audio" / BACKING,
                presets.find("mend", Path("none")), OFFSET_S, SECONDS,
                (*CLEAN, *BLEED, *OTHERS), (ADAPTIVE,),
            )  # fmt: skip
            FOUND[voice] = list(measure(question, RealWeights(weights), lambda _: None))
    return FOUND


def pairs(
    mended: dict[str, list[Measured]], word: str, voices: tuple[str, ...] = VOICES
) -> list[tuple[Figures, Figures]]:
    """What was and what became of it, in the rows of a word. Prints them."""
    found = [
        (voice, row) for voice in voices for row in mended[voice] if _name(row).startswith(word)
    ]
    for voice, row in found:
        was, now = row.chains[NOTHING], row.chains[ADAPTIVE]
        print(
            f"\n{voice[:12]:12} {_name(row):36} SI-SDR {was.si_sdr:6.2f} "
            f"{now.si_sdr - was.si_sdr:+.2f}, gaps {now.gap_residual - was.gap_residual:+.1f}, "
            f"voice {now.level_change - was.level_change:+.2f}, LSD {_ratio(was, now):.2f}, phase "
            f"{was.phase:.2f} {now.phase:.2f}, bleed {was.bleed:.2f} {now.bleed:.2f}",
            end="",
        )
    assert found
    return [(row.chains[NOTHING], row.chains[ADAPTIVE]) for _, row in found]


def test_a_clean_voice_comes_out_bit_for_bit(mended: dict[str, list[Measured]]) -> None:
    for _, now in pairs(mended, "none"):
        assert now.si_sdr == BEST_DB
        assert now.kept == 0


def test_no_row_is_worse_than_nothing(mended: dict[str, list[Measured]]) -> None:
    for was, now in pairs(mended, ""):
        assert now.si_sdr >= was.si_sdr - 0.1


def test_bleed_leaves_the_gaps_and_the_voice_keeps_its_level(
    mended: dict[str, list[Measured]],
) -> None:
    """Of the damage that was made; a trained separator's is below."""
    found = pairs(mended, "bleed, leak") + pairs(mended, "bleed, mask")
    gaps = [now.gap_residual - was.gap_residual for was, now in found]
    gaps = [gap for gap in gaps if math.isfinite(gap)]
    print(f"\ngaps {sum(gaps) / len(gaps):+.1f} dB on the mean")
    assert sum(gaps) / len(gaps) <= -18
    assert max(abs(now.level_change - was.level_change) for was, now in found) <= 0.3


def test_a_trained_separators_stems_are_left_as_they_are(
    mended: dict[str, list[Measured]],
) -> None:
    """Their bleed reads as none, and no repair is better than none at all."""
    for was, now in pairs(mended, f"bleed, {SPLEETER}"):
        assert now.si_sdr == was.si_sdr
        assert now.bleed < 0.2


def test_a_turned_phase_is_turned_back(mended: dict[str, list[Measured]]) -> None:
    for was, now in pairs(mended, "phase, 1 rad"):
        assert now.si_sdr >= was.si_sdr + 5
    for was, now in pairs(mended, "phase, 1 rad", SINGERS):
        assert now.phase <= was.phase / 2


def test_highs_come_back_where_the_mixture_holds_them(mended: dict[str, list[Measured]]) -> None:
    for was, now in pairs(mended, "highs, 7 kHz, dry", (AT_48K,)):
        assert _ratio(was, now) <= 0.75
    for was, now in pairs(mended, "highs, 7 kHz, dry", SINGERS):
        assert _ratio(was, now) <= 0.95
    for was, now in pairs(mended, "highs, 7 kHz, hats -16"):
        assert _ratio(was, now) <= 1.0  # hi-hats are no voice


def test_chirps_leave_the_gaps(mended: dict[str, list[Measured]]) -> None:
    for _, now in pairs(mended, "musical, -25 dB, dry"):
        assert now.musical <= 0.15  # islands in two of a hundred cells more than in a clean voice


def test_the_cascade_is_better_than_what_one_does_by_hand(shared: Path, weights: Path) -> None:
    """``naive``: DeepFilterNet full wet, then the generator's highs spliced in."""
    question = Question(
        shared / "audio" / SINGERS[1], shared / "audio" / BACKING,
        presets.find("mend", Path("none")), OFFSET_S, SECONDS,
        ("none, dry", "phase, 1 rad, dry", "highs, 7 kHz, dry", "leak -20 dB, dry",
         f"{SPLEETER}, dry"),
        (ADAPTIVE, NAIVE),
    )  # fmt: skip
    for row in measure(question, RealWeights(weights), lambda _: None):
        ours, theirs = row.chains[ADAPTIVE], row.chains[NAIVE]
        print(f"\n{_name(row):28} SI-SDR {ours.si_sdr:.2f} against {theirs.si_sdr:.2f}", end="")
        assert ours.si_sdr > theirs.si_sdr or ours.mr_stft < theirs.mr_stft
        assert ours.si_sdr >= theirs.si_sdr - 0.2


DECIDABLE = (
    "phase, 0.5 rad, dry", "phase, 1 rad, dry", "highs, 7 kHz, dry", "musical",
    "leak -20 dB, dry", "leak -20 dB, reverb", "mask 4 dB", "calibration",
)  # fmt: skip
"""Rows in which the truth can be told from a loss of voice; docs/repair.md names the others."""


@pytest.mark.parametrize("voice", SINGERS)
def test_the_true_voice_is_taken_wherever_there_is_something_to_mend(
    shared: Path, weights: Path, voice: str
) -> None:
    separate = separator(RealWeights(weights))
    clean = material.load(shared / "audio" / voice, shared / "audio" / BACKING, OFFSET_S, SECONDS)
    for row in rows.fitting(clean, DECIDABLE):
        case = rows.case(row, clean, separate)
        _, decisions = offered(case, case.clean.voice)
        kept, refused = shares(decisions)
        print(f"\n{voice} {row.name:28} kept {kept:.1f} s, refused {refused:.1f} s", end="")
        assert {d.reason for d in decisions} <= {"kept", "unchanged", "no_gain"}
        assert kept > refused


def test_a_faint_leak_is_let_be(shared: Path) -> None:
    """A real song reads as much where nothing can be mended without harm."""
    clean = material.load(
        shared / "audio" / SINGERS[0], shared / "audio" / BACKING, OFFSET_S, SECONDS
    )
    (row,) = rows.fitting(clean, ("leak -30 dB",))
    case = rows.case(row, clean, lambda mix, _: mix)
    out, decisions = offered(case, case.clean.voice)
    assert [d.reason for d in decisions] == ["no_damage"]
    assert torch.equal(out, case.damaged)


def _name(row: Measured) -> str:
    return ", ".join(part for part in (row.damage, row.size, row.form) if part)


def _ratio(was: Figures, now: Figures) -> float:
    return now.lsd_above / was.lsd_above if was.lsd_above else math.nan
