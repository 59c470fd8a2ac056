"""``voxmend presets``: what each does, and what can be set."""

from __future__ import annotations

from typing import Annotated

import typer

from voxmend_protocol import codec

from .screen import Json, guarded, say, show

app = typer.Typer(help="List and show presets.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
@guarded
def list_(json: Json = False) -> None:
    """List presets, yours among them."""
    from .. import paths, presets

    user = paths.find().presets
    found = presets.all_of(user)
    if json:
        show({"items": [codec.to_dict(preset.info()) for preset in found]})
        return
    for preset in found:
        print(f"{preset.name:12} {preset.title}: {preset.description}")
    for name in sorted(set(presets.names(user)) - {preset.name for preset in found}):
        say(f"{name}: not valid. See why: voxmend presets show {name}")


@app.command("show")
@guarded
def show_(
    name: Annotated[str, typer.Argument(help="A preset's name.")], json: Json = False
) -> None:
    """Show a preset's blocks and the parameters --set can change."""
    from .. import paths, presets

    preset = presets.find(name, paths.find().presets)
    if json:
        steps = [{"block": s.block, "params": dict(s.params)} for s in preset.steps]
        show({**codec.to_dict(preset.info()), "steps": steps})
        return
    print(f"{preset.title}: {preset.description}")
    for step in preset.steps:
        print(f"  {step.block}")
        for param, value in step.params.items():
            print(f"    --set {step.stage}.{param}={value}")
