"""The house is drawn from its imports: few floors, no arrow that climbs; the drawing is kept."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from architecture.planted import plant

from voxmend_bench.imports import drawing, rooms

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "docs" / "architecture"
ANEW = "it has changed: make imports"

MOST_FLOORS = 9


@pytest.fixture(scope="module")
def house() -> rooms.House:
    return rooms.survey(ROOT)


def test_the_drawing_that_is_kept_is_what_there_is(house: rooms.House) -> None:
    assert (KEPT / "imports.txt").read_text("utf-8") == drawing.text(house), ANEW
    assert (KEPT / "imports.svg").read_text("utf-8") == drawing.svg(house), ANEW


def test_no_arrow_climbs(house: rooms.House) -> None:
    assert house.climbing == ()


def test_no_rooms_and_no_files_import_each_other_in_a_circle(house: rooms.House) -> None:
    assert house.circles == ()
    assert house.tangles == ()


def test_it_has_few_floors(house: rooms.House) -> None:
    assert house.height <= MOST_FLOORS


def test_every_room_of_the_tree_is_in_it(house: rooms.House) -> None:
    there = {
        path.stem for path in (ROOT / "worker" / "voxmend").iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    }  # fmt: skip
    assert house.floors.keys() == {*there - {"__init__"}, "voxmend", "protocol"}


STREET = {
    "worker/voxmend/ground.py": "import json",
    "worker/voxmend/cellar/a.py": "from ..ground import x\nfrom . import b",
    "worker/voxmend/cellar/b.py": "from voxmend_protocol.codec import dump",
    "worker/voxmend/roof.py": "def f():\n    from .cellar import b\nfrom . import ground",
    "worker/voxmend_bench/speed.py": "from voxmend import roof",
    "protocol/voxmend_protocol/codec.py": "",
    "pyproject.toml": "[tool.hatch.build.targets.wheel]\n"
    'packages = ["worker/voxmend", "protocol/voxmend_protocol"]',
}


def test_a_small_street_is_drawn_as_it_is(tmp_path: Path) -> None:
    plant(tmp_path, STREET)
    found = rooms.survey(tmp_path)
    assert found.floors == {"ground": 0, "protocol": 0, "voxmend": 0, "cellar": 1, "roof": 2}
    assert found.arrows == {
        ("cellar", "ground"): 1, ("cellar", "protocol"): 1,
        ("roof", "cellar"): 1, ("roof", "ground"): 1,
    }  # fmt: skip
    assert (found.height, found.climbing, found.circles) == (3, (), ())
    assert ("roof", "ground") not in rooms.plain(found)  # the way through the cellar says it
    text = drawing.text(found)
    assert text.startswith("5 rooms, 3 floors, 4 arrows; climbing: 0; circles of rooms: 0,")
    assert "floor 1  cellar\n" in text
    assert "roof imports cellar, ground\n" in text
    labels = [each.text for each in Xml.fromstring(drawing.svg(found)).iter() if each.text]
    assert {"ground", "cellar", "roof", "protocol"} <= set(labels)


@pytest.mark.parametrize(
    "line",
    [
        "from ..roof import x",
        "def f():\n    from ..roof import x",
        "if TYPE_CHECKING:\n    from ..roof import x",
    ],
)
def test_of_a_circle_the_lightest_arrow_climbs(line: str, tmp_path: Path) -> None:
    more = {"worker/voxmend/roof.py": "from . import ground\nfrom .cellar import a, b, c"}
    plant(tmp_path, STREET | more | {"worker/voxmend/cellar/c.py": line})
    found = rooms.survey(tmp_path)
    assert found.circles == (("cellar", "roof"),)
    assert found.climbing == (("cellar", "roof"),)
    assert found.floors["roof"] == 2  # as without it
    assert "climbs: cellar imports roof" in drawing.text(found)
    assert "#c00000" in drawing.svg(found)
    turned = {(under, above): weight for (above, under), weight in found.arrows.items()}
    assert rooms.lightest(("cellar", "roof"), turned) == [("roof", "cellar")]


def test_files_that_load_each_other_are_a_circle_within_a_room_too(tmp_path: Path) -> None:
    plant(tmp_path, STREET | {"worker/voxmend/cellar/b.py": "from . import a"})
    assert rooms.survey(tmp_path).tangles == (("voxmend.cellar.a", "voxmend.cellar.b"),)
    plant(tmp_path, STREET | {"worker/voxmend/cellar/b.py": "def f():\n    from . import a"})
    assert rooms.survey(tmp_path).tangles == ()  # it loads nothing until it is called
