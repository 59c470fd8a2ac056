"""The real engine on two machines of one build: not a bit of a stem differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from house import REAL_WORKER, House, run_cli
from rack import song
from remote.asking import done
from remote.studio import Studio

from voxmend_protocol import JobRecord
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Studio]]:
    """A laptop and a studio with real engines, started."""
    root = tmp_path_factory.mktemp("two")
    studio = Studio(root / "studio", REAL_WORKER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOXMEND_HOME", str(root / "home"))
        laptop = House(root / "home", REAL_WORKER)
        studio.pair(laptop.root)
        studio.start()
        laptop.start()
        yield laptop, studio
        laptop.close()
        studio.close()


def both(laptop: House, asked: Submit, out: Path) -> tuple[JobRecord, JobRecord]:
    """Have the same done here and there."""
    found = []
    for device in ("cpu", "studio-box"):
        submit = replace(
            asked, job=laptop.order().job, device=device,
            output=replace(asked.output, folder=str(out / device)),
        )  # fmt: skip
        last = done(laptop, submit)
        assert last.state == "succeeded", (device, last.error)
        found.append(last)
    return found[0], found[1]


def same(near: JobRecord, far: JobRecord) -> None:
    """Hold the two against each other."""
    assert near.stems == far.stems
    assert (near.damage, near.decisions, near.verdict) == (far.damage, far.decisions, far.verdict)
    assert [w.code for w in near.warnings] == [w.code for w in far.warnings]
    for stem in near.stems:
        here, there = (Path(str(of.folder)) / stem.file for of in (near, far))
        assert here.read_bytes() == there.read_bytes(), stem.name
    told = [json.loads((Path(str(of.folder)) / "job.json").read_text()) for of in (near, far)]
    assert told[1].keys() - told[0].keys() == {"remote"}
    alike = (
        "source", "preset", "clip", "asked", "stems", "sums", "decisions", "diagnosis", "warnings",
        "verdict",
    )  # fmt: skip
    for key in alike:
        assert told[0][key] == told[1][key], key


@pytest.mark.parametrize(
    ("preset", "form", "stretch"),
    [
        ("quick", "wav", (None, None)),
        ("quick", "flac", (0.5, 2.5)),
        ("preview", "wav24", (None, None)),
    ],
    ids=["whole", "a stretch in flac", "another preset"],
)
def test_the_stems_are_the_same_bit_for_bit(
    two: tuple[House, Studio],
    tmp_path: Path,
    preset: str,
    form: str,
    stretch: tuple[float | None, float | None],
) -> None:
    laptop, _ = two
    file = tmp_path / "song.wav"
    soundfile.write(file, song(4.0).numpy().T, 44_100, "FLOAT")
    asked = Submit(
        laptop.order().job, Clip(str(file), *stretch), preset,
        Output(str(tmp_path), format=form, files="{song} {stem}"),  # type: ignore[arg-type]
    )  # fmt: skip
    same(*both(laptop, asked, tmp_path))


def test_the_report_of_a_job_done_elsewhere_has_its_pictures(
    two: tuple[House, Studio], tmp_path: Path
) -> None:
    laptop, _ = two
    file = tmp_path / "song.wav"
    soundfile.write(file, song(3.0, seed=2).numpy().T, 44_100, "FLOAT")
    asked = Submit(laptop.order().job, Clip(str(file)), "quick", Output(str(tmp_path)))
    near, far = both(laptop, asked, tmp_path)
    pages = []
    for record in (near, far):
        page = tmp_path / f"{record.job}.html"
        ran = run_cli("report", Path(str(record.folder)), "--out", page)
        assert ran.returncode == 0, ran.stderr
        pages.append(page.read_text())
    assert pages[0].count("<img") == pages[1].count("<img") > 0


def test_one_laptop_does_not_learn_from_the_cache_what_another_has_sent(
    two: tuple[House, Studio], tmp_path: Path
) -> None:
    laptop, _ = two
    file = tmp_path / "song.wav"
    soundfile.write(file, song(2.0, seed=3).numpy().T, 44_100, "FLOAT")
    cached = []
    for realm in (None, "ann", "ben", "ann"):
        submit = Submit(
            laptop.order().job, Clip(str(file)), "quick", Output(str(tmp_path / "out")),
            device="cpu", realm=realm,
        )  # fmt: skip
        last = done(laptop, submit)
        told = json.loads((Path(str(last.folder)) / "job.json").read_text())
        cached.append(bool(told["cached"]))
    assert cached == [False, False, False, True]
