"""The container, as far as it can be tried without one: what it copies is there, what it starts
with does what its words say. Nobody has built it here: no container tool can run on this project's
machines."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from voxmend.installation import command

ROOT = Path(__file__).resolve().parents[2]
FILE = (ROOT / "installers" / "Containerfile").read_text()

pytestmark = pytest.mark.skipif(os.name != "posix", reason="shell scripts")


@pytest.fixture
def fake(tmp_path: Path) -> dict[str, str]:
    """A voxmend that notes what it was told, and watches what ``list`` holds."""
    tool = tmp_path / "voxmend"
    tool.write_text(
        f'#!/bin/sh\necho "$*" >>{tmp_path}/log\n'
        f'[ "$*" != "watch list" ] || cat {tmp_path}/list 2>/dev/null\n'
        "exit ${FAKE_CODE:-0}\n"
    )
    tool.chmod(0o755)
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log")}


def begun(fake: dict[str, str], *words: str, **env: str) -> tuple[int, list[str]]:
    """Start the container's script; its exit code and what voxmend was told."""
    Path(fake["LOG"]).unlink(missing_ok=True)
    run = subprocess.run(
        ["sh", str(ROOT / "installers" / "container.sh"), *words], env={**fake, **env}, check=False
    )
    return run.returncode, Path(fake["LOG"]).read_text().splitlines()


def test_without_words_it_watches_and_keeps_settings_that_were_made(
    fake: dict[str, str], tmp_path: Path
) -> None:
    first = ["watch list", "watch add /watch --poll", "watch run --stay"]
    assert begun(fake) == begun(fake, "watch") == (0, first)
    (tmp_path / "list").write_text("/watch  restore poll  waits for: voxmend watch run\n")
    assert begun(fake) == (0, ["watch list", "watch run --stay"])
    (tmp_path / "list").write_text("/watch/deeper  restore  watched\n")
    assert begun(fake) == (0, first)


def test_any_other_words_are_a_command_and_its_exit_code_is_the_container_s(
    fake: dict[str, str],
) -> None:
    assert begun(fake, "restore", "/work/a b.wav", FAKE_CODE="4") == (4, ["restore /work/a b.wav"])
    assert begun(fake, "watch", "list") == (0, ["watch list"])


def test_what_it_copies_is_there_and_its_installer_knows_its_switches() -> None:
    for source in re.findall(r"^COPY (?:--\S+ )*(\S+) ", FILE, re.MULTILINE):
        assert (ROOT / source).exists()
    words = re.search(r"installers/install\.sh (.*?) \\", FILE)
    assert words is not None
    args = command._parser().parse_args(words[1].split())
    assert args.device == "cpu"
    assert not any((args.models, args.reaper, args.autostart, args.yes))


def test_it_runs_as_nobody_in_particular_and_takes_no_environment_of_the_checkout_along() -> None:
    assert FILE.index("USER voxmend") < FILE.index("RUN sh /tmp/voxmend")
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv*", "shared"} <= set(ignored)
