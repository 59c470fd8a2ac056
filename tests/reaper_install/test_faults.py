"""A disk that fills, a folder that may not be written, a kill in the middle: the user's files are
as before or as after, and the next try goes through."""

from __future__ import annotations

import builtins
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from house import run_cli
from reaper_install.reaper_folder import KEYMAP, MENU, Machine, tree, write_scripts

from voxmend.reaper import keymap, scripts
from voxmend.reaper.install import install
from voxmend.reaper.uninstall import uninstall
from voxmend_protocol.errors import DiskFull, OutputError, OutputUnwritable


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def failing(step: int, error: BaseException) -> Iterator[list[str]]:
    """Let the writing step of that number, counted from 0, end in ``error``; yields the steps."""
    steps: list[str] = []

    def count(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not set(str(args[1:]) + str(kwargs)) & set("wax"):
                return real(*args, **kwargs)
            if name == "mkdir" and os.path.isdir(args[0]):  # that it is there is no fault
                return real(*args, **kwargs)
            steps.append(f"{name} {args[0]}")
            if len(steps) == step + 1:
                raise error
            return real(*args, **kwargs)

        return called

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (os, "rename"), (os, "replace"), (os, "mkdir"), (builtins, "open"),
            (Path, "write_bytes"), (Path, "unlink"),
        ):  # fmt: skip
            patch.setattr(owner, name, count(name, getattr(owner, name)))
        yield steps


def steps_of(work: Callable[[], object]) -> int:
    with failing(-1, Killed()) as steps:
        work()
    assert len(steps) > 3
    return len(steps)


def full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("kind", [full, Killed])
def test_an_upgrade_that_breaks_off_anywhere_leaves_the_old_or_the_new(
    tmp_path: Path, kind: Callable[[], BaseException]
) -> None:
    first = Machine(tmp_path / "first")
    install(first.scene(), True, first.source)
    write_scripts(first.source, "newer")
    old, new = tree(first.installed), None
    total = steps_of(lambda: install(first.scene(), True, first.source))
    new = tree(first.installed)
    assert old != new
    for step in range(total):
        machine = Machine(tmp_path / str(step))
        before = tree(machine.folder)
        install(machine.scene(), True, machine.source)
        write_scripts(machine.source, "newer")
        with failing(step, kind()) as steps, pytest.raises((DiskFull, Killed)):
            install(machine.scene(), True, machine.source)
        if kind is full:
            assert tree(machine.installed) in (old, new), steps[-1]
        assert machine.keymap.read_bytes().startswith(KEYMAP)
        install(machine.scene(), True, machine.source)
        assert tree(machine.installed) == new, steps[-1]
        assert {path.name for path in machine.installed.parent.iterdir()} == {"Vocals"}
        done = uninstall(machine.scene())
        assert (done.actions, done.menu) == ("removed", "removed")
        assert tree(machine.folder) == before, steps[-1]


def test_a_first_install_on_a_full_disk_is_a_sentence_and_can_be_repeated(tmp_path: Path) -> None:
    first = Machine(tmp_path / "first")
    total = steps_of(lambda: install(first.scene(), True, first.source))
    for step in range(total):
        machine = Machine(tmp_path / str(step))
        before = tree(machine.folder)
        with failing(step, full()), pytest.raises(DiskFull, match="Free some"):
            install(machine.scene(), True, machine.source)
        assert machine.keymap.read_bytes() in (KEYMAP, first.keymap.read_bytes())
        assert machine.menu.read_bytes() in (MENU, first.menu.read_bytes())
        install(machine.scene(), True, machine.source)
        uninstall(machine.scene())
        assert tree(machine.folder) == before


def test_an_uninstall_that_breaks_off_can_be_repeated(tmp_path: Path) -> None:
    first = Machine(tmp_path / "first")
    install(first.scene(), True, first.source)
    total = steps_of(lambda: uninstall(first.scene()))
    for step in range(total):
        machine = Machine(tmp_path / str(step))
        before = tree(machine.folder)
        install(machine.scene(), True, machine.source)
        with failing(step, full()):
            try:
                uninstall(machine.scene())
            except OutputError:
                uninstall(machine.scene())
        uninstall(machine.scene())
        assert tree(machine.folder) == before


def test_an_old_set_without_its_successor_comes_back(machine: Machine) -> None:
    install(machine.scene(), False, machine.source)
    own = machine.installed / "mine.lua"
    own.write_text("-- mine\n")
    machine.installed.rename(machine.installed.with_name(scripts._OLD))
    install(machine.scene(), False, machine.source)
    assert own.read_text() == "-- mine\n"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Scripts", "should be a folder"),
        ("Scripts/voxmend", "should be a folder"),
        ("Data", "should be a folder"),
        ("reaper-kb.ini", "cannot be written"),
        ("reaper-menu.ini", "cannot be written"),
    ],
)
def test_a_file_for_a_folder_and_a_folder_for_a_file_are_a_sentence(
    machine: Machine, place: str, said: str
) -> None:
    target = machine.folder / place
    if target.suffix:
        target.unlink()
        target.mkdir()
    else:
        shutil.rmtree(target, ignore_errors=True)
        target.write_text("x")
    with pytest.raises(OutputUnwritable, match=said):
        install(machine.scene(), True, machine.source)


def test_a_link_that_leads_nowhere_is_a_sentence(machine: Machine) -> None:
    shutil.rmtree(machine.folder / "Scripts")
    (machine.folder / "Scripts").symlink_to(machine.root / "gone")
    with pytest.raises(OutputUnwritable):
        install(machine.scene(), True, machine.source)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "can only be read"),
        (errno.EACCES, "the right to write"),
        (errno.EDQUOT, "no room left"),
    ],
)
def test_the_systems_refusals_are_sentences_with_the_next_step(
    machine: Machine, number: int, said: str
) -> None:
    before = tree(machine.folder)
    error = OSError(number, os.strerror(number))
    with failing(0, error), pytest.raises(OutputError, match=said):
        install(machine.scene(), True, machine.source)
    assert tree(machine.folder) == before


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_write_protected_key_map_is_not_replaced(machine: Machine) -> None:
    machine.keymap.chmod(0o444)
    with pytest.raises(OutputUnwritable, match="write-protected"):
        install(machine.scene(), True, machine.source)
    assert machine.keymap.read_bytes() == KEYMAP
    assert keymap.registered(KEYMAP) == {"RSother"}


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("place", ["", "Scripts"])
def test_a_folder_of_reapers_that_others_may_write_is_refused_with_the_command(
    place: str, tmp_path: Path
) -> None:
    reaper = tmp_path / "REAPER"
    (reaper / "Scripts").mkdir(parents=True)
    (reaper / "reaper.ini").write_text("")
    (reaper / place).chmod(0o777)
    run = run_cli("reaper", "install", "--resource", reaper, VOXMEND_HOME=str(tmp_path / "home"))
    assert run.returncode == 4, run.stderr
    assert f"chmod -R go-w {reaper / place}" in run.stderr
    assert not (reaper / "Scripts" / "voxmend").exists()
