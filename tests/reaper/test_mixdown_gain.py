"""The gains of the reference renderer, each alone, against values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reaper.mixdown import (
    Options,
)
from reaper.mixdown_desk import (
    RATE,
    Desk,
    error_db,
    flat,
    item,
    sine,
    take,
    track,
)
from reaper.mixdown_gain import fade_curve, pan_gain


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("shape", "quarter", "middle"),
    [
        (0, 1 / 4, 1 / 2),
        (1, 7 / 16, 3 / 4),
        (2, 1 / 16, 1 / 4),
        (3, 175 / 256, 15 / 16),
        (4, 1 / 256, 1 / 16),
        (5, 5 / 32, 1 / 2),
        (6, 1 / 32, 1 / 2),
    ],
)
def test_a_fade_has_its_shape_and_the_fade_out_is_its_mirror(
    desk: Desk, shape: int, quarter: float, middle: float
) -> None:
    file = desk.file(flat(1.0))
    fade = (0.4, shape, 0.0)
    mix = desk.one(item(take(file), fade_in=fade, fade_out=fade))[0]
    assert mix[0] == 0.0
    assert mix[round(0.1 * RATE)] == pytest.approx(quarter, abs=1e-9)
    assert mix[round(0.2 * RATE)] == pytest.approx(middle, abs=1e-9)
    assert np.all(mix[round(0.4 * RATE) : round(0.6 * RATE)] == 1.0)
    assert mix[round(0.8 * RATE)] == pytest.approx(middle, abs=1e-9)
    assert mix[round(0.9 * RATE)] == pytest.approx(quarter, abs=1e-9)


def test_curvature_bends_a_fade_and_leaves_its_ends() -> None:
    x = np.array([0.0, 0.25, 1.0])
    assert np.allclose(fade_curve(x, 0, 1.0), [0, 0.25**0.25, 1])
    assert np.allclose(fade_curve(x, 0, -1.0), [0, 0.25**4, 1])


def test_an_automatic_crossfade_takes_the_place_of_the_fade(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    held = item(take(file), fade_in=(0.1, 0, 0.0), automatic=(0.4, 0.0))
    assert desk.one(held)[0, round(0.2 * RATE)] == pytest.approx(0.5)


def test_two_halves_in_a_straight_crossfade_are_the_whole(desk: Desk) -> None:
    file = desk.file(sine(200, 2))
    whole = desk.one(item(take(file)))
    left = item(take(file), 0.6, automatic=(0.0, 0.2), fade_out=(0.0, 0, 0.0))
    right = item(take(file, offset=0.4), 0.6, 0.4, automatic=(0.2, 0.0), fade_in=(0.0, 0, 0.0))
    assert error_db(desk.render(track(left, right)), whole) < -200


def test_volumes_multiply_and_a_negative_take_volume_inverts(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    assert np.all(desk.one(item(take(file, volume=-0.5), volume=0.25)) == -0.125)


@pytest.mark.parametrize(
    ("pan", "law", "left", "right"),
    [
        (0, 1, 1, 1),
        (0.5, 1, 0.5, 1),
        (-0.5, 1, 1, 0.5),
        (1, 1, 0, 1),
        (0, 0.5, 0.5, 0.5),
        (-1, 0.5, 1, 0),
        (1, 0.5, 0, 1),
        (0, 2, 1, 1),
        (1, 2, 0, 2),
    ],
)
def test_pan_follows_its_law(desk: Desk, pan: float, law: float, left: float, right: float) -> None:
    file = desk.file(flat(1.0))
    mix = desk.one(item(take(file, pan=float(pan), law=float(law))))
    assert np.allclose(mix[:, 0], [left, right])
    if pan == 0:
        by_project = desk.one(item(take(file)), law=float(law))[:, 0]
        # take and track both stand at the project's law
        assert np.allclose(by_project, left * left)
    assert np.allclose(pan_gain(float(pan), float(law)), [left, right])


def test_a_volume_envelope_runs_through_its_points(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    points = ((0.25, 1.0, 0), (0.75, 0.5, 1), (0.9, 0.25, 0))
    mix = desk.one(item(take(file, envelopes={"VOLENV": points})))[0]
    at = [mix[round(t * RATE)] for t in (0.1, 0.25, 0.5, 0.75, 0.89, 0.95)]
    assert np.allclose(at, [1.0, 1.0, 0.75, 0.5, 0.5, 0.25])


@pytest.mark.parametrize(("shape", "value"), [(0, 0.25), (2, 5 / 32), (3, 7 / 16), (4, 1 / 16)])
def test_an_envelope_bends_by_its_points_shape(desk: Desk, shape: int, value: float) -> None:
    file = desk.file(flat(1.0))
    points = ((0.0, 0.0, shape), (1.0, 1.0, 0))
    mix = desk.one(item(take(file, envelopes={"VOLENV": points})))[0]
    assert mix[round(0.25 * RATE)] == pytest.approx(value)


def test_an_envelopes_time_is_item_time_or_take_time_as_asked(desk: Desk) -> None:
    file = desk.file(flat(1.0, length=4.0))
    points = ((0.0, 0.0, 0), (1.0, 1.0, 0))
    fast = item(take(file, rate=2.0, keep_pitch=False, envelopes={"VOLENV": points}))
    middle = round(0.25 * RATE)
    by_item = desk.one(fast, Options(envelope_time="item"))
    assert by_item[0, middle] == pytest.approx(0.25, abs=1e-6)
    by_take = desk.one(fast)
    assert by_take[0, middle] == pytest.approx(0.5, abs=1e-6)


def test_a_pan_envelope_above_zero_is_left_and_a_mute_envelope_cuts(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    panned = desk.one(item(take(file, envelopes={"PANENV": ((0.0, 0.25, 0),)})))
    assert np.allclose(panned[:, 5], [1.0, 0.75])
    muted = desk.one(item(take(file, envelopes={"MUTEENV": ((0.0, 1.0, 1), (0.5, 0.0, 1))})))[0]
    assert (muted[round(0.5 * RATE) - 1], muted[round(0.5 * RATE)]) == (1.0, 0.0)


def test_a_track_has_volume_pan_and_phase(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    mix = desk.render(track(item(take(file)), volume=0.5, pan=0.5, inverted=True))
    assert np.allclose(mix[:, 0], [-0.25, -0.5])
