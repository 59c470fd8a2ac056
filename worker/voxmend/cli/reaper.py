"""``voxmend reaper``: the scripts inside REAPER."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .screen import Json, guarded, hint, say, show

if TYPE_CHECKING:
    from ..reaper.scene import Outcome, Scene
    from ..reaper.status import Status

app = typer.Typer(
    help="Put voxmend into REAPER, and take it out again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Resource = Annotated[
    str | None,
    typer.Option(help="REAPER's resource folder; needed for a portable install.", metavar="DIR"),
]
Wait = Annotated[bool, typer.Option("--wait", help="If REAPER runs, wait until it is closed.")]


@app.command()
@guarded
def install(
    resource: Resource = None,
    menu: Annotated[
        bool, typer.Option("--menu", help="Also extend the right-click menu, if it is your own.")
    ] = False,
    wait: Wait = False,
    json: Json = False,
) -> None:
    """Copy the scripts into REAPER and make its actions known."""
    from ..reaper.install import install as carry_out

    done = carry_out(_scene(resource, wait), menu)
    words = f"Version {done.version}, {done.files} files, is in {done.resource}."
    _tell(done, json, words if done.files else "")


@app.command()
@guarded
def uninstall(resource: Resource = None, wait: Wait = False, json: Json = False) -> None:
    """Remove what “install” brought. Files you changed, settings and tickets stay."""
    from ..reaper.uninstall import uninstall as carry_out

    done = carry_out(_scene(resource, wait))
    words = f"Removed {done.files} files from {done.resource}." if done.version else ""
    _tell(done, json, words)


@app.command()
@guarded
def status(resource: Resource = None, json: Json = False) -> None:
    """Show what is installed where, and whether it fits."""
    from .. import __version__
    from ..reaper import resource as places
    from ..reaper import status as states

    if resource is None:
        found = [(one.folder, one.origin) for one in places.find(_memory())]
    else:
        found = [(places.choose(resource, _memory()), "named")]
    items = [states.of(_at(str(folder)), origin) for folder, origin in found]
    if json:
        show({"version": __version__, "items": [dataclasses.asdict(item) for item in items]})
        return
    if not items:
        say(
            "No resource folder of REAPER was found. Start REAPER once, or name the folder: "
            "voxmend reaper status --resource DIR"
        )
    for item in items:
        for told in _lines(item):
            hint(told)


def _lines(item: Status) -> list[str]:
    """One folder in words, with the command that mends what is wrong."""
    known = sum(action.registered for action in item.actions)
    owners = {
        "voxmend": f"version {item.version}, {item.files} files",
        "reapack": f"version {item.version}, {item.files} files, by ReaPack",
        "hand": "scripts that were put there by hand",
        "": "not installed",
    }
    menus = {
        "entry": "in the right-click menu",
        "own": "not in the right-click menu (add it: voxmend reaper install --menu)",
        "factory": "the right-click menu is REAPER's own; “Set up right-click menu” helps",
    }
    lines = [item.resource, f"  scripts  {owners[item.owner]}"]
    if item.owner == "voxmend" and not item.current:
        lines.append("           another version; bring it up to date: voxmend reaper install")
    lines += [f"           changed by you: {place}" for place in item.changed]
    lines += [f"           missing: {place}" for place in item.missing]
    if item.owner or known:
        lines.append(f"  actions  {known} of {len(item.actions)} in the action list")
        lines.append(f"  menu     {menus[item.menu]}")
        well = f"does not lead here: {item.pointer}" if item.pointer else "leads to this voxmend"
        lines.append(f"  pointer  {well}")
        lines.append(f"  proved   {item.proved}")
    return [*lines, f"  REAPER   {item.reaper}"]


def _tell(done: Outcome, json: bool, words: str) -> None:
    if json:
        show(dataclasses.asdict(done))
        return
    if words:
        say(words)
    told = {
        ("actions", "added"): "The actions are in the action list; they begin with “voxmend_”.",
        ("actions", "removed"): "The actions are gone from the action list.",
        ("menu", "added"): "The right-click menu of items has them, at its end.",
        ("menu", "there"): "The right-click menu has them already.",
        ("menu", "removed"): "The right-click menu is as it was without them.",
    }
    for pair in (("actions", done.actions), ("menu", done.menu)):
        if pair in told:
            say(told[pair])
    for note in done.notes:
        say(note)


def _scene(resource: str | None, wait: bool) -> Scene:
    from ..reaper import resource as places

    return _at(str(places.choose(resource, _memory())), wait)


def _at(folder: str, wait: bool = False) -> Scene:
    from .. import paths
    from ..reaper import running
    from ..reaper.scene import Scene

    return Scene(Path(folder), paths.find(), running.look, wait, say)


def _memory() -> Path:
    from .. import paths

    return paths.find().state / "reaper.json"
