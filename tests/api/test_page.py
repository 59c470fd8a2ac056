"""docs/python.md and the examples in docstrings, line by line, with a real worker and sound."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
from docs.pages import text
from house import House

import voxmend

PAGE = "docs/python.md"
SECONDS, RATE = 2.0, 44_100


@pytest.fixture
def desk(real_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the files that the examples name."""
    monkeypatch.setenv("VOXMEND_HOME", str(real_house.root))
    monkeypatch.chdir(tmp_path)
    song = sounds.tone(SECONDS, RATE)
    (tmp_path / "songs").mkdir()
    for name in ("song.wav", "vocal.wav", "songs/one.wav"):
        sounds.write(tmp_path / name, song)
    (tmp_path / "songs" / "two.wav").write_text("no sound")
    return tmp_path


def blocks(page: str = PAGE) -> list[str]:
    """The Python of a page."""
    return re.findall(r"^```python\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)


def played(desk: Path) -> tuple[dict[str, Any], list[list[str]]]:
    """Run all blocks in order, as one program; its names, and the lines that each block printed."""
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    for block in blocks():
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block, PAGE, "exec"), names)
        printed.append(out.getvalue().splitlines())
    return names, printed


def test_the_page_is_short() -> None:
    assert len(text(PAGE).split()) < 400


def test_the_readme_s_example_is_the_first_of_the_page() -> None:
    assert blocks("README.md") == blocks()[:1]


def test_every_line_of_the_page_runs_and_prints_what_it_says(desk: Path) -> None:
    names, printed = played(desk)
    first, stems, options, many, samples, wrong, errors, jobs = printed
    assert first == [str(desk / "voxmend" / "song_quick" / "vocals.wav")]
    assert len(stems) == 4
    assert all(Path(line.split(" ")[-1]).is_file() for line in stems)
    assert options[-1] == "song.wav: 100 %, succeeded"
    assert (desk / "stems" / "song_quick").is_dir()
    told = {Path(line.split(" ")[0]).name: line for line in many}
    assert told["one.wav"].endswith("vocals.wav")
    assert "two.wav" in told["two.wav"].split(" ", 1)[1]
    shape = (round(SECONDS * RATE), 2)
    assert samples == [f"{shape} {RATE}"]
    assert wrong[0] in ("none", "some", "strong", "unknown")
    assert errors[0].startswith("input_missing There is no file ")
    assert errors[0].endswith(" None")
    assert jobs[1] == str(desk / "voxmend" / "song_quick_2" / "vocals.wav")
    stems_of_samples = names["result"].stems
    song = names["samples"].astype("float32")
    null = stems_of_samples["vocals_raw"] + stems_of_samples["instrumental"] - song
    assert np.abs(null).max() < 2**-23


def examples() -> Iterator[doctest.DocTest]:
    for name in ("restore", "restore_many", "diagnose"):
        yield from doctest.DocTestFinder(recurse=False).find(
            getattr(voxmend, name), name, globs={"voxmend": voxmend}
        )


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.name)
def test_the_examples_in_docstrings_say_what_comes(desk: Path, example: doctest.DocTest) -> None:
    assert example.examples
    told: list[str] = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert "".join(told) == ""


def test_a_voice_is_diagnosed_from_samples_as_from_its_file(desk: Path) -> None:
    voice = sounds.tone(SECONDS, RATE).T
    given = voxmend.diagnose((voice, RATE), mixture=(voice, RATE))
    file = voxmend.diagnose("vocal.wav", mixture="vocal.wav")
    assert given.with_mixture is file.with_mixture is True
    assert given.seconds == file.seconds == SECONDS
    assert given.found.keys() == file.found.keys() == {"phase", "bandwidth", "musical", "bleed"}
    assert given["bleed"].value == pytest.approx(file["bleed"].value, abs=0.01)
    assert not voxmend.diagnose(voice, rate=RATE).with_mixture
    both = voxmend.diagnose(voice, mixture=voice, rate=RATE, start=0.5)
    assert both.seconds == SECONDS - 0.5
    assert sorted(path.name for path in desk.iterdir()) == ["song.wav", "songs", "vocal.wav"]
