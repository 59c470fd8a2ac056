"""What a shell may complete: presets, models, jobs, watched folders, parameters, words of a kind.

A completion must be quick and can say nothing: it starts no worker, and whatever is wrong gives no
proposals. Each function takes the beginning of a word and gives words with a remark.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import typer

from voxmend_protocol import VoxmendError
from voxmend_protocol.values import DEVICES, Format, State

Proposals = list[tuple[str, str]]

MOST_JOBS = 50
"""The newest ones; more would only scroll."""


def presets(incomplete: str) -> Proposals:
    """Presets, those of the user among them."""
    from .. import paths, presets

    try:
        found = presets.menu(paths.find().presets)
    except (VoxmendError, OSError):
        return []
    return _begin(((one.name, one.title) for one in found), incomplete)


def models(incomplete: str) -> Proposals:
    """Models of the catalogue."""
    from .. import paths
    from ..models import store

    try:
        found = store.of(paths.find()).catalogue.models
    except (VoxmendError, OSError):
        return []
    return _begin(((one.id, one.title) for one in found), incomplete)


def jobs(incomplete: str) -> Proposals:
    """The newest jobs, by as much of the id as lists show."""
    from .. import paths
    from ..supervisor import glimpse

    found = glimpse.newest(paths.find().database, MOST_JOBS)
    told = ((one.job[:8], f"{one.state} {Path(one.clip.path).name}") for one in found)
    long = len(incomplete) > 8
    ids = ((one.job, told) for one, (_, told) in zip(found, told, strict=True)) if long else told
    return _begin(ids, incomplete)


def folders(incomplete: str) -> Proposals:
    """Folders that are watched."""
    from .. import paths
    from ..watch import registry

    try:
        found = registry.load(paths.find().watch_file)
    except (VoxmendError, OSError):
        return []
    return _begin(((one.path, one.preset) for one in found), incomplete)


def values(ctx: typer.Context, incomplete: str) -> Proposals:
    """Parameters of the preset that is named in front of it, each with the value it has."""
    from .. import config, paths, presets

    try:
        where = paths.find()
        usual = config.load(where.config_file)[0].restore.preset
        preset = presets.find(ctx.params.get("preset") or usual, where.presets)
    except (VoxmendError, OSError):
        return []
    owners = [(step.stage, step.params) for step in preset.steps]
    owners += [(m.block, m.params) for step in preset.steps for m in step.members]
    found = (
        (f"{owner}.{name}=", f"now {value}")
        for owner, params in owners
        for name, value in params.items()
    )
    return _begin(found, incomplete)


def formats(incomplete: str) -> Proposals:
    """Formats of the stems."""
    return _begin(((name, "") for name in get_args(Format)), incomplete)


def devices(incomplete: str) -> Proposals:
    """What is computed on, here or on a remote worker."""
    from .. import paths
    from ..remote import peers

    servers = peers.read(paths.find()).servers
    here = [(name, "") for name in DEVICES]
    return _begin([*here, *((server.name, server.address) for server in servers)], incomplete)


def states(incomplete: str) -> Proposals:
    """States of a job."""
    return _begin(((name, "") for name in get_args(State)), incomplete)


def _begin(words: Iterable[tuple[str, str]], incomplete: str) -> Proposals:
    return [(word, remark) for word, remark in words if word.startswith(incomplete)]
