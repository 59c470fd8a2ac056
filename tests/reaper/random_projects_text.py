"""RPP text as REAPER writes it, from plain values: for the random projects and for hand-made ones.

Line by line after projects that REAPER 6 saved; the meaning of the fields is in ReaTeam/Doc "State
Chunk Definitions". Knows nothing of the renderer, so that a field misread there shows in a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float, int]  # time, value, shape
FadeText = tuple[float, int, float]  # length, shape, curvature


@dataclass(slots=True)
class TakeText:
    """section: (start, length, mode), mode 0 section, 2 reversed section, 3 reversed file."""

    guid: str
    file: str = ""
    name: str = ""
    offset: float = 0.0
    rate: float = 1.0
    keep_pitch: bool = True
    pitch: float = 0.0
    volume: float = 1.0
    pan: float = 0.0
    law: float = -1.0
    channels: int = 0
    section: tuple[float, float, int] | None = None
    markers: Sequence[tuple[float, float]] = ()
    envelopes: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    midi: bool = False


@dataclass(slots=True)
class ItemText:
    """takes empty: an empty item. automatic: crossfade lengths at its ends, 0 for none."""

    guid: str
    position: float
    length: float
    takes: list[TakeText] = field(default_factory=list)
    active: int = 0
    loop: bool = True
    volume: float = 1.0
    fade_in: FadeText = (0.0, 1, 0.0)
    fade_out: FadeText = (0.0, 1, 0.0)
    automatic: tuple[float, float] = (0.0, 0.0)
    muted: bool = False
    locked: bool = False
    group: int = 0
    colour: int = 0
    snap: float = 0.0


@dataclass(slots=True)
class TrackText:
    guid: str
    name: str
    volume: float = 1.0
    pan: float = 0.0
    inverted: bool = False
    muted: bool = False
    solo: bool = False
    depth: int = 0
    items: list[ItemText] = field(default_factory=list)


def number(value: float) -> str:
    """Fourteen decimals at most, no trailing zeros."""
    text = f"{value:.14f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def quoted(text: str) -> str:
    return f'"{text}"' if not text or " " in text else text


def project_text(rate: int, tracks: Sequence[TrackText], law: float = 1.0) -> str:
    lines = [
        '<REAPER_PROJECT 0.1 "6.82/linux-x86_64" 1700000000',
        *("RIPPLE 0", "GROUPOVERRIDE 0 0 0", "AUTOXFADE 1", "ENVATTACH 3", "PEAKGAIN 1"),
        f"PANLAW {number(law)}",
        *("PROJOFFS 0 0 0", "TIMEMODE 1 5 -1 30 0 0 -1", "PANMODE 3", "CURSOR 0", "LOOP 0"),
        *('RECORD_PATH "" ""', "<RECORD_CFG", ">", "<APPLYFX_CFG", ">"),
        *("ITEMMIX 0", "DEFPITCHMODE 589824 0", "TAKELANE 1", f"SAMPLERATE {rate} 1 0"),
        *("<RENDER_CFG", ">", "LOCK 1", "GLOBAL_AUTO -1", "TEMPO 120 4 4", "PLAYRATE 1 0 0.25 4"),
        *("SELECTION 0 0", "SELECTION2 0 0", "MASTERMUTESOLO 0", "MASTER_NCH 2 2"),
        *("MASTER_VOLUME 1 0 -1 -1 1", "MASTER_FX 1", "MASTER_SEL 0", "<PROJBAY", ">"),
    ]
    for track in tracks:
        lines += track_lines(track)
    return indented([*lines, ">"])


def indented(lines: Sequence[str]) -> str:
    out, level = [], 0
    for line in lines:
        level -= line == ">"
        out.append("  " * level + line)
        level += line.startswith("<")
    return "\n".join(out) + "\n"


def track_lines(track: TrackText) -> list[str]:
    state = 1 if track.depth > 0 else 2 if track.depth < 0 else 0
    lines = [
        f"<TRACK {track.guid}",
        f"NAME {quoted(track.name)}",
        *("PEAKCOL 16576", "BEAT -1", "AUTOMODE 0"),
        f"VOLPAN {number(track.volume)} {number(track.pan)} -1 -1 1",
        f"MUTESOLO {int(track.muted)} {2 * track.solo} 0",
        f"IPHASE {int(track.inverted)}",
        "PLAYOFFS 0 1",
        f"ISBUS {state} {track.depth}",
        *("BUSCOMP 0 0 0 0 0", "SHOWINMIX 1 0.6667 0.5 1 0.5 0 0 0", "FREEMODE 0", "SEL 0"),
        *("REC 0 0 1 0 0 0 0", "VU 2", "TRACKHEIGHT 0 0 0 0 0 0", "INQ 0 0 0 0.5 100 0 0 100"),
        *("NCHAN 2", "FX 1", f"TRACKID {track.guid}", "PERF 0", "MIDIOUT -1", "MAINSEND 1 0"),
    ]
    for index, item in enumerate(track.items):
        lines += item_lines(item, index + 1)
    return [*lines, ">"]


def item_lines(item: ItemText, index: int) -> list[str]:
    lines = [
        "<ITEM",
        f"POSITION {number(item.position)}",
        f"SNAPOFFS {number(item.snap)}",
        f"LENGTH {number(item.length)}",
        f"LOOP {int(item.loop)}",
        "ALLTAKES 0",
    ]
    if item.colour:
        lines.append(f"COLOR {item.colour} B")
    for tag, fade, automatic in (
        ("FADEIN", item.fade_in, item.automatic[0]),
        ("FADEOUT", item.fade_out, item.automatic[1]),
    ):
        length, shape, curvature = fade
        old = min(shape, 5)  # the first field knows no shape 6
        lines.append(
            f"{tag} {old} {number(length)} {number(automatic)} {shape} 0 {number(curvature)}"
        )
    lines.append(f"MUTE {int(item.muted)} 0")
    if item.locked:
        lines.append("LOCK 1")
    if item.group:
        lines.append(f"GROUP {item.group}")
    lines += ["SEL 0", f"IGUID {item.guid}", f"IID {index}"]
    for at, take in enumerate(item.takes):
        lines += take_lines(take, item, at)
    return [*lines, ">"]


def take_lines(take: TakeText, item: ItemText, at: int) -> list[str]:
    lines = []
    panned = f"{number(take.pan)} {number(take.volume)} {number(take.law)}"
    if at:
        lines += ["TAKE SEL" if item.active == at else "TAKE"]
    lines.append(f"NAME {quoted(take.name)}")
    lines.append(f"TAKEVOLPAN {panned}" if at else f"VOLPAN {number(item.volume)} {panned}")
    lines += [
        f"SOFFS {number(take.offset)}",
        f"PLAYRATE {number(take.rate)} {int(take.keep_pitch)} {number(take.pitch)} -1 0 0.0025",
        f"CHANMODE {take.channels}",
        f"GUID {take.guid}",
        *source_lines(take),
    ]
    if take.markers:
        pairs = " + ".join(f"{number(pos)} {number(source)}" for pos, source in take.markers)
        lines.append(f"SM {pairs}")
    for tag, points in take.envelopes.items():
        lines += [f"<{tag}", "ACT 1 -1", "VIS 1 1 1", "LANEHEIGHT 0 0", "ARM 0"]
        lines += ["DEFSHAPE 0 -1 -1"]
        lines += [f"PT {number(time)} {number(value)} {shape}" for time, value, shape in points]
        lines.append(">")
    return lines


def source_lines(take: TakeText) -> list[str]:
    if take.midi:
        return ["<SOURCE MIDI", "HASDATA 1 960 QN", "E 0 90 3c 60", "E 960 80 3c 00", ">"]
    wave = ["<SOURCE WAVE", f'FILE "{take.file}"', ">"]
    if take.section is None:
        return wave
    start, length, mode = take.section
    numbers = [f"LENGTH {number(length)}", f"MODE {mode}", f"STARTPOS {number(start)}"]
    return ["<SOURCE SECTION", *numbers, "OVERLAP 0.01", *wave, ">"]
