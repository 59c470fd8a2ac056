"""Toolbar icons: in REAPER's form, as they are drawn now, installed and removed with the rest."""

from __future__ import annotations

import shutil

import pytest
from PIL import Image, ImageChops
from reaper_install.reaper_folder import Machine, tree

from voxmend.reaper import icons, receipt, scripts
from voxmend.reaper.install import install
from voxmend.reaper.uninstall import uninstall
from voxmend_bench import icons as drawing

NAMES = sorted(drawing.ICONS)


@pytest.mark.parametrize("folder", drawing.SQUARES)
@pytest.mark.parametrize("name", NAMES)
def test_an_icon_is_three_squares_and_what_is_drawn_now(name: str, folder: str) -> None:
    dots = drawing.SQUARES[folder]
    with Image.open(drawing.FOLDER / folder / f"{name}.png") as there:
        assert there.size == (3 * dots, dots)
        assert there.mode == "RGBA"
        now = drawing.drawn(name, dots)
        difference = ImageChops.difference(there, now)
        assert difference.getbbox(alpha_only=False) is None, "draw them anew: make icons"
        squares = [there.crop((n * dots, 0, (n + 1) * dots, dots)).tobytes() for n in range(3)]
    assert len(set(squares)) == 3, "two states look the same"


def test_there_are_no_others() -> None:
    there = {file.relative_to(drawing.FOLDER).as_posix() for file in drawing.FOLDER.rglob("*.png")}
    assert there == {f"{f}/{n}.png".lstrip("/") for f in drawing.SQUARES for n in NAMES}


def luminance(color: tuple[int, int, int]) -> float:
    """By WCAG 2."""
    parts = [one / 255 for one in color]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_ink_and_ground_have_contrast_in_each_state() -> None:
    for ground, ink in drawing.STATES:
        assert (luminance(ink) + 0.05) / (luminance(ground) + 0.05) >= 4.5


@pytest.fixture
def with_icons(machine: Machine) -> Machine:
    """A machine whose scripts bring icons."""
    shutil.copytree(drawing.FOLDER, machine.source / icons.FOLDER)
    return machine


def places(machine: Machine) -> dict[str, str]:
    return tree(machine.folder / "Data" / icons.FOLDER)


def put(machine: Machine) -> None:
    install(machine.scene(), False, machine.source)


def test_they_come_to_where_reaper_lists_icons_and_go_again(with_icons: Machine) -> None:
    before = tree(with_icons.folder)
    put(with_icons)
    assert len(places(with_icons)) == 3 * len(NAMES)
    assert "150/voxmend_restore.png" in places(with_icons)
    put(with_icons)
    uninstall(with_icons.scene())
    assert tree(with_icons.folder) == before
    assert not (with_icons.folder / "Data" / icons.FOLDER).exists()


def test_what_the_user_painted_or_put_there_stays(with_icons: Machine) -> None:
    folder = with_icons.folder / "Data" / icons.FOLDER
    folder.mkdir(parents=True)
    (folder / "voxmend_jobs.png").write_bytes(b"mine")
    (folder / "theirs.png").write_bytes(b"theirs")
    put(with_icons)
    (folder / "voxmend_toggle.png").write_bytes(b"painted")
    put(with_icons)
    assert (folder / "voxmend_toggle.png").read_bytes() == b"painted"
    uninstall(with_icons.scene())
    left = {name: (folder / name).read_bytes() for name in places(with_icons)}
    assert left == {
        "voxmend_jobs.png": b"mine", "theirs.png": b"theirs", "voxmend_toggle.png": b"painted",
    }  # fmt: skip


def test_one_of_an_earlier_version_goes_when_the_next_has_none(with_icons: Machine) -> None:
    put(with_icons)
    (with_icons.source / icons.FOLDER / "voxmend_jobs.png").unlink()
    put(with_icons)
    assert "voxmend_jobs.png" not in places(with_icons)
    assert "voxmend_restore.png" in places(with_icons)


def test_a_receipt_that_names_other_places_removes_nothing_there(
    with_icons: Machine,
) -> None:
    put(with_icons)
    other = with_icons.folder / "Data" / "other.png"
    other.write_bytes(b"x")
    assert icons.remove(with_icons.folder / "Data", {"other.png": scripts.hash_of(other)}) == []
    assert other.exists()
    last = receipt.read(with_icons.folder / "Data" / "voxmend")
    assert last is not None
    assert len(last.icons) == 3 * len(NAMES)
