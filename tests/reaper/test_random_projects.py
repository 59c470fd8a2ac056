"""The random projects are what their manifest says: repeatable, mixed, and fair to measure."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from reaper.mixdown import Options, depth_db, first_sample, only_items, region, render
from reaper.mixdown_project import Project, read_project
from reaper.mixdown_sound import load
from reaper.random_projects import Made, make


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    folder = tmp_path_factory.mktemp("random")
    return [make(folder / str(seed), seed, count=50) for seed in range(10)]


def entries(projects: list[Made]) -> list[dict[str, Any]]:
    return [entry for made in projects for entry in made.manifest["items"].values()]


def test_one_seed_is_one_project(tmp_path: Path) -> None:
    first, second = make(tmp_path / "a", 3, 12), make(tmp_path / "b", 3, 12)
    assert first.rpp.read_bytes() == second.rpp.read_bytes()
    assert first.manifest == second.manifest
    for file in (tmp_path / "a" / "media").iterdir():
        assert np.array_equal(
            soundfile.read(file)[0], soundfile.read(tmp_path / "b" / "media" / file.name)[0]
        )
    assert make(tmp_path / "c", 4, 12).rpp.read_bytes() != first.rpp.read_bytes()


def test_ten_projects_hold_every_feature(projects: list[Made]) -> None:
    found = {name for entry in entries(projects) for name in entry["features"]}
    wanted = {
        *("plain", "off grid", "negative", "beyond", "section", "reverse", "loop", "section loop"),
        *("rate", "rate with pitch kept", "pitch", "other rate", "split", "crossfade", "takes"),
        *("item volume", "take volume", "polarity", "take pan", "pan law", "group", "colour"),
        *("VOLENV", "PANENV", "MUTEENV", "muted", "locked", "snap", "MIDI", "empty"),
        *(f"fade shape {shape}" for shape in range(7)),
        *(f"channel mode {mode}" for mode in (1, 2, 3, 4, 5, 6, 67, 68, 69)),
    }
    assert wanted <= found
    assert {entry["class"] for entry in entries(projects)} == {
        *("rate1", "varispeed", "stretched", "refused")
    }
    assert len(entries(projects)) >= 500


def test_the_file_holds_what_the_manifest_says(projects: list[Made]) -> None:
    """Class and features again, worked out from the RPP alone."""
    for made in projects:
        project = read_project(made.rpp)
        listed = made.manifest["items"]
        assert sorted(item.guid for _, item in project.items()) == sorted(listed)
        for track, item in project.items():
            entry = listed[item.guid]
            features, take = entry["features"], item.take
            assert (entry["track"], entry["position"]) == (
                track.guid,
                pytest.approx(item.position, abs=1e-12),
            )
            assert ("muted" in features) == item.muted
            if take is None or take.source is None or take.source.path is None:
                assert entry["class"] == "refused"
                continue
            assert entry["take"] == take.guid
            stretched = take.pitch != 0 or (take.keep_pitch and take.rate != 1)
            assert (entry["class"] == "stretched") == stretched
            assert ("polarity" in features) == (take.volume < 0)
            if entry["class"] == "rate1":
                assert (take.rate, take.pitch) == (1.0, 0.0)
            elif not stretched:
                assert take.rate != 1.0 or "other rate" in features
            cut = take.source.section
            if "section loop" not in features:
                assert (cut is not None and cut.reverse) == ("reverse" in features)
            sound = load(take.source.path)
            assert ("other rate" in features) == (sound.rate != project.rate)
            length = sound.samples.shape[1] / sound.rate
            start, stop = take.offset, take.offset + item.length * take.rate
            if "negative" in features:
                assert start < 0
                assert not item.loop
            if "beyond" in features:
                assert start < length < stop
                assert not item.loop
            if "loop" in features:
                assert start < length < stop
                assert item.loop
            off = abs(item.position * project.rate - round(item.position * project.rate))
            assert ("off grid" in features) or off < 1e-6


def test_items_of_unequal_class_never_sound_together(projects: list[Made]) -> None:
    for made in projects:
        by_start = sorted(made.manifest["items"].values(), key=lambda entry: entry["position"])
        ends: dict[str, float] = {}
        for entry in by_start:
            for kind, end in ends.items():
                assert kind == entry["class"] or end <= entry["position"]
            ends[entry["class"]] = max(
                ends.get(entry["class"], 0.0), entry["position"] + entry["length"]
            )


def test_items_of_one_track_meet_only_in_a_crossfade(projects: list[Made]) -> None:
    for made in projects:
        for track in read_project(made.rpp).tracks:
            for left, right in pairwise(sorted(track.items, key=lambda item: item.position)):
                features = made.manifest["items"][right.guid]["features"]
                over = left.position + left.length - right.position
                assert over < 1e-9 or "crossfade" in features


def test_neighbours_go_on_where_the_item_before_would_be(projects: list[Made]) -> None:
    pairs = 0
    for made in projects:
        listed = made.manifest["items"]
        for track in read_project(made.rpp).tracks:
            for left, right in pairwise(track.items):
                shared = set(listed[left.guid]["features"]) & set(listed[right.guid]["features"])
                over = left.position + left.length - right.position
                # two pairs may follow each other: only the halves of one pair touch or cross
                if not shared & {"split", "crossfade"} or over < -1e-9:
                    continue
                assert left.take is not None
                assert right.take is not None
                pairs += 1
                assert left.take.source == right.take.source
                after = (right.position - left.position) * left.take.rate
                assert right.take.offset - left.take.offset == pytest.approx(after, abs=1e-9)
    assert pairs >= 30


def test_every_unmuted_item_can_be_heard(projects: list[Made]) -> None:
    made = projects[1]
    project = read_project(made.rpp)
    mix = render(project)
    for _, item in project.items():
        entry = made.manifest["items"][item.guid]
        if entry["class"] == "refused" or "muted" in entry["features"]:
            continue
        start, end = region(item)
        span = mix[:, first_sample(start, project.rate) : first_sample(end, project.rate)]
        assert np.sqrt(np.mean(span**2)) > 1e-4, entry


def shared_out(made: Made, folder: Path, wild: int) -> tuple[Project, Project]:
    """The project twice more, each source split in two parts whose sum it is. The parts are not
    proportional to it: one is wild by a noise that the other takes back."""
    text = made.rpp.read_text(encoding="utf-8")
    parts = []
    for name in ("first", "second"):
        (folder / name / "media").mkdir(parents=True)
        path = folder / name / made.rpp.name
        path.write_text(text, encoding="utf-8")
        parts.append(path)
    noise = np.random.default_rng(wild)
    for file in (made.rpp.parent / "media").iterdir():
        samples, rate = soundfile.read(file, always_2d=True)
        part = 0.375 * samples + np.roll(samples, 40, axis=0) * noise.uniform(0.2, 0.4)
        for path, sound in zip(parts, (part, samples - part), strict=True):
            soundfile.write(path.parent / "media" / file.name, sound, rate, subtype="DOUBLE")
    return read_project(parts[0]), read_project(parts[1])


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_of_every_source_sum_to_the_whole_unless_the_stretcher_listens(
    tmp_path: Path, seed: int
) -> None:
    made = make(tmp_path / "whole", seed, 30)
    project = read_project(made.rpp)
    pair = shared_out(made, tmp_path, seed)
    regions = {item.guid: region(item) for _, item in project.items() if not item.muted}

    def worst(options: Options) -> dict[str, float]:
        parts = render(pair[0], options) + render(pair[1], options)
        guids = [guid for guid in regions if made.manifest["items"][guid]["class"] != "refused"]
        spans = [regions[guid] for guid in guids]
        depths = depth_db(render(project, options), parts, project.rate, spans)
        found: dict[str, float] = {}
        for guid, depth in zip(guids, depths, strict=True):
            kind = made.manifest["items"][guid]["class"]
            found[kind] = max(found.get(kind, -np.inf), depth)
        return found

    assert max(worst(Options()).values()) < -200
    if seed % 2:
        listening = worst(Options(stretcher="signal-dependent"))
        assert listening["varispeed"] < -200
        assert listening["stretched"] > -40


def mutated(text: str, guid: str, old: str, new: str) -> str:
    """The same line changed in the item of this GUID only."""
    start = text.index(f"IGUID {guid}")
    at = text.index(old, start)
    return text[:at] + new + text[at + len(old) :]


def test_one_sample_one_sign_or_two_channels_wrong_show_in_their_item(
    projects: list[Made],
) -> None:
    made = projects[2]
    project = read_project(made.rpp)
    text = made.rpp.read_text(encoding="utf-8")
    item = next(
        item
        for _, item in project.items()
        if made.manifest["items"][item.guid]["class"] == "rate1"
        and item.take is not None
        and not item.muted
        and item.take.channels == 0
        and len(item.takes) == 1
        and item.take.source is not None
        and item.take.source.path is not None
        and load(item.take.source.path).samples.shape[0] == 2
    )
    assert item.take is not None
    lines = text[text.index(f"IGUID {item.guid}") :].splitlines()
    found = {line.split()[0]: line for line in lines[::-1]}
    volpan, offset = found["VOLPAN"].split(), found["SOFFS"].split()
    later = f"SOFFS {item.take.offset + 1 / project.rate:.14f}"
    flipped = " ".join([*volpan[:3], str(-float(volpan[3])), volpan[4]])
    changes = {
        "sample": (" ".join(offset), later),
        "polarity": (" ".join(volpan), flipped),
        "channels": ("CHANMODE 0", "CHANMODE 1"),
    }
    options = Options(want=only_items([item.guid]))
    original = render(project, options)
    for old, new in changes.values():
        path = made.rpp.with_name("mutated.RPP")
        path.write_text(mutated(text, item.guid, old, new), encoding="utf-8")
        other = render(path, options)
        assert depth_db(original, other, project.rate, [region(item)])[0] > -30
