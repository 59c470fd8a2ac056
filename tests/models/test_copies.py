"""What must be made of a file is made once, whole or not at all, and only by whoever opens it."""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from models.depot import sha, weights
from models.parcel import (
    BAD,
    CKPT,
    DATA,
    MORE,
    Parcel,
    file,
    packed,
    row,
    turned,
    with_archive,
    with_checkpoint,
)
from waiting import PATIENCE_S

from voxmend.models.copies import Copies
from voxmend.models.part import Part
from voxmend.models.store import Store
from voxmend_protocol.errors import (
    DiskFull,
    EnvironmentProblem,
    InternalError,
    ModelCorrupt,
)


def test_a_checkpoint_is_turned_once_and_its_hash_stays_that_of_what_was_published(
    parcel: Parcel,
) -> None:
    with_checkpoint(parcel)
    before = parcel.store.hashes(parcel.model)
    assert parcel.made == [], "a hash asks for no copy"
    calls = []

    def once(data: bytes) -> bytes:
        calls.append(data)
        return turned(data)

    (safe,) = parcel.store.files(parcel.model, once)
    assert safe == parcel.root / "models" / "tiny" / "made" / "voice.safetensors"
    assert parcel.store.files(parcel.model, once) == (safe,)
    assert Store(parcel.root / "models", parcel.catalogue).files(parcel.model) == (safe,)
    assert calls == [CKPT]
    assert safe.read_bytes() == turned(CKPT)
    assert parcel.made == ["receipt.json", "voice.safetensors"]
    assert parcel.store.hashes(parcel.model) == before == (("net.ckpt", sha(CKPT)),)


