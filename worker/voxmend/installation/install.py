"""The installation, step by step. Up to the switch the old one is untouched; the switch is one
rename; what comes after can be repeated. Whoever kills it anywhere has a voxmend that works, the
old one or the new one, and the next run clears up.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from .. import typed
from . import environment as environments
from . import machine, manifest, offers, pointer, update, uv
from .environment import Proof, Tell
from .lock import held
from .machine import Choice, Sighting
from .manifest import Entry
from .offers import Asker, Taken, Voxmend
from .program import Program, folder, launcher
from .source import Bundle, read_bundle, version

STEPS = 6


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line.

    Attributes:
        source: the checkout; not looked at with ``offline``.
        uv: the program.
    """

    source: Path
    uv: Path
    env: Mapping[str, str]
    device: str = "auto"
    yes: bool = False
    models: bool = True
    reaper: bool = True
    autostart: bool = True
    offline: Path | None = None


def install(options: Options, tell: Tell, seen: Sighting | None = None) -> None:
    """Install, repair or upgrade.

    Raises:
        BadRequest: an option.
        EnvironmentProblem: something on this machine.
        OSError: a folder that cannot be written.
    """
    program = Program(folder(options.env))
    bundle = read_bundle(options.offline) if options.offline else None
    seen = seen or machine.look()
    if bundle is not None:
        bundle.refuse_elsewhere(seen.system, seen.architecture)
    choice = machine.choose(seen, _asked(options, bundle))
    if bundle is not None:
        choice = replace(choice, needed_gb=bundle.unpacked_gb)
    wanted = bundle.version if bundle else version(options.source)
    program.root.mkdir(parents=True, exist_ok=True)
    with held(program.lock):
        before = program.active()
        tell(_opening(before, wanted, program, choice, bundle is not None))
        step = _Steps(tell)
        step("making room")
        pointer.clear_unused(program, before)
        if bundle is not None:
            environments.room(program, choice)
        new = program.fresh(wanted)
        try:
            proof = _build(options, program, choice, bundle, new, step)
            _note_data(program, Voxmend(program.executable(new, "voxmend"), _env(options)))
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        voxmend = Voxmend(program.executable(program.current, "voxmend"), _env(options))
        step("switching to it")
        pointer.switch(program, new)
        found = _finish(program, voxmend, before, step)
        voxmend = replace(voxmend, env={**voxmend.env, typed.VARIABLE: _typed(found)})
        taken = _offer(options, bundle, voxmend, before is not None)
    _closing(program, proof, choice, found, taken, tell)


def _build(
    options: Options, program: Program, choice: Choice, bundle: Bundle | None, new: Path,
    step: _Steps,
) -> Proof:  # fmt: skip
    """A new environment that has proved itself."""
    env = uv.environment(options.env, program.cache, program.python, bundle is not None)
    home = bundle.folder if bundle else options.source
    tool = uv.Uv(options.uv, home, env, bundle.wheels if bundle else None)
    step(f"choosing packages for {choice.words}")
    program.versions.mkdir(exist_ok=True)
    if bundle is not None:
        _keep_uv(program, options.uv)
    tool.run(tool.make(new))
    if bundle is None:
        choice = environments.resolve(tool, choice, new, step.tell)
        environments.room(program, choice)
    step("fetching and installing them")
    environments.fill(tool, choice, new, bundle)
    update.note(new, home)
    step("proving that it works: a short song is mended")
    proof = environments.prove(program, new, environments.clean_env(options.env))
    step.tell(f"  mended on {proof.device}: the voice gained {proof.gain_db:+.1f} dB")
    return proof


def _keep_uv(program: Program, uv: Path) -> None:
    """A uv that came in a folder comes along: the folder goes home again."""
    kept = program.uv
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        new = kept.with_name(f".{kept.name}.new")
        shutil.copy2(uv, new)
        os.replace(new, kept)


def _finish(program: Program, voxmend: Voxmend, before: Path | None, step: _Steps) -> str:
    """After the switch: the command, what held on to the old one, the old one itself."""
    command = launcher(voxmend.env)
    if not os.path.lexists(command) or pointer.is_ours(program, command):
        manifest.note(
            program.manifest, [*manifest.missing_folders(command), Entry("file", command)]
        )
    put = pointer.put_command(program, command)
    step("bringing along what was there")
    if before is not None:
        if voxmend.has_worker():
            voxmend.run("worker", "restart")
        offers.refresh_reaper(voxmend)
    pointer.clear_unused(program, program.active())
    return str(command if put else voxmend.command)


