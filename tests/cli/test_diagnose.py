"""``voxmend diagnose`` and ``voxmend report`` as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import made_job
import numpy as np
import pytest
import sounds
from engine_orders import means, orders_for
from house import House, printed, run_cli
from PIL import Image
from typer.testing import CliRunner
from work_alone import do

from voxmend.cli.app import app
from voxmend.damage import WORDS
from voxmend.engine.work import Line
from voxmend.report import sketch
from voxmend_protocol.messages import Accepted, Submit
from voxmend_protocol.values import Clip, Output


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A voice with much of the band in it, and its mixture."""
    folder = tmp_path_factory.mktemp("pair")
    voice, backing = sounds.song(8.0)
    mix = (voice + backing).astype(np.float32)
    leaking = (voice + 0.3 * backing).astype(np.float32)
    return sounds.write(folder / "voice.wav", leaking), sounds.write(folder / "mix.wav", mix)


def ask(*arguments: str | Path, code: int = 0) -> str:
    """What the command prints, in this process: torch is loaded once."""
    run = CliRunner().invoke(app, ["diagnose", *map(str, arguments)])
    assert run.exit_code == code, (run.output, run.exception)
    return run.stdout


def test_a_table_in_words_with_the_mixture_in_a_process_of_its_own(
    pair: tuple[Path, Path],
) -> None:
    run = run_cli("diagnose", pair[0], "--mixture", pair[1])
    assert run.returncode == 0, run.stderr
    head, *lines = run.stdout.splitlines()
    assert head == "voice.wav, 0:08, with its mixture"
    assert [line.split()[0] for line in lines] == list(WORDS.values())
    assert lines[3].split()[1] == "strong"
    assert "–" in lines[3]


def test_alone_it_claims_nothing_of_phase_and_highs(pair: tuple[Path, Path]) -> None:
    said = ask(pair[0])
    assert said.count("cannot be told without the mixture") == 2
    assert "--mixture FILE" in said


