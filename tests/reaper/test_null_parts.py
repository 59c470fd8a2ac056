"""Parts of items, heard: what is left of a random project when razor areas or a time selection of
it are restored, played as it then stands, cuts and mutes included. And the same by items on fixed
lanes, of four channels, in a folder behind an effect that is not linear, and where the user changes
the tempo afterwards.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import soundfile
from reaper import mixdown, random_projects
from reaper.lua_run import HERE, run
from reaper.mixdown_project import Item, Project, read_project
from reaper.random_projects import Made
from reaper.random_projects_text import ItemText, TakeText, TrackText, project_text
from reaper.test_null import LIMITS

AREAS = "Restore vocals in razor edits or time selection"
ITEMS = "Restore vocals of selected items"
RATE = 48000


def unlocked(folder: Path, seed: int, count: int) -> Made:
    """A random project whose items may be cut."""
    made = random_projects.make(folder, seed, count)
    text = made.rpp.read_text("utf-8")
    made.rpp.write_text(re.sub(r"\n +LOCK 1(?=\n +(?:GROUP|SEL) )", "", text), "utf-8")
    return made


def carried_out(
    folder: Path, version: str = "5.4", scripts: str = "", **plan: Any
) -> tuple[Path, dict[str, Any]]:
    """The project after the plan, and what the scenario says of it. scripts: others than ours."""
    out = folder / "restored.RPP"
    path = folder / "plan.json"
    path.write_text(json.dumps({"out": str(out), **plan}), "utf-8")
    env = {"VOXMEND_TEST_SCRIPTS": scripts} if scripts else {}
    ran = run(version, HERE / "scenarios" / "null_parts.lua", folder / "lua", str(path), **env)
    found: dict[str, Any] = json.loads(ran.stdout.partition("RESULT ")[2] or "{}")
    assert found.get("fine"), ran.stdout + ran.stderr
    assert found["violations"] == 0
    return out, found


def room(item: Item, rate: int) -> tuple[float, float] | None:
    """The middle of an item, outside its fades, on samples; None where it is too short."""
    from_s = item.position + max(item.fade_in.length, 0.25 * item.length)
    to_s = item.position + item.length - max(item.fade_out.length, 0.25 * item.length)
    first, last = np.ceil(from_s * rate) + 1, np.floor(to_s * rate) - 1
    return (first / rate, last / rate) if last - first > 0.03 * rate else None


def areas_of(project: Project, random: Random) -> dict[str, str]:
    """Razor areas in the middle of items, two in some, by track; among them areas of envelopes."""
    out = {}
    for track in project.tracks:
        areas = []
        for item in track.items:
            middle = room(item, project.rate)
            if middle is None:
                continue
            cuts = [middle[0], middle[1]]
            if middle[1] - middle[0] > 0.2:
                third = np.round((middle[1] - middle[0]) / 3 * project.rate) / project.rate
                cuts = [middle[0], middle[0] + third, middle[0] + 2 * third, middle[1]]
            for first, last in zip(cuts[::2], cuts[1::2], strict=True):
                areas.append(f'{first:.14f} {last:.14f} ""')
        random.shuffle(areas)
        areas.append('0 9999 "{11111111-2222-4333-8444-555555555555}"')
        out[track.guid] = ",".join(areas)
    return out


def worst(
    made: Made, before: np.ndarray[Any, Any], after: np.ndarray[Any, Any], rate: int
) -> dict[str, float]:
    """By class, the loudest rest in the place of any item that can be heard."""
    found: dict[str, float] = {}
    heard = {
        guid: (entry["position"], entry["position"] + entry["length"])
        for guid, entry in made.manifest["items"].items()
        if entry["class"] in LIMITS and "muted" not in entry["features"]
    }
    depths = mixdown.depth_db(before, after, rate, list(heard.values()))
    for guid, depth in zip(heard, depths, strict=True):
        kind = made.manifest["items"][guid]["class"]
        found[kind] = max(found.get(kind, -np.inf), depth)
    return found


def nulls(made: Made, after: Path, name: str) -> None:
    """As it stands, the project sounds as it did."""
    project = read_project(after)
    originals = read_project(made.rpp)
    assert len(list(project.items())) > len(list(originals.items())) + 4
    end = max(item.position + item.length for _, item in originals.items())
    found = worst(
        made, mixdown.render(originals, end_s=end), mixdown.render(project, end_s=end), project.rate
    )
    print(f"\n{name}: " + ", ".join(f"{kind} {depth:.1f} dB" for kind, depth in found.items()))
    assert {kind: depth for kind, depth in found.items() if not depth <= LIMITS[kind]} == {}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3, 5, 8))]
)
def test_a_project_with_razor_areas_sounds_as_before(seed: int, tmp_path: Path) -> None:
    made = unlocked(tmp_path, seed, 10 if seed == 0 else 40)
    razor = areas_of(read_project(made.rpp), Random(seed))
    version = "5.3" if seed % 2 else "5.4"
    after, _ = carried_out(
        tmp_path, version, project=str(made.rpp), action=AREAS, razor=razor, select=[]
    )
    nulls(made, after, f"seed {seed}, razor areas")


def razor_is_red(seed: int, scripts: str, folder: Path) -> bool:
    """Whether these scripts change how a project with razor areas sounds, or put nothing in."""
    made = unlocked(folder, seed, 24)
    razor = areas_of(read_project(made.rpp), Random(seed))
    try:
        after, _ = carried_out(
            folder, scripts=scripts, project=str(made.rpp), action=AREAS, razor=razor, select=[]
        )
        nulls(made, after, "")
    except AssertionError:
        return True
    return False


def quiet_times(project: Project, count: int) -> list[float]:
    """Times, on samples, at which no item fades: ends of a time selection may lie there."""
    end = max(item.position + item.length for _, item in project.items())
    found = []
    for share in np.linspace(0.05, 0.95, 181):
        time = round(share * end * project.rate) / project.rate
        fades = [
            span
            for _, item in project.items()
            for span in (
                (item.position - 0.001, item.position + item.fade_in.length + 0.001),
                (
                    item.position + item.length - item.fade_out.length - 0.001,
                    item.position + item.length + 0.001,
                ),
            )
        ]
        if not any(first < time < last for first, last in fades):
            found.append(time)
    step = max(1, len(found) // count)
    return found[::step]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 7])
def test_a_project_with_a_time_selection_sounds_as_before(seed: int, tmp_path: Path) -> None:
    made = unlocked(tmp_path, seed, 24)
    times = quiet_times(read_project(made.rpp), 4)
    after, _ = carried_out(
        tmp_path, project=str(made.rpp), action=AREAS, time=[times[0], times[-1]]
    )
    nulls(made, after, f"seed {seed}, time selection")


def four_channels(rpp: Path) -> None:
    """All tracks have four channels, and so have takes of the file with four. A bus hears the third
    and fourth of the first track, which is heard no other way."""
    text = rpp.read_text("utf-8").replace("NCHAN 2", "NCHAN 4")
    its_own = r"CHANMODE \d+(?=(?:\n(?! *TAKE)[^\n]*){1,7}source_\d+_3\.wav)"
    text = re.sub(its_own, "CHANMODE 0", text)
    head, first, *tracks = text.split("\n  <TRACK ")
    bus = (
        '{B}\n    NAME "Bus"\n    VOLPAN 0.7 0.2 -1 -1 1\n    MUTESOLO 0 0 0\n    ISBUS 0 0\n'
        "    NCHAN 4\n    TRACKID {B}\n    AUXRECV 0 0 0.5 -0.3 0 0 0 2 0 -1:U 0 -1 ''\n"
        "    AUXRECV 0 3 0.8 0 0 0 0 2048 0 -1:U 0 -1 ''\n    MAINSEND 1 0\n  >\n>\n"
    )
    first = first.replace("MAINSEND 1 0", "MAINSEND 0 0")
    tracks[-1] = tracks[-1].removesuffix("\n>\n")
    rpp.write_text("\n  <TRACK ".join([head, first, *tracks, bus]), "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 4])
def test_stems_of_four_channels_sum_to_the_original(seed: int, tmp_path: Path) -> None:
    made = unlocked(tmp_path, seed, 16)
    four_channels(made.rpp)
    before = mixdown.render(made.rpp)
    assert before.shape[0] == 4
    assert np.abs(before[2:]).max() > 0.01
    after, _ = carried_out(tmp_path, project=str(made.rpp), action=ITEMS)
    nulls(made, after, f"seed {seed}, four channels")


def with_effect(rpp: Path, drive: float) -> None:
    """Every track has an effect that bends what it hears."""
    chain = f'<FXCHAIN\n<JS voxmend-test/drive ""\n{drive}\n>\n>\n'
    text = re.sub(r"( *NCHAN 2\n)", lambda found: found[1] + chain, rpp.read_text("utf-8"))
    rpp.write_text(text, "utf-8")


@pytest.mark.parametrize("seed", [0, pytest.param(8, marks=pytest.mark.slow)])
def test_in_a_folder_an_effect_that_is_not_linear_hears_the_sum(seed: int, tmp_path: Path) -> None:
    made = unlocked(tmp_path, seed, 8 if seed == 0 else 24)
    with_effect(made.rpp, 4.0)
    settings = {"preset": "quick", "folder": True}
    after, _ = carried_out(tmp_path, project=str(made.rpp), action=ITEMS, settings=settings)
    nulls(made, after, f"seed {seed}, in a folder")
    (tmp_path / "beside").mkdir()
    beside, _ = carried_out(tmp_path / "beside", project=str(made.rpp), action=ITEMS)
    rate = read_project(beside).rate
    found = worst(made, mixdown.render(made.rpp), mixdown.render(beside), rate)
    assert found["rate1"] > -40


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 8])
def test_items_on_fixed_lanes_are_read_and_lanes_never_written(seed: int, tmp_path: Path) -> None:
    made = unlocked(tmp_path, seed, 16)
    after, said = carried_out(tmp_path, project=str(made.rpp), action=ITEMS, lanes=True)
    plays = {
        guid: entry
        for guid, entry in made.manifest["items"].items()
        if entry["class"] in LIMITS and not is_silent(said["before"][guid])
    }
    assert {guid: said["lanes"][guid] for guid in said["before"]} == said["before"]
    assert {said["lanes"][guid] for guid in set(said["lanes"]) - set(said["before"])} == {
        "0 0 0 0 0"
    }
    project = read_project(after)
    marks = {guid for guid in made.manifest["items"] if guid not in plays}
    assert not marks & {item.guid for _, item in project.items() if item.guid not in said["before"]}
    regions = [(e["position"], e["position"] + e["length"]) for e in plays.values()]
    end = max(stop for _, stop in regions) + 0.1
    before = mixdown.render(made.rpp, mixdown.Options(want=mixdown.only_items(plays)), end)
    without = mixdown.without_items(made.manifest["items"])
    stems = mixdown.render(project, mixdown.Options(want=without), end)
    depths = mixdown.depth_db(before, stems, project.rate, regions)
    print(f"\nseed {seed}: {len(plays)} items on lanes that play, worst {max(depths):.1f} dB")
    assert max(depths) <= LIMITS["rate1"]


def is_silent(lanes: str) -> bool:
    """As the scenario says: lane, place, height, whether it plays, the track's mode."""
    words = lanes.split()
    return words[4] == "2" and words[3] == "0"


