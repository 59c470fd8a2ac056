"""A folder that is mine alone, and what may lie in it."""

from __future__ import annotations

import os
import stat
import struct
import tempfile
from pathlib import Path

import another_user
import pytest
from another_user import OTHER, as_other, needs_root, shared_by_all

from voxmend import safe_files
from voxmend.safe_files import UnsafeError, rights, tree, walk
from voxmend.safe_files.files import STRAY

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_mine_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        assert safe_files.keep_private(tmp_path / "local" / "state") == ""
    finally:
        os.umask(old)
    assert mode(tmp_path / "local" / "state") == 0o700
    assert mode(tmp_path / "local") == 0o755


def test_one_that_others_may_read_is_closed_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    said = safe_files.keep_private(tmp_path / "state")
    assert "was open to others (mode 755)" in said
    assert mode(tmp_path / "state") == 0o700
    assert safe_files.keep_private(tmp_path / "state") == ""


@pytest.mark.parametrize("open_", [0o777, 0o1777, 0o702])
def test_one_that_others_may_write_is_refused_with_the_command(open_: int, tmp_path: Path) -> None:
    state = tmp_path / "my state"
    state.mkdir()
    state.chmod(open_)
    with pytest.raises(UnsafeError, match=r"written by everybody\. .*chmod -R go-rwx '.*my state'"):
        safe_files.keep_private(state)
    assert mode(state) == open_


@needs_root
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    shared = shared_by_all(tmp_path / "shared")
    as_other(another_user.folder, shared / "state", 0o700)
    shared.chmod(0o755)
    with pytest.raises(UnsafeError, match=r"another user .*sudo chown -R"):
        safe_files.keep_private(shared / "state")


def test_a_folder_above_that_others_may_write_is_refused(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o777)
    with pytest.raises(UnsafeError, match=r"in the place of yours\. .*chmod go-w"):
        safe_files.keep_private(above / "deep" / "state")
    above.chmod(0o1777)  # as /tmp is: nobody removes what is mine
    assert safe_files.keep_private(above / "deep" / "state") == ""


@needs_root
@pytest.mark.parametrize("open_", [0o755, 0o1777])
def test_a_folder_above_that_is_another_users_is_refused(tmp_path: Path, open_: int) -> None:
    above = tmp_path / "above"
    state = above / "mine" / "state"
    state.mkdir(parents=True, mode=0o700)
    above.chmod(open_)
    os.chown(above, OTHER, OTHER)
    for way in (safe_files.keep_private, safe_files.insist_mine, safe_files.take):
        with pytest.raises(UnsafeError, match=r"in the place of yours\. Move"):
            way(state)


@needs_root
def test_a_folder_that_only_another_user_may_enter_is_said_to_be_theirs() -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own is closed to others
        state = Path(place) / "state"
        state.mkdir(mode=0o700)
        os.chown(place, OTHER, OTHER)
        os.seteuid(OTHER)
        try:
            with pytest.raises(UnsafeError, match=r"another user \(root\).*sudo chown"):
                safe_files.keep_private(state)
        finally:
            os.seteuid(0)


def test_it_may_be_a_link_of_mine_to_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "state").symlink_to("disk")
    assert safe_files.keep_private(tmp_path / "state") == ""
    safe_files.look(tmp_path / "state")


@pytest.mark.parametrize("name", ["jobs.sqlite3", "logs/worker.log", "models/x/receipt.json"])
def test_a_file_that_others_could_have_written_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "state" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    file.chmod(0o666)
    with pytest.raises(UnsafeError, match="written by everybody"):
        safe_files.keep_private(tmp_path / "state")
    (tmp_path / "state").chmod(0o700)  # nobody could come to it: umask 0 made it so
    safe_files.look(tmp_path / "state")
    assert mode(file) == 0o644


