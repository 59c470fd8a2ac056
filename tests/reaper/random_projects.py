"""Random REAPER projects with known features, for null tests: seeded, so that a failure repeats.

`make(folder, seed)` writes sound files, an RPP and a manifest (JSON beside it): for every item its
features and the class that its stems must hold:
  rate1      the sum nulls below −100 dB        varispeed  below −60 dB (interpolated twice)
  stretched  aligned, not sum-exact             refused    nothing to restore (empty, MIDI)
Even seeds hold full-band sources and rate 1 only. Odd seeds hold sources below 4 kHz (at four times
the speed still far below half of every rate) with a silent gap around every half second, and all
features. What a renderer may do differently at an abrupt edge is kept out of the figures: where an
item has to be printed, edges lie on samples, or in a gap, or below a fade.
Items of unequal class never sound together, so that one mix is measured region by region.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from reaper.random_projects_forms import FORMS, LAWS, dress, neighbours, speed
from reaper.random_projects_parts import RATES, Maker, Unit, write_source
from reaper.random_projects_text import ItemText, TakeText, TrackText, project_text


@dataclass(slots=True)
class Made:
    rpp: Path
    manifest: dict[str, Any]


def make(folder: Path, seed: int, count: int = 50) -> Made:
    random = Random(seed)
    maker = Maker(random, RATES[2] if seed % 10 == 6 else random.choice(RATES[:2]), seed % 2 == 1)
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    for index in range(6):
        maker.files.append(write_source(maker, media, seed, index))
    tracks = make_tracks(maker)
    items: dict[str, Any] = {}
    cursor, last = 0.5, ""
    while len(items) < count:
        start = maker.on_grid(cursor)
        unit = make_unit(maker, start)
        if unit.kind != last and items:  # let the class before fall silent
            shift(unit, maker.on_grid(max_end(tracks) + 0.05) - start)
        track = random.choice(tracks)
        while any(item.position + item.length > unit.items[0].position for item in track.items):
            track = random.choice(tracks)
        track.items += unit.items
        for item in unit.items:
            items[item.guid] = entry(item, unit, track)
        last = unit.kind
        end = unit.items[-1].position + unit.items[-1].length
        cursor = end - 0.3 * unit.items[-1].length if maker.chance(0.25) else end + 0.05
        if sum(playing_at(track, cursor) for track in tracks) == len(tracks):
            cursor = max_end(tracks) + 0.05
    manifest = {
        "seed": seed,
        "rate": maker.rate,
        "band": "low" if maker.low else "full",
        "items": items,
    }
    rpp = folder / f"random_{seed}.RPP"
    law = random.choice(LAWS[1:3])
    rpp.write_text(project_text(maker.rate, tracks, law), encoding="utf-8")
    rpp.with_suffix(".json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return Made(rpp, manifest)


def entry(item: ItemText, unit: Unit, track: TrackText) -> dict[str, Any]:
    return {
        "class": unit.kind,
        "features": sorted(set(unit.features) | plain_features(item)),
        "track": track.guid,
        "take": item.takes[item.active].guid if item.takes else None,
        "position": item.position,
        "length": item.length,
    }


def plain_features(item: ItemText) -> set[str]:
    """Features that can be read off the item, so that the manifest cannot miss one."""
    found = {
        "muted": item.muted,
        "locked": item.locked,
        "group": item.group != 0,
        "colour": item.colour != 0,
        "snap": item.snap != 0,
        "item volume": item.volume != 1.0,
        "takes": len(item.takes) > 1,
        f"fade shape {item.fade_in[1]}": item.fade_in[0] > 0,
        f"fade shape {item.fade_out[1]}": item.fade_out[0] > 0,
    }
    if item.takes:
        take = item.takes[item.active]
        found |= {
            "polarity": take.volume < 0,
            "take volume": abs(take.volume) != 1.0,
            "take pan": take.pan != 0.0,
            "pan law": take.law >= 0,
            f"channel mode {take.channels}": take.channels != 0,
            **{tag: True for tag in take.envelopes},
        }
    return {name for name, holds in found.items() if holds}


def max_end(tracks: list[TrackText]) -> float:
    return max((i.position + i.length for track in tracks for i in track.items), default=0.0)


def playing_at(track: TrackText, time: float) -> bool:
    return any(item.position + item.length > time for item in track.items)


def shift(unit: Unit, by: float) -> None:
    for item in unit.items:
        item.position += by


def make_tracks(maker: Maker) -> list[TrackText]:
    """Two plain tracks, a folder with a folder in it (closing together), and a last plain track."""
    depths = (0, 1, 0, 1, -2, 0)
    names = ("Lead", "Band", "Guitar", "Drums", "Top", "Guest")
    tracks = []
    for name, depth in zip(names, depths, strict=True):
        track = TrackText(maker.guid(), name, depth=depth)
        if maker.chance(0.6):
            track.volume = round(maker.random.uniform(0.4, 1.5), 3)
        if maker.chance(0.5):
            track.pan = round(maker.random.uniform(-0.8, 0.8), 2)
        track.inverted = maker.chance(0.3)
        tracks.append(track)
    return tracks


def make_unit(maker: Maker, start: float) -> Unit:
    """One item, or a few that belong together, at a position on the project's samples."""
    random = maker.random
    if maker.chance(0.05):
        item = ItemText(maker.guid(), start, 0.5)
        if maker.chance(0.5):
            item.takes = [TakeText(maker.guid(), name="a phrase", midi=True)]
        return Unit([item], "refused", ["MIDI" if item.takes else "empty"])
    length = maker.on_grid(random.uniform(0.2, 1.5))
    item = ItemText(maker.guid(), start, length)
    unit = Unit([item], "rate1", [])
    take = TakeText(maker.guid())
    item.takes = [take]
    form = random.choices(
        ("plain", "off grid", "negative", "beyond", "section", "reverse", "loop", "section loop"),
        (6, 3, 2, 2, 2, 2, 2, 1),
    )[0]
    printed = form not in {"plain", "off grid"}
    own = [file for file in maker.files if file.rate == maker.rate]
    file = random.choice(own if printed and not maker.low else maker.files)
    take.file, take.name = f"media/{file.name}", file.name
    speed(maker, unit, take)
    if printed and unit.kind == "rate1" and file.rate != maker.rate:
        unit.kind = "varispeed"
    if file.rate != maker.rate:
        unit.features.append("other rate")
    unit.features.append(form)
    FORMS[form](maker, item, take, file)
    dress(maker, item, take, file, faded=printed and maker.low)
    if form in {"plain", "off grid"} and maker.chance(0.25):
        neighbours(maker, unit)
    return unit
