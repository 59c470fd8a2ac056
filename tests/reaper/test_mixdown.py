"""The reference renderer against values worked out by hand, each feature alone.

The judge of the null tests is judged here: by closed forms (a sine, a ramp, a constant), never by
its own output; and by mutations of a project, which must lift the null far above its limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from reaper.mixdown import (
    Options,
    depth_db,
    only_items,
    only_tracks,
    region,
    render,
    take_named,
    without_items,
)
from reaper.mixdown_gain import Array, fade_curve, pan_gain
from reaper.mixdown_project import Item, Refused, Track, read_project
from reaper.mixdown_sound import channel_pair
from reaper.random_projects_text import ItemText, TakeText, TrackText, project_text

RATE = 48000


@dataclass(slots=True)
class Desk:
    """A folder with sound files and one project in it."""

    folder: Path

    def file(self, samples: Array, rate: int = RATE, name: str = "a.wav") -> str:
        soundfile.write(self.folder / name, samples.T, rate, subtype="DOUBLE")
        return name

    def render(self, *tracks: TrackText, options: Options | None = None, law: float = 1.0) -> Array:
        return render(self.write(*tracks, law=law), options)

    def write(self, *tracks: TrackText, law: float = 1.0) -> Path:
        path = self.folder / "p.RPP"
        path.write_text(project_text(RATE, tracks, law), encoding="utf-8")
        return path

    def one(self, item: ItemText, options: Options | None = None, law: float = 1.0) -> Array:
        return self.render(track(item), options=options, law=law)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def track(*items: ItemText, **more: object) -> TrackText:
    made = TrackText("{T}", "one", items=list(items))
    for key, value in more.items():
        setattr(made, key, value)
    return made


def item(take: TakeText, length: float = 1.0, position: float = 0.0, **more: object) -> ItemText:
    made = ItemText("{I}", position, length, [take])
    for key, value in more.items():
        setattr(made, key, value)
    return made


def take(file: str, **more: object) -> TakeText:
    made = TakeText("{K}", file=file, name="a take")
    for key, value in more.items():
        setattr(made, key, value)
    return made


def seconds(length: float, rate: int = RATE) -> Array:
    return np.arange(round(length * rate)) / rate


def sine(hertz: float, length: float, rate: int = RATE, amplitude: float = 0.5) -> Array:
    return np.asarray(amplitude * np.sin(2 * np.pi * hertz * seconds(length, rate)))[None]


def ramp(n: int) -> Array:
    """1, 2, 3, … so that a sample tells where it comes from."""
    return np.arange(1.0, n + 1)[None]


def flat(*values: float, length: float = 2.0) -> Array:
    return np.repeat(np.array(values)[:, None], round(length * RATE), axis=1)


def error_db(heard: Array, wanted: Array) -> float:
    return float(10 * np.log10(np.mean((heard - wanted) ** 2) / np.mean(wanted**2)))


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


def test_a_reversed_source_starts_with_the_last_sample(desk: Desk) -> None:
    file = desk.file(ramp(100))
    mix = desk.one(item(take(file, offset=2 / RATE, section=(0, 100 / RATE, 3)), 10 / RATE))
    assert np.array_equal(mix[0], range(98, 88, -1))


def test_a_reversed_section_runs_from_its_own_end(desk: Desk) -> None:
    file = desk.file(ramp(100))
    section = (30 / RATE, 10 / RATE, 2)
    mix = desk.one(item(take(file, section=section), 15 / RATE, loop=True))
    assert np.array_equal(mix[0], [*range(40, 30, -1), *range(40, 35, -1)])


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


def test_a_split_item_is_the_whole_item(desk: Desk) -> None:
    file = desk.file(sine(200, 3))
    at = 0.4 + 0.3 / RATE  # between samples: none is played twice, none is left out
    whole = desk.one(item(take(file, rate=1.7, keep_pitch=False)))
    left = item(take(file, rate=1.7, keep_pitch=False), at)
    right = item(take(file, rate=1.7, keep_pitch=False, offset=1.7 * at), 1 - at, at)
    assert error_db(desk.render(track(left, right)), whole) < -150


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
    assert desk.one(fast)[0, middle] == pytest.approx(0.25, abs=1e-6)
    by_take = desk.one(fast, Options(envelope_time="take"))
    assert by_take[0, middle] == pytest.approx(0.5, abs=1e-6)


def test_a_pan_envelope_above_zero_is_left_and_a_mute_envelope_cuts(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    panned = desk.one(item(take(file, envelopes={"PANENV": ((0.0, 0.25, 0),)})))
    assert np.allclose(panned[:, 5], [1.0, 0.75])
    muted = desk.one(item(take(file, envelopes={"MUTEENV": ((0.0, 1.0, 1), (0.5, 0.0, 1))})))[0]
    assert (muted[round(0.5 * RATE) - 1], muted[round(0.5 * RATE)]) == (1.0, 0.0)


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
    # The table of the interpolation is good to −115 dB, 15 dB below what nulls are held to.
    assert float(np.max(np.abs(mix - wanted))) < 3e-6
    # a positive neighbourhood moves every grain on by 3 ms
    late = desk.one(stretched, Options(stretcher="signal-dependent"))[0]
    moved = grains_of_a_slope(seconds(1), 0.5, rate, pitch, 0.003)
    assert float(np.max(np.abs(late - moved))) < 3e-6


def test_a_grain_with_a_negative_neighbourhood_stays(desk: Desk) -> None:
    file = desk.file(-slope(4 * RATE))
    stretched = item(take(file, offset=0.5, rate=1.7))
    linear = desk.one(stretched)
    assert np.array_equal(desk.one(stretched, Options(stretcher="signal-dependent")), linear)


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


def test_the_active_take_plays_or_the_one_that_is_asked_for(desk: Desk) -> None:
    quiet = desk.file(flat(0.1), name="quiet.wav")
    loud = desk.file(flat(0.2), name="loud.wav")
    takes = [take(quiet, name="song vocals_raw"), take(loud, name="song - Vocals")]
    both = ItemText("{I}", 0.0, 1.0, takes, active=1)
    assert np.all(desk.one(both) == 0.2)
    assert np.all(desk.one(both, Options(choose=take_named("vocals_raw"))) == 0.1)
    assert np.all(desk.one(both, Options(choose=take_named("nobody"))) == 0.2)


def test_item_volume_belongs_to_the_item_whatever_take_plays(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    takes = [take(file, volume=0.1), take(file, volume=0.5)]
    assert np.all(desk.one(ItemText("{I}", 0.0, 1.0, takes, active=1, volume=0.5)) == 0.25)


def test_only_the_items_and_tracks_that_are_wanted_sound(desk: Desk) -> None:
    file = desk.file(flat(0.25))
    one, two = item(take(file)), item(take(file, volume=2.0))
    one.guid, two.guid = "{A}", "{B}"
    tracks = [track(one, guid="{1}"), track(two, guid="{2}")]
    path = desk.write(*tracks)
    assert render(path)[0, 0] == 0.75
    assert render(path, Options(want=only_items(["{a}"])))[0, 0] == 0.25
    assert render(path, Options(want=without_items(["{A}"])))[0, 0] == 0.5
    assert render(path, Options(want=only_tracks(["{2}"])))[0, 0] == 0.5


def test_a_track_has_volume_pan_and_phase(desk: Desk) -> None:
    file = desk.file(flat(1.0))
    mix = desk.render(track(item(take(file)), volume=0.5, pan=0.5, inverted=True))
    assert np.allclose(mix[:, 0], [-0.25, -0.5])


def folders(desk: Desk) -> list[TrackText]:
    """a (folder) > b, c (folder) > d, closing both; then e. Volumes are primes to be told apart."""
    file = desk.file(flat(1.0))
    depths = {"a": 1, "b": 0, "c": 1, "d": -2, "e": 0}
    volumes = {"a": 2.0, "b": 3.0, "c": 5.0, "d": 7.0, "e": 11.0}
    return [
        track(item(take(file)), guid=f"{{{name}}}", name=name, depth=depth, volume=volumes[name])
        for name, depth in depths.items()
    ]


def test_a_folder_passes_its_children_through_its_own_fader(desk: Desk) -> None:
    # a: 2 · (own 1 + b: 3 + c: 5 · (own 1 + d: 7)) + e: 11
    assert desk.render(*folders(desk))[0, 0] == 2 * (1 + 3 + 5 * (1 + 7)) + 11


def test_a_muted_folder_mutes_its_children(desk: Desk) -> None:
    tracks = folders(desk)
    tracks[2].muted = True
    assert desk.render(*tracks)[0, 0] == 2 * (1 + 3) + 11


def test_solo_leaves_the_track_its_children_and_its_way_out(desk: Desk) -> None:
    tracks = folders(desk)
    tracks[2].solo = True
    assert desk.render(*tracks)[0, 0] == 2 * 5 * (1 + 7)


def test_empty_and_midi_items_are_silent(desk: Desk) -> None:
    empty = ItemText("{I}", 0.0, 1.0)
    midi = ItemText("{J}", 1.0, 1.0, [TakeText("{K}", midi=True)])
    assert not np.any(desk.render(track(empty, midi)))


HAND_WRITTEN = """<REAPER_PROJECT 0.1 "7.08/win64" 1700000000
  PANLAW 0.70794578
  SAMPLERATE 48000 1 0
  <TRACK {7D6A0F53-1111-4F0E-8B52-000000000001}
    NAME "two words"
    VOLPAN 0.5 -0.25 -1 -1 1
    MUTESOLO 1 2 0
    IPHASE 1
    ISBUS 2 -3
    <ITEM
      POSITION 1.5
      SNAPOFFS 0.1
      LENGTH 0.75
      LOOP 0
      ALLTAKES 0
      FADEIN 5 0.01 0.02 6 0 -0.5
      FADEOUT 1 0.03 0 1 0 0
      MUTE 1 0
      IGUID {7D6A0F53-1111-4F0E-8B52-000000000002}
      <NOTES
        |NAME not a name
      >
      VOLPAN 0.8 0 1 -1
      TAKE NULL
      TAKE SEL
      NAME 'say "it"'
      TAKEVOLPAN 0.3 -0.9 0.5
      SOFFS 0.125
      PLAYRATE 0.75 0 -2 -1 0 0.0025
      CHANMODE 68
      GUID {7D6A0F53-1111-4F0E-8B52-000000000003}
      <SOURCE SECTION
        LENGTH 2
        MODE 2
        STARTPOS 0.5
        OVERLAP 0.01
        <SOURCE WAVE
          FILE "media/a b.wav" 1
        >
      >
      SM 0 0.5 0.1 + 0.5 1.25
    >
  >
