"""An RPP file as values: tracks, items, takes, sources. Read with `rpp`, for the renderer.

Field meanings: ReaTeam/Doc "State Chunk Definitions", and the projects that REAPER itself wrote.
What cannot be rendered truthfully is refused by name (Refused), never played approximately.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rpp
from reaper.mixdown_gain import Envelope, Fade

Row = list[str]

DRIVE = "voxmend-test/drive"


class Refused(Exception):  # noqa: N818 (as `Refused` reads in a test)
    """The project holds something this renderer does not play. The text says what and where."""


@dataclass(frozen=True, slots=True)
class Section:
    """start, length: seconds of the file; length None is up to the file's end."""

    start: float
    length: float | None
    reverse: bool


@dataclass(frozen=True, slots=True)
class Source:
    """kind: WAVE, FLAC, …; path None where there is no sound (MIDI, empty)."""

    kind: str
    path: Path | None
    section: Section | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """A stretch marker: pos in item time × play rate, source in seconds of the source."""

    pos: float
    source: float
    slope: float = 0.0


@dataclass(slots=True)
class Take:
    guid: str = ""
    name: str = ""
    volume: float = 1.0  # negative: inverted polarity
    pan: float = 0.0
    law: float = -1.0  # negative: the project's
    offset: float = 0.0
    rate: float = 1.0
    keep_pitch: bool = True
    pitch: float = 0.0
    channels: int = 0
    source: Source | None = None
    markers: tuple[Marker, ...] = ()
    envelopes: dict[str, Envelope] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    guid: str = ""
    position: float = 0.0
    length: float = 0.0
    loop: bool = False
    all_takes: bool = False
    muted: bool = False
    volume: float = 1.0
    fade_in: Fade = field(default_factory=Fade)
    fade_out: Fade = field(default_factory=Fade)
    takes: list[Take | None] = field(default_factory=list)
    active: int = 0
    refusals: list[str] = field(default_factory=list)

    @property
    def take(self) -> Take | None:
        return self.takes[self.active] if self.takes else None


@dataclass(frozen=True, slots=True)
class Send:
    """What a track receives from another, or gives to a hardware output (source None).

    mode: 0 behind the fader, 1 before the effects, 3 before the fader. first, to: the channels it
    takes from and goes to begin there; count: how many."""

    source: int | None
    mode: int
    volume: float
    pan: float
    muted: bool
    inverted: bool
    first: int = 0
    count: int = 2
    to: int = 0


@dataclass(slots=True)
class Track:
    guid: str = ""
    name: str = ""
    volume: float = 1.0
    pan: float = 0.0
    law: float = -1.0
    muted: bool = False
    solo: bool = False
    inverted: bool = False
    depth: int = 0  # change of folder depth after this track, as I_FOLDERDEPTH
    to_parent: bool = True
    channels: int = 2
    parent_channel: int = 0  # the parent's channel that the first one goes to
    drive: float | None = None  # the one effect that is played: tanh of so much
    receives: list[Send] = field(default_factory=list)
    outputs: list[Send] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Project:
    path: Path
    rate: int
    law: float
    tracks: list[Track]
    refusals: list[str]

    def items(self) -> Iterator[tuple[Track, Item]]:
        for track in self.tracks:
            for item in track.items:
                yield track, item


def rows(node: Any) -> Iterator[Row]:
    """Every line of a node as words; nested nodes are left out."""
    for child in node:
        if isinstance(child, str):
            yield [child]
        elif isinstance(child, list):
            yield [str(word) for word in child]


def nodes(parent: Any) -> Iterator[Any]:
    for child in parent:
        if isinstance(child, rpp.Element):
            yield child


def number(row: Row, index: int, default: float) -> float:
    return float(row[index]) if len(row) > index else default


def read_project(path: Path) -> Project:
    tree = rpp.loads(path.read_text(encoding="utf-8"))
    project = Project(path, 44100, 1.0, [], [])
    for row in rows(tree):
        match row[0]:
            case "SAMPLERATE":
                project.rate = int(row[1])
            case "PANLAW":
                project.law = float(row[1])
            case "PANMODE" if row[1] != "3":
                project.refusals.append(f"pan mode {row[1]}")
            case "PLAYRATE" if float(row[1]) != 1.0:
                project.refusals.append(f"project play rate {row[1]}")
    project.tracks = [read_track(node, path.parent) for node in nodes(tree) if node.tag == "TRACK"]
    return project


