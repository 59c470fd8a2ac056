"""The ReaPack release: reapack-index's rules, an index that ReaPack can read, and the same places
as ``voxmend reaper install`` uses."""

from __future__ import annotations

import importlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
from reaper_install.reaper_folder import SCRIPTS

from voxmend import __version__
from voxmend.reaper import scripts
from voxmend.reaper.actions import PLACE, Action

ROOT = Path(__file__).resolve().parents[2]
TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BASE = "https://example.org/voxmend/$version/"
HEADER = f"""\
-- @description Restore vocals
-- @version {__version__}
-- @author voxmend
-- @about
--   Mends vocals {{of}} items ü.
--
--   Second paragraph.
-- @changelog
--   First
-- @provides
--   [main] voxmend_Restore vocals of selected items (choose preset).lua
--   [main] voxmend_Mend a vocal with its song.lua
--   [main] voxmend_Diagnose selected items.lua
--   [main] voxmend_Jobs panel.lua
--   [main] voxmend_Set up right-click menu.lua
--   [main] voxmend_Restore vocals of selected items (Python).py
--   [nomain] lib/*.lua
--   [nomain] voxmend_protocol/*.py > voxmend_protocol/
-- What it is for: the first lines of every file.

local x = '@version 9'
"""
MAIN = "voxmend_Restore vocals of selected items.lua"


