"""Where the guard may change its mind."""

from __future__ import annotations

import numpy as np
import pytest

from voxmend.cascade.regions import LONGEST, SHORTEST, longest_run, split


@pytest.mark.parametrize("frames", [1, 50, 299, 300, 301, 399, 400, 1000, 5001])
def test_regions_cover_the_clip_without_gaps(frames: int) -> None:
    regions = split(np.random.default_rng(0).random(frames).astype(np.float32))
    assert regions[0].first == 0
    assert regions[-1].end == frames
    assert [r.end for r in regions[:-1]] == [r.first for r in regions[1:]]


@pytest.mark.parametrize("frames", [400, 1000, 5001])
def test_a_region_is_one_to_three_seconds_long(frames: int) -> None:
    for region in split(np.random.default_rng(1).random(frames).astype(np.float32)):
        assert SHORTEST <= region.end - region.first <= LONGEST


def test_no_last_region_is_shorter_than_a_second() -> None:
    loudness = np.ones(350, dtype=np.float32)
    loudness[300] = 0.0  # the quietest place would leave half a second
    assert min(region.end - region.first for region in split(loudness)) >= SHORTEST


def test_cuts_are_made_where_it_is_quiet() -> None:
    loudness = np.ones(1000, dtype=np.float32)
    for pause in (150, 420, 640, 880):
        loudness[pause] = 0.01
    assert [region.end for region in split(loudness)] == [150, 420, 640, 880, 1000]


def test_the_longest_run_is_counted() -> None:
    assert longest_run([True, True, False, True, True, True, False]) == 3
    assert longest_run([]) == 0
