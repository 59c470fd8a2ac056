"""The reference renderer against values worked out by hand: which sample sounds when, and where.

The judge of the null tests is judged by closed forms (a sine, a ramp, a constant), never by its
own output; and by mutations of a project, which must lift the null far above its limits.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reaper.mixdown import (
    Options,
    depth_db,
    render,
)
from reaper.mixdown_desk import (
    RATE,
    Desk,
    error_db,
    flat,
    item,
    ramp,
    seconds,
    sine,
    take,
    track,
)
from reaper.mixdown_gain import Array
from reaper.mixdown_sound import channel_pair


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_item_plays_its_span_of_the_source_sample_for_sample(desk: Desk) -> None:
    file = desk.file(ramp(RATE))
    mix = desk.one(item(take(file, offset=100 / RATE), length=50 / RATE, position=10 / RATE))
    assert mix.shape == (2, 60)
    assert np.all(mix[:, :10] == 0)
    assert np.array_equal(mix[0, 10:], np.arange(101.0, 151.0))
    assert np.array_equal(mix[0], mix[1])


def test_a_mono_file_sounds_on_both_sides_and_a_stereo_file_as_it_is(desk: Desk) -> None:
    mix = desk.one(item(take(desk.file(flat(0.25, -0.5)))))
    assert np.all(mix[0] == 0.25)
    assert np.all(mix[1] == -0.5)


def test_before_and_after_the_source_there_is_silence(desk: Desk) -> None:
    file = desk.file(ramp(20))
    mix = desk.one(item(take(file, offset=-5 / RATE), length=40 / RATE, loop=False))
    assert np.array_equal(mix[0], [0] * 5 + list(range(1, 21)) + [0] * 15)


def test_a_loop_begins_again_at_the_end_and_stands_before_the_start(desk: Desk) -> None:
    file = desk.file(ramp(20))
    mix = desk.one(item(take(file, offset=-5 / RATE), length=40 / RATE, loop=True))
    assert np.array_equal(mix[0], [*range(16, 21), *range(1, 21), *range(1, 16)])


def test_a_sine_at_rate_two_is_the_octave(desk: Desk) -> None:
    file = desk.file(sine(440, 4))
    mix = desk.one(item(take(file, rate=2.0, keep_pitch=False, offset=0.5)))
    wanted = 0.5 * np.sin(2 * np.pi * 880 * (seconds(1) + 0.25))
    assert error_db(mix[0], wanted) < -100


@pytest.mark.parametrize("rate", [44100, 96000])
def test_a_source_of_another_rate_keeps_its_pitch(desk: Desk, rate: int) -> None:
    file = desk.file(sine(3000, 2, rate), rate)
    mix = desk.one(item(take(file, offset=0.3)))
    wanted = 0.5 * np.sin(2 * np.pi * 3000 * (seconds(1) + 0.3))
    assert error_db(mix[0], wanted) < -100


@pytest.mark.parametrize("hertz", [100.0, 7000.0, 19000.0])
def test_the_sinc_is_right_up_to_four_tenths_of_the_rate(desk: Desk, hertz: float) -> None:
    file = desk.file(sine(hertz, 3))
    mix = desk.one(item(take(file, offset=0.3, rate=0.77, keep_pitch=False)))
    wanted = 0.5 * np.sin(2 * np.pi * hertz * (0.77 * seconds(1) + 0.3))
    assert error_db(mix[0], wanted) < -100


def test_an_item_between_samples_sounds_between_samples(desk: Desk) -> None:
    file = desk.file(sine(3000, 2))
    late = 0.5 / RATE
    mix = desk.one(item(take(file, offset=0.5), position=late))
    wanted = 0.5 * np.sin(2 * np.pi * 3000 * (seconds(1) + 0.5 - late))
    assert mix[0, 0] == 0
    assert error_db(mix[0, 1:RATE], wanted[1:]) < -100


def test_a_section_is_silent_outside_its_edges(desk: Desk) -> None:
    file = desk.file(ramp(100))
    section = (30 / RATE, 10 / RATE, 0)
    mix = desk.one(item(take(file, offset=4 / RATE, section=section), 20 / RATE, loop=False))
    assert np.array_equal(mix[0], [*range(35, 41), *[0] * 14])


def test_a_section_hides_what_its_file_has_before_it(desk: Desk) -> None:
    file = desk.file(ramp(100))
    section = (30 / RATE, 10 / RATE, 0)
    mix = desk.one(item(take(file, offset=-5 / RATE, section=section), 20 / RATE, loop=False))
    assert np.array_equal(mix[0], [*[0] * 5, *range(31, 41), *[0] * 5])


def test_a_section_that_is_switched_off_leaves_the_whole_file(desk: Desk) -> None:
    file = desk.file(ramp(100))
    off = take(file, section=(30 / RATE, 10 / RATE, 3))
    assert np.array_equal(desk.one(item(off, 20 / RATE))[0], range(100, 80, -1))


def test_a_reversed_source_starts_with_the_last_sample(desk: Desk) -> None:
    file = desk.file(ramp(100))
    mix = desk.one(item(take(file, offset=2 / RATE, section=(0, 100 / RATE, 3)), 10 / RATE))
    assert np.array_equal(mix[0], range(98, 88, -1))


def test_a_reversed_section_runs_from_its_own_end(desk: Desk) -> None:
    file = desk.file(ramp(100))
    section = (30 / RATE, 10 / RATE, 2)
    mix = desk.one(item(take(file, section=section), 15 / RATE, loop=True))
    assert np.array_equal(mix[0], [*range(40, 30, -1), *range(40, 35, -1)])


def test_a_split_item_is_the_whole_item(desk: Desk) -> None:
    file = desk.file(sine(200, 3))
    at = 0.4 + 0.3 / RATE  # between samples: none is played twice, none is left out
    whole = desk.one(item(take(file, rate=1.7, keep_pitch=False)))
    left = item(take(file, rate=1.7, keep_pitch=False), at)
    right = item(take(file, rate=1.7, keep_pitch=False, offset=1.7 * at), 1 - at, at)
    assert error_db(desk.render(track(left, right)), whole) < -150


@pytest.mark.parametrize(
    ("mode", "left", "right"),
    [
        (0, 1, 2),
        (1, 2, 1),
        (2, 2.5, 2.5),
        (3, 1, 1),
        (4, 2, 2),
        (5, 3, 3),
        (6, 4, 4),
        (7, 0, 0),
        (67, 1, 2),
        (68, 2, 3),
        (69, 3, 4),
        (70, 4, 0),
    ],
)
def test_a_channel_mode_picks_its_channels(
    desk: Desk, mode: int, left: float, right: float
) -> None:
    mix = desk.one(item(take(desk.file(flat(1.0, 2.0, 3.0, 4.0)), channels=mode)))
    assert (mix[0, 0], mix[1, 0]) == (left, right)


@pytest.mark.parametrize(
    ("mode", "left", "right"),
    [(66, 64, 64), (130, 64, 65), (131, 65, 65), (194, 128, 128), (195, 65, 66), (257, 127, 128)],
)
def test_channel_modes_reach_channel_128(mode: int, left: int, right: int) -> None:
    channels = np.arange(1.0, 129.0)[:, None]
    assert tuple(channel_pair(channels, mode)[:, 0]) == (left, right)


def test_a_mono_source_in_swapped_stereo_stays_on_both_sides(desk: Desk) -> None:
    assert np.all(desk.one(item(take(desk.file(flat(0.5)), channels=1))) == 0.5)


def test_stretch_markers_run_straight_between_pairs(desk: Desk) -> None:
    file = desk.file(sine(400, 4))
    # 0–0.5 s of the item play 0.2–1.2 s of the source: twice as fast; then at the play rate again
    marked = item(take(file, markers=((0.0, 0.2), (0.5, 1.2))))
    mix = desk.one(marked)[0]
    t = seconds(1)
    wanted = 0.5 * np.sin(2 * np.pi * 400 * np.where(t < 0.5, 0.2 + 2 * t, 1.2 + (t - 0.5)))
    assert error_db(mix, wanted) < -90


def test_stretch_markers_count_in_take_time(desk: Desk) -> None:
    file = desk.file(sine(400, 4))
    marked = take(file, rate=0.5, keep_pitch=False, markers=((0.0, 0.2), (0.5, 1.2)))
    wanted = 0.5 * np.sin(2 * np.pi * 400 * (0.2 + 2 * 0.5 * seconds(1)))
    assert error_db(desk.one(item(marked))[0], wanted) < -90


def test_the_grain_stretcher_reproduces_a_constant(desk: Desk) -> None:
    file = desk.file(flat(0.5, length=4.0))
    for more in ({"rate": 0.6}, {"rate": 1.7}, {"pitch": 5.0}, {"rate": 1.3, "pitch": -7.0}):
        mix = desk.one(item(take(file, offset=0.5, **more)))
        assert error_db(mix, np.full_like(mix, 0.5)) < -90


def slope(n: int) -> Array:
    """A source whose value is its own time in seconds."""
    return (np.arange(n) / RATE)[None]


def grains_of_a_slope(u: Array, offset: float, rate: float, pitch: float, late: float) -> Array:
    """Two raised-cosine grains at 20 ms steps; a grain plays its centre plus what is left of it."""
    before = np.floor(u / 0.02) * 0.02
    share = 0.5 + 0.5 * np.cos(np.pi * (u - before) / 0.02)
    total = np.zeros_like(u)
    for centre, weight in ((before, share), (before + 0.02, 1 - share)):
        total += weight * (offset + rate * centre + late + (u - centre) * 2 ** (pitch / 12))
    return total


@pytest.mark.parametrize(("rate", "pitch"), [(0.6, 0.0), (1.7, 0.0), (1.0, 7.0), (1.3, -5.0)])
def test_the_grain_stretcher_has_the_stated_grains(desk: Desk, rate: float, pitch: float) -> None:
    file = desk.file(slope(4 * RATE))
    stretched = item(take(file, offset=0.5, rate=rate, pitch=pitch))
    mix = desk.one(stretched)[0]
    wanted = grains_of_a_slope(seconds(1), 0.5, rate, pitch, 0.0)
    assert float(np.max(np.abs(mix - wanted))) < 1e-6
    # a positive neighbourhood moves every grain on by 3 ms
    late = desk.one(stretched, Options(stretcher="signal-dependent"))[0]
    moved = grains_of_a_slope(seconds(1), 0.5, rate, pitch, 0.003)
    assert float(np.max(np.abs(late - moved))) < 1e-6


def test_a_grain_with_a_negative_neighbourhood_stays(desk: Desk) -> None:
    file = desk.file(-slope(4 * RATE))
    stretched = item(take(file, offset=0.5, rate=1.7))
    linear = desk.one(stretched)
    assert np.array_equal(desk.one(stretched, Options(stretcher="signal-dependent")), linear)


@pytest.mark.parametrize(("away", "moves"), [(64, True), (65, False), (-64, True), (-65, False)])
def test_a_grain_listens_64_samples_far(desk: Desk, away: int, moves: bool) -> None:
    sound = np.zeros((1, 2 * RATE))
    # the grain at 0.2 s stands at 0.4 s of the source; the next one is 1920 samples on
    sound[0, round(0.4 * RATE) + away] = 1.0
    stretched = item(take(desk.file(sound), rate=2.0), 0.5)
    linear = desk.one(stretched)
    heard = desk.one(stretched, Options(stretcher="signal-dependent"))
    assert np.any(linear)
    assert np.array_equal(heard, linear) != moves


def test_preserve_pitch_alone_changes_nothing(desk: Desk) -> None:
    file = desk.file(ramp(RATE))
    assert np.array_equal(desk.one(item(take(file), 0.5))[0], np.arange(1.0, 24001.0))


def test_items_that_overlap_add_up_and_muted_ones_are_silent(desk: Desk) -> None:
    file = desk.file(flat(0.25))
    first, second = item(take(file)), item(take(file), 1.0, 0.5)
    assert desk.render(track(first, second))[0, round(0.7 * RATE)] == 0.5
    second.muted = True
    assert desk.render(track(first, second))[0, round(0.7 * RATE)] == 0.25
    heard = desk.render(track(first, second), options=Options(muted_too=True))
    assert heard[0, round(0.7 * RATE)] == 0.5


def test_depth_is_the_difference_against_the_originals_level() -> None:
    original = np.full((2, RATE), 0.5)
    other = original * 1.001
    assert depth_db(original, other, RATE, [(0.0, 1.0)])[0] == pytest.approx(-60.0, abs=1e-6)
    other[:, : RATE // 2] = original[:, : RATE // 2]
    assert depth_db(original, other, RATE, [(0.0, 0.5)]) == [-np.inf]
    silent = np.zeros_like(original)
    assert depth_db(silent, other, RATE, [(0.0, 0.5)]) == [np.inf]
    assert depth_db(original, original[:, : RATE // 2], RATE, [(0.5, 1.0)]) == [0.0]


def noisy(desk: Desk) -> tuple[Path, Array]:
    sound = np.random.default_rng(5).normal(0, 0.1, (2, 2 * RATE))
    path = desk.write(track(item(take(desk.file(sound), offset=0.5), fade_in=(0.2, 1, 0.0))))
    return path, render(path)


MUTATIONS: dict[str, Callable[[str], str]] = {
    "offset by one sample": lambda text: text.replace("SOFFS 0.5", f"SOFFS {0.5 + 1 / RATE:.14f}"),
    "a tenth of a sample": lambda text: text.replace("SOFFS 0.5", f"SOFFS {0.5 + 0.1 / RATE:.14f}"),
    "polarity": lambda text: text.replace("VOLPAN 1 0 1 -1\n", "VOLPAN 1 0 -1 -1\n"),
    "channels swapped": lambda text: text.replace("CHANMODE 0", "CHANMODE 1"),
    "rate": lambda text: text.replace("PLAYRATE 1 1", "PLAYRATE 1.0001 0"),
    "pan": lambda text: text.replace("VOLPAN 1 0 1 -1\n", "VOLPAN 1 0.05 1 -1\n"),
    "fade shape": lambda text: text.replace("FADEIN 1 0.2 0 1", "FADEIN 1 0.2 0 2"),
    "fade length": lambda text: text.replace("FADEIN 1 0.2 ", "FADEIN 1 0.15 "),
    "position": lambda text: text.replace("POSITION 0\n", f"POSITION {1 / RATE:.14f}\n"),
    "length": lambda text: text.replace("LENGTH 1\n", "LENGTH 0.999\n"),
    "reverse": lambda text: text.replace(
        "<SOURCE WAVE", "<SOURCE SECTION\nLENGTH 2\nMODE 3\n<SOURCE WAVE"
    ).replace('FILE "a.wav"', 'FILE "a.wav"\n>'),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutated_project_does_not_null(desk: Desk, name: str) -> None:
    path, original = noisy(desk)
    text = path.read_text(encoding="utf-8")
    mutated = MUTATIONS[name](text)
    assert mutated != text
    path.write_text(mutated, encoding="utf-8")
    assert depth_db(original, render(path), RATE, [(0.0, 1.0)])[0] > -40
