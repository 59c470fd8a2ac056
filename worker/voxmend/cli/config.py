"""``voxmend config``: the settings in force, and where each comes from."""

from __future__ import annotations

import typer

from .screen import Json, guarded, put, show

app = typer.Typer(
    help="Show settings and where they come from.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("show")
@guarded
def show_(json: Json = False) -> None:
    """Show every setting with its origin."""
    from .. import config, paths

    _, values = config.load(paths.find().config_file)
    if json:
        show({"items": [{"key": v.key, "value": v.value, "origin": v.origin} for v in values]})
        return
    for value in values:
        put(f"{value.key:24} {value.value!r:12} {value.origin}")


@app.command()
@guarded
def path(json: Json = False) -> None:
    """Show where voxmend keeps things."""
    from .. import paths

    where = paths.find()
    found = {
        "config": where.config_file,
        "presets": where.presets,
        "models": where.models_file,
        "state": where.state,
        "cache": where.cache,
        "log": where.log,
    }
    if json:
        show({name: str(file) for name, file in found.items()})
        return
    for name, file in found.items():
        put(f"{name:8} {file}")
