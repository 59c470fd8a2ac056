"""``voxmend presets``: what each does, and what can be set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxmend_protocol import codec
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import EnvironmentProblem

from ..targets import OF_VOICE, VOICE, others
from . import proposals
from .screen import Json, guarded, hint, indent, paragraph, put, say, show

if TYPE_CHECKING:
    from voxmend_protocol.values import PresetInfo

    from ..presets import Step

app = typer.Typer(help="List and show presets.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
@guarded
def list_(json: Json = False) -> None:
    """List presets, yours among them."""
    from .. import paths, presets
    from ..models import needs, store

    where = paths.find()
    user = where.presets
    found = needs.listed(presets.menu(user), where)
    try:
        store.of(where)
    except EnvironmentProblem as error:  # the presets that need no models run all the same
        say(f"voxmend: {error.message} [{error.code}]")
    if json:
        show({"items": [codec.to_dict(info) for info in found]})
        return
    for info in found:
        paragraph(f"{info.name:12} {info.title}: {info.description}{_use(info)}", 13)
        if info.missing:
            hint(f"{'':{indent(13) - 1}} to fetch first: voxmend models pull --preset {info.name}")
    for name in sorted(set(presets.names(user)) - {preset.name for preset in found}):
        say(f"{name}: not valid. See why: voxmend presets show {name}")


@app.command("show")
@guarded
def show_(
    name: Annotated[str, typer.Argument(help="A preset's name.", autocompletion=proposals.presets)],
    json: Json = False,
) -> None:
    """Show a preset's blocks and the parameters --set can change."""
    from .. import paths, presets
    from ..models import needs, store, use

    where = paths.find()
    preset = presets.find(name, where.presets)
    if preset.remark:
        say(preset.remark)
    info = needs.info(preset, store.for_blocks(where, preset.blocks))
    if json:
        show({**codec.to_dict(info), "steps": [_plain(step) for step in preset.steps]})
        return
    put(f"{preset.title}: {preset.description}")
    put(f"  writes {', '.join(info.stems)}")
    if info.gives:
        put(f"  --stems takes {', '.join((*_of_voice(info.gives), *others(info.gives)))}")
    for step in preset.steps:
        put(f"  {step.block}")
        for param, value in step.params.items():
            put(f"    --set {step.stage}.{param}={_typed(value)}")
        for member in step.members:
            put(f"    of {member.block}")
            for param, value in member.params.items():
                put(f"      --set {member.block}.{param}={_typed(value)}")
    catalogue = store.for_blocks(where, preset.blocks).catalogue
    for model in map(catalogue.find, info.models):
        there = "to be fetched" if model.id in info.missing else "here"
        put(f"  model {model.id}: {there}; {use.of_grant(model.grant)}: {model.licence}")
    if info.models:
        put(f"  all together: {info.use}")
    if info.missing:
        hint(f"    voxmend models pull --preset {preset.name}")


def _use(info: PresetInfo) -> str:
    """What one may do with the models of a preset that has some."""
    return f" Licences: {info.use}." if info.models else ""


def _of_voice(gives: Sequence[str]) -> tuple[str, ...]:
    """The stems that the voice gives, where it is among what a preset gives."""
    return OF_VOICE if VOICE in gives else ()


def _plain(step: Step) -> dict[str, Any]:
    members = [_plain(member) for member in step.members]
    return {"block": step.block, "params": dict(step.params), "members": members}


def _typed(value: Scalar) -> str:
    """A value as ``--set`` reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