def read_track(node: Any, folder: Path) -> Track:
    track = Track(guid=str(node.attrib[0]) if node.attrib else "")
    for row in rows(node):
        match row[0]:
            case "NAME":
                track.name = " ".join(row[1:])
            case "VOLPAN":
                track.volume, track.pan = float(row[1]), number(row, 2, 0.0)
                track.law = number(row, 3, -1.0)
                if number(row, 5, 1.0) != 1.0:
                    track.refusals.append("stereo width")
            case "MUTESOLO":
                track.muted, track.solo = row[1] != "0", row[2] != "0"
            case "IPHASE":
                track.inverted = row[1] != "0"
            case "ISBUS":
                track.depth = int(row[2])
            case "PLAYOFFS" if number(row, 1, 0.0) != 0.0:
                track.refusals.append("media playback offset")
            case "MAINSEND":
                track.to_parent = row[1] != "0"
                track.parent_channel = int(number(row, 2, 0))
            case "NCHAN":
                track.channels = int(row[1])
            case "AUXRECV":
                read_receive(track, row)
            case "HWOUT":
                read_output(track, row)
    for child in nodes(node):
        if child.tag == "ITEM":
            track.items.append(read_item(child, folder))
        elif child.tag in {"FXCHAIN", "FXCHAIN_REC"}:
            read_effects(track, child)
        elif child.tag == "FREEZE":
            track.refusals.append("a freeze")
        elif child.tag.endswith(("ENV", "ENV2", "ENV3", "ENVL", "ENVL2")) and is_active(child):
            track.refusals.append(f"the track envelope {child.tag}")
    return track


def read_effects(track: Track, chain: Any) -> None:
    """One effect is played, and that one only: a JS of ours whose first slider is a drive."""
    for node in nodes(chain):
        if node.tag == "JS" and str(node.attrib[0]) == DRIVE and track.drive is None:
            track.drive = float(next(rows(node))[0])
        else:
            track.refusals.append("track FX")


def channels_of(word: str) -> tuple[int, int]:
    """I_SRCCHAN: the first channel in the ten low bits; above them 0 a pair, 1 one, n 2n."""
    value = int(word)
    if value < 0:
        return 0, 0
    kind = value >> 10
    return value & 1023, 2 if kind == 0 else 1 if kind == 1 else 2 * kind


def read_receive(track: Track, row: Row) -> None:
    """source track · mode · volume · pan · mute · mono · polarity · source channels · destination
    channels · …."""
    if row[6] != "0" or int(row[9]) >> 10:
        track.refusals.append("a send made mono")
    first, count = channels_of(row[8])
    pan, muted, inverted = float(row[4]), row[5] != "0", row[7] != "0"
    track.receives.append(
        Send(
            *(int(row[1]), int(row[2]), float(row[3]), pan, muted, inverted),
            *(first, count, int(row[9])),
        )
    )


def read_output(track: Track, row: Row) -> None:
    """output · mode · volume · pan · mute · polarity · source channels · …. Whichever output it
    is, it is heard in the first channels of the mix."""
    first, count = channels_of(row[7])
    pan, muted, inverted = float(row[4]), row[5] != "0", row[6] != "0"
    track.outputs.append(Send(None, int(row[2]), float(row[3]), pan, muted, inverted, first, count))


def read_item(node: Any, folder: Path) -> Item:
    """Lines before the first take are the item's; VOLPAN is both. `TAKE` opens the next take."""
    item = Item()
    take: Take | None = Take()
    begun = False
    for child in node:
        if isinstance(child, rpp.Element):
            if child.tag == "NOTES":
                continue
            begun = True
            if take is not None:
                read_take_node(take, child, folder)
            continue
        row = [child] if isinstance(child, str) else [str(word) for word in child]
        if row[0] == "TAKE":
            item.takes.append(filled(take))
            begun = True
            if "SEL" in row:
                item.active = len(item.takes)
            take = None if "NULL" in row else Take()
        elif not read_item_row(item, row) and take is not None:
            read_take_row(item, take, row)
    if begun:
        item.takes.append(filled(take))
    return item


def filled(take: Take | None) -> Take | None:
    """None for an empty take slot: it has neither a source nor a name of its own."""
    return take if take is not None and take.source is not None else None


def read_item_row(item: Item, row: Row) -> bool:
    match row[0]:
        case "POSITION":
            item.position = float(row[1])
        case "LENGTH":
            item.length = float(row[1])
        case "LOOP":
            item.loop = row[1] != "0"
        case "ALLTAKES":
            item.all_takes = row[1] != "0"
        case "MUTE":
            item.muted = row[1] != "0"
            if number(row, 2, 0.0) != 0.0:
                item.refusals.append("item solo")
        case "FADEIN":
            item.fade_in = read_fade(row)
        case "FADEOUT":
            item.fade_out = read_fade(row)
        case "IGUID":
            item.guid = row[1]
        case _:
            return False
    return True