>
"""


def read_hand_written(tmp_path: Path) -> tuple[Track, Item]:
    path = tmp_path / "p.RPP"
    path.write_text(HAND_WRITTEN, encoding="utf-8")
    return next(read_project(path).items())


def test_every_field_is_read_from_its_place(tmp_path: Path) -> None:
    track, item = read_hand_written(tmp_path)
    assert (track.name, track.volume, track.pan, track.depth) == ("two words", 0.5, -0.25, -3)
    assert (track.muted, track.solo, track.inverted) == (True, True, True)
    assert (item.position, item.length, item.loop, item.muted) == (1.5, 0.75, False, True)
    assert (item.fade_in.length, item.fade_in.shape, item.fade_in.curvature) == (0.02, 6, -0.5)
    assert (item.fade_out.length, item.fade_out.shape) == (0.03, 1)
    assert item.guid.endswith("02}")
    assert (len(item.takes), item.active) == (3, 2)
    assert item.takes[:2] == [None, None]
    played = item.take
    assert played is not None
    assert played.source is not None
    assert (played.name, played.pan, played.volume, played.law) == ('say "it"', 0.3, -0.9, 0.5)
    assert (played.offset, played.rate, played.keep_pitch, played.pitch) == (0.125, 0.75, False, -2)
    assert (played.channels, played.guid[-3:]) == (68, "03}")
    assert played.source.path == tmp_path / "media/a b.wav"
    cut = played.source.section
    assert cut is not None
    assert (cut.start, cut.length, cut.reverse) == (0.5, 2.0, True)
    assert [(m.pos, m.source, m.slope) for m in played.markers] == [
        (0.0, 0.5, 0.1),
        (0.5, 1.25, 0.0),
    ]


FX = "<FXCHAIN\n<VST x\n>\n>\n"


@pytest.mark.parametrize(
    ("before", "added", "words"),
    [
        ("<ITEM", FX, "track FX"),
        ("<ITEM", "AUXRECV 0 0 1 0 0 0 0 0 0 -1 0 -1\n", "sends"),
        ("<ITEM", "<VOLENV2\nACT 1 -1\nPT 0 0.5 0\n>\n", "VOLENV2"),
        ("<ITEM", "<FREEZE 0\n>\n", "freeze"),
        ("<SOURCE WAVE", "<PITCHENV\nACT 1 -1\nPT 0 1 0\n>\n", "pitch envelope"),
        ("<SOURCE WAVE", "<TAKEFX\n<VST x\n>\n>\n", "take FX"),
        ("<SOURCE WAVE", "<VOLENV\nACT 1 -1\nVOLTYPE 1\nPT 0 1 0\n>\n", "fader"),
    ],
)
def test_what_it_cannot_play_it_refuses_by_name(
    desk: Desk, before: str, added: str, words: str
) -> None:
    path = desk.write(track(item(take(desk.file(flat(1.0))))))
    text = path.read_text(encoding="utf-8")
    assert np.all(render(path) == 1.0)
    path.write_text(text.replace(before, added + before, 1), encoding="utf-8")
    with pytest.raises(Refused, match=words):
        render(path)


def test_an_envelope_that_is_switched_off_is_not_heard(desk: Desk) -> None:
    enveloped = take(desk.file(flat(1.0)), envelopes={"VOLENV": ((0.0, 0.5, 0),)})
    path = desk.write(track(item(enveloped)))
    assert np.all(render(path) == 0.5)
    path.write_text(path.read_text(encoding="utf-8").replace("ACT 1 -1", "ACT 0 -1"))
    assert np.all(render(path) == 1.0)


def test_a_missing_source_and_a_strange_one_are_refused(desk: Desk) -> None:
    path = desk.write(track(item(take("gone.wav"))))
    with pytest.raises(Refused, match=r"gone\.wav is missing"):
        render(path)
    path.write_text(path.read_text(encoding="utf-8").replace("SOURCE WAVE", "SOURCE MP3"))
    with pytest.raises(Refused, match="type MP3"):
        render(path)


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


def test_a_region_is_the_items_span(tmp_path: Path) -> None:
    _, item = read_hand_written(tmp_path)
    assert region(item) == (1.5, 2.25)
