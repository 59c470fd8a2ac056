"""Every command in the pages is one that there is, with options that there are; and it runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
import sounds
import typer
import typer.main
from ctrl_c import HEARS
from docs.pages import PAGES, ROOT, commands, named
from waiting import PATIENCE_S

from voxmend.cli.app import app
from voxmend.installation import command as installer

NOT_RUN = {
    "voxmend bench quality": "takes minutes and weights; tests/bench/test_quality.py runs it",
    "voxmend bench speed": "takes minutes; tests/bench/test_speed.py runs it",
    "voxmend bundle": "several GB; its parts have tests of their own",
    "voxmend compare SONG.wav --presets": "a longer song, more models; tests/cli/test_compare.py",
    "voxmend models import": "there are no weights to import; tests/models has some",
    "voxmend bench songs": "it wants songs in parts; tests/bench/test_songs has some",
    "voxmend models pull": "it asks, and fetches from elsewhere; tests/models has a server",
    "voxmend reaper install": "there is no REAPER; tests/reaper_install/test_install.py has one",
    "voxmend restore FILE --preset restore": "needs the models",
    "voxmend restore SONG --voice": "it wants a song and its voice; tests/align has some",
    "voxmend service install": "it would change the account of whoever runs the tests",
    "voxmend service uninstall": "the same",
    "voxmend update": "there is no installation; tests/installation/test_update.py has one",
    "voxmend uninstall": "there is no installation; tests/installers/test_first_hour.py has one",
}
"""voxmend's commands that begin so are only parsed, and why."""

OF_OTHERS = {
    "audio-separator ": "upstream's command; bench speed runs it",
    "python -m demucs ": "the same",
    "python -m voicefixer ": "the same",
    "python -m voxmend_bench.preset_speed": "minutes; tests/bench/test_preset_speed.py",
    "ffmpeg -i ": "ffmpeg's own; tests/audio/test_foreign.py runs the like",
    "python -m voxmend_bench.deepfilternet_command ": "part of bench speed",
    "python -m voxmend_bench.voices.": "wants weights; tests/bench/test_voices.py measures with it",
    "python -m voxmend_bench.engines ": "a measurement of minutes; tests/bench/test_engines.py",
    "uv pip install ": "uv's own; tests/installers/test_client_without_torch.py runs it",
    "python installers/reapack ": "tests/installers/test_reapack_release.py runs it",
}
"""Commands that are neither voxmend's nor make's."""

LINES = [(page, line) for page in PAGES for line in commands(page)]
OURS = sorted({line for _, line in LINES if line.startswith("voxmend ")})
IN_TEXT = sorted({line for page in PAGES for line in named(page)})
LONGEST_S = 400.0


def not_run(line: str) -> bool:
    return line.startswith(tuple(NOT_RUN))


def parsed(line: str, whole: bool) -> None:
    """Parse it as the command line would, up to where something would be done.

    Args:
        whole: whether all arguments must be there.
    """
    command = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, f"there is no {line}"
        command = command.commands[words.pop(0)]
    if hasattr(command, "commands"):
        assert not whole, f"{line}: and which of its commands?"
        return
    try:
        command.make_context(line, words)
    except typer.BadParameter:
        if whole:
            raise


def test_pages_have_commands_and_each_exception_is_one_of_them() -> None:
    assert len(PAGES) > 10
    assert len(OURS) > 25
    lines = [line for _, line in LINES]
    for begins in (*NOT_RUN, *OF_OTHERS):
        assert any(line.startswith(begins) for line in lines), begins


@pytest.mark.parametrize("line", OURS)
def test_a_command_is_one_of_voxmend_s(line: str) -> None:
    parsed(line, whole=True)


@pytest.mark.parametrize("line", IN_TEXT)
def test_a_command_named_in_passing_is_one_of_voxmend_s(line: str) -> None:
    parsed(line, whole=False)


@pytest.mark.parametrize("wrong", ["voxmend mend FILE", "voxmend doctor --fast", "voxmend watch"])
def test_a_command_that_is_not_there_is_noticed(wrong: str) -> None:
    with pytest.raises((AssertionError, Exception), match=r"(?i)no such option|there is no|which"):
        parsed(wrong, whole=True)


@pytest.mark.parametrize("line", sorted({line for _, line in LINES} - set(OURS)))
def test_any_other_command_names_scripts_files_and_targets_that_are_there(line: str) -> None:
    words = shlex.split(line)
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
    elif words[:2] == ["sh", "installers/test.sh"]:
        assert all((ROOT / word).exists() for word in words[1:] if not word.startswith("-"))
    elif words[:2] == ["sh", "installers/install.sh"]:
        assert (ROOT / words[1]).is_file()
        installer._parser().parse_args(words[2:])
    else:
        assert line.startswith(tuple(OF_OTHERS)), f"say in OF_OTHERS why this is not run: {line}"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with the files that pages speak of, and afterwards no worker."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("FILE", "SONG", "SONG.wav", "VOCAL"):
        with open(tmp_path / name, "wb") as file:
            soundfile.write(file, sounds.tone(3.0).T, 44_100, "FLOAT", format="WAV")
    (tmp_path / "Songs").mkdir()
    shutil.copy(tmp_path / "SONG.wav", tmp_path / "Songs" / "song.wav")
    yield tmp_path
    voxmend(["worker", "stop"], tmp_path)


def voxmend(words: list[str], desk: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "voxmend", *words], cwd=desk, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False, timeout=LONGEST_S,
    )  # fmt: skip


def watched_for_a_moment(words: list[str], desk: Path) -> None:
    """A watcher that would go on for ever is ended as by Ctrl-C."""
    watcher = subprocess.Popen(
        [sys.executable, "-m", "voxmend", *words],
        cwd=desk,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=HEARS,
    )
    assert watcher.stderr is not None
    assert watcher.stderr.readline().startswith("Watching")
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(PATIENCE_S) == 0
    watcher.stderr.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", [page for page in PAGES if any(map(OURS.count, commands(page)))])
def test_the_commands_of_a_page_run_one_after_another(page: str, desk: Path) -> None:
    lines = [line for line in commands(page) if line in OURS and not not_run(line)]
    if any("JOB" in line for line in lines):
        assert voxmend(["restore", "FILE"], desk).returncode == 0
        shutil.move(desk / "voxmend" / "FILE_quick", desk / "JOB")
    for line in lines:
        words = [re.sub("^~", os.environ["HOME"], word) for word in shlex.split(line)[1:]]
        if words == ["watch", "run"]:
            watched_for_a_moment(words, desk)
            continue
        run = voxmend(words, desk)
        assert run.returncode == 0, f"{line}: {run.stderr}"
        assert "Traceback" not in run.stderr
    if "--sub-folders" in " ".join(lines):
        assert (desk / "Mend" / "quick").is_dir()