def module(name: str) -> ModuleType:
    return importlib.import_module(f"voxmend_reapack.{name}")


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "installers" / "reapack"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with scripts such as a release has."""
    folder = tmp_path / "checkout"
    place = folder / "daw_scripts" / "reaper"
    for name in (*SCRIPTS, "lib/flow.lua", "lib/json.lua", "LEDGER.md"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("-- x\n")
    (place / MAIN).write_text(HEADER)
    for name in ("worker/voxmend/version.py", "protocol/voxmend_protocol/__init__.py"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(f'__version__ = "{__version__}"\n')
    return folder


def build(checkout: Path, base: str = BASE) -> Any:
    return module("release").build(checkout, base, checkout / "out", TIME)


def refused(checkout: Path, header: str) -> str:
    (checkout / "daw_scripts" / "reaper" / MAIN).write_text(header)
    with pytest.raises(module("problem").RuleError) as caught:
        build(checkout)
    assert not (checkout / "out").exists()
    return str(caught.value)


def test_the_index_names_every_file_once_with_its_address(checkout: Path) -> None:
    build(checkout)
    root = ElementTree.parse(checkout / "out" / "index.xml").getroot()
    assert root.attrib == {"version": "1", "name": "voxmend"}
    [category] = root
    [package] = category
    assert category.attrib == {"name": "Vocals"}
    assert package.attrib == {"name": MAIN, "type": "script", "desc": "Restore vocals"}
    version = package.find("version")
    assert version is not None
    assert version.attrib == {
        "name": __version__, "author": "voxmend", "time": "2026-01-02T03:04:05Z"
    }  # fmt: skip
    assert version.findtext("changelog") == "First"
    sources = {source.get("file", MAIN): source for source in version.findall("source")}
    assert set(sources) == {
        *SCRIPTS, "lib/flow.lua", "lib/json.lua", "voxmend_protocol/__init__.py"
    }  # fmt: skip
    assert {file for file, source in sources.items() if source.get("main")} == set(SCRIPTS)
    assert (
        sources["voxmend_Jobs panel.lua"].text
        == f"https://example.org/voxmend/{__version__}/Vocals/voxmend_Jobs%20panel.lua"
    )
    for source in version.findall("source"):
        path = (source.text or "").partition(f"{__version__}/")[2].replace("%20", " ")
        assert (checkout / "out" / path.replace("%28", "(").replace("%29", ")")).is_file()


def test_the_text_about_it_is_rtf(checkout: Path) -> None:
    build(checkout)
    root = ElementTree.parse(checkout / "out" / "index.xml").getroot()
    about = root.findtext("category/reapack/metadata/description")
    assert about is not None
    assert about.startswith("{\\rtf1")
    assert "Mends vocals \\{of\\} items \\u252?." in about
    assert about.count("\\par}") == 2
    assert about.isascii()


def test_reapack_and_install_put_the_same_files_at_the_same_places(checkout: Path) -> None:
    found = build(checkout)
    place = checkout / "daw_scripts" / "reaper"
    ours = {file for file in scripts.contents(place) if not file.startswith("voxmend_protocol/")}
    theirs = {source.file for source in found.sources}
    assert ours == {file for file in theirs if not file.startswith("voxmend_protocol/")}
    release = module("release")
    assert f"{release.REPOSITORY}/{release.CATEGORY}" == PLACE
    assert Action(MAIN).path == f"{PLACE}/{found.name}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (f"-- @version {__version__}\n", "", "@version is missing"),
        (f"@version {__version__}", "@version v1", "begin with a digit"),
        (f"@version {__version__}", "@version 1.65536", "above 65535"),
        (f"@version {__version__}", "@version 9.9.9", "voxmend is"),
        (f"@version {__version__}", "@version", "no value"),
        ("@author voxmend", "@author", "no value"),
        ("@author voxmend", "@author a\n--   b", "on one line"),
        ("-- @author voxmend", "-- @author voxmend\n-- Version: see below", "twice"),
        ("-- @author voxmend", "-- @noindex", "@noindex"),
        ("-- @author voxmend", "-- @noindex x", "takes no value"),
        ("-- @author voxmend", "-- @link nowhere", "no address"),
        ("[nomain] lib/*.lua", "[nomaine] lib/*.lua", "option nomaine"),
        ("[nomain] lib/*.lua", "[main=moon] lib/*.lua", "option main=moon"),
        ("[nomain] lib/*.lua", "[nomain] libs/*.lua", "no file libs/*.lua"),
        ("[nomain] lib/*.lua", "[nomain] lib/json.lua", "leaves out Vocals/lib/flow.lua"),
        ("[nomain] lib/*.lua", "[nomain] lib/*.lua\n--   lib/json.lua", "twice"),
        ("[nomain] lib/*.lua", "[nomain] lib/*.lua > lib/one.lua", "twice"),
        ("[nomain] lib/*.lua", "[nomain] lib/*.lua > ../lib/", "leave the folder"),
        ("[nomain] lib/*.lua", "[nomain] lib/*.lua > other/", "command ids"),
        ("[nomain] lib/*.lua", "lib/*.lua https://example.org/x", "an address"),
        ("[nomain] lib/*.lua", "[data] lib/*.lua", "command ids"),
    ],
)
def test_what_reapack_would_refuse_or_misread_is_refused(
    checkout: Path, old: str, new: str, said: str
) -> None:
    assert old in HEADER
    assert said in refused(checkout, HEADER.replace(old, new, 1))


def test_a_file_in_two_packages_is_refused() -> None:
    package = module("package")
    texts = {
        "A/one.lua": "-- @version 1\n-- @provides ../A/lib.lua\n",
        "A/two.lua": "-- @version 1\n-- @provides LIB.lua\n",
        "A/lib.lua": "", "A/LIB.lua": "",
    }  # fmt: skip
    packages = [package.read(path, texts) for path in ("A/one.lua", "A/two.lua")]
    package.check("x", packages[:1])
    with pytest.raises(module("problem").RuleError, match=r"conflicts with A/one\.lua"):
        package.check("x", packages)


@pytest.mark.parametrize("name", ["", ".a", "a ", "a.", "COM1", "a:b", "a/b", "a\\b", "a\x01"])
def test_names_that_some_system_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(module("problem").RuleError):
        module("package").check_name(name)


@pytest.mark.parametrize(
    ("pattern", "path", "met"),
    [
        ("A/*.lua", "A/x.lua", True),
        ("A/*.lua", "A/b/x.lua", False),
        ("A/*.lua", "A/.x.lua", False),
        ("A/**/*.lua", "A/b/c/x.lua", True),
        ("A/**/*.lua", "A/x.lua", True),
        ("A/?.lua", "A/x.lua", True),
        ("A/[a-c]x.lua", "A/bx.lua", True),
        ("A/[!a-c]x.lua", "A/bx.lua", False),
        ("A/{x,y}.lua", "A/y.lua", True),
        ("A/x (y).lua", "A/x (y).lua", True),
        ("A/x.lua", "A/xXlua", False),
    ],
)
def test_patterns_mean_what_ruby_takes_them_for(pattern: str, path: str, met: bool) -> None:
    assert module("provides").matches(pattern, path) is met


def test_a_base_must_be_an_address(checkout: Path) -> None:
    with pytest.raises(module("problem").RuleError, match="--base"):
        build(checkout, "dist/reapack")
    assert not (checkout / "out").exists()


def test_the_settings_for_reapack_index_pass_over_all_but_the_package(checkout: Path) -> None:
    build(checkout)
    lines = (checkout / "out" / ".reapack-index.conf").read_text().splitlines()
    ignored = {line.partition("'")[2].rstrip("'") for line in lines if "--ignore" in line}
    files = {path.relative_to(checkout / "out").as_posix() for path in
             (checkout / "out" / "Vocals").rglob("*") if path.is_file()}  # fmt: skip
    assert files - ignored == {f"Vocals/{MAIN}"}


def test_the_release_of_this_checkout_keeps_every_rule(tmp_path: Path) -> None:
    run = subprocess.run(
        [
            sys.executable, str(ROOT / "installers" / "reapack"),
            "--base-url", BASE, "--out", str(tmp_path / "out"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    files = scripts.contents(ROOT / "daw_scripts" / "reaper")
    for place, file in files.items():
        assert (tmp_path / "out" / "Vocals" / place).read_bytes() == file.read_bytes()


def with_icon(checkout: Path) -> Path:
    """The folder of a release that has an icon."""
    place = checkout / "daw_scripts" / "reaper"
    for name in ("a.png", "150/a.png"):
        (place / "toolbar_icons" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "toolbar_icons" / name).write_bytes(b"\x89PNG")
    (place / MAIN).write_text(
        HEADER.replace("[nomain] lib", "[data] toolbar_icons/**/*.png\n--   [nomain] lib", 1)
    )
    build(checkout)
    return checkout / "out"


def test_icons_are_data_and_lie_where_reaper_lists_them(checkout: Path) -> None:
    index = ElementTree.parse(with_icon(checkout) / "index.xml").getroot()
    data = {one.get("file") for one in index.iter("source") if one.get("type") == "data"}
    assert data == {"toolbar_icons/a.png", "toolbar_icons/150/a.png"}
    provides = module("provides")
    source = provides.Source("", "toolbar_icons/a.png", (), "data")
    assert source.target("Vocals") == "data/toolbar_icons/a.png"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version="1" name="voxmend"', 'version="2" name="voxmend"', "version 1"),
        ('name="voxmend"', 'name="a:b"', "cannot be a name"),
        ('category name="Vocals"', 'category name="."', "cannot be a name"),
        ('type="script"', 'type="skript"', "no type skript"),
        (' desc="Restore vocals"', "", "without a description"),
        ('author="voxmend"', "", "no author"),
        ('time="2026-01-02T03:04:05Z"', 'time="yesterday"', "its time cannot be read"),
        ('type="data"', 'type="date"', "no type date"),
        ('main="main"', 'main="moon"', "no such section: moon"),
        ("lib/json.lua</source>", "lib/jason.lua</source>", "there is no Vocals/lib/jason.lua"),
        ('file="lib/json.lua"', 'file="lib/flow.lua"', "is there twice"),
        ("https://example.org/voxmend/", "https://example.com/voxmend/", "no address below"),
        ("Jobs%20panel.lua<", "Jobs panel.lua<", "no address below"),
        ("<index", "<indecks", "no XML"),
    ],
)
def test_an_index_that_would_not_serve_is_refused(
    checkout: Path, old: str, new: str, said: str
) -> None:
    folder = with_icon(checkout)
    text = (folder / "index.xml").read_text("utf-8")
    assert old in text
    assert module("published").check(folder, BASE) > 10
    (folder / "index.xml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(module("problem").RuleError, match=said):
        module("published").check(folder, BASE)


def test_a_file_that_nobody_would_fetch_is_named(checkout: Path) -> None:
    folder = with_icon(checkout)
    (folder / "Vocals" / "left over.lua").write_text("")
    with pytest.raises(module("problem").RuleError, match="left over"):
        module("published").check(folder, BASE)


def test_a_release_that_fails_its_check_leaves_no_folder(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = module("problem").RuleError("no")

    def refuse(*_: Any) -> None:
        raise problem

    monkeypatch.setattr(module("published"), "check", refuse)
    with pytest.raises(module("problem").RuleError):
        build(checkout)
    assert not (checkout / "out").exists()
