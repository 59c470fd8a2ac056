"""Settings: one TOML file, the environment over it, defaults under it.

``VOXMEND_WORKER_IDLE_EXIT_MIN=5`` sets ``[worker] idle_exit_min``. An unknown key is an error that
names the nearest known one. ``voxmend config show`` prints each value with its origin.
"""

from __future__ import annotations

import dataclasses
import os
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxmend_protocol.errors import EnvironmentProblem
from voxmend_protocol.values import DEVICE, REMOTE

from . import foreign, near, presets, safe_files

CHOICES = {
    "worker.log_level": ("debug", "info", "warning", "error"),
    "worker.precision": ("auto", "exact", "fast", "fp32"),
    "worker.priority": ("low", "idle", "normal"),
}
"""Settings that are one word of several."""
RANGES: Mapping[str, tuple[float, float]] = {
    "worker.threads": (1, 1024),
    "worker.memory_gb": (1, 100_000),
    "worker.engines": (1, 16),
    "remote.silence_s": (1, 3600),
}
"""Settings that are 0, which leaves it to voxmend, or lie between two numbers."""
AUTO = ("worker.engines",)
"""Those of them where the word says it too."""
FOR_EVER = -1
MOST = 1_000_000_000
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Worker:
    """``[worker]``"""

    idle_exit_min: float = 30.0
    """Minutes without a job or a client until the worker ends; 0 keeps it for ever."""
    queue_max: int = 1000
    """Jobs that wait or run, at most."""
    keep_jobs: int = 10_000
    """Ended jobs whose records are kept."""
    log_level: str = "info"
    """debug, info, warning or error."""
    device: str = "auto"
    """auto, cpu, cuda, one card such as cuda:1, mps, or the name of a remote worker: where jobs are
    done that name no device."""
    engines: int = 0
    """Jobs that run at once, each in an engine of its own; 0 or auto: one for each card."""
    precision: str = "auto"
    """auto: lower than fp32 where that is faster and was proved to be as good; exact (or fp32):
    never; fast: also where it is proved to be nearly as good."""
    keep_alive_min: float = 10.0
    """Minutes an idle network stays loaded; 0: it goes after each job; -1: it stays."""
    priority: str = "low"
    """low: other programs come first; idle: only what nobody else wants; or normal."""
    threads: int = 0
    """Threads that compute on the processor, shared by the engines; 0: one for each core."""
    memory_gb: float = 0.0
    """Gigabytes of memory each engine may take; 0: as much as there is. Not held on macOS."""

    @property
    def own_device(self) -> str:
        """The same of this machine, for what it does itself."""
        return self.device if DEVICE.fullmatch(self.device) else "auto"


@dataclass(frozen=True, slots=True)
class Restore:
    """``[restore]``"""

    preset: str = presets.DEFAULT
    """The preset used where none is named."""
    folder: str = ""
    """Where stems go; empty: a folder ``voxmend`` beside the source."""


@dataclass(frozen=True, slots=True)
class Cache:
    """``[cache]``"""

    budget_gb: float = 20.0
    """Gigabytes of finished stages that are kept; what was used longest ago goes first."""


@dataclass(frozen=True, slots=True)
class Watch:
    """``[watch]``"""

    notify: bool = True
    """Whether the watch folder shows desktop notifications, where the system has them."""


@dataclass(frozen=True, slots=True)
class Remote:
    """``[remote]``"""

    listen: str = ""
    """Address at which other machines may ask this worker to work, such as tcp://0.0.0.0:7471;
    empty: nowhere."""
    fallback: bool = False
    """Whether this machine does a job itself that a remote worker cannot do."""
    wait_min: float = 2.0
    """Minutes that a job waits for a remote worker which does not answer."""
    silence_s: float = 30.0
    """Seconds that an answer of a remote worker may take: more on a very slow network."""
    share_gb: float = 20.0
    """Gigabytes of this machine's disk that each other machine may take."""
    keep_hours: float = 24.0
    """Hours that songs and stems of other machines are kept after their last use."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """``[terminal]``"""

    plain: bool = False
    """Whether the command line keeps to lines that do not change, as a screen reader needs them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, by section."""

    worker: Worker = field(default_factory=Worker)
    restore: Restore = field(default_factory=Restore)
    cache: Cache = field(default_factory=Cache)
    watch: Watch = field(default_factory=Watch)
    remote: Remote = field(default_factory=Remote)
    terminal: Terminal = field(default_factory=Terminal)


@dataclass(frozen=True, slots=True)
class Value:
    """One setting with where it comes from: ``default``, a file, or a variable's name."""

    key: str
    value: Any
    origin: str