@needs_root
@pytest.mark.parametrize("place", ["jobs.sqlite3", "run", "logs/start.log", "models/x"])
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_another_user_laid_there_is_refused(kind: str, place: str, tmp_path: Path) -> None:
    state = shared_by_all(tmp_path / "state")
    target = state / place
    if target.parent != state:
        target.parent.mkdir()
        target.parent.chmod(0o777)
    (tmp_path / "secret").write_bytes(b"mine")
    if kind == "file":
        as_other(another_user.write, target)
    elif kind == "folder":
        as_other(another_user.folder, target, 0o755)
    else:
        as_other(another_user.link, target, tmp_path / "secret")
    for folder in (state, target.parent):
        folder.chmod(0o700)  # open once, and closed since
    with pytest.raises(UnsafeError, match="another user"):
        safe_files.look(state)
    assert [fault.filename for fault in safe_files.faults(state)] == [str(target)]


def test_no_pipe_and_no_second_name_may_lie_there(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "logs").mkdir(parents=True)
    os.mkfifo(state / "logs" / "worker.log")
    (tmp_path / "letters").write_bytes(b"x")
    os.link(tmp_path / "letters", state / "jobs.sqlite3")
    said = [str(fault) for fault in safe_files.faults(state)]
    assert len(said) == 2
    assert "second name" in said[0]
    assert "is a pipe" in said[1]
    assert "rm " in said[1]


def test_weights_may_have_a_second_name_and_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "disk" / "x").mkdir(parents=True)
    (tmp_path / "disk" / "x" / "a.onnx").write_bytes(b"x")
    os.link(tmp_path / "disk" / "x" / "a.onnx", tmp_path / "b.onnx")
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "models").symlink_to(tmp_path / "disk")
    safe_files.look(state)
    (tmp_path / "disk" / "x").chmod(0o777)
    with pytest.raises(UnsafeError, match="written by everybody"):
        safe_files.look(state)


def test_files_that_never_came_to_their_place_go_with_time(tmp_path: Path) -> None:
    old, young = (tmp_path / f"{STRAY}{digit * 16}" for digit in "ab")
    for file in (old, young):
        file.write_bytes(b"x")
    os.utime(old, (1, 1))
    safe_files.look(tmp_path)
    assert [old.exists(), young.exists()] == [False, True]


@pytest.mark.parametrize("kind", ["vfat", "exfat", "ntfs3", "cifs"])
def test_a_file_system_without_modes_is_warned_of_and_used(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    (tmp_path / "state" / "a").write_bytes(b"x")
    (tmp_path / "state" / "a").chmod(0o777)
    for module in (rights, tree, walk):
        monkeypatch.setattr(module, "no_modes", lambda _: kind)
    assert f"keeps no rights ({kind})" in safe_files.keep_private(tmp_path / "state")
    safe_files.look(tmp_path / "state")
    assert safe_files.read(tmp_path / "state" / "a", 9) == b"x"


def test_one_where_a_change_of_mode_changes_nothing_is_known_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    monkeypatch.setattr("voxmend.safe_files.tree.os.fchmod", lambda *_: None)
    assert "every mode is the same" in safe_files.keep_private(tmp_path / "state")


def test_this_machines_file_systems_keep_modes(tmp_path: Path) -> None:
    assert rights.no_modes(tmp_path.stat().st_dev) == ""


def test_a_foreign_group_counts_as_others_and_my_own_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "a").chmod(0o664)
    status = (tmp_path / "a").stat()
    monkeypatch.setattr(rights, "group_is_mine", lambda _: True)
    assert safe_files.who_writes(status) == ""
    monkeypatch.setattr(rights, "group_is_mine", lambda _: False)
    assert safe_files.who_writes(status).startswith("the group ")


@needs_root
def test_roots_group_is_roots_and_nobodys_is_not() -> None:
    assert rights.group_is_mine(0)
    assert not rights.group_is_mine(OTHER)


@pytest.mark.parametrize(
    ("tag", "right", "who", "mask", "alone"),
    [
        (0x02, 6, 12345, 7, False),
        (0x02, 4, 12345, 7, True),
        (0x02, 6, 12345, 4, True),
        (0x08, 6, 12345, 7, False),
    ],
)
def test_an_access_list_may_let_more_users_in(
    tag: int, right: int, who: int, mask: int, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "group_is_mine", lambda gid: gid == 7)
    entries = [(0x01, 7, 0), (tag, right, who), (0x04, 5, 0), (0x10, mask, 0), (0x20, 5, 0)]
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    assert rights._list_is_mine(listed, 7) is alone
