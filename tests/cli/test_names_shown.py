"""No name can steer a terminal, whichever command shows it, and none can pass for a line of the
log: whatever is printed goes through one wall (``voxmend.terminal``)."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from house import House

from voxmend import log, terminal
from voxmend.cli import progress, screen
from voxmend.disk import shown
from voxmend_protocol.values import Clip, JobRecord

ESC, BEL = "\x1b", "\x07"
NAMES = (
    f"{ESC}]0;title{BEL}{ESC}[2Ja.wav",
    "line\nbreak.wav",
    "return\rover.wav",
    "bell\x07tab\there.wav",
    "turned\u202eaw.wav",
    "\u2066isolated\u2069.wav",
    "c1\x9b31m.wav",
    "\x7fdelete\u2028line.wav",
)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def voxmend(*words: str) -> tuple[int, str, str]:
    """A command as it is typed: its exit code, and the bytes of its streams as text."""
    run = subprocess.run(
        [sys.executable, "-m", "voxmend", *words],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def test_no_command_shows_a_name_that_steers_the_terminal(house: House, tmp_path: Path) -> None:
    house.start()
    folder = tmp_path / f"songs{ESC}[31m"
    folder.mkdir()
    files = [str(folder / name) for name in NAMES]
    for file in files:
        Path(file).write_bytes(b"RIFF")
    missing = f"{folder}/none{ESC}[2J\nvoxmend: all is well.wav"
    code, out, err = voxmend("restore", *files, missing, "--preset", "fake")
    assert code == 1, err
    assert not FORBIDDEN.search(out + err)
    assert "\\x1b]0;title\\x07" in err
    assert "\nvoxmend: all is well" not in err
    code, out, _ = voxmend("jobs", "list")
    assert code == 0
    assert not FORBIDDEN.search(out)
    assert len(out.splitlines()) == len(NAMES)
    assert "line\\nbreak.wav" in out
    job = out.split()[0]
    for words in (("jobs", "show", job), ("worker", "logs"), ("presets", "show", missing)):
        code, out, err = voxmend(*words)
        assert not FORBIDDEN.search(out + err), words
    code, out, err = voxmend("jobs", "list", "--json")
    paths = {item["clip"]["path"] for item in json.loads(out)["items"]}
    assert paths == set(files)  # machines get the names as they are
    assert not FORBIDDEN.search(out)
    written = (house.root / "logs" / "worker.log").read_bytes().decode()
    assert not FORBIDDEN.search(written)
    house.close()


@pytest.mark.parametrize("words", [("restore", f"--no{ESC}[31m"), (f"no{ESC}[2Jsuch",)])
def test_a_mistyped_option_is_shown_without_its_marks(words: tuple[str, ...]) -> None:
    code, out, err = voxmend(*words)
    assert code == 2
    assert not FORBIDDEN.search(out + err)


def record(name: str) -> JobRecord:
    return JobRecord(
        job="0f0e0d0c-0b0a-4908-8706-050403020100", state="running", epoch=1, rev=1,
        clip=Clip(f"/songs/{name}"), preset="quick", attempt=1, created="", stage="separate",
        device=f"cpu{ESC}[2J",
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_bars_draw_with_marks_of_their_own_and_none_of_a_name(name: str) -> None:
    from rich.console import Console

    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=200)
    with progress.Display(console) as display:
        display.show(record(name))
        bars = display._bars
        assert bars is not None
        (task,) = bars.tasks
    assert task.description == shown(name)
    assert not FORBIDDEN.search(task.description + task.fields["device"])
    assert ESC in drawn.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_line_of_the_log_is_one_line(name: str, tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    before = logging.getLogger("voxmend").handlers[:]
    log.open_log(file, "info")
    try:
        log.log("taken", file=name)
        try:
            raise ValueError(f"{name}\n2026-01-01T00:00:00.000Z INFO 1 all_is_well")
        except ValueError:
            log.log_defect("failed", file=name)
    finally:
        for handler in logging.getLogger("voxmend").handlers:
            handler.close()
        logging.getLogger("voxmend").handlers[:] = before
    text = file.read_bytes().decode()
    assert not FORBIDDEN.search(text)
    lines = text.splitlines()
    assert sum(not line.startswith("  ") for line in lines) == 2
    assert any("all_is_well" in line for line in lines)


def test_one_function_escapes_and_leaves_letters_alone() -> None:
    for name in NAMES:
        assert shown(name).isprintable()
        assert not FORBIDDEN.search(terminal.harmless(name).replace("\n", ""))
    plain = "Größe 歌 e\u0301 ‘’ 1\u00a0GB 🎤 [x] %s.wav"
    assert shown(plain) == terminal.harmless(plain) == screen.line(plain) == plain
    assert shown("\udcff") == "\\udcff"


def test_a_guarded_stream_stays_a_stream() -> None:
    program = (
        "import sys\nfrom voxmend import terminal\nterminal.guard()\nterminal.guard()\n"
        "print('a\\x1b', 'b'); print('c\\udcff', file=sys.stderr)\n"
        "sys.stdout.buffer.write(b'raw\\x1b'); sys.stdout.flush()\n"
        "print('\\r\\x1b[1mbar', file=terminal.raw(sys.stdout), flush=True)\n"
        "assert not sys.stdout.isatty() and sys.stdout.fileno() == 1\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.replace(b"\r\n", b"\n") == b"a\\x1b b\nraw\x1b\r\x1b[1mbar\n"
    assert run.stderr.strip() == b"c\\udcff"
