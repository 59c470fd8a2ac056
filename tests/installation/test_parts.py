"""The installer's decisions: devices, folders, the manifest, the pointer, uv's words."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from voxmend.installation import machine, manifest, offers, pointer, program, source, uv
from voxmend.installation.machine import Sighting
from voxmend.installation.manifest import Entry
from voxmend.installation.program import Program
from voxmend_protocol.errors import BadRequest, EnvironmentProblem

LINUX = Sighting("linux", "x86_64")


@pytest.mark.parametrize(
    ("seen", "asked", "device", "extra", "backend"),
    [
        (LINUX, "auto", "cpu", "worker", "cpu"),
        (Sighting("linux", "x86_64", nvidia=True), "auto", "cuda", "worker-gpu", "auto"),
        (Sighting("linux", "x86_64", amd=True), "auto", "rocm", "worker", "auto"),
        (Sighting("linux", "x86_64", nvidia=True), "cpu", "cpu", "worker", "cpu"),
        (LINUX, "cuda", "cuda", "worker-gpu", "auto"),  # a card that is put in later
        (Sighting("darwin", "arm64"), "auto", "mps", "worker", ""),
        (Sighting("darwin", "arm64"), "cpu", "cpu", "worker", ""),
        (Sighting("win32", "AMD64"), "auto", "cpu", "worker", "cpu"),
        (Sighting("win32", "AMD64", nvidia=True), "auto", "cuda", "worker-gpu", "auto"),
        (Sighting("win32", "AMD64"), "directml", "directml", "worker", "cpu"),
    ],
)
def test_each_machine_gets_its_builds(
    seen: Sighting, asked: str, device: str, extra: str, backend: str
) -> None:
    choice = machine.choose(seen, asked)
    assert (choice.device, choice.extra, choice.backend) == (device, extra, backend)
    assert choice.needed_gb > 1


def test_directml_takes_the_place_of_the_other_onnxruntime() -> None:
    choice = machine.choose(Sighting("win32", "AMD64"), "directml")
    assert choice.overrides == ("onnxruntime ; sys_platform == 'never'",)
    assert choice.adds[0].startswith("onnxruntime-directml")


@pytest.mark.parametrize("asked", ["mps", "directml", "tpu", ""])
def test_a_device_that_is_not_for_this_system_is_named(asked: str) -> None:
    with pytest.raises(BadRequest, match="write one of"):
        machine.choose(LINUX, asked)


@pytest.mark.parametrize(
    ("system", "architecture"),
    [("darwin", "x86_64"), ("linux", "aarch64"), ("win32", "ARM64"), ("freebsd14", "amd64")],
)
def test_a_machine_without_a_solution_is_told_before_anything_is_made(
    system: str, architecture: str
) -> None:
    with pytest.raises(EnvironmentProblem, match="cannot be installed on"):
        machine.choose(Sighting(system, architecture))


def test_this_machine_can_be_looked_at() -> None:
    seen = machine.look()
    assert seen.system == sys.platform
    assert machine.choose(seen).device in machine.DEVICES


def test_a_manifest_is_read_in_order_each_line_once_and_broken_lines_not(tmp_path: Path) -> None:
    file = tmp_path / "manifest"
    assert manifest.read(file) == ()
    one, two = Entry("dir", tmp_path / "a\udcff"), Entry("tree", tmp_path / "a b")
    manifest.note(file, [one, two])
    manifest.note(file, [two, one])
    assert manifest.read(file) == (one, two)
    with open(file, "a") as handle:
        handle.write("dir relative\nnonsense\t/x\ntree\trelative\ndir\t/hal")
    assert manifest.read(file) == (one, two, Entry("dir", Path("/hal")))


def test_folders_that_are_missing_are_told_from_the_outside_in(tmp_path: Path) -> None:
    found = manifest.missing_folders(tmp_path / "a" / "b" / "c")
    assert found == [Entry("dir", tmp_path / "a"), Entry("dir", tmp_path / "a" / "b")]


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_the_pointer_and_the_command_lead_to_the_environment(tmp_path: Path, platform: str) -> None:
    here = Program(tmp_path, platform)
    assert here.active() is None
    for name in ("1.0-1", "2.0-2"):
        (here.versions / name).mkdir(parents=True)
        pointer.switch(here, here.versions / name)
        assert here.active() == here.versions / name
    launcher = tmp_path / "bin" / "voxmend"
    assert not pointer.is_ours(here, launcher)
    assert pointer.put_command(here, launcher)
    assert pointer.put_command(here, launcher)
    assert pointer.is_ours(here, launcher)
    assert here.fresh("2.0").name == "2.0-3"
    pointer.clear_unused(here, here.active())
    assert [entry.name for entry in here.versions.iterdir()] == ["2.0-2"]


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_a_switch_that_fails_leaves_the_pointer_where_it_was(
    tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Program(tmp_path, platform)
    for name in ("1.0-1", "2.0-2"):
        (here.versions / name).mkdir(parents=True)
    pointer.switch(here, here.versions / "1.0-1")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        pointer.switch(here, here.versions / "2.0-2")
    assert here.active() == here.versions / "1.0-1"


@pytest.mark.skipif(os.name != "posix", reason="the pointer is a link there")
def test_the_way_that_holds_over_upgrades_is_found_from_either_way(tmp_path: Path) -> None:
    here = Program(tmp_path, "linux")
    environment = here.versions / "1.0-1"
    (environment / "bin").mkdir(parents=True)
    here.manifest.touch()
    pointer.switch(here, environment)
    lasting = str(tmp_path / "current" / "bin" / "python")
    for prefix in (environment, here.current):
        assert program.installed(str(prefix)) == Program(tmp_path)
        assert program.stable(str(prefix / "bin" / "python"), str(prefix)) == lasting
    assert program.stable("/usr/bin/python", "/usr") == "/usr/bin/python"


def test_a_checkout_is_no_installation() -> None:
    assert program.installed() is None
    assert program.stable() == sys.executable


def test_uv_keeps_to_folders_of_its_own_unless_the_user_named_others(tmp_path: Path) -> None:
    asked = {"PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "UV_INDEX_URL": "kept"}
    env = uv.environment(asked, tmp_path / "cache", tmp_path / "python", offline=False)
    assert env["UV_CACHE_DIR"] == str(tmp_path / "cache")
    assert env["UV_INDEX_URL"] == "kept"
    assert not {"PYTHONPATH", "VIRTUAL_ENV"} & env.keys()
    env = uv.environment({"UV_CACHE_DIR": "/mine"}, tmp_path, tmp_path, offline=True)
    assert (env["UV_CACHE_DIR"], env["UV_PYTHON_DOWNLOADS"]) == ("/mine", "never")


def test_offline_nothing_but_the_folder_is_asked(tmp_path: Path) -> None:
    tool = uv.Uv(Path("/uv"), tmp_path, {}, offline=tmp_path / "wheels")
    choice = machine.choose(LINUX, "cpu")
    words = tool.install(tmp_path / "e", tmp_path / "r.txt", tmp_path / "w.whl", choice)
    assert {"--offline", "--no-index"} <= set(words)
    assert "--torch-backend" not in words
    online = uv.Uv(Path("/uv"), tmp_path, {})
    words = online.install(tmp_path / "e", tmp_path / "r.txt", tmp_path / "w.whl", choice)
    assert words[words.index("--torch-backend") + 1] == "cpu"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "no folder made by voxmend bundle"),
        ("{", "cannot be read"),
        ('{"schema": 2}', "another voxmend"),
        ('{"schema": 1}', "cannot be read"),
    ],
)
def test_a_folder_that_is_no_bundle_is_named(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    if text is not None:
        (tmp_path / source.BUNDLE).write_text(text)
    with pytest.raises((BadRequest, EnvironmentProblem), match=sentence):
        source.read_bundle(tmp_path)


def test_a_bundle_for_another_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / source.BUNDLE).write_text(
        '{"schema": 1, "version": "1", "system": "win32", "architecture": "AMD64", "device": "cpu",'
        ' "python": "3.12"}'
    )
    made = source.read_bundle(tmp_path)
    made.refuse_elsewhere("win32", "AMD64")
    with pytest.raises(EnvironmentProblem, match="win32 AMD64"):
        made.refuse_elsewhere("linux", "x86_64")


def test_the_version_of_a_checkout_is_the_projects_and_no_tools(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.x]\nversion = "9"\n[project]\nversion="1.2" # so\n')
    assert source.version(tmp_path) == "1.2"


@pytest.mark.parametrize("text", [None, "[project", "[project]\n", 'project = "voxmend"\n'])
def test_a_folder_that_is_no_checkout_is_named(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(EnvironmentProblem, match="is no checkout of voxmend"):
        source.version(tmp_path)


class Says:
    """A voxmend whose default repair lacks these models."""

    def __init__(self, missing: list[str]) -> None:
        self.missing, self.ran = missing, list[tuple[str, ...]]()

    def read(self, *words: str) -> Any:
        return {"missing": self.missing} if words[:2] == ("presets", "show") else None

    def run(self, *words: str) -> int:
        self.ran.append(words)
        return 0


@pytest.mark.parametrize("offline", [False, True])
def test_nothing_is_offered_or_missed_where_the_models_came_with_voxmend(
    tmp_path: Path, offline: bool
) -> None:
    voxmend: Any = Says([])
    taken = offers.models(voxmend, offers.Asker(True, None), tmp_path / "none", offline)
    assert (taken.done, taken.words) == (True, "those of the preset restore are here")
    assert voxmend.ran == []
    lacks: Any = Says(["m"])
    assert offers.models(lacks, offers.Asker(True, None), None, True).done is False
    assert lacks.ran == []


def test_on_windows_no_console_window_is_asked_for_where_there_is_a_python_without(
    tmp_path: Path,
) -> None:
    python = tmp_path / "python.exe"
    assert program.windowless(str(python), "win32") == str(python)
    (tmp_path / "pythonw.exe").touch()
    assert program.windowless(str(python), "win32") == str(tmp_path / "pythonw.exe")
    assert program.windowless(str(python), "linux") == str(python)
