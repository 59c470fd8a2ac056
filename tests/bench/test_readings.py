"""What mending did to a stem, read against the true voice."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from voxmend.bench.songs.readings import Readings, read, sings, spans_of

RATE = 8000


def noise(seconds: float, seed: int) -> Tensor:
    return 0.1 * torch.randn(
        2, round(seconds * RATE), generator=torch.Generator().manual_seed(seed)
    )


def part(start_s: float, end_s: float) -> slice:
    return slice(round(start_s * RATE), round(end_s * RATE))


def song() -> tuple[Tensor, Tensor]:
    """A true voice that sings from 0 to 4 s, from 8 to 12 and from 12.2 to 16; and its stem."""
    truth = noise(20, 1)
    for rest in (part(4, 8), part(12, 12.2), part(16, 20)):
        truth[:, rest] = 0
    return truth, truth + 0.1 * noise(20, 2)


def mended(gain: dict[tuple[float, float], float]) -> Readings:
    truth, raw = song()
    final = raw.clone()
    for (start, end), db in gain.items():
        final[:, part(start, end)] *= 10 ** (db / 20)
    return read(raw, final, truth, RATE)


def test_a_voice_that_is_left_alone_reads_nothing() -> None:
    found = mended({})
    assert found.gaps.count == 2
    assert found.gaps.change_db == found.gaps.worst_db == found.phrase_db == found.moved_db == 0
    assert (found.recall, found.moves) == (1, 0)
    assert found.gaps.oracle_db == pytest.approx(-20, abs=3)


def test_phrases_and_gaps_are_those_of_the_true_voice() -> None:
    truth, _ = song()
    phrases = [(a, b) for sung, a, b in spans_of(sings(truth, RATE)) if sung]
    assert len(phrases) == 2, "a rest of 0.2 s is no gap"
    assert phrases[1] == pytest.approx((800, 1600), abs=4)


def test_a_gap_is_read_by_its_residual() -> None:
    found = mended({(4.2, 7.8): -12.0})
    assert found.gaps.change_db == pytest.approx(-8.5 / 2, abs=1.0)
    assert found.gaps.worst_db == pytest.approx(0, abs=0.1)
    louder = mended({(4.2, 7.8): -12.0, (16.2, 20): 6.0})
    assert louder.gaps.worst_db == pytest.approx(5.8, abs=0.3)


def test_a_phrase_that_falls_is_seen_and_counts_as_lost() -> None:
    found = mended({(8.0, 16.0): -2.0})
    assert found.phrase_db == pytest.approx(-2, abs=0.05)
    assert found.recall == pytest.approx(4 / 11.8, abs=0.02)


def test_a_gain_that_moves_within_a_gap_or_a_phrase_is_pumping() -> None:
    still = mended({(4.2, 7.8): -12.0})
    assert still.moved_db < 0.5, "on its way within half a second of a phrase it may move"
    within = mended({(5.5, 6.5): -12.0})
    assert within.moved_db == pytest.approx(12, abs=0.5)
    assert within.moves == pytest.approx(60 / 20)
    assert mended({(9.0, 10.0): -5.0, (13.0, 14.0): -5.0}).moves == pytest.approx(3), "one phrase"


def test_without_gaps_their_figures_are_not_numbers() -> None:
    truth = noise(5, 1)
    found = read(truth, 0.5 * truth, truth, RATE)
    assert found.gaps.count == 0
    assert math.isnan(found.gaps.change_db)
    assert found.phrase_db == pytest.approx(-6.02, abs=0.01)