def _note_data(program: Program, voxmend: Voxmend) -> None:
    """Write down voxmend's own folders, where this installation is their first cause."""
    found = voxmend.read("config", "path")
    if found is None:
        raise EnvironmentProblem(
            "The new voxmend does not say where it keeps things; nothing was switched. Run the "
            "same command again."
        )
    state, cache, settings = (
        Path(found["state"]),
        Path(found["cache"]),
        Path(found["config"]).parent,
    )
    # Under Windows and macOS settings lie in the folder of state.
    kinds = {state: "tree", cache: "tree"} | {settings: "mine"}
    entries: list[Entry] = []
    for place, kind in kinds.items():
        if not place.exists():
            entries += [*manifest.missing_folders(place), Entry(kind, place)]  # type: ignore[arg-type]
    manifest.note(program.manifest, entries)


def _offer(
    options: Options, bundle: Bundle | None, voxmend: Voxmend, again: bool
) -> list[tuple[str, Taken]]:
    asker = Asker(options.yes, offers.ask_on(sys.stdin is not None and sys.stdin.isatty()))
    taken = []
    if options.models:
        weights = bundle.models if bundle else None
        taken.append(("models", offers.models(voxmend, asker, weights, bundle is not None)))
    if options.reaper:
        taken.append(("REAPER", offers.reaper(voxmend, asker)))
    if options.autostart or again:
        quiet = asker if options.autostart else Asker(False, None)
        state = voxmend.read("service", "status") or {}
        taken.append(("starts", offers.autostart(voxmend, quiet, state)))
        watching = offers.watching(voxmend, quiet, state)
        if watching is not None:
            taken.append(("watches", watching))
    return taken


def _asked(options: Options, bundle: Bundle | None) -> str:
    """The device: a prepared folder is for one."""
    if bundle is not None and options.device == "auto":
        return bundle.device
    return options.device


def _env(options: Options) -> dict[str, str]:
    return environments.clean_env(options.env)


def _opening(
    before: Path | None, wanted: str, program: Program, choice: Choice, offline: bool
) -> str:
    what = "Installing" if before is None else f"Over {before.name.rpartition('-')[0]}: installing"
    size = (
        f"It takes about {choice.needed_gb:.1f} GB on disk"
        if offline
        else "How much it fetches, and takes on disk, is said once the packages are chosen"
    )
    stays = "" if before is None else "; what there is now stays in use until then"
    return (
        f"{what} voxmend {wanted} in {program.root}. {size}. It is used once it has proved "
        f"itself{stays}."
    )


def _closing(
    program: Program, proof: Proof, choice: Choice, command: str,
    taken: list[tuple[str, Taken]], tell: Tell,
) -> None:  # fmt: skip
    lines = [
        "", "voxmend is installed.",
        f"  program   {program.root}",
        f"  command   {command}",
        f"  device    {proof.device}" + _unlike(choice, proof),
        *offers.words_of(taken),
        "Next:", f"  {_typed(command)} doctor",
        f"  {_typed(command)} restore SONG.wav",
        f"To take it off again: {_typed(command)} uninstall",
    ]  # fmt: skip
    for line in lines:
        tell(typed.rewritten(line, _typed(command)))
    if _typed(command) != "voxmend":
        tell(f"(The folder {Path(command).parent} is not searched for commands: type the path, or "
             "add the folder to PATH.)")  # fmt: skip


def _unlike(choice: Choice, proof: Proof) -> str:
    """What was chosen and what was used may differ: that is said, not hidden."""
    used = {"rocm": "cuda", "directml": "cpu"}.get(choice.device, choice.device)
    if proof.device.startswith(used):
        return ""
    return f" (not {choice.device}: voxmend doctor says why)"


def _typed(command: str) -> str:
    """How the command is typed: by its name where the shell finds it."""
    name = Path(command).stem if command.endswith(".cmd") else Path(command).name
    found = shutil.which(name)
    if found is not None and Path(found) == Path(command):
        return name
    return f'"{command}"' if " " in command else command


class _Steps:
    """Numbered lines."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self._number = 0

    def __call__(self, words: str) -> None:
        self._number += 1
        self.tell(f"[{self._number}/{STEPS}] {words}")
