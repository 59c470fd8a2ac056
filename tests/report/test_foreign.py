"""A job.json from elsewhere names stems that lie beside it, and nothing else on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made_job
import pytest
import sounds
from made_job import facts

from voxmend.report import audio, axes, page, pieces, shelf, sketch
from voxmend.report.facts import read
from voxmend_protocol.errors import InputUnreadable


@pytest.fixture(autouse=True)
def _no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "opus", lambda *_, **__: b"opus")


def written(folder: Path, told: Any) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "job.json"
    file.write_text(json.dumps(told), "utf-8")
    return file


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.wav", "/etc/secret.wav", "{there}", "a/../../secret.wav", "..", ".", ""),
        *("C:\\secret.wav", "C:secret.wav", "\\\\host\\share\\x.wav", "a\\b.wav", "x.wav:stream"),
        *("NUL", "con.wav", "aux .wav", "COM1.wav", "LPT².wav", "vocals.wav.", "vocals.wav "),
        *("a\nb.wav", "a\x1b.wav", "a\0.wav", "\udcff.wav", "a" * 300, 7, None, ["vocals.wav"]),
    ],
)
def test_a_stem_that_lies_elsewhere_is_not_opened(tmp_path: Path, name: Any) -> None:
    secret = sounds.write(tmp_path / "secret.wav", sounds.tone(1.0))
    told = facts(stems=[{"name": "vocals", "file": name}])
    if name == "{there}":
        told["stems"][0]["file"] = str(secret)
    with pytest.raises(InputUnreadable, match=r"job\.json"):
        read(written(tmp_path / "job", told))


def test_a_link_beside_job_json_that_leads_out_of_its_folder_is_not_followed(
    tmp_path: Path,
) -> None:
    secret = sounds.write(tmp_path / "secret.wav", sounds.tone(1.0))
    file = written(tmp_path / "job", facts(stems=[{"name": "vocals", "file": "vocals.wav"}]))
    (tmp_path / "job" / "vocals.wav").symlink_to(secret)
    player = audio.player(read(file))
    assert player.tracks == ()
    assert "is a link that leads out of the folder" in player.why


def test_the_source_is_read_for_a_job_of_this_machine_only(tmp_path: Path) -> None:
    from voxmend.audio import load

    secret = sounds.write(tmp_path / "secret.wav", sounds.tone(1.0))
    told = facts(stems=[])
    told["preset"]["input"] = "voice"
    told["clip"] = {"path": str(secret)}
    told["source"]["digest"] = load(secret, None, None, tmp_path).digest
    file = written(tmp_path / "job", told)
    assert "sound-A" not in page.build(read(file), None)
    arrays = sketch.Sketch(1.0, {}, {}, ())
    assert 'id="sound-A"' in page.build(read(file), arrays)


@pytest.mark.parametrize("job", ["../../secret", "/etc/secret", "a\0b", "..\\x", ""])
def test_a_job_that_is_no_id_has_no_arrays(tmp_path: Path, job: str) -> None:
    assert shelf.file_of(tmp_path, job).parent == tmp_path / shelf.FOLDER
    assert sketch.read(tmp_path, job) is None


@pytest.mark.parametrize(
    "change",
    [
        {"decisions": [None]},
        {"decisions": {"a": 1}},
        {"decisions": [{"stage": "denoise"}]},
        {"damage": {"before": {"found": {"phase": 3}}}},
        {"damage": {"before": {"found": {"phase": {"regions": [{"start_s": "a"}]}}}}},
        {"source": {"rate": 1e-300, "frames": 1}},
        {"source": {"rate": 44100, "frames": 10**11}},
        {"seconds": 1e308},
        {"stems": "vocals"},
        {"warnings": [[]]},
        {"clip": []},
        {"cached": [3]},
    ],
)
def test_what_no_report_can_be_made_of_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(InputUnreadable, match=f"not as voxmend writes it: {next(iter(change))}"):
        read(written(tmp_path / "job", {**facts(), **change}))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"state": "succeeded", "seconds": ' + "9" * 5000 + "}",
        '{"state": "succeeded", "seconds": 99999999999999999999}',
        '{"state": "succeeded", "job": "\\ud800"}',
        '{"state": "failed", "state": "succeeded"}',
        "[]",
        "",
        "\0",
    ],
)
def test_what_is_no_json_of_reasonable_measure_is_no_job_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(InputUnreadable, match=r"is no job\.json"):
        read(tmp_path)


def test_a_job_json_with_numbers_that_are_none_is_read_as_if_they_were_absent(
    tmp_path: Path,
) -> None:
    file = made_job.make(tmp_path, facts(seconds=float("nan")))
    assert "NaN" in file.read_text()
    assert read(file).number("seconds") == 0.0


@pytest.mark.parametrize(
    "place",
    [
        ("decisions", 0, "numbers", "bleed_was"), ("decisions", 0, "numbers", "bleed"),
        ("damage", "before", "found", "phase"), ("damage", "before", "found"),
        ("damage", "before", "found", "bleed", "regions"), ("damage", "after"), ("preset",),
        ("source",), ("clip",), ("stems",), ("cached",), ("stages", 0, "windows"), ("decided",),
    ],
)  # fmt: skip
def test_what_is_null_is_as_good_as_absent(tmp_path: Path, place: tuple[Any, ...]) -> None:
    told = json.loads(json.dumps(facts()))
    holder = told
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = None
    without = json.loads(json.dumps(told))
    holder = without
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    pages = [page.build(read(written(tmp_path / "job", each)), None) for each in (told, without)]
    assert pages[0] == pages[1]


def test_a_long_clip_has_no_more_marks_on_its_axis() -> None:
    for seconds in (1.0, 59.0, 7200.0, 1e6):
        assert 1 <= len(axes.times(seconds, 8)) <= 9
