"""What can be judged without a worker is judged before one is started, and before any file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from house import House
from typer.testing import CliRunner

from voxmend import launch
from voxmend.batch.listing import Listed
from voxmend.batch.queue import Item, Queue
from voxmend.cli import streams
from voxmend.cli.app import app
from voxmend.cli.batch import code_of
from voxmend.cli.screen import exit_code
from voxmend_protocol.errors import BY_CODE, WorkerUnreachable, from_code
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, ErrorBody, JobRecord, Output

JOB = "00000001-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def asked(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a worker was asked for; none comes."""
    calls: list[str] = []

    def connect(*_: Any) -> None:
        calls.append("connect")
        raise WorkerUnreachable("There is none.")

    monkeypatch.setattr(launch, "connect", connect)
    monkeypatch.chdir(house.root)
    return calls


def typed(*words: str) -> tuple[int, dict[str, Any]]:
    """A command as it is typed: its exit code and its JSON."""
    run = CliRunner().invoke(app, [*words, "--json"])
    return run.exit_code, json.loads(run.stdout)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--format", "tape"), "bad_request", "--format tape"),
        (("--device", "cuda:x"), "bad_request", "--device cuda:x"),
        (("--preset", "nonsense"), "unknown_preset", "There is no preset “nonsense”"),
        (("--preset", "../../etc/passwd"), "unknown_preset", "There is no preset"),
        (("--set", "strength"), "bad_request", "--set strength"),
        (("--set", "denoise.power=1"), "bad_request", "has no parameter “denoise.power”"),
        (
            ("--preset", "mend", "--set", "denoise.strength=loud"),
            "bad_request",
            "must be a number, not “loud”",
        ),
        (("--set", "denoise.strength=2"), "bad_request", "strength is 2"),
        (("--set", "denoise.strength=nan"), "bad_request", "strength is nan"),
        (("--out", ""), "bad_request", "--out is empty"),
        (("--start", "-1"), "bad_request", "--start -1"),
        (("--start", "nan"), "bad_request", "--start nan"),
        (("--start", "inf"), "bad_request", "--start inf"),
        (("--start", "5", "--end", "2"), "bad_request", "--end 2"),
        (("--end", "0"), "bad_request", "--end 0"),
        (("--end", "nan"), "bad_request", "--end nan"),
        (("--end", "inf"), "bad_request", "--end inf"),
    ],
)
def test_a_bad_option_is_refused_before_a_worker_is_started(
    asked: list[str], words: tuple[str, ...], code: str, why: str
) -> None:
    for files in (("none.wav",), ("none.wav", "nor_this.wav")):
        exit_code, said = typed("restore", *files, *words)
        assert exit_code == 2
        assert said["error"]["code"] == code
        assert why in said["error"]["message"]
    assert asked == []


def test_a_preset_of_ones_own_that_is_not_valid_is_said_at_once(
    asked: list[str], house: House
) -> None:
    (house.root / "config" / "presets" / "mine.toml").write_text("title = 5 6")
    exit_code, said = typed("restore", "a.wav", "--preset", "mine")
    assert exit_code == 2
    assert "mine.toml is not a valid preset" in said["error"]["message"]
    assert asked == []


def test_good_options_go_to_a_worker(asked: list[str]) -> None:
    words = ("--format", "flac", "--device", "cpu", "--start", "0", "--end", "2.5")
    assert typed("restore", "a.wav", *words, "--set", "separate.speeds=1")[0] == 3
    assert asked == ["connect"]


@pytest.mark.parametrize(
    "words",
    [
        ("demo", "--preset", "nonsense", "--out", "demo"),
        ("jobs", "list", "--state", "nonsense"),
        ("jobs", "clear", "--state", "nonsense"),
        ("demo", "--out", ""),
        ("diagnose", "none.wav", "--start", "-1"),
        ("diagnose", "none.wav", "--end", "nan"),
        ("report", ""),
        ("report", "none", "--out", ""),
        ("restore", ""),
    ],
)
def test_so_it_is_with_other_commands(asked: list[str], words: tuple[str, ...]) -> None:
    assert typed(*words)[0] == 2
    assert asked == []
    assert not Path("demo").exists()


def test_the_option_is_named_in_its_own_words(asked: list[str]) -> None:
    for option in ("--start", "--end"):
        for words in (("restore", "a.wav"), ("diagnose", "a.wav")):
            _, said = typed(*words, option, "-1")
            assert said["error"]["message"].startswith(f"{option} -1: write seconds")


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("bad_request", 2), ("unknown_preset", 2), ("job_conflict", 1), ("input_unreadable", 1),
        ("disk_full", 4), ("environment", 4), ("model_corrupt", 4), ("engine_broken", 4),
        ("engine_crashed", 1), ("out_of_memory", 1), ("of_a_later_version", 1), (None, 1),
    ],
)  # fmt: skip
def test_the_exit_code_of_a_job_that_failed_is_that_of_its_error(
    code: str | None, exit_code: int
) -> None:
    error = None if code is None else ErrorBody(code, "It failed.", False)
    submit = Submit(JOB, Clip("/a.wav"), "quick", Output("/out"))
    record = JobRecord(JOB, "failed", 1, 1, submit.clip, "quick", 1, "", error=error)
    queue = Queue([Item(Listed("a.wav"), submit)])
    queue.submitted(queue.items[0], submit)
    assert queue.news(record) is queue.items[0]
    assert code_of(queue) == exit_code


def test_a_page_that_cannot_be_written_is_said_before_the_job_is_asked_for(
    asked: list[str],
) -> None:
    exit_code, said = typed("report", "0123abcd", "--out", "no/such/folder/page.html")
    assert exit_code == 1
    assert "is no place for a page" in said["error"]["message"]
    assert asked == []


def test_the_exit_codes_are_those_that_the_page_names() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"
    rows = re.findall(r"^\| (\d+) \| ", page.read_text("utf-8"), re.MULTILINE)
    told = {int(code) for code in rows}
    errors = [from_code(code, "") for code in BY_CODE]
    assert {exit_code(error) for error in errors} | {0, 130, streams.PIPE_CLOSED} == told
