"""What is asked for a song, judged before the worker hears of it, and as the worker takes it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, get_args

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, InputUnreadable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import DEVICE, DEVICES, Clip, Format, Output, check_stems

from .. import config, paths, safe_files

File: TypeAlias = str | os.PathLike[str]
"""A file or a folder."""


class More(TypedDict, total=False):
    """The options that are needed less often; all by name.

    Attributes:
        start, end: seconds; only this stretch of the song.
        voice: a voice of this song that you have already, a file: it is found in it and mended,
            and nothing is separated.
        stems: names of the stems, of ``vocals``, ``vocals_raw``, ``instrumental``,
            ``instrumental_mended`` and the parts that the preset gives, such as ``drums``; where
            none are named, what the preset says.
        format: ``wav`` (32-bit float), ``wav24``, ``flac``, ``aiff`` or ``mp3``.
        device: ``auto``, ``cpu``, ``cuda``, one card such as ``cuda:1``, ``mps``, or the name of a
            remote worker.
    """

    start: float | None
    end: float | None
    voice: File | None
    stems: Iterable[str]
    format: Format
    device: str | None


@dataclass(frozen=True, slots=True)
class Options:
    """One choice for all songs of a call.

    Attributes:
        folder: where the jobs' folders go; None: ``voxmend`` beside each song.
        mixture: only for the preset ``diagnose``.
    """

    preset: str
    folder: str | None
    set: Mapping[str, Scalar]
    stems: tuple[str, ...] | None
    format: Format
    device: str | None
    start: float | None
    end: float | None
    voice: Clip | None
    mixture: Clip | None = None

    def clip(self, song: Path) -> Clip:
        """The song, or the stretch of it."""
        return Clip(str(song), self.start, self.end)

    def order(
        self, job: str, song: Path, group: str | None = None, folder: Path | None = None
    ) -> Submit:
        """A job as the worker takes it.

        Args:
            folder: where the job's folder goes whatever was chosen.
        """
        into = str(folder) if folder else self.folder or str(song.parent / "voxmend")
        return Submit(
            job, self.clip(song), self.preset, Output(into, format=self.format), self.set,
            self.stems, group, self.device, self.mixture, self.voice,
        )  # fmt: skip


def options(
    preset: str | None, out: File | None, set: Mapping[str, Scalar] | None, more: Mapping[str, Any]
) -> Options:
    """What was asked for; where it says nothing, the user's settings.

    Raises:
        TypeError: there is no option of that name.
        BadRequest, InputUnreadable: a value is none of its option.
        EnvironmentProblem: the settings are not valid.
    """
    for name in more:
        if name not in More.__annotations__:
            raise TypeError(f"unexpected keyword argument {name!r}")
    if preset is None or out is None:
        settings = config.load(paths.find().config_file)[0].restore
        preset = settings.preset if preset is None else preset
        out = (settings.folder or None) if out is None else out
    if not isinstance(preset, str):
        raise BadRequest(f"preset is {preset!r:.40}. Give its name: voxmend presets list")
    start, end = seconds(more.get("start"), "start"), seconds(more.get("end"), "end")
    if end is not None and end <= (start or 0):
        raise BadRequest(f"end is {end:g}. Give a second behind the start.")
    given = more.get("voice")
    return Options(
        preset,
        None if out is None else safe_files.resolved(whole(out, "out")),
        values(set or {}),
        None if more.get("stems") is None else stems(more["stems"]),
        word(more.get("format") or "wav", Format, "format"),
        None if more.get("device") is None else device(more["device"]),
        start,
        end,
        None if given is None else Clip(str(whole(given, "voice"))),
    )


def whole(path: Any, name: str) -> Path:
    """A path as the worker must see it.

    Raises:
        BadRequest: it is none, or empty.
        InputUnreadable: it cannot be written down in Unicode.
    """
    try:
        text = os.path.abspath(os.path.expanduser(os.fsdecode(path)))
    except TypeError:
        raise BadRequest(
            f"{name} is of type {type(path).__name__}. Give the path of a file or folder."
        ) from None
    except FileNotFoundError:
        raise InputUnreadable(
            f"{path}: the current folder was removed. Give the whole path."
        ) from None
    if not os.fsdecode(path):
        raise BadRequest(f"{name} is empty. Give a path.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputUnreadable(
            f"The name {text!a} is not valid Unicode. Rename the file or folder."
        ) from None
    return Path(text)


def seconds(value: Any, name: str) -> float | None:
    """A place in the song.

    Raises:
        BadRequest: it is no such number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise BadRequest(f"{name} is {value!r:.40}. Give seconds from the start of the song.")
    return float(value)


def values(given: Mapping[str, Any]) -> dict[str, Scalar]:
    """Parameters of blocks, by names such as ``denoise.strength``.

    Raises:
        BadRequest: one is no number, text or flag.
    """
    if not isinstance(given, Mapping):
        raise BadRequest("set is no mapping. Write it as {'denoise.strength': 0.3}.")
    found: dict[str, Scalar] = {}
    for name, value in given.items():
        plain = value.item() if hasattr(value, "item") and hasattr(value, "dtype") else value
        usable = isinstance(plain, bool | int | float | str)
        if not usable or (isinstance(plain, float) and not math.isfinite(plain)):
            raise BadRequest(
                f"set[{name!r:.60}] is {value!r:.40}. Give a number, a text or a flag."
            )
        if not isinstance(name, str) or "." not in name:
            raise BadRequest(f"set has {name!r:.60}. Write a name as 'denoise.strength'.")
        found[name] = plain
    return found


def stems(given: Any) -> tuple[str, ...]:
    """The stems that are asked for.

    Raises:
        BadRequest: a name is none, or stands twice.
    """
    names = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(name, str) for name in names):
        raise BadRequest(f"stems is {given!r:.80}. Give names, such as ['vocals', 'drums'].")
    check_stems(names)
    return names


def device(given: Any) -> str:
    """What is to be computed on.

    Raises:
        BadRequest: it is no device.
    """
    if not isinstance(given, str) or not (DEVICE.fullmatch(given) or _paired(given)):
        known = ", ".join(DEVICES)
        raise BadRequest(
            f"device is {given!r:.40}. Give one of {known}, a card: cuda:1, or a remote worker "
            "that this machine is paired with."
        )
    return given


def _paired(name: str) -> bool:
    from .. import paths
    from ..remote import peers

    return any(server.name == name for server in peers.read(paths.find()).servers)


def word(given: Any, known: Any, name: str) -> Any:
    """One of a closed list.

    Raises:
        BadRequest: it is none of them.
    """
    if given not in get_args(known):
        raise BadRequest(f"{name} is {given!r:.40}. Give one of {', '.join(get_args(known))}.")
    return given
