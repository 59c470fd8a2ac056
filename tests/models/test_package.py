"""What lies inside a package is found without importing it, and read as far as it should be."""

from __future__ import annotations

import sys
import tarfile
import tomllib
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from models.depot import sha
from models.parcel import DATA, MORE, PACKAGE, Parcel, file, packed, row

from voxmend.models import package
from voxmend.models.catalogue import load, parse
from voxmend.models.model import File, Model
from voxmend.models.package import SpoiltError
from voxmend_protocol.errors import InternalError

OURS = [model for model in load().models if model.package]


def read(one: File, held: Path) -> bytes:
    return b"".join(package.pieces(one, held, one.member))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.id)
def test_what_the_catalogue_says_of_a_package_is_what_the_installed_one_holds(
    model: Model,
) -> None:
    assert model.package is not None
    root = package.found(model.package)
    assert root is not None, f"{model.package} must be installed"
    for one in model.files:
        archive = model.package.archive
        held = root / (archive.path if archive else str(one.path))
        if archive:
            assert (held.stat().st_size, sha(held.read_bytes())) == (archive.size, archive.sha256)
        assert sha(read(one, held)) == one.sha256


def test_the_packages_are_those_that_pyproject_asks_for_in_both_its_sets() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    for extra in ("worker", "worker-gpu"):
        wanted = project["project"]["optional-dependencies"][extra]
        for model in OURS:
            assert model.package is not None
            assert f"{model.package.distribution}=={model.package.version}" in wanted


def test_a_package_says_of_itself_the_licence_that_the_catalogue_names() -> None:
    for model in OURS:
        assert model.package is not None
        said = metadata.distribution(model.package.distribution).metadata
        words = f"{said['License']} {said['License-Expression']} {said.get_all('Classifier')}"
        assert "MIT" in words
        assert "MIT" in model.licence


def test_a_package_is_found_by_its_metadata_and_only_in_its_version(parcel: Parcel) -> None:
    wanted = parcel.model.package
    assert wanted is not None
    assert package.found(wanted) is None
    parcel.install()
    assert package.found(wanted) == parcel.root / "site"
    parcel.install(version="1.0.1")
    assert package.found(wanted) is None
    assert not {name for name in sys.modules if name.startswith("tiny")}


@pytest.mark.parametrize("text", ["", "Metadata-Version: 2.1\nName: tiny-weights\n", "\x00\xff"])
def test_a_package_that_says_nothing_of_itself_is_none(parcel: Parcel, text: str) -> None:
    parcel.install()
    (meta,) = parcel.root.glob("site/*.dist-info/METADATA")
    meta.write_text(text, "latin-1")
    assert parcel.model.package is not None
    assert package.found(parcel.model.package) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (DATA[:-1], "is 299,999 bytes long and should be 300,000"),
        (DATA + b"x", "is longer than 300,000 bytes"),
        (b"", "is 0 bytes long"),
        (DATA[:-1] + bytes([DATA[-1] ^ 1]), "does not have the published sha256"),
    ],
)
def test_a_file_that_is_not_right_never_comes_to_its_end(
    tmp_path: Path, data: bytes, why: str
) -> None:
    one = row(file()).models[0].files[0]
    (tmp_path / "net").write_bytes(data)
    with pytest.raises(SpoiltError, match=why):
        read(one, tmp_path / "net")


def test_of_a_file_that_is_too_long_no_more_is_read_than_it_takes_to_see_that(
    tmp_path: Path,
) -> None:
    one = row(file()).models[0].files[0]
    with open(tmp_path / "net", "wb") as long:
        long.truncate(10**12)
    seen = 0
    pieces = package.pieces(one, tmp_path / "net")
    with pytest.raises(SpoiltError, match="longer"):
        seen = sum(len(piece) for piece in pieces)
    assert seen == 0