def read_fade(row: Row) -> Fade:
    """shape (old) · length · automatic length · shape · flags · curvature. An automatic length
    above zero (a crossfade) takes the place of the user's."""
    length, automatic = float(row[2]), number(row, 3, 0.0)
    shape = int(number(row, 4, float(row[1])))
    return Fade(automatic if automatic > 0 else length, shape, number(row, 6, 0.0))


def read_take_row(item: Item, take: Take, row: Row) -> None:
    match row[0]:
        case "NAME":
            take.name = row[1] if len(row) > 1 else ""
        case "VOLPAN":
            item.volume = float(row[1])
            take.pan, take.volume = number(row, 2, 0.0), number(row, 3, 1.0)
            take.law = number(row, 4, -1.0)
        case "TAKEVOLPAN":
            take.pan, take.volume = float(row[1]), number(row, 2, 1.0)
            take.law = number(row, 3, -1.0)
        case "SOFFS":
            take.offset = float(row[1])
        case "PLAYRATE":
            take.rate, take.keep_pitch = float(row[1]), number(row, 2, 1.0) != 0
            take.pitch = number(row, 3, 0.0)
        case "CHANMODE":
            take.channels = int(row[1])
        case "GUID":
            take.guid = row[1]
        case "SM":
            take.markers = read_markers(row[1:])


def read_markers(words: Row) -> tuple[Marker, ...]:
    markers, group = [], []
    for word in [*words, "+"]:
        if word != "+":
            group.append(float(word))
        elif group:
            markers.append(Marker(group[0], group[1], group[2] if len(group) > 2 else 0.0))
            group = []
    return tuple(sorted(markers, key=lambda marker: marker.pos))


def read_take_node(take: Take, node: Any, folder: Path) -> None:
    if node.tag == "SOURCE":
        take.source = read_source(node, folder, take)
    elif node.tag in {"VOLENV", "PANENV", "MUTEENV", "PITCHENV"}:
        if not is_active(node):
            return
        if node.tag == "PITCHENV":
            take.refusals.append("a pitch envelope")
        else:
            take.envelopes[node.tag] = read_envelope(node, take)
    elif node.tag == "TAKEFX" and any(True for _ in nodes(node)):
        take.refusals.append("take FX")


def read_source(node: Any, folder: Path, take: Take) -> Source:
    kind = str(node.attrib[0])
    found = {row[0]: row for row in rows(node)}
    if kind == "SECTION":
        inner = next(child for child in nodes(node) if child.tag == "SOURCE")
        source = read_source(inner, folder, take)
        if source.section is not None:
            take.refusals.append("a section of a section")
        mode = int(float(found.get("MODE", ["", "0"])[1]))
        whole = bool(mode & 1)
        length = float(found.get("LENGTH", ["", "0"])[1])
        section = Section(
            start=0.0 if whole else float(found.get("STARTPOS", ["", "0"])[1]),
            length=None if whole or length <= 0 else length,
            reverse=bool(mode & 2),
        )
        return Source(source.kind, source.path, section)
    if kind in {"MIDI", "MIDIPOOL", "EMPTY"}:
        return Source(kind, None)
    if kind not in {"WAVE", "FLAC", "WAVPACK"} or "FILE" not in found:
        take.refusals.append(f"a source of type {kind}")
        return Source(kind, None)
    name = found["FILE"][1]
    return Source(kind, folder / name)


def is_active(node: Any) -> bool:
    return any(row[0] == "ACT" and row[1] != "0" for row in rows(node))


def read_envelope(node: Any, take: Take) -> Envelope:
    points: list[tuple[float, float, int, float]] = []
    for row in rows(node):
        if row[0] == "PT":
            points.append(
                (float(row[1]), float(row[2]), int(number(row, 3, 0.0)), number(row, 7, 0.0))
            )
        elif row[0] == "VOLTYPE" and row[1] != "0":
            take.refusals.append("an envelope on the fader's scale")
        elif row[0] == "POOLEDENVINST":
            take.refusals.append("automation items")
    points.sort(key=lambda point: point[0])
    times, values, shapes, tensions = zip(*points, strict=True) if points else ((), (), (), ())
    return Envelope(times, values, shapes, tensions)
