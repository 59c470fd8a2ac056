"""Files are opened, made and replaced by a trusted way, and never waited for."""

from __future__ import annotations

import os
import random
import socket
import stat
from pathlib import Path

import another_user
import pytest
from another_user import as_other, needs_root, shared_by_all

from voxmend import safe_files
from voxmend.safe_files import UnsafeError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")


@pytest.mark.parametrize("trust", ["named", "shared", "mine"])
def test_a_file_is_read_whole(trust: safe_files.Trust, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert safe_files.read(tmp_path / "a", 3, trust) == b"abc"
    with pytest.raises(FileNotFoundError) as missing:
        safe_files.read(tmp_path / "b" / "c", 3, trust)
    assert missing.value.filename == str(tmp_path / "b" / "c")


@pytest.mark.parametrize("trust", ["named", "shared", "mine"])
def test_a_file_that_is_too_large_is_not_read(trust: safe_files.Trust, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abcd")
    with pytest.raises(UnsafeError, match="larger than 3 bytes"):
        safe_files.read(tmp_path / "a", 3, trust)


@pytest.mark.parametrize("trust", ["named", "shared", "mine"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "/dev/zero", "link to a device"])
def test_only_a_regular_file_is_opened(
    kind: str, trust: safe_files.Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            monkeypatch.chdir(tmp_path)  # the path of a socket must be short
            listening.bind("a")
    elif kind == "folder":
        place.mkdir()
    elif kind == "/dev/zero":
        place = Path("/dev/zero")
    else:
        place.symlink_to("/dev/zero")
    with pytest.raises(UnsafeError, match="not a file"):
        safe_files.read(place, 100, trust)


def test_a_link_of_mine_in_a_folder_of_mine_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a").write_bytes(b"abc")
    (tmp_path / "folder").symlink_to("disk")
    (tmp_path / "file").symlink_to(tmp_path / "folder" / ".." / "disk" / "a")
    assert safe_files.read(tmp_path / "folder" / "a", 9) == b"abc"
    assert safe_files.read(tmp_path / "file", 9) == b"abc"
    assert safe_files.status(tmp_path / "file").st_size == 3


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        safe_files.read(tmp_path / "a", 9)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o772])
def test_no_link_is_followed_in_a_folder_that_others_may_write(mode: int, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"mine")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "a").symlink_to(tmp_path / "secret")
    (shared / "folder").symlink_to(tmp_path)
    shared.chmod(mode)
    for path in (shared / "a", shared / "folder" / "secret"):
        with pytest.raises(UnsafeError, match="others may write"):
            safe_files.read(path, 9, "shared")
        assert safe_files.read(path, 9, "named") == b"mine"  # the user said so
    with pytest.raises(UnsafeError):
        safe_files.make_folders(shared / "folder" / "new")
    with pytest.raises(UnsafeError), safe_files.put_beside(shared / "folder" / "secret") as new:
        new.write(b"other")
    assert (tmp_path / "secret").read_bytes() == b"mine"
    assert safe_files.resolved(shared / "folder" / "x") == str(tmp_path / "x")


@needs_root
def test_a_link_of_another_user_is_not_followed(tmp_path: Path) -> None:
    shared = shared_by_all(tmp_path / "shared")
    (tmp_path / "secret").write_bytes(b"mine")
    as_other(another_user.link, shared / "a", tmp_path / "secret")
    shared.chmod(0o755)  # it was open once
    with pytest.raises(UnsafeError, match="a link that another user made"):
        safe_files.read(shared / "a", 9, "shared")


@needs_root
@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_what_must_be_mine_may_not_be_anothers(mode: int, tmp_path: Path) -> None:
    shared = shared_by_all(tmp_path / "shared")
    as_other(another_user.write, shared / "a", b"theirs", mode)
    shared.chmod(0o755)
    with pytest.raises(UnsafeError, match=r"belongs to another user .*chown"):
        safe_files.read(shared / "a", 9)
    for step in (safe_files.append, safe_files.update):
        with pytest.raises(UnsafeError, match="another user"):
            step(shared / "a")
    assert safe_files.read(shared / "a", 9, "shared") == b"theirs"


@pytest.mark.parametrize(("folder", "file"), [(0o777, 0o644), (0o755, 0o666)])
def test_what_must_be_mine_may_not_be_open_to_others(
    folder: int, file: int, tmp_path: Path
) -> None:
    place = tmp_path / "settings" / "a"
    place.parent.mkdir()
    place.write_bytes(b"x")
    place.chmod(file)
    place.parent.chmod(folder)
    with pytest.raises(UnsafeError, match=r"can be written by everybody\. .*chmod -R go-w"):
        safe_files.read(place, 9)