@pytest.mark.slow
@pytest.mark.parametrize("parts", [False, True])
def test_a_change_of_tempo_moves_stems_as_their_originals(parts: bool, tmp_path: Path) -> None:
    made = unlocked(tmp_path, 4, 12)
    originals = read_project(made.rpp)
    plan: dict[str, Any] = {"project": str(made.rpp), "timebases": True}
    plan["tempo"] = [[0.0, 97.0], [1.3, 141.0], [4.0, 60.0]]
    plan["action"] = AREAS if parts else ITEMS
    if parts:
        plan["razor"] = areas_of(originals, Random(1))
    after, _ = carried_out(tmp_path, **plan)
    project = read_project(after)
    moved = {
        item.guid
        for _, item in project.items()
        for _, was in originals.items()
        if item.guid == was.guid and abs(item.position - was.position) > 0.1
    }
    assert 3 < len(moved) < len(made.manifest["items"])
    stems = {
        item.guid: mixdown.region(item) for track, item in project.items() if " - " in track.name
    }
    depths = []
    # An item that left the samples is read a little beyond its ends, where a render holds nothing;
    # each is heard alone, so that the ends of one are not in another.
    for first, last in set(stems.values()):
        same = {item.guid for _, item in project.items() if mixdown.region(item) == (first, last)}
        before, heard = (
            mixdown.render(
                project,
                mixdown.Options(want=mixdown.only_items(guids), muted_too=True),
                last,
            )
            for guids in (same - set(stems), same & set(stems))
        )
        span = (first + 64 / project.rate, last - 64 / project.rate)
        depths += mixdown.depth_db(before, heard, project.rate, [span])
    print(f"\n{len(moved)} items moved by the tempo, worst {max(depths):.1f} dB")
    assert max(depths) <= LIMITS["rate1"]


