"""stdout and stderr on a full disk, on a closed pipe, or nowhere: said as such, never a defect, and
the work goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from house import House, results
from waiting import PATIENCE_S

FULL = Path("/dev/full")
VOXMEND = (sys.executable, "-m", "voxmend")
PRINTING = (
    ("--help",), ("presets", "list"), ("presets", "list", "--json"), ("config", "show"),
)  # fmt: skip

full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands find no defect's log, or this one."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(words: Sequence[str], out: object, err: object) -> tuple[int, str]:
    """Run a command with these streams; its exit code and what it said on a piped stderr."""
    done = subprocess.run(
        [*VOXMEND, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err,  # type: ignore[call-overload]
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    return done.returncode, (done.stderr or b"").decode()


@full
@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_a_full_disk_under_stdout_is_named(words: Sequence[str], home: Path) -> None:
    with FULL.open("wb") as out:
        code, said = run(words, out, subprocess.PIPE)
    assert (code, said.count("\n")) == (4, 1), said
    assert "no room left" in said
    assert "[disk_full]" in said
    assert not list(home.rglob("*defect*"))


@full
@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_words_that_stderr_cannot_take_stop_nothing(words: Sequence[str], home: Path) -> None:
    with FULL.open("wb") as err:
        done = subprocess.run(
            [*VOXMEND, *words], stdout=subprocess.PIPE, stderr=err, check=False, timeout=PATIENCE_S
        )
    assert done.returncode == 0
    assert done.stdout
    with FULL.open("wb") as both:
        assert run(words, both, both)[0] == 4
    assert not list(home.rglob("*defect*"))


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_a_reader_that_has_gone_ends_a_command_quietly(words: Sequence[str], home: Path) -> None:
    for streams in ((1,), (1, 2)):
        reader, writer = os.pipe()
        os.close(reader)
        code, said = run(words, writer, writer if 2 in streams else subprocess.PIPE)
        os.close(writer)
        assert (code, said) == (141, "")
    assert not list(home.rglob("*defect*"))


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_a_terminal_that_was_closed_is_no_defect(home: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    script = "import sys; sys.stdin.read(); from voxmend.cli.app import main; main()"
    command = subprocess.Popen(
        [sys.executable, "-c", script, "--version"],
        stdin=subprocess.PIPE, stdout=theirs, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    _, said = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 1
    assert b"standard output goes to cannot be written" in said
    assert b"[output_unwritable]" in said
    assert not list(home.rglob("*defect*"))


def test_streams_that_are_closed_swallow_what_is_said() -> None:
    for words in ("presets list >&-", "presets list >&- 2>&-", "presets list 2>&-"):
        shell = f"{sys.executable} -m voxmend {words}"
        assert subprocess.run(["sh", "-c", shell], stdout=subprocess.DEVNULL).returncode == 0


@full
@pytest.mark.parametrize(("out", "err", "code"), [("full", "pipe", 4), ("pipe", "full", 0)])
def test_a_job_goes_on_whatever_its_command_can_print(
    house: House, out: str, err: str, code: int
) -> None:
    house.start()
    words = ("restore", str(house.clip()), "--preset", "fake", "--out", str(house.out))
    with FULL.open("wb") as nowhere:
        places = {"full": nowhere, "pipe": subprocess.PIPE}
        got, said = run(words, places[out], places[err])
    assert got == code, said
    (folder,) = results(house.out)
    assert (folder / "job.json").exists()
    (record,) = house.client().records()
    assert record.state == "succeeded"
    assert "defect" not in said
