"""The page of a job: its numbers are job.json's, its words say what was done, nothing is asked."""

from __future__ import annotations

import json
import os
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import made_job
import pytest
from made_job import JOB, decision, facts

from voxmend.cli.report import make
from voxmend.report import page, pieces, sketch
from voxmend.report.facts import Facts, read


@pytest.fixture(autouse=True)
def _no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page sounds like is another file's test."""
    monkeypatch.setattr(pieces, "opus", lambda *_, **__: b"opus")


class Seen(HTMLParser):
    """What a page shows: its text, its ``<data>`` elements, and every address it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.data, self.addresses = "", [], []  # type: ignore[var-annotated]
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag in ("script", "style"):
            self._open.append(tag)
        if tag == "data":
            self.data.append([given["data-of"], given["value"], ""])
        self.addresses += [given[key] for key in ("src", "href") if given.get(key)]

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag == self._open[-1]:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open:
            self.text += data
            if self.data and not self.data[-1][2]:
                self.data[-1][2] = data


def build(tmp_path: Path, told: dict[str, Any], arrays: bool = True, same: bool = False) -> str:
    file = made_job.make(tmp_path / "job", told, tmp_path if arrays else None, same)
    return page.build(read(file), sketch.read(tmp_path, JOB))


def words(text: str) -> str:
    return re.sub(r"\s+", " ", Seen(text).text)


def test_every_number_on_the_page_is_the_number_in_job_json(tmp_path: Path) -> None:
    told = facts()
    seen = Seen(build(tmp_path, told))
    known = Facts(told, tmp_path)
    assert len(seen.data) > 40
    for path, value, shown in seen.data:
        assert float(value) == known.at(path), path
        if ":" not in shown:  # a clock
            assert float(shown.replace("−", "-")) == known.at(path), path


def test_every_number_of_every_decision_is_on_the_page(tmp_path: Path) -> None:
    told = facts()
    paths = {path for path, _, _ in Seen(build(tmp_path, told)).data}
    for n, each in enumerate(told["decisions"]):
        assert {f"decisions.{n}.{key}" for key in ("start_s", "end_s")} <= paths
        assert {f"decisions.{n}.numbers.{name}" for name in each["numbers"]} <= paths
    for when in ("before", "after"):
        for name in ("phase", "bandwidth", "musical", "bleed"):
            assert f"damage.{when}.found.{name}.value" in paths


def test_what_was_found_and_done_stands_first_in_words(tmp_path: Path) -> None:
    said = words(build(tmp_path, facts()))
    assert "Repaired in part: some damage is left." in said
    assert "The voice was slightly metallic. Much of the band was audible in the voice." in said
    assert "Noise and bleed were reduced in 1 of 3 sections." in said
    assert "but less than before" in said
    assert "Try the preset “studio”" in said
    assert "1 repaired, 3 rejected, 1 left as they were" in said
    assert said.index("Repaired in part") < said.index("Listen") < said.index("1.311")
    assert "noise and bleed: it takes harmonics of the voice away (1×)" in said
    assert "phase: it makes the voice more metallic (1×)" in said


def test_a_guard_that_refused_everything_says_so_and_why(tmp_path: Path) -> None:
    refused = [
        decision("denoise", "deepfilternet", 2.0 * n, reason)
        for n, reason in enumerate(["voice_lost", "voice_lost", "no_gain"])
    ]
    said = words(build(tmp_path, facts(refused), same=True))
    assert "Nothing was repaired: the repairs that were tried would have harmed" in said
    assert "The voice is exactly as it was separated." in said
    assert "takes harmonics of the voice away (2×)" in said
    assert "no measurable improvement (1×)" in said
    assert "The repair changed nothing, so there is one voice" in said


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        (
            {"guarded": False, "block": [{"name": "denoise.deepfilternet"}]},
            "applied to the whole voice, without a check",
        ),
        ({}, "This preset repairs nothing"),
        ({"block": []}, "this preset only measures"),
    ],
)
def test_a_job_without_decisions_says_why_there_are_none(
    tmp_path: Path, preset: dict[str, Any], said: str
) -> None:
    told = facts([])
    told["preset"] = {**told["preset"], **preset}
    assert said in words(build(tmp_path, told))


def test_a_voice_alone_claims_nothing_of_phase_and_highs(tmp_path: Path) -> None:
    told = facts([], stems=[])
    told["damage"] = {"before": made_job.damage(0.7, with_mixture=False), "after": None}
    told["preset"] = {**told["preset"], "block": [], "input": "voice"}
    said = words(build(tmp_path, told))
    assert "Whether it was metallic or muffled cannot be told without the song." in said
    assert "cannot be told without the mixture (the highs end in an edge at 7.2 kHz)" in said
    assert "only the mixture could tell them apart" in said


def test_nothing_on_the_page_has_an_address_outside_it(tmp_path: Path) -> None:
    text = build(tmp_path, facts())
    for address in Seen(text).addresses:
        assert address.startswith(("data:", "#")), address
    assert "default-src 'none'" in text
    assert not re.search(r"https?://", text)


def test_what_comes_from_outside_is_text_and_never_html(tmp_path: Path) -> None:
    text = build(tmp_path, facts())
    assert "Größe &lt;b&gt; &amp; co.wav" in text
    assert "sits &lt;there&gt;" in text
    assert "<b> & co" not in text


def test_no_mark_that_steers_or_turns_text_around_stands_on_the_page(tmp_path: Path) -> None:
    text = build(tmp_path, {**facts(), "job": "one\x1b[2J\u202etwo\x9b"})
    assert r"one\x1b[2J\u202etwo\x9b" in text
    assert not set("\x1b\u202e\x9b") & set(text)


def test_without_the_arrays_the_page_says_so_and_keeps_its_numbers(tmp_path: Path) -> None:
    text = build(tmp_path, facts(), arrays=False)
    assert "The pictures of this job were not kept on this machine" in text
    assert text.count("data:image/png") == 1  # the song's, made from the stems
    assert 'class="plot' in text
    assert len(Seen(text).data) > 40


def test_without_the_stems_the_page_says_so(tmp_path: Path) -> None:
    told = facts()
    file = made_job.make(tmp_path / "job", told, tmp_path)
    for stem in told["stems"]:
        (file.parent / stem["file"]).unlink()
    assert "There is nothing to listen to." in words(page.build(read(file), None))


def test_a_job_of_an_older_version_still_has_a_page(tmp_path: Path) -> None:
    told = {key: value for key, value in facts().items() if key not in ("damage", "decided")}
    assert "This job did not measure the voice." in words(build(tmp_path, told))
    least = {"job": JOB, "state": "succeeded", "stems": []}
    (tmp_path / "job" / "job.json").write_text(json.dumps(least))
    assert "There was no repair to check." in words(page.build(read(tmp_path / "job"), None))


def test_spoken_pictures_name_units_and_every_image_has_words(tmp_path: Path) -> None:
    text = build(tmp_path, facts())
    labels = re.findall(r'role="img" aria-label="([^"]+)"', text)
    assert len(labels) == 8
    assert sum("from 50 Hz to 20000 Hz" in label for label in labels) == 3
    assert "the voice is damaged: metallic 0:02–0:04.4; muffled nowhere" in labels[0]
    assert text.count("min:s") == 8


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_a_page_is_for_those_who_may_read_the_jobs_own_record(mode: int, tmp_path: Path) -> None:
    manifest = made_job.make(tmp_path / "job", facts(), None)
    manifest.chmod(mode)
    secret = tmp_path / "secret"
    secret.write_text("mine")
    (manifest.parent / "report.html").symlink_to(secret)
    old = os.umask(0o022)
    try:
        made = make(manifest.parent, None, force=True)
    finally:
        os.umask(old)
    file = Path(made["page"])
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert not file.is_symlink()
    assert secret.read_text() == "mine"


def test_a_page_of_parts_says_which_and_nothing_of_a_voice(tmp_path: Path) -> None:
    stems = [{"name": name, "file": f"{name}.wav"} for name in ("drums", "rest")]
    page_of = build(tmp_path, facts([], stems=stems, damage=None))
    said = words(page_of)
    assert "Separated: drums, rest." in said
    assert "There is nothing to listen to" not in said
    assert "where the voice is damaged" not in said
    assert "cannot be told" not in said
    assert 'aria-label="Spectrogram of the song"' in page_of