def load(file: Path, env: Mapping[str, str] | None = None) -> tuple[Settings, tuple[Value, ...]]:
    """Read the settings.

    Raises:
        EnvironmentProblem: the file is not TOML, or a key or value is not what it should be.
    """
    env = os.environ if env is None else env
    data = _read(file)
    sections: dict[str, Any] = {}
    values: list[Value] = []
    for section in dataclasses.fields(Settings):
        cls: Any = section.default_factory
        given = data.pop(section.name, {})
        if not isinstance(given, dict):
            raise EnvironmentProblem(f"{file}: [{section.name}] must be a section. Mend the file.")
        chosen: dict[str, Any] = {}
        for f in dataclasses.fields(cls):
            key = f"{section.name}.{f.name}"
            variable = f"VOXMEND_{section.name}_{f.name}".upper()
            value, origin = f.default, "default"
            if f.name in given:
                value = _typed(_number(key, given.pop(f.name)), f.default, key, str(file))
                origin = str(file)
            if variable in env:
                value = _parsed(_number(key, env[variable]), f.default, variable)
                origin = variable
            _sane(key, value, origin)
            chosen[f.name] = value
            values.append(Value(key, value, origin))
        _refuse_unknown(given, [f.name for f in dataclasses.fields(cls)], file, section.name + ".")
        sections[section.name] = cls(**chosen)
    _refuse_unknown(data, [s.name for s in dataclasses.fields(Settings)], file, "")
    return Settings(**sections), tuple(values)


def _read(file: Path) -> dict[str, Any]:
    try:
        data = safe_files.read(file, MOST_BYTES)
    except FileNotFoundError:
        return {}
    except safe_files.UnsafeError as error:  # whoever may write it chooses where stems go
        raise EnvironmentProblem(str(error)) from None
    except NotADirectoryError:
        raise EnvironmentProblem(
            f"{file.parent} is no folder. Set VOXMEND_HOME to a folder of yours."
        ) from None
    except OSError as error:
        raise EnvironmentProblem(
            f"{file} cannot be read: {error.strerror}. Give yourself the right to read it, or set "
            "VOXMEND_HOME to a folder of yours."
        ) from None
    try:
        return foreign.toml(data)
    except foreign.ForeignError as error:
        raise EnvironmentProblem(f"{file} is not valid TOML: {error}. Mend the file.") from None


def _number(key: str, value: Any) -> Any:
    """The value, or what it stands for: "auto" leaves it to voxmend."""
    return 0 if value == "auto" and key in AUTO else value


def _typed(value: Any, default: Any, key: str, origin: str) -> Any:
    if type(default) is float and type(value) is int:
        value = float(value)
    if type(value) is not type(default):
        raise EnvironmentProblem(
            f"{origin}: {key} must be of the kind of {default!r}, not {reprlib.repr(value)}. "
            "Mend it."
        )
    return value


def _parsed(text: Any, default: Any, variable: str) -> Any:
    try:
        if type(default) is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        return type(default)(text)
    except (KeyError, ValueError, OverflowError):
        raise EnvironmentProblem(
            f"{variable} must be of the kind of {default!r}, not {reprlib.repr(text)}. Mend it."
        ) from None


def _sane(key: str, value: Any, origin: str) -> None:
    """Refuse what is of the right kind and still none."""
    if isinstance(value, str) and "\0" in value:
        raise EnvironmentProblem(f"{origin}: {key} holds a null character. Mend it.")
    if key in CHOICES and value not in CHOICES[key]:
        raise EnvironmentProblem(
            f"{origin}: {key} must be one of {', '.join(CHOICES[key])}. Mend it."
        )
    if key == "worker.device" and not (DEVICE.fullmatch(value) or REMOTE.fullmatch(value)):
        raise EnvironmentProblem(
            f"{origin}: {key} must be auto, cpu, cuda, one card such as cuda:1, mps, or the name "
            "of a remote worker. Mend it."
        )
    if key == "worker.keep_alive_min":
        if not (0 <= value <= MOST or value == FOR_EVER):
            raise EnvironmentProblem(
                f"{origin}: {key} must be minutes, or {FOR_EVER} for ever. Mend it."
            )
    elif key in RANGES:
        least, most = RANGES[key]
        if value and not least <= value <= most:
            raise EnvironmentProblem(
                f"{origin}: {key} must be 0, or lie between {least} and {most}. Mend it."
            )
    elif isinstance(value, int | float) and not 0 <= value <= MOST:
        raise EnvironmentProblem(f"{origin}: {key} must lie between 0 and {MOST}. Mend it.")


def _refuse_unknown(left: Mapping[str, Any], known: list[str], file: Path, prefix: str) -> None:
    for key in left:
        hint = near.meant(key, known, prefix)
        raise EnvironmentProblem(f"{file}: there is no setting {prefix}{key[:60]}.{hint}")