def enveloped(folder: Path) -> Path:
    """Reversed takes, which are rendered, at half and double speed, and one with stretch markers,
    which is not; all under envelopes of volume, pan and mute."""
    media = folder / "media"
    media.mkdir()
    noise = np.random.default_rng(3)
    spectrum = np.fft.rfft(noise.normal(0.0, 0.4, 4 * RATE))
    spectrum[np.fft.rfftfreq(4 * RATE, 1 / RATE) > 3000.0] = 0
    soundfile.write(media / "a.wav", np.fft.irfft(spectrum, 4 * RATE), RATE, subtype="FLOAT")
    items = []
    for n, rate in enumerate((0.5, 2.0, 1.0, 1.0)):
        length = 1.5 / rate
        points = [(0.1 * rate, 1.0, 0), (0.5 * length * rate, 0.2, 0), (length * rate, 0.9, 0)]
        cut = 0.3 / RATE  # between samples, where a step is the same in every arithmetic
        mutes = ((0.0, 1.0), (0.7 * length * rate + cut, 0.0), (0.8 * length * rate + cut, 1.0))
        kinds = {
            "VOLENV": points,
            "PANENV": [(0.0, -0.5, 0), (length * rate, 0.7, 0)],
            "MUTEENV": [(time, value, 1) for time, value in mutes],
        }
        take = TakeText(f"{{K{n}}}", "media/a.wav", "a.wav", 0.25, rate, False, envelopes=kinds)
        if n < 3:
            take.section = (0.0, 4.0, 3)
        else:
            take.markers = ((0.0, 0.25), (0.5, 0.75), (1.0, 1.25), (1.5, 1.75))
            take.keep_pitch = False
        items.append(ItemText(f"{{I{n}}}", 1.0 + 5 * n, length, [take]))
    path = folder / "enveloped.RPP"
    path.write_text(project_text(RATE, [TrackText("{T}", "Lead", items=items)]), "utf-8")
    return path


