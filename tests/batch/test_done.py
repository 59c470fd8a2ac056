"""What counts as done: a result that is exactly what would be made now, wherever it lies."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sounds

from voxmend import presets
from voxmend.audio import load
from voxmend.batch.done import Results
from voxmend.batch.listing import Listed
from voxmend.batch.survey import Rule, survey
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEFAULT_STEMS, Clip, Output

JOB = "00000001-0000-0000-0000-000000000000"
PRESET = presets.find("quick", Path("/none"))
RULE = Rule(PRESET.plain())


def submit(source: Path, out: Path, **changes: Any) -> Submit:
    return replace(Submit(JOB, Clip(str(source)), "quick", Output(str(out))), **changes)


def result(asked: Submit, /, name: str = "song_quick", **changes: Any) -> Path:
    """A result as the engine leaves it behind."""
    source = Path(asked.clip.path)
    folder = Path(asked.output.folder) / name
    folder.mkdir(parents=True)
    stems = []
    for stem in asked.stems or DEFAULT_STEMS:
        sounds.write(folder / f"{stem}.wav", sounds.tone(0.1))
        stems.append({
            "name": stem, "file": f"{stem}.wav", "frames": 4410, "channels": 2,
            "coding": "WAV FLOAT",
        })  # fmt: skip
    told = {
        "job": JOB, "state": "succeeded",
        "clip": {"path": asked.clip.path},
        "source": {
            "size": source.stat().st_size,
            "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        },
        "asked": {"stems": list(asked.stems or DEFAULT_STEMS), "format": "wav", "files": None},
        "preset": PRESET.plain(), "voice": None, "stems": stems,
        "created": "2026-01-31T12:00:00.000Z",
    }  # fmt: skip
    told.update(changes)
    (folder / "job.json").write_text(json.dumps(told))
    return folder


@pytest.fixture
def asked(tmp_path: Path) -> Submit:
    """What is asked for of a song that is there."""
    (tmp_path / "in").mkdir()
    return submit(sounds.write(tmp_path / "in/song.wav", sounds.tone(0.2)), tmp_path / "out")


def found(asked: Submit, rule: Rule = RULE, named: bool = False, others: set[str] = set()) -> str:  # noqa: B006
    """The name of the result that counts as this; empty for none."""
    definition = rule.definition(Listed(asked.clip.path, named=named))
    if definition is None:
        return ""
    seen = Results(others | {asked.clip.path}).of(asked, definition)
    return Path(seen).name if seen is not None else ""


def test_a_result_of_the_same_sound_and_wishes_is_found(asked: Submit) -> None:
    assert found(asked) == ""
    result(asked)
    assert found(asked) == "song_quick"


def test_a_tree_that_was_moved_and_a_file_that_was_touched_are_done_still(
    asked: Submit, tmp_path: Path
) -> None:
    result(asked)
    (tmp_path / "in").rename(tmp_path / "elsewhere")
    (tmp_path / "out").rename(tmp_path / "results")
    moved = submit(tmp_path / "elsewhere/song.wav", tmp_path / "results")
    os.utime(moved.clip.path, (1, 1))
    assert found(moved) == "song_quick"


def changed_bytes(asked: Submit) -> None:
    file = Path(asked.clip.path)
    data, now = bytearray(file.read_bytes()), file.stat()
    data[-100] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(now.st_atime_ns, now.st_mtime_ns))


def lost_stem(asked: Submit) -> None:
    (Path(asked.output.folder) / "song_quick/vocals.wav").unlink()


def cut_stem(asked: Submit) -> None:
    os.truncate(Path(asked.output.folder) / "song_quick/vocals.wav", 1000)


def empty_stem(asked: Submit) -> None:
    file = Path(asked.output.folder) / "song_quick/job.json"
    told = json.loads(file.read_text())
    told["stems"][0]["coding"] = "MP3 MPEG_LAYER_III"
    file.write_text(json.dumps(told))
    (file.parent / "vocals.wav").write_bytes(b"")


def torn_manifest(asked: Submit) -> None:
    file = Path(asked.output.folder) / "song_quick/job.json"
    file.write_text(file.read_text()[:-20])


def stray_stem(asked: Submit) -> None:
    file = Path(asked.output.folder) / "song_quick/job.json"
    told = json.loads(file.read_text())
    told["stems"][0]["file"] = "../song_quick/vocals.wav"
    file.write_text(json.dumps(told))


@pytest.mark.parametrize(
    "harm", [changed_bytes, lost_stem, cut_stem, empty_stem, torn_manifest, stray_stem]
)
def test_a_result_that_is_no_longer_whole_or_of_other_sound_does_not_count(
    asked: Submit, harm: Callable[[Submit], None]
) -> None:
    result(asked)
    harm(asked)
    assert found(asked) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "running"},
        {"voice": {"placed": True}},
        {"clip": {"path": "/a", "end_s": 20.0}},
        {"clip": {"path": "/a", "start_s": 1.0}},
        {"preset": PRESET.with_values({"separate.speeds": 1}).plain()},
        {"preset": {**PRESET.plain(), "guarded": False}},
        {"asked": {"stems": ["vocals"], "format": "wav", "files": None}},
        {
            "asked": {
                "stems": ["vocals", "vocals_raw", "instrumental"],
                "format": "flac",
                "files": None,
            }
        },
        {"asked": None},
        {"stems": [{"name": "vocals"}]},
        {"stems": None},
        {"source": {}},
        {"source": None},
        {"clip": None},
    ],
    ids=str,
)
def test_a_result_of_other_wishes_does_not_count(asked: Submit, changes: dict[str, Any]) -> None:
    result(asked, **changes)
    assert found(asked) == ""


def test_other_wishes_than_those_of_the_result_do_not_find_it(asked: Submit) -> None:
    result(asked)
    output = asked.output
    others = (
        replace(asked, output=replace(output, format="mp3")),
        replace(asked, output=replace(output, files="{song} {stem}")),
        replace(asked, stems=("vocals",)),
        replace(asked, clip=Clip(asked.clip.path, 0.1)),
        replace(asked, voice=Clip("/stem.wav")),
    )
    assert [found(other) for other in others] == [""] * 5
    assert found(replace(asked, clip=Clip(asked.clip.path, 0.0))) == "song_quick"


def test_words_of_a_preset_make_no_other_result(asked: Submit) -> None:
    result(asked, preset={**PRESET.plain(), "title": "New", "description": "Said otherwise."})
    assert found(asked) == "song_quick"


def test_a_stretch_is_known_by_its_sound(asked: Submit, tmp_path: Path) -> None:
    stretch = replace(asked, clip=Clip(asked.clip.path, 0.05, 0.15))
    loaded = load(Path(asked.clip.path), 0.05, 0.15, tmp_path)
    loaded.signal.close()
    clip = {"path": "/elsewhere", "start_s": 0.05, "end_s": 0.15}
    result(asked, clip=clip, source={"digest": loaded.digest, "sha256": None})
    assert found(stretch) == "song_quick"
    assert found(asked) == ""
    changed_bytes(asked)  # behind the stretch
    assert found(stretch) == "song_quick"


def test_a_number_behind_a_name_is_looked_at_too_and_other_names_are_not(asked: Submit) -> None:
    result(asked, "song_quick", source={"size": 1, "sha256": "of another song of this name"})
    result(asked, "song_quick_2")
    assert found(asked) == "song_quick_2"
    result(asked, "other_quick")
    result(asked, "song_quick_copy")
    assert found(asked) == "song_quick_2"


def test_a_result_belongs_to_the_file_of_the_batch_it_was_made_of(
    asked: Submit, tmp_path: Path
) -> None:
    result(asked)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/song.wav").write_bytes(Path(asked.clip.path).read_bytes())
    twin = submit(tmp_path / "other/song.wav", tmp_path / "out")
    assert found(twin) == "song_quick"
    assert found(twin, others={asked.clip.path}) == ""


def test_named_files_and_redo_are_done_anew_but_for_what_a_stopped_run_did(asked: Submit) -> None:
    result(asked)
    again = replace(RULE, redo=True)
    assert (found(asked, RULE, named=True), found(asked, again)) == ("", "")
    for since, name in (("11:59:59", "song_quick"), ("12:00:01", "")):
        moment = datetime.fromisoformat(f"2026-01-31T{since}").replace(tzinfo=UTC)
        assert found(asked, replace(again, since=moment)) == name
        assert found(asked, replace(RULE, since=moment), named=True) == name
        assert found(asked, replace(RULE, since=moment)) == "song_quick"


def test_a_survey_tells_done_from_not_done_and_knows_lengths(asked: Submit, tmp_path: Path) -> None:
    result(asked)
    new = sounds.write(tmp_path / "in/new.wav", sounds.tone(2.0))
    bad = tmp_path / "in/bad.wav"
    bad.write_text("no sound")
    files = [Listed(str(path)) for path in (Path(asked.clip.path), new, bad)]

    def order(file: Listed) -> Submit:
        return submit(Path(file.path), tmp_path / "out", clip=Clip(file.path, None, 1.5))

    items = list(survey(files, order, RULE))
    assert [item.state for item in items] == ["waiting"] * 3
    assert [item.sound_s for item in items] == [pytest.approx(0.2), 1.5, None]
    items = list(survey(files, lambda file: submit(Path(file.path), tmp_path / "out"), RULE))
    assert [item.state for item in items] == ["skipped", "waiting", "waiting"]
    assert items[0].folder == str(tmp_path / "out/song_quick")
