"""The tables that pages must hold, made from what voxmend itself goes by: presets, the docstrings
of blocks' parameters, the catalogue of models."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from voxmend import presets
from voxmend.cascade.plan import block_called
from voxmend.models import catalogue, needs, use
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
        f"| `{model.id}` | {model.title} | {size_words(model)} | {use.of_grant(model.grant)} | "
        f"{model.licence} | "
        f"{', '.join(f'`{name}`' for name in users[model.id]) or 'presets of your own'} |"
        for model in catalogue.load().models
    ]


def terms() -> list[str]:
    """A line for each set of terms, with the models it is of."""
    found: dict[str, list[str]] = {}
    for model in catalogue.load().models:
        found.setdefault(model.terms, []).append(f"`{model.id}`")
    return [f"- {', '.join(ids)}: {said}" for said, ids in found.items()]


def proofs() -> list[str]:
    """A row for each model: what its publisher states about use, and where that stands."""
    rows = []
    for model in catalogue.load().models:
        assert model.grant
        places = ", ".join(f"[{n}]({url})" for n, url in enumerate(model.grant.proof, 1))
        rows.append(
            f"| `{model.id}` | {use.of_grant(model.grant)} | {model.grant.licence} | {places} | "
            f"{model.grant.date} |"
        )
    return rows


def costs() -> list[str]:
    """How the row of each preset that has models begins: its word and its size."""
    rows = []
    for preset in all_presets():
        models = needs.usual(preset, catalogue.load())
        if models:
            known = sum(model.bytes for model in models) / 1e6
            size = f"{known / 1e3:.2f} GB" if known >= 1e3 else f"{known:.3g} MB"
            about = "" if all(model.exact for model in models) else "about "
            rows.append(f"| `{preset.name}` | {use.of(models)} | {about}{size} |")
    return rows


def _meaning(block: str, name: str) -> str:
    """What the docstring of the block's parameters says of one."""
    doc = inspect.getdoc(block_called(block).params) or ""
    said = re.search(rf"^    {name}: (.*?)(?=^    \w+: |\Z)", doc, re.DOTALL | re.MULTILINE)
    assert said, f"{block} does not say what {name} is"
    return " ".join(said[1].split()).replace("``", "`").replace("|", r"\|")