@pytest.mark.parametrize("parts", [pytest.param(False, marks=pytest.mark.slow), True])
def test_envelopes_of_rendered_takes_at_other_rates_sound_as_before(
    parts: bool, tmp_path: Path
) -> None:
    path = enveloped(tmp_path)
    project = read_project(path)
    plan: dict[str, Any] = {"project": str(path), "action": AREAS if parts else ITEMS}
    if parts:
        plan["razor"] = {"{T}": areas_of(project, Random(2))["{T}"]}
    after, _ = carried_out(tmp_path, **plan)
    regions = [mixdown.region(item) for _, item in project.items()]
    depths = mixdown.depth_db(mixdown.render(path), mixdown.render(after), RATE, regions)
    print("\nenvelopes at rates 0.5, 2, 1, 1: " + ", ".join(f"{depth:.1f} dB" for depth in depths))
    assert max(depths) < LIMITS["rate1"]


def test_parts_of_items_that_are_not_cut_play_what_lies_under_them(tmp_path: Path) -> None:
    path = enveloped(tmp_path)
    project = read_project(path)
    razor = areas_of(project, Random(2))
    plan: dict[str, Any] = {"project": str(path), "action": AREAS, "razor": razor}
    settings = {"preset": "quick", "mute_original": False}
    after, _ = carried_out(tmp_path, settings=settings, **plan)
    left = read_project(after)
    was = {item.guid: mixdown.region(item) for _, item in project.items()}
    now = {item.guid: mixdown.region(item) for _, item in left.items()}
    assert was.items() <= now.items()
    stems = mixdown.render(left, mixdown.Options(want=mixdown.without_items(was)))
    regions = [span for guid, span in now.items() if guid not in was]
    depths = mixdown.depth_db(mixdown.render(path), stems, RATE, regions)
    print(f"\n{len(regions) // 2} parts over items that are whole, worst {max(depths):.1f} dB")
    assert max(depths) < LIMITS["rate1"]
