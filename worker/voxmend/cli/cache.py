"""``voxmend cache``: finished stages that need not run again."""

from __future__ import annotations

import typer

from voxmend_protocol import codec
from voxmend_protocol.errors import DiskFull
from voxmend_protocol.messages import Cache, CacheReport

from .screen import Json, guarded, put, say, show

app = typer.Typer(
    help="Look at and clear the cache of finished stages.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
@guarded
def stats(json: Json = False) -> None:
    """Show how much is kept, and how much may be."""
    report = _ask(Cache())
    if json:
        show(codec.to_dict(report))
        return
    put(f"{report.entries} stages, {report.bytes / 1e9:.2f} of {report.budget / 1e9:.0f} GB")


@app.command()
@guarded
def clear(json: Json = False) -> None:
    """Remove every finished stage. Results are not touched."""
    report = _ask(Cache(clear=True))
    if json:
        show(codec.to_dict(report))
    else:
        say(f"Removed {report.removed} stages.")


def _ask(request: Cache) -> CacheReport:
    from .. import launch, paths, stopped

    if stopped.lies(paths.find()) and not launch.running():
        return _without_worker(request)
    try:
        with launch.connect(new_job=False) as client:
            return client.request(request, CacheReport)
    except DiskFull:  # no worker can start: what is to make room for it cannot wait for one
        return _without_worker(request)


def _without_worker(request: Cache) -> CacheReport:
    """What the worker would do, where there is none and none can be."""
    from .. import config, paths
    from ..stages import FOLDER, Stages

    where = paths.find()
    settings, _ = config.load(where.config_file)
    stages = Stages(where.cache / FOLDER)
    removed = stages.evict(0).entries if request.clear else 0
    left = stages.stats()
    budget = round(settings.cache.budget_gb * 1e9)
    return CacheReport(left.entries, left.bytes, budget, removed)
