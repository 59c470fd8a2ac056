"""What the reference renderer reads in an RPP, what it plays of it, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reaper.mixdown import (
    Options,
    only_items,
    only_tracks,
    region,
    render,
    take_named,
    without_items,
)
from reaper.mixdown_desk import (
    Desk,
    flat,
    item,
    take,
    track,
)
from reaper.mixdown_project import Item, Refused, Track, read_project
from reaper.random_projects_text import ItemText, TakeText, TrackText


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


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


def test_empty_and_midi_items_are_silent(desk: Desk) -> None:
    empty = ItemText("{I}", 0.0, 1.0)
    midi = ItemText("{J}", 1.0, 1.0, [TakeText("{K}", midi=True)])
    assert not np.any(desk.render(track(empty, midi)))


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


def test_a_region_is_the_items_span(tmp_path: Path) -> None:
    _, item = read_hand_written(tmp_path)
    assert region(item) == (1.5, 2.25)


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