def link(kind: bytes, to: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo("deep/net.onnx")
    info.type, info.linkname, info.size = kind, to, 0
    return info


MEMBER = row(file(member="deep/net.onnx"), archive=b"x").models[0].files[0]


def test_a_member_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "all").write_bytes(packed(other=MORE, net=DATA))
    assert read(MEMBER, tmp_path / "all") == DATA


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (packed(net=link(tarfile.SYMTYPE, "/etc/passwd")), "no plain file"),
        (packed(other=DATA, net=link(tarfile.LNKTYPE, "deep/other.onnx")), "no plain file"),
        (packed(net=link(tarfile.DIRTYPE, "")), "no plain file"),
        (packed(net=link(tarfile.FIFOTYPE, "")), "no plain file"),
        (packed(net=DATA + b"x"), "is 300,001 bytes long and should be 300,000"),
        (packed(net=DATA[:-1]), "is 299,999 bytes long"),
        (packed(net=MORE * 2)[: len(MORE)], "bytes long|cannot be read"),
        (packed(other=DATA), "is not in its archive"),
        (packed(net=DATA)[:200_000], "cannot be read"),
        (DATA, "cannot be read"),
        (b"", "cannot be read"),
    ],
    # By their bytes they would have another name in each process: gzip writes the time.
    ids=[
        *("a link", "a hard link", "a folder", "a pipe", "too long", "too short", "two in one"),
        *("another", "cut off", "no archive", "empty"),
    ],
)
def test_a_member_that_is_no_plain_file_of_its_size_is_refused(
    tmp_path: Path, archive: bytes, why: str
) -> None:
    (tmp_path / "all").write_bytes(archive)
    with pytest.raises(SpoiltError, match=why):
        read(MEMBER, tmp_path / "all")
    assert [each.name for each in tmp_path.iterdir()] == ["all"]


def test_what_swells_beyond_its_size_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "all").write_bytes(packed(net=bytes(50_000_000)))
    with pytest.raises(SpoiltError, match="is 50,000,000 bytes long and should be 300,000"):
        read(MEMBER, tmp_path / "all")


PATHS = [
    "../secret.onnx", "tiny/../../secret", "/etc/passwd", "tiny\\..\\secret", "C:/secret",
    "C:secret", "tiny//net.onnx", "./net.onnx", "", "tiny/net\x00.onnx",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_could_leave_the_package_is_a_slip(path: str) -> None:
    with pytest.raises(InternalError, match="must stay in the package"):
        row(file(path=path))
    text = 'path = "tiny_weights/all.tar.gz"'
    whole = _text(archive=True)
    assert text in whole
    escaped = path.replace("\\", "\\\\").replace("\x00", "\\u0000")
    with pytest.raises(InternalError, match="must stay in the package"):
        parse(whole.replace(text, f'path = "{escaped}"'))


def _text(archive: bool = False) -> str:
    table = (
        '[tiny.package.archive]\npath = "tiny_weights/all.tar.gz"\nsize = 3\n'
        f'sha256 = "{"0" * 64}"\n'
    )
    where = "member" if archive else "path"
    return (
        PACKAGE + (table if archive else "") + f'[[tiny.file]]\nname = "net.onnx"\nsize = 3\n'
        f'sha256 = "{"0" * 64}"\n{where} = "tiny_weights/net.onnx"\n'
    )


@pytest.mark.parametrize(
    ("archive", "old", "new"),
    [
        (False, "size = 3\n", ""),
        (False, "sha256 = ", "sha256_prefix = "),
        (False, "path = ", "member = "),
        (True, "member = ", "path = "),
        (False, 'path = "tiny_weights/net.onnx"\n', ""),
        (False, '[tiny.package]\ndistribution = "Tiny-Weights"\nversion = "1.0"\n', ""),
        (False, 'version = "1.0"\n', ""),
        (False, 'version = "1.0"', 'version = ">=1.0"'),
        (False, '"Tiny-Weights"', '"../Tiny"'),
        (False, '"Tiny-Weights"', '["Tiny"]'),
        (False, 'version = "1.0"', 'version = "1.0"\nurl = "x"'),
        (True, 'sha256 = "', 'sha265 = "'),
        (True, "size = 3\n", "size = -3\n"),
        (False, "size = 3\n", 'size = 3\nbecomes = "../net.safetensors"\n'),
        (False, "size = 3\n", 'size = 3\nbecomes = "net.pt"\n'),
        (False, '"net.onnx"', '"made"'),
    ],
)
def test_a_slip_in_a_row_with_a_package_is_found_and_named(
    archive: bool, old: str, new: str
) -> None:
    good = _text(archive)
    assert parse(good).models[0].package is not None
    assert old in good
    with pytest.raises(InternalError, match="tiny"):
        parse(good.replace(old, new, 1))


def test_two_files_that_become_one_are_a_slip() -> None:
    twice = [file(name=f"{name}.ckpt", becomes="one.safetensors") for name in ("a", "b")]
    with pytest.raises(InternalError, match="become one"):
        row(*twice)


def test_a_file_without_a_place_in_the_package_is_fetched_as_ever() -> None:
    plain = {"name": "more.onnx", "urls": ["https://example.org/a"]}
    both = row(file(), plain).models[0]
    assert [one.package is not None for one in both.files] == [True, False]
    assert replace(both, files=both.files[1:]).package is None
