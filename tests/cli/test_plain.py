"""Plain and quiet: what a screen reader, a log and a script see."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
from house import House, run_cli
from rich.console import Console
from typer.testing import CliRunner
from waiting import PATIENCE_S

from voxmend import config, speech
from voxmend.cli import doctor, progress
from voxmend.cli.app import app
from voxmend.cli.screen import complain, say
from voxmend.doctor.finding import Finding
from voxmend.models.fetch import Progress
from voxmend.models.meter import Meter
from voxmend_protocol.values import Clip, JobRecord

posix = pytest.mark.skipif(os.name != "posix", reason="there is no pty")
STEERS = re.compile(r"\x1b|\r(?!\n)|\x08")
"""What a line that changes, or has a colour, is made of."""


def terminal(words: tuple[str, ...], columns: int, **env: str) -> str:
    """What a terminal shows of a command."""
    mine, its = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    run = subprocess.Popen(
        [sys.executable, "-m", "voxmend", *words], stdin=its, stdout=its, stderr=its,
        env={
            **{name: value for name, value in os.environ.items() if name != "COLUMNS"},
            "TERM": "xterm-256color", **env,
        },
    )  # fmt: skip
    os.close(its)
    seen = b""
    while True:
        ready, _, _ = select.select([mine], [], [], PATIENCE_S)
        assert ready, seen
        try:
            more = os.read(mine, 4096)
        except OSError:
            break
        if not more:
            break
        seen += more
    os.close(mine)
    assert run.wait(PATIENCE_S) is not None
    return seen.decode("utf-8", "replace")


@posix
@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {}])
def test_plain_nothing_steers_the_terminal_and_each_stage_is_a_line(
    env: dict[str, str], house: House
) -> None:
    house.start()
    words = ("restore", str(house.clip()), "-p", "fake", "-o", str(house.out))
    seen = terminal((*words, *([] if env else ["--plain"])), 60, **env)
    assert not STEERS.search(seen), seen
    assert "clip.wav: " in seen
    assert "vocals.wav" in seen.replace("\r\n", "")


@posix
@pytest.mark.parametrize("columns", [40, 200])
def test_a_bar_never_wraps_whatever_the_width(columns: int, house: House) -> None:
    house.start()
    words = ("restore", str(house.clip()), "-p", "fake", "-o", str(house.out))
    seen = terminal((*words, "--set", "testing.seconds=1.0"), columns, NO_COLOR="1")
    assert "\x1b[3" not in seen  # no colour
    drawn = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"[\r\n]+", seen)]
    bars = [line for line in drawn if " %" in line]
    assert bars
    assert max(map(len, bars)) < columns


def test_quiet_leaves_results_and_errors(house: House) -> None:
    house.start()
    good = run_cli("restore", house.clip(), "-p", "fake", "-o", house.out, "--quiet")
    assert (good.returncode, good.stderr) == (0, "")
    assert "vocals.wav" in good.stdout
    bad = run_cli("-q", "jobs", "show", "ffff")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "There is no job ffff" in bad.stderr
    assert run_cli("jobs", "list", "--limit", "1", "-q").stderr == ""


def test_a_word_is_left_out_and_an_error_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speech.MANNER, "quiet", True)
    say("a word")
    complain("an error")
    assert capsys.readouterr().err == "an error\n"


def record(**known: object) -> JobRecord:
    return JobRecord(
        "j", "running", 1, 1, Clip("/a.wav"), "quick", 1, "", **known,  # type: ignore[arg-type]
    )  # fmt: skip


def test_off_a_terminal_a_stage_is_a_line_and_a_long_one_one_every_30_s(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    console = Console(file=io.StringIO(), force_terminal=False)
    with progress.Display(console, lambda: now[0]) as display:
        for second in range(100):
            now[0] = float(second)
            display.show(record(stage="separate", fraction=second / 100, eta_s=100.0 - second))
        display.show(record(stage="denoise", fraction=1.0))
    assert capsys.readouterr().err.splitlines() == [
        "a.wav: running: separate",
        "a.wav: running: separate, 30 %, 70 s left",
        "a.wav: running: separate, 60 %, 40 s left",
        "a.wav: running: separate, 90 %, 10 s left",
        "a.wav: running: denoise",
    ]


@pytest.mark.parametrize(
    ("term", "plain", "redraws"),
    [
        ("xterm", "", True), ("screen-256color", "0", True), ("dumb", "", False),
        ("", "", False), ("unknown", "", False), ("xterm", "1", False),
    ],
)  # fmt: skip
def test_lines_are_drawn_anew_only_where_that_can_be_and_is_wanted(
    term: str, plain: str, redraws: bool, house: House
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    env = {"TERM": term, "VOXMEND_PLAIN": plain}
    assert speech.redraws(Terminal(), env, "posix") is redraws
    assert speech.redraws(io.StringIO(), env, "posix") is False
    assert speech.redraws(Terminal(), {}, "nt") is True  # a console of Windows has no TERM


def test_the_setting_makes_every_command_plain(house: House) -> None:
    (house.root / "config" / "voxmend.toml").write_text("[terminal]\nplain = true\n")
    assert config.load(house.root / "config" / "voxmend.toml", {})[0].terminal.plain
    assert speech.plain({})


def test_a_download_off_a_terminal_is_a_line_a_file_and_with_quiet_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched() -> str:
        with Meter() as meter:
            meter.note("asking mirror for a.bin")
            for done in range(5):
                meter.tell(Progress("m", "a.bin", done, 5))
        return capsys.readouterr().err

    assert fetched().splitlines() == [
        "asking mirror for a.bin", "fetching m/a.bin of 0.0 MB"
    ]  # fmt: skip
    monkeypatch.setattr(speech.MANNER, "quiet", True)
    assert fetched() == ""


def test_the_doctor_is_lines_for_a_screen_reader_and_where_a_table_has_no_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor._lines(Finding("python", "Python", "warn", "3.8", "It is old.", "voxmend doctor"))
    assert capsys.readouterr().out.splitlines() == [
        "warn Python: 3.8", "     It is old.", "     To mend it: voxmend doctor"
    ]  # fmt: skip
    assert speech.tabular(io.StringIO(), 60)
    monkeypatch.setattr(speech.MANNER, "plain", True)
    assert not speech.tabular(io.StringIO(), 60)


def test_the_options_stand_in_front_and_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (("--plain", "config", "path", "-q"), ("-q", "config", "path", "--plain")):
        monkeypatch.setattr(speech, "MANNER", speech.Manner())
        assert CliRunner().invoke(app, words).exit_code == 0
        assert (speech.MANNER.plain, speech.MANNER.quiet) == (True, True)


def test_a_folder_is_told_as_such_where_a_file_belongs(house: House) -> None:
    file = house.root / "run" / "worker.json"
    file.mkdir(parents=True)
    for folder in (house.root, file.parent, Path(file)):
        folder.chmod(0o700)
    run = run_cli("worker", "start")
    assert run.returncode == 4
    assert f"{file} is a folder, and voxmend keeps a file there" in run.stderr


def test_a_folder_that_is_no_mailbox_is_left_as_it_is(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "Music"
    folder.mkdir(mode=0o755)
    for words in ((), ("--report",), ("--empty",)):
        run = CliRunner().invoke(app, ["bridge", str(folder), *words])
        assert run.exit_code == 2
        assert "is no mailbox of REAPER's, and is left as it is" in run.output
    assert folder.stat().st_mode & 0o777 == 0o755
    assert list(folder.iterdir()) == []
