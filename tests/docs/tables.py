"""The tables that pages must hold, made from what voxmend itself goes by: presets, the docstrings
of blocks' parameters, the catalogue of models."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from voxmend import presets
from voxmend.cascade.plan import block_called
from voxmend.models import catalogue
from voxmend.models.state import size_words
from voxmend.presets import Preset

NO_USER = Path("no user's presets")


def all_presets() -> list[Preset]:
    """Our own presets."""
    return presets.all_of(NO_USER)


def parameters() -> list[str]:
    """A row for each parameter that ``--set`` takes in any preset: key, defaults, meaning."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for preset in all_presets():
        for step in preset.steps:
            for one in (step, *step.members):
                for name, value in one.params.items():
                    said = str(value).lower() if isinstance(value, bool) else str(value)
                    found.setdefault((one.block, name), {})[preset.name] = said
    rows = []
    for (block, name), values in sorted(found.items()):
        shown = {preset: value or "(empty)" for preset, value in values.items()}
        said = ", ".join(f"`{preset}` {value}" for preset, value in shown.items())
        rows.append(f"| `{block}.{name}` | {said} | {_meaning(block, name)} |")
    return rows


def models() -> list[str]:
    """A row for each model of the catalogue."""
    users = {
        model.id: [p.name for p in all_presets() if set(p.blocks) & set(model.blocks)]
        for model in catalogue.load().models
    }
    return [
        f"| `{model.id}` | {model.title} | {size_words(model)} | {model.licence} | "
        f"{', '.join(f'`{name}`' for name in users[model.id]) or 'presets of your own'} |"
        for model in catalogue.load().models
    ]


def terms() -> list[str]:
    """A line for each set of terms, with the models it is of."""
    found: dict[str, list[str]] = {}
    for model in catalogue.load().models:
        found.setdefault(model.terms, []).append(f"`{model.id}`")
    return [f"- {', '.join(ids)}: {said}" for said, ids in found.items()]


def _meaning(block: str, name: str) -> str:
    """What the docstring of the block's parameters says of one."""
    doc = inspect.getdoc(block_called(block).params) or ""
    said = re.search(rf"^    {name}: (.*?)(?=^    \w+: |\Z)", doc, re.DOTALL | re.MULTILINE)
    assert said, f"{block} does not say what {name} is"
    return " ".join(said[1].split()).replace("``", "`").replace("|", r"\|")
