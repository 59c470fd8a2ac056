"""What systems are told to start the worker at log-in, read back as they would read it."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from voxmend.service import texts
from voxmend.service.part import WATCH, WORKER, Part

COMMAND = ("/home/a b/voxmend/bin/python", "-m", "voxmend", "worker", "run", "--stay")
TASKS = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


def lines_of(text: str, section: str) -> dict[str, str]:
    """The lines of one section of a unit."""
    found, here = {}, ""
    for line in text.splitlines():
        if line.startswith("["):
            here = line
        elif line and here == f"[{section}]":
            name, _, value = line.partition("=")
            found[name] = value
    return found


def test_the_unit_starts_the_worker_again_where_it_fails_but_not_for_ever() -> None:
    text = texts.unit(COMMAND, {})
    service, head = lines_of(text, "Service"), lines_of(text, "Unit")
    assert service["Restart"] == "on-failure"
    assert (head["StartLimitIntervalSec"], head["StartLimitBurst"]) == ("60", "4")
    assert lines_of(text, "Install")["WantedBy"] == "default.target"
    assert service["NoNewPrivileges"] == "yes"
    # torch compiles code into memory: this would forbid it.
    assert "MemoryDenyWriteExecute" not in text


def test_words_of_the_unit_keep_spaces_quotes_percents_and_dollars() -> None:
    text = texts.unit(("/a b/p", '50% "x"', "$HOME"), {"VOXMEND_HOME": "/h 10%"})
    service = lines_of(text, "Service")
    assert service["ExecStart"] == r'"/a b/p" "50%% \"x\"" "$$HOME"'
    assert service["Environment"] == '"VOXMEND_HOME=/h 10%%"'


def test_a_watcher_that_is_ended_takes_no_worker_along() -> None:
    text = texts.unit(COMMAND, {}, WATCH)
    assert lines_of(text, "Service")["KillMode"] == "process"
    assert lines_of(text, "Unit")["After"] == WORKER.unit
    assert plistlib.loads(texts.agent(COMMAND, {}, "/log", WATCH))["AbandonProcessGroup"] is True
    # The worker's own engine is another matter.
    assert "KillMode" not in texts.unit(COMMAND, {})
    assert plistlib.loads(texts.agent(COMMAND, {}, "/log"))["AbandonProcessGroup"] is False


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("part", [WORKER, WATCH], ids=lambda part: part.unit)
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path, part: Part) -> None:
    program = tmp_path / "a b" / "python"
    program.parent.mkdir()
    program.symlink_to("/bin/true")
    file = tmp_path / part.unit
    env = {"VOXMEND_HOME": "/tmp/50% off"}
    file.write_text(texts.unit((str(program), *COMMAND[1:]), env, part))
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in run.stderr.splitlines() if part.unit in line]
    assert (run.returncode, ours) == (0, []), run.stderr
    file.write_text(file.read_text().replace("Restart=on-failure", "Restart=perhaps"))
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "perhaps" in run.stderr  # it looks at what is meant


def test_the_agent_is_a_plist_that_starts_at_log_in_and_is_no_background_process() -> None:
    read = plistlib.loads(texts.agent(COMMAND, {"VOXMEND_HOME": "/x"}, "/log"))
    assert read["ProgramArguments"] == list(COMMAND)
    assert read["EnvironmentVariables"] == {"VOXMEND_HOME": "/x"}
    assert read["RunAtLoad"] is True
    assert read["KeepAlive"] == {"SuccessfulExit": False}
    assert read["StandardErrorPath"] == "/log"
    assert not {"ProcessType", "LowPriorityIO", "Nice"} & read.keys()


def test_the_task_is_of_one_user_without_rights_of_an_administrator_or_a_limit() -> None:
    data = texts.task((r"C:\a b\pythonw.exe", "-m", "voxmend", "a b"), r"BOX\Zoë")
    assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
    root = Xml.fromstring(data)

    def at(path: str) -> str | None:
        return root.findtext(path, namespaces=TASKS)

    assert at("t:Triggers/t:LogonTrigger/t:UserId") == r"BOX\Zoë"
    assert at("t:Principals/t:Principal/t:RunLevel") == "LeastPrivilege"
    assert at("t:Principals/t:Principal/t:LogonType") == "InteractiveToken"
    assert at("t:Settings/t:ExecutionTimeLimit") == "PT0S"
    assert at("t:Settings/t:StopIfGoingOnBatteries") == "false"
    assert at("t:Settings/t:RestartOnFailure/t:Count") == "4"
    assert at("t:Actions/t:Exec/t:Command") == r"C:\a b\pythonw.exe"
    assert at("t:Actions/t:Exec/t:Arguments") == '-m voxmend "a b"'
