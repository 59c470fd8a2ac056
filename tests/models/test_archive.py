"""Weights from a disk: the hash decides, and nothing from outside decides where it is written."""

from __future__ import annotations

import contextlib
import io
import stat
import zipfile
from pathlib import Path

import pytest
from models.depot import Bench, catalogue, sha, weights

from voxmend.models import archive
from voxmend.models.catalogue import load
from voxmend.models.store import Store
from voxmend.models.transfer import RESERVE
from voxmend_protocol.errors import DiskFull, InputMissing, InputUnreadable, ModelCorrupt

DATA = weights()
OTHER = weights(seed=2)


@pytest.fixture
def made(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home", catalogue("https://example.org/a", sha256=sha(DATA)))


def bring(made: Bench, path: Path) -> list[archive.Brought]:
    return archive.bring(made.store, path, made.fetcher().transfer)


def zipped(path: Path, entries: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as made:
        for name, data in entries.items():
            made.writestr(zipfile.ZipInfo(name), data, packed)
    return path


def test_the_shared_weights_are_recognised_by_hash(shared: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "models")
    made = Bench(tmp_path, load())
    brought = archive.bring(store, shared / "weights", made.fetcher().transfer)
    assert {b.how for b in brought} == {"hash"}
    assert {b.model.id for b in brought} == {"deepfilternet3", "speechsr48k"}
    for name in ("deepfilternet3", "speechsr48k"):
        assert store.state(load().find(name), thorough=True).state == "present"


def test_names_do_not_matter_and_other_files_are_left_alone(made: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "usb" / "deep"
    folder.mkdir(parents=True)
    (folder / "holiday.jpg").write_bytes(DATA)
    (folder / "net.onnx").write_bytes(OTHER)
    brought = bring(made, tmp_path / "usb")
    assert [(b.source, b.how) for b in brought] == [("deep/holiday.jpg", "hash")]
    assert made.place.read_bytes() == DATA
    assert {p.name for p in made.place.parent.iterdir()} == {"net.onnx", "receipt.json"}
    assert (folder / "holiday.jpg").read_bytes() == DATA
    assert [b.how for b in bring(made, tmp_path / "usb")] == ["there"]


def test_a_single_file_and_a_zip_are_taken(made: Bench, tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(DATA)
    assert [b.how for b in bring(made, file)] == ["hash"]
    made.store.remove(made.catalogue.models[0])
    packed = zipped(tmp_path / "w.ZIP", {"a/": b"", "a/readme": b"hello", "a/x.bin": DATA})
    assert [b.source for b in bring(made, packed)] == ["a/x.bin"]
    assert made.place.read_bytes() == DATA


def test_where_no_hash_is_published_the_name_is_believed_and_said_so(tmp_path: Path) -> None:
    made = Bench(tmp_path / "home", catalogue("https://example.org/a"))
    file = tmp_path / "net.onnx"
    file.write_bytes(b"no network at all")
    with pytest.raises(InputUnreadable):
        bring(made, file)
    file.write_bytes(DATA)
    assert [b.how for b in bring(made, file)] == ["name"]
    assert made.state() == "present"


def test_a_name_alone_does_not_make_a_file_where_a_hash_is_published(
    made: Bench, tmp_path: Path
) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(OTHER)
    with pytest.raises(InputUnreadable, match="voxmend models list"):
        bring(made, file)
    assert made.state() == "absent"


def test_a_good_file_takes_the_place_of_a_corrupt_one(made: Bench, tmp_path: Path) -> None:
    made.place.parent.mkdir(parents=True)
    made.place.write_bytes(OTHER)
    file = tmp_path / "x"
    file.write_bytes(DATA)
    bring(made, file)
    assert made.place.read_bytes() == DATA


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/x", "C:\\x", "c:x", "..\\x", "a\\..\\..\\x", "\\\\host\\x"]
)
def test_a_zip_that_points_out_of_itself_is_refused_whole(
    made: Bench, tmp_path: Path, name: str
) -> None:
    packed = zipped(tmp_path / "w.zip", {"good.onnx": DATA, name: b"evil"})
    with pytest.raises(InputUnreadable, match="points out of the zip"):
        bring(made, packed)
    assert made.state() == "absent"
    assert {p.name for p in tmp_path.iterdir()} <= {"w.zip", "home"}


@pytest.mark.parametrize(
    "names",
    [
        ["NUL"], ["a/con.onnx"], ["a./x"], ["x.onnx "], ["x:stream"], ["a\x1bb"], ["a//x"], ["./x"],
        ["a/Net.onnx", "A/net.onnx"], ["e\u0301.x", "é.x"], ["net.onnx", "net.onnx"],
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_names_that_some_system_reads_otherwise_is_refused_whole(
    made: Bench, tmp_path: Path, names: list[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as packed:
        for name in ("good.onnx", *names):
            packed.writestr(zipfile.ZipInfo(name), DATA)
    with pytest.raises(InputUnreadable, match="Unpack the zip yourself"):
        bring(made, tmp_path / "w.zip")
    assert made.state() == "absent"


def test_a_link_in_a_zip_is_refused(made: Bench, tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("link.onnx")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as packed:
        packed.writestr(entry, "/etc/passwd")
        packed.writestr("good.onnx", DATA)
    with pytest.raises(InputUnreadable, match="link"):
        bring(made, tmp_path / "w.zip")
    assert made.state() == "absent"


def test_a_bomb_is_refused_unopened(
    made: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = zipped(tmp_path / "w.zip", {"zeros": bytes(30_000_000), "good.onnx": DATA})
    with pytest.raises(InputUnreadable, match="swell"):
        bring(made, packed)
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    many = zipped(tmp_path / "m.zip", {f"{n}": b"" for n in range(3)})
    with pytest.raises(InputUnreadable, match="more than 2 files"):
        bring(made, many)


def test_many_small_bombs_are_one(made: Bench, tmp_path: Path) -> None:
    packed = zipped(tmp_path / "w.zip", {f"{n}": bytes(9_000_000) for n in range(8)})
    with pytest.raises(InputUnreadable, match="swell"):
        bring(made, packed)


def test_a_zip_that_lies_about_its_sizes_brings_nothing(made: Bench, tmp_path: Path) -> None:
    path = zipped(tmp_path / "w.zip", {"a": DATA}, zipfile.ZIP_DEFLATED)
    raw = path.read_bytes()
    size = len(DATA).to_bytes(4, "little")
    assert raw.count(size) >= 2
    path.write_bytes(raw.replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(InputUnreadable):
        bring(made, path)
    assert made.state() == "absent"


@pytest.mark.parametrize("damage", ["cut", "garbage", "flip", "password"])
def test_a_damaged_or_locked_zip_is_a_sentence(made: Bench, tmp_path: Path, damage: str) -> None:
    path = zipped(tmp_path / "w.zip", {"a": DATA}, zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    if damage == "cut":
        raw = raw[: len(raw) // 2]
    elif damage == "garbage":
        raw = bytearray(b"not a zip")
    elif damage == "flip":
        raw[5000] ^= 1
    else:
        raw[6] |= 1
        raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(InputUnreadable):
        bring(made, path)
    assert made.state() == "absent"


def test_a_source_that_changes_while_it_is_copied_brings_nothing(
    made: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([DATA, OTHER])
    fickle = archive.Candidate("usb", len(DATA), lambda: io.BytesIO(next(readings)))
    monkeypatch.setattr(archive, "_opened", lambda _: contextlib.nullcontext([fickle]))
    with pytest.raises(ModelCorrupt, match="changed while it was copied"):
        bring(made, tmp_path)
    assert list(made.place.parent.iterdir()) == []


def test_links_in_a_folder_are_not_followed(made: Bench, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "x.onnx").write_bytes(DATA)
    folder = tmp_path / "usb"
    folder.mkdir()
    (folder / "file").symlink_to(secret / "x.onnx")
    (folder / "folder").symlink_to(secret)
    with pytest.raises(InputUnreadable):
        bring(made, folder)


def test_nothing_there_and_no_room_are_sentences(made: Bench, tmp_path: Path) -> None:
    with pytest.raises(InputMissing):
        bring(made, tmp_path / "none")
    file = tmp_path / "x"
    file.write_bytes(DATA)
    made.free = RESERVE + len(DATA) - 1
    with pytest.raises(DiskFull):
        bring(made, file)
    assert made.state() == "absent"