def test_the_members_of_an_archive_are_unpacked_once_under_the_catalogue_s_names(
    parcel: Parcel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_archive(parcel)
    before = parcel.store.hashes(parcel.model)
    files = parcel.store.files(parcel.model)
    assert [each.read_bytes() for each in files] == [DATA, MORE]
    assert parcel.made == ["more.onnx", "net.onnx", "receipt.json"]
    monkeypatch.setattr(Copies, "make", None)
    assert parcel.store.files(parcel.model) == files
    assert parcel.store.hashes(parcel.model) == before
    assert parcel.state.origin == "package"
    assert parcel.state.held > len(DATA) + len(MORE)


@pytest.mark.parametrize("spoil", ["longer", "gone", "receipt", "other bytes"])
def test_a_copy_that_was_touched_or_is_of_other_bytes_is_made_again(
    parcel: Parcel, spoil: str
) -> None:
    with_checkpoint(parcel)
    (safe,) = parcel.store.files(parcel.model, turned)
    if spoil == "longer":
        safe.write_bytes(safe.read_bytes() + b"x")
    elif spoil == "gone":
        safe.unlink()
    elif spoil == "receipt":
        safe.with_name("receipt.json").write_text("[]")
    else:
        newer = b"PK\x03\x04" + weights(50_000, seed=6)
        parcel.catalogue = row(file(newer, "net.ckpt", becomes="voice.safetensors"))
        parcel.install({"net.ckpt": newer})
    (again,) = parcel.store.files(parcel.model, turned)
    wanted = turned((parcel.places / "net.ckpt").read_bytes())
    assert again.read_bytes() == wanted


def test_a_thorough_look_holds_a_copy_against_what_was_made_and_remove_mends_it(
    parcel: Parcel,
) -> None:
    with_checkpoint(parcel)
    (safe,) = parcel.store.files(parcel.model, turned)
    then = safe.stat()
    safe.write_bytes(safe.read_bytes()[:-1] + b"?")
    os.utime(safe, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert parcel.state.state == "present"
    now = parcel.store.state(parcel.model, thorough=True)
    assert now.state == "corrupt"
    assert f"was made into {safe}, which is not what was made" in now.reason
    assert now.remedy.command == "voxmend models remove tiny"
    assert parcel.store.remove(parcel.model) > 0
    assert parcel.store.state(parcel.model, thorough=True).state == "present"
    assert parcel.store.files(parcel.model, turned)[0].read_bytes() == turned(CKPT)


def test_bytes_that_are_wrong_are_never_given_to_the_converter(
    parcel: Parcel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_checkpoint(parcel)
    assert parcel.state.state == "present"
    place = parcel.places / "net.ckpt"
    then = place.stat()
    place.write_bytes(CKPT[:-1] + b"?")  # after it was proved, and it looks the same
    os.utime(place, ns=(then.st_atime_ns, then.st_mtime_ns))
    calls: list[bytes] = []

    def noted(data: bytes) -> bytes:
        calls.append(data)
        return turned(data)

    with pytest.raises(ModelCorrupt, match=r"changed while.*voxmend models verify tiny"):
        parcel.store.files(parcel.model, noted)
    assert calls == []
    assert parcel.made == []


def test_what_cannot_be_turned_leaves_nothing_behind(parcel: Parcel) -> None:
    with_checkpoint(parcel)

    def refuses(_: bytes) -> bytes:
        raise ValueError("holds more than numbers and is not opened")

    with pytest.raises(ModelCorrupt, match=r"net\.ckpt of tiny holds more than numbers"):
        parcel.store.files(parcel.model, refuses)
    with pytest.raises(InternalError):
        parcel.store.files(parcel.model)
    assert parcel.made == []


def test_a_store_that_cannot_be_written_is_a_sentence_and_nothing_is_half_written(
    parcel: Parcel,
) -> None:
    with_checkpoint(parcel)
    folder = parcel.store.folder(parcel.model)
    folder.parent.mkdir()
    folder.write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="VOXMEND_HOME") as caught:
        parcel.store.files(parcel.model, turned)
    assert caught.value.code == "environment"
    assert folder.read_text() == "in the way"
    folder.unlink()
    shutil.rmtree(folder.parent)
    folder.parent.write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="VOXMEND_HOME"):
        parcel.store.files(parcel.model, turned)
    assert parcel.state.state == "present", "to look at it nothing need be written"


@pytest.mark.parametrize("full", ["before", "in the middle"])
def test_a_full_disk_is_said_and_nothing_is_half_written(
    parcel: Parcel, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    with_checkpoint(parcel)
    with monkeypatch.context() as patch:
        if full == "before":
            usage = type("", (), {"free": 64_000_000})
            patch.setattr(shutil, "disk_usage", lambda _: usage)
        else:

            def settle(*_: object) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            patch.setattr(Part, "settle", settle)
        with pytest.raises(DiskFull, match="Free some and try again") as caught:
            parcel.store.files(parcel.model, turned)
        assert "kept" not in caught.value.message
    assert parcel.made == []
    assert parcel.store.files(parcel.model, turned)[0].read_bytes() == turned(CKPT)


def test_two_who_open_a_model_at_once_make_one_copy(parcel: Parcel) -> None:
    with_checkpoint(parcel)
    calls: list[bytes] = []
    found: list[tuple[Path, ...]] = []

    def unhurried(data: bytes) -> bytes:
        calls.append(data)
        time.sleep(0.3)
        return turned(data)

    def opens() -> None:
        found.append(parcel.store.files(parcel.model, unhurried))

    threads = [threading.Thread(target=opens) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(calls) == 1
    assert len(set(found)) == 1
    assert len(found) == 3


def test_who_makes_a_copy_does_not_wait_for_somebody_s_download(parcel: Parcel) -> None:
    with_checkpoint(parcel)
    found: list[tuple[Path, ...]] = []
    with parcel.store.held(lambda: None):
        opens = threading.Thread(
            target=lambda: found.append(parcel.store.files(parcel.model, turned)), daemon=True
        )
        opens.start()
        opens.join(PATIENCE_S)
        assert found


def test_a_copy_that_was_broken_off_is_made_whole_the_next_time(parcel: Parcel) -> None:
    with_checkpoint(parcel)
    part = parcel.store.copies(parcel.model).folder / "voice.safetensors.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 10_000)
    (safe,) = parcel.store.files(parcel.model, turned)
    assert safe.read_bytes() == turned(CKPT)
    assert not part.exists()


def test_remove_frees_the_copies_and_the_model_stays(parcel: Parcel) -> None:
    with_archive(parcel)
    assert parcel.store.remove(parcel.model) == 0
    parcel.store.files(parcel.model)
    held = parcel.state.held
    assert parcel.store.remove(parcel.model) == held
    assert parcel.made == []
    assert parcel.state.state == "present"


def test_remove_waits_for_who_makes_a_copy(parcel: Parcel) -> None:
    with_checkpoint(parcel)
    begun, go_on = threading.Event(), threading.Event()

    def unhurried(data: bytes) -> bytes:
        begun.set()
        go_on.wait(PATIENCE_S)
        return turned(data)

    makes = threading.Thread(target=lambda: parcel.store.files(parcel.model, unhurried))
    makes.start()
    assert begun.wait(PATIENCE_S)
    assert parcel.store.remove(parcel.model, go_on.set) > 0
    makes.join(PATIENCE_S)
    assert go_on.is_set()
    assert parcel.made == []


def test_a_thorough_look_reads_the_members_of_a_good_archive_too(parcel: Parcel) -> None:
    whole = packed(net=DATA)
    parcel.catalogue = row(file(BAD, member="deep/net.onnx"), archive=whole)
    parcel.install({"all.tar.gz": whole})
    seen = [parcel.state.state, parcel.store.state(parcel.model, thorough=True).state]
    assert seen == ["present", "corrupt"]
    with pytest.raises(ModelCorrupt, match="does not have the published sha256"):
        parcel.store.files(parcel.model)
    assert parcel.made == []
