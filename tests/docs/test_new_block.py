"""The block that CONTRIBUTING shows is a block: built from that very text, run by the runner."""

from __future__ import annotations

import math
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from voxmend import presets
from voxmend.audio import Signal
from voxmend.blocks import denoise, registry
from voxmend.cascade import plan
from voxmend.cascade.context import Context
from voxmend.cascade.runner import run

PAGE = Path(__file__).resolve().parents[2] / "CONTRIBUTING.md"

LINES = 40
"""Of the whole file, its text for readers and its imports too; blank ones do not count."""


def shown(kind: str) -> str:
    """The one piece of this language."""
    (found,) = re.findall(
        rf"^```{kind}\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return str(found)


@pytest.fixture
def hum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The block, as if its file lay in the family's folder; gone afterwards."""
    (tmp_path / "hum.py").write_text(shown("python"), "utf-8")
    monkeypatch.setattr(denoise, "__path__", [*denoise.__path__, str(tmp_path)])
    yield "denoise.hum"
    registry._BLOCKS.pop("denoise.hum", None)
    sys.modules.pop("voxmend.blocks.denoise.hum", None)


def test_it_is_short() -> None:
    lines = [line for line in shown("python").splitlines() if line.strip()]
    assert len(lines) <= LINES, "a newcomer is to read it in one go"


def test_the_block_that_is_shown_takes_hum_and_leaves_the_voice(hum: str, tmp_path: Path) -> None:
    (step,) = tomllib.loads(shown("toml"))["block"]
    (tmp_path / "dehum.toml").write_text(
        'title = "Dehum"\ndescription = "."\ninput = "voice"\nguarded = false\n' + shown("toml"),
        "utf-8",
    )
    made = plan.make(presets.find("dehum", tmp_path))
    assert made.runs[0].block.name == step["name"] == hum
    assert set(step) - {"name"} == set(made.runs[0].block.params.settable())

    rate = 44_100
    time = torch.arange(3 * rate, dtype=torch.float64) / rate
    voice = 0.3 * torch.sin(2 * math.pi * 437 * time) * torch.sin(2 * math.pi * 3 * time).square()
    noise = sum(0.02 * torch.sin(2 * math.pi * 50 * n * time + n) for n in (1, 2, 3, 7))
    sound = (voice + noise).float()[None].repeat(2, 1)
    context = Context(torch.device("cpu"), tmp_path)
    found = run(made, Signal.of(sound.numpy(), rate), context).vocals
    inside = slice(rate // 2, -rate // 2)
    left = torch.from_numpy(found.read(0, found.frames)).double()[:, inside] - voice[inside]
    assert found.frames == sound.shape[1]
    assert level_db(left) < level_db((sound[0] - voice)[inside]) - 15


def test_a_block_that_says_too_little_is_refused_when_it_is_imported(hum: str) -> None:
    source = Path(denoise.__path__[-1]) / "hum.py"
    source.write_text(source.read_text("utf-8").replace(', ("bleed",)', ", ()"), "utf-8")
    with pytest.raises(TypeError, match="must say what it mends"):
        registry.load(hum)


@pytest.mark.parametrize("line", ["levlled = True", "band = 3.0", "version = 2"])
def test_a_misspelt_attribute_is_refused_too(hum: str, line: str) -> None:
    source = Path(denoise.__path__[-1]) / "hum.py"
    text = source.read_text("utf-8").replace("    name, params", f"    {line}\n    name, params")
    source.write_text(text, "utf-8")
    with pytest.raises(TypeError, match="is no attribute of a block"):
        registry.load(hum)


def level_db(sound: torch.Tensor) -> float:
    return 10 * math.log10(float(sound.square().mean()) + 1e-30)
