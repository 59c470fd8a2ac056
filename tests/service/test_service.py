"""Switching the start at log-in on and off, on systems that are told apart by what they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from voxmend.installation import manifest
from voxmend.installation.program import Program
from voxmend.paths import Paths
from voxmend.service import service, system
from voxmend.service.part import WATCH, WORKER, Part
from voxmend.service.service import Said
from voxmend.service.system import Plan
from voxmend_protocol.errors import EnvironmentProblem, OutputUnwritable

SYSTEMS = ("linux", "darwin", "win32")
parts = pytest.mark.parametrize("part", [WORKER, WATCH], ids=lambda part: part.unit)


@dataclass
class System:
    """A system that knows the worker after it was told, as the real ones do."""

    plan: Plan
    refuses: str = ""
    knows: bool = False
    told: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, command: Sequence[str]) -> Said:
        words = tuple(command)
        self.told.append(words)
        if words == self.plan.ready:
            return Said(1 if self.refuses in words and self.refuses else 0, "")
        if words in (self.plan.known, self.plan.runs):
            return Said(0 if self.knows else 1, "")
        if self.refuses and self.refuses in words:
            return Said(1, "Failed to connect to bus")
        self.knows = words not in self.plan.end
        return Said(0, "")


@parts
def test_without_a_session_nothing_is_tried_and_a_server_s_way_is_named(
    paths: Paths, part: Part
) -> None:
    plan = planned(paths, "linux", part)
    machine = System(plan, refuses="show-environment")
    with pytest.raises(EnvironmentProblem, match=r"no session for this user.*voxmend service unit"):
        service.install(plan, None, machine)
    assert machine.told == [plan.ready]
    assert not plan.file.exists()
    assert service.state(plan, machine).possible is False
    assert service.state(plan, System(plan)).possible is True


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    home = tmp_path / "home"
    return Paths(home / "state", home / "config", home / "cache")


def planned(paths: Paths, platform: str, part: Part = WORKER, **env: str) -> Plan:
    return system.plan(paths, env, platform, paths.state.parent, r"BOX\me", part)


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@parts
@pytest.mark.parametrize("platform", SYSTEMS)
def test_it_is_switched_on_and_off_and_leaves_nothing(
    paths: Paths, platform: str, part: Part
) -> None:
    plan = planned(paths, platform, part)
    at = System(plan)
    assert not service.state(plan, at).installed
    service.install(plan, None, at)
    state = service.state(plan, at)
    assert (state.installed, state.running, state.current) == (True, True, True)
    assert plan.file.exists() is plan.stays
    assert service.uninstall(plan, at) is True
    assert not service.state(plan, at).installed
    assert not plan.file.exists()
    assert service.uninstall(plan, at) is False


@pytest.mark.parametrize("platform", SYSTEMS)
def test_switched_on_twice_it_is_brought_up_to_date(paths: Paths, platform: str) -> None:
    old = planned(paths, platform)
    at = System(old)
    service.install(old, None, at)
    new = planned(paths, platform, VOXMEND_HOME="/elsewhere")
    if old.stays:
        assert not service.state(new, at).current
    service.install(new, None, at)
    assert service.state(new, at).current


@pytest.mark.parametrize(
    ("platform", "word"), [("linux", "enable"), ("darwin", "bootstrap"), ("win32", "/Create")]
)
def test_a_system_that_refuses_is_one_sentence_and_nothing_stays_behind(
    paths: Paths, platform: str, word: str
) -> None:
    plan = planned(paths, platform)
    with pytest.raises(EnvironmentProblem, match=r"connect to bus.*voxmend worker start"):
        service.install(plan, None, System(plan, refuses=word))
    assert tree(paths.state.parent.parent) == set()


@pytest.mark.parametrize("platform", SYSTEMS)
def test_worker_and_watch_folder_know_nothing_of_each_other(paths: Paths, platform: str) -> None:
    worker, watch = planned(paths, platform), planned(paths, platform, WATCH)
    service.install(worker, None, System(worker))
    before = tree(paths.state.parent)
    at = System(watch)
    service.install(watch, None, at)
    service.uninstall(watch, at)
    assert tree(paths.state.parent) == before
    names = {WORKER.unit, WORKER.label, WORKER.task}
    assert not [words for words in at.told for word in words if word.split("/")[-1] in names]


def test_a_watch_folder_that_is_refused_says_how_it_can_be_watched(paths: Paths) -> None:
    plan = planned(paths, "linux", WATCH)
    with pytest.raises(EnvironmentProblem, match=r"the watch folder on.*voxmend watch run"):
        service.install(plan, None, System(plan, refuses="enable"))


def test_a_refusal_leaves_what_was_there_before(paths: Paths) -> None:
    plan = planned(paths, "linux")
    plan.file.parent.mkdir(parents=True)
    plan.file.write_text("mine\n")
    with pytest.raises(EnvironmentProblem):
        service.install(plan, None, System(plan, refuses="enable"))
    assert plan.file.read_text() == "mine\n"


def test_a_system_without_its_command_is_one_sentence() -> None:
    said = service.run(["voxmend-no-such-command"])
    assert said.code == 127
    assert said.words == "voxmend-no-such-command is not on this system"


def test_a_folder_that_cannot_be_written_is_named(paths: Paths) -> None:
    plan = planned(paths, "linux")
    plan.file.parent.parent.parent.parent.mkdir(parents=True)
    plan.file.parent.parent.parent.write_text("a file, where a folder should be")
    with pytest.raises(OutputUnwritable, match="user") as refused:
        service.install(plan, None, System(plan))
    assert "--out" not in refused.value.message, "nobody may choose this folder"


def test_the_manifest_learns_of_the_folders_that_are_made(paths: Paths) -> None:
    program = Program(paths.state.parent / "program", "linux")
    program.root.mkdir(parents=True)
    plan = planned(paths, "linux")
    service.install(plan, program, System(plan))
    made = [entry.path for entry in manifest.read(program.manifest)]
    assert plan.file.parent in made
    assert plan.makes[0].parent in made
    assert {entry.kind for entry in manifest.read(program.manifest)} == {"dir"}


def test_the_worker_stays_and_finds_what_the_user_moved(paths: Paths) -> None:
    plan = planned(paths, "linux", VOXMEND_HOME="/elsewhere", LANG="C")
    text = plan.text.decode()
    assert '"--stay"' in text
    assert "VOXMEND_HOME=/elsewhere" in text
    assert "LANG" not in text


def test_the_watcher_waits_for_folders_and_finds_what_the_user_moved(paths: Paths) -> None:
    text = planned(paths, "linux", WATCH, VOXMEND_HOME="/elsewhere").text.decode()
    assert '"watch" "run" "--stay"' in text
    assert "VOXMEND_HOME=/elsewhere" in text
