"""Options that every command has, wherever they stand: ``voxmend --plain restore SONG`` and
``voxmend restore SONG --plain``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

from voxmend_protocol.errors import VoxmendError

from .. import speech


class Everywhere(TyperGroup):
    """The root of all commands; puts the options into each of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _add(self)


def _add(command: TyperGroup | TyperCommand) -> None:
    command.params = [*command.params, *_options()]
    for each in getattr(command, "commands", {}).values():
        _add(each)


def _options() -> list[TyperOption]:
    return [
        TyperOption(
            param_decls=["--plain"], is_flag=True, expose_value=False, is_eager=True,
            callback=_plain, help="No colour, no line that changes: for screen readers and logs.",
        ),
        TyperOption(
            param_decls=["--quiet", "-q"], is_flag=True, expose_value=False, is_eager=True,
            callback=_quiet, help="Results and errors only.",
        ),
    ]  # fmt: skip


def setting(env: Mapping[str, str]) -> bool:
    """The setting ``terminal.plain``."""
    from .. import config, paths

    try:
        return config.load(paths.find().config_file, env)[0].terminal.plain
    except VoxmendError:  # a command that needs the settings says what is wrong with them
        return False


speech.setting = setting


def _plain(_: object, __: object, wanted: bool) -> None:
    speech.MANNER.plain = speech.MANNER.plain or wanted


def _quiet(_: object, __: object, wanted: bool) -> None:
    speech.MANNER.quiet = speech.MANNER.quiet or wanted