def test_json_and_a_picture(pair: tuple[Path, Path], tmp_path: Path) -> None:
    said = ask(pair[0], "-m", pair[1], "--json", "--plot", tmp_path / "p.png")
    found = json.loads(said)
    assert found["with_mixture"] is True
    assert set(found["found"]) == set(WORDS)
    assert found["found"]["bleed"]["size"] == "strong"
    image = Image.open(tmp_path / "p.png")
    assert image.size[0] > 1000
    assert len(set(image.convert("RGB").resize((200, 100)).getdata())) > 100


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gone.wav"], 1, "gone.wav"),
        (["VOICE", "--plot", "picture.jpg"], 2, ".png"),
        (["VOICE", "--plot", "no/folder/p.png"], 1, "no folder"),
        (["VOICE", "--mixture", "OTHER_RATE"], 1, "one rate"),
        (["VOICE", "--start", "100"], 2, "outside"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_a_code(
    pair: tuple[Path, Path], tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    other = sounds.write(tmp_path / "other.wav", sounds.tone(1.0, 48_000), 48_000)
    named = {"VOICE": str(pair[0]), "OTHER_RATE": str(other)}
    said = ask(*(named.get(each, each) for each in arguments), "--json", code=code)
    assert words in json.loads(said)["error"]["message"]


def test_a_mono_voice_goes_with_a_stereo_mixture_of_another_length(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    voice, _ = sounds.read(pair[0])
    mono = sounds.write(tmp_path / "mono.wav", voice.mean(0, keepdims=True)[:, :-1000])
    found = json.loads(ask(mono, "-m", pair[1], "--json"))
    assert found["found"]["bleed"]["size"] == "strong"


def test_it_loads_torch_only_when_it_measures() -> None:
    code = (
        "import sys, voxmend.cli.diagnose, voxmend.cli.report, voxmend.report.words; "
        "print('torch' in sys.modules, 'numpy' in sys.modules, 'PIL' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False"] * 3


def test_a_job_that_only_diagnoses_writes_findings_and_no_stems(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    from dataclasses import replace

    run = orders_for(pair[0], tmp_path / "x.partial", "diagnose")
    run = replace(run, submit=replace(run.submit, mixture=Clip(str(pair[1]))))
    given = means(tmp_path / "cache")
    done = do(run, Line(lambda _: None, lambda: False), given)
    assert done.stems == ()
    assert done.damage is not None
    assert (done.damage.before.bleed, done.damage.after) == ("strong", None)
    folder = Path(run.partial)
    assert [file.name for file in folder.iterdir()] == ["job.json"]
    facts = json.loads((folder / "job.json").read_text())
    assert facts["damage"]["before"]["with_mixture"] is True
    assert facts["damage"]["before"]["found"]["bleed"]["regions"]
    assert facts["diagnosis"]["before"]["regions"] >= 1
    drawn = sketch.read(given.state, run.job)
    assert drawn is not None
    assert [picture.name for picture in drawn.pictures] == ["source"]


def test_a_mending_job_says_how_damaged_the_voice_was_and_is(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    run = orders_for(pair[1], tmp_path / "x.partial", "mending")
    given = means(tmp_path / "cache")
    done = do(run, Line(lambda _: None, lambda: False), given)
    facts = json.loads((Path(run.partial) / "job.json").read_text())
    assert done.damage is not None
    assert done.damage.after is not None
    for when in ("before", "after"):
        found = facts["damage"][when]["found"]
        told = facts["diagnosis"][when]
        assert {name: found[name]["size"] for name in found} == {n: told[n] for n in found}
        assert told["regions"] == sum(len(each["regions"]) for each in found.values())
    drawn = sketch.read(given.state, run.job)
    assert drawn is not None
    assert [p.name for p in drawn.pictures][:2] == ["source", "separate.identity"]
    assert len(drawn.pictures) == 1 + len(facts["preset"]["block"])


def test_a_page_is_made_of_a_job_json_and_never_over_another(tmp_path: Path) -> None:
    file = made_job.make(tmp_path / "job", made_job.facts())
    page = tmp_path / "page.html"
    found = printed(run_cli("report", file, "--out", page, "--json"))
    assert found == {
        "job": made_job.JOB, "manifest": str(file), "page": str(page), "bytes": page.stat().st_size,
    }  # fmt: skip
    again = CliRunner().invoke(app, ["report", str(file), "--out", str(page)])
    assert again.exit_code == 1
    assert "--force" in again.stderr
    forced = CliRunner().invoke(app, ["report", str(file.parent), "--out", str(page), "--force"])
    assert forced.stdout.strip() == str(page)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"state": "running"}', "\0"])
def test_what_is_no_finished_job_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "job.json").write_text(text)
    asked = ["report", str(tmp_path / "job.json"), "--out", str(tmp_path / "p.html")]
    run = CliRunner().invoke(app, asked)
    assert run.exit_code == 1
    assert "job.json" in run.stderr
    assert not (tmp_path / "p.html").exists()


def test_a_job_is_found_by_the_beginning_of_its_id(house: House, tmp_path: Path) -> None:
    house.start()
    client = house.client()
    job = house.submit(client)
    house.finish(client, job)
    run = run_cli("report", job[:8], "--out", tmp_path / "p.html")
    assert run.returncode == 0, run.stderr
    assert job in (tmp_path / "p.html").read_text("utf-8")


def test_a_mixture_goes_only_with_a_preset_that_changes_nothing(house: House) -> None:
    from voxmend_protocol.errors import BadRequest, InputMissing

    house.start()
    client = house.client()
    clip = Clip(str(house.clip()))

    def submit(preset: str, mixture: Clip) -> Accepted:
        job = "00000001-0000-0000-0000-000000000001"
        order = Submit(job, clip, preset, Output(str(house.out)), mixture=mixture)
        return client.request(order, Accepted)

    with pytest.raises(BadRequest, match="takes no mixture"):
        submit("fake", clip)
    with pytest.raises(InputMissing):
        submit("diagnose", Clip("/gone/mix.wav"))
    assert submit("diagnose", clip).state in ("queued", "running")