def test_a_link_in_the_place_of_a_new_file_is_replaced_and_not_written_through(
    tmp_path: Path,
) -> None:
    (tmp_path / "secret").write_bytes(b"mine")
    (tmp_path / "a").symlink_to("secret")
    with safe_files.put_beside(tmp_path / "a", 0o600) as new:
        new.write(b"new")
    assert not (tmp_path / "a").is_symlink()
    (tmp_path / "b").symlink_to("secret")
    with os.fdopen(safe_files.start_anew(tmp_path / "b"), "wb") as anew:
        anew.write(b"anew")
    assert [(tmp_path / name).read_bytes() for name in ("a", "b", "secret")] == [
        b"new", b"anew", b"mine",
    ]  # fmt: skip
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "secret"]


def test_names_of_new_files_cannot_be_guessed(tmp_path: Path) -> None:
    seen = set()
    for _ in range(3):
        with safe_files.put_beside(tmp_path / "a") as new:
            new.write(b"x")
            seen |= {*os.listdir(tmp_path)} - {"a"}
    assert len(seen) == 3


def test_a_second_name_of_a_file_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"mine")
    os.link(tmp_path / "secret", tmp_path / "log")
    for step in (safe_files.append, lambda path: safe_files.update(path, empty=True)):
        with pytest.raises(UnsafeError, match="second name"):
            step(tmp_path / "log")
    os.close(safe_files.start_anew(tmp_path / "log"))
    assert (tmp_path / "secret").read_bytes() == b"mine"


def test_a_folder_is_emptied_and_removed_and_a_link_to_one_is_not(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "deep").mkdir(parents=True)
    (home / "letters").write_bytes(b"x")
    (tmp_path / "job").symlink_to(home)
    for step in (safe_files.empty_folder, safe_files.remove_folder):
        with pytest.raises(OSError, match=r"link|folder|directory"):
            step(tmp_path / "job")
    with pytest.raises(UnsafeError, match="is a link"):
        safe_files.rename_folder(tmp_path / "job", tmp_path / "other")
    assert sorted(os.listdir(home)) == ["deep", "letters"]
    safe_files.empty_folder(home, ("letters",))
    assert os.listdir(home) == ["letters"]
    safe_files.remove_folder(home)
    assert not home.exists()


def test_a_file_that_exists_is_not_made_again(tmp_path: Path) -> None:
    os.close(safe_files.create(tmp_path / "a", 0o640))
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) & ~0o640 == 0
    with pytest.raises(FileExistsError):
        safe_files.create(tmp_path / "a")
    (tmp_path / "b").symlink_to("c")
    with pytest.raises(FileExistsError):
        safe_files.create(tmp_path / "b")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not list descriptors")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        for path in (tmp_path / "a" / "x", tmp_path / "b", tmp_path / "no" / "way"):
            with pytest.raises(OSError, match=r"is a folder|No such"):
                safe_files.read(path, 9)
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_way_is_the_systems_own_where_all_is_mine(tmp_path: Path) -> None:
    """Random trees of folders and links: the same file is found, or none, as by the system."""
    found = 0
    for seed in range(60):
        dice = random.Random(seed)
        root = tmp_path / str(seed)
        places = [root]
        root.mkdir()
        for number in range(12):
            place = dice.choice(places) / str(number)
            kind = dice.choice(("folder", "file", "link", "link", "link"))
            if kind == "folder":
                place.mkdir()
                places.append(place)
            elif kind == "file":
                place.write_text("x")
            else:
                up = "../" * dice.randint(0, 2)
                to = dice.choice(
                    (f"{up}{dice.randint(0, 12)}", str(dice.choice(places)), up or ".")
                )
                place.symlink_to(to)
        for _ in range(20):
            parts = [dice.choice((*map(str, range(12)), "..", ".")) for _ in range(3)]
            path = "/".join((str(root), *parts))
            try:
                wanted: tuple[int, int] | int = os.stat(path)[1:3]
            except OSError as error:
                wanted = error.errno or 0
            try:
                got: tuple[int, int] | int = safe_files.status(path)[1:3]
            except OSError as error:
                got = error.errno or 0
            assert got == wanted, path
            found += isinstance(got, tuple)
    assert found > 100


def test_a_new_file_is_whole_and_never_takes_the_place_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.csv"
    assert safe_files.put_new(file, b"one")
    assert not safe_files.put_new(file, b"two")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert not safe_files.put_new(tmp_path / "nowhere", b"three")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "no second names here")

    monkeypatch.setattr(os, "link", refused)
    assert not safe_files.put_new(file, b"four")
    assert safe_files.put_new(tmp_path / "other.csv", b"five")
    assert (file.read_bytes(), (tmp_path / "other.csv").read_bytes()) == (b"one", b"five")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["nowhere", "other.csv", "report.csv"]
