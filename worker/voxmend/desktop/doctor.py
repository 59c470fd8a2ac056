"""What is well on this machine, what is not, why it matters, and the command that mends it.

Each check is a function that returns a Finding and never raises. Checks that need torch run it in
a process of its own, so that a broken torch cannot take the doctor with it.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from voxmend_protocol.errors import EnvironmentProblem, VoxmendError

from .. import __version__, config, presets
from ..paths import Paths

Health = Literal["ok", "warn", "fail"]
LOW_DISK_GB = 5.0
TORCH_S = 120.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome. ``why`` says what it is good for, ``fix`` what to type."""

    id: str
    title: str
    health: Health
    detail: str
    why: str = ""
    fix: str = ""


def examine(paths: Paths) -> list[Finding]:
    """Run every check, in the order in which problems explain each other."""
    return [_check(check, paths) for check in CHECKS]


def _check(check: Callable[[Paths], Finding], paths: Paths) -> Finding:
    try:
        return check(paths)
    except (OSError, VoxmendError, subprocess.SubprocessError, ValueError) as error:
        name = check.__name__
        return Finding(name, name.replace("_", " "), "fail", str(error) or type(error).__name__)


def python(_: Paths) -> Finding:
    """The interpreter."""
    version = platform.python_version()
    detail = f"{version} on {platform.system()} {platform.machine()}, voxmend {__version__}"
    if sys.version_info[:2] != (3, 11):
        return Finding(
            "python", "Python", "fail", detail, "DeepFilterLib has no wheels for other versions.",
            "sh installers/run.sh doctor",
        )  # fmt: skip
    return Finding("python", "Python", "ok", detail)


def torch(_: Paths) -> Finding:
    """Torch, and the device it can use."""
    script = (
        "import json,torch;from voxmend.engine import device as d;"
        "p,_=d.choose();x=torch.ones(8,device=p).sum().item();"
        "print(json.dumps([torch.__version__,d.describe(p),x==8.0,torch.version.cuda]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TORCH_S, check=False
    )
    why = "All sound is worked on with it."
    fix = "sh installers/run.sh doctor"
    if run.returncode:
        said = run.stderr.strip().splitlines()
        detail = said[-1] if said else f"exit code {run.returncode}"
        return Finding("torch", "Torch and device", "fail", detail, why, fix)
    version, device, right, cuda = json.loads(run.stdout.splitlines()[-1])
    detail = f"{version}, uses {device}"
    if not right:
        return Finding("torch", "Torch and device", "fail", f"{detail}, counts wrongly", why, fix)
    if device.startswith("cpu") and cuda and shutil.which("nvidia-smi"):
        return Finding(
            "torch", "Torch and device", "warn", f"{detail}, although there is an NVIDIA driver",
            "A GPU is many times faster.", "nvidia-smi",
        )  # fmt: skip
    return Finding("torch", "Torch and device", "ok", detail)


def sound_files(_: Paths) -> Finding:
    """libsndfile and what it reads."""
    import soundfile

    formats = soundfile.available_formats()
    wanted = ("WAV", "RF64", "AIFF", "FLAC", "OGG", "MP3")
    lacking = [name for name in wanted if name not in formats]
    detail = soundfile.__libsndfile_version__
    if lacking:
        return Finding(
            "sound_files", "Sound files", "warn", f"{detail} reads no {', '.join(lacking)}",
            "Such files cannot be restored.", "sh installers/run.sh doctor",
        )  # fmt: skip
    return Finding("sound_files", "Sound files", "ok", f"{detail}: {', '.join(wanted)} and more")


def settings(paths: Paths) -> Finding:
    """The settings file and the user's presets."""
    config.load(paths.config_file)
    user = paths.presets
    broken = set(presets.names(user)) - {preset.name for preset in presets.all_of(user)}
    if broken:
        name = min(broken)
        return Finding(
            "settings", "Settings", "warn", f"the preset {name} is not valid", "It is left out.",
            f"voxmend presets show {name}",
        )  # fmt: skip
    return Finding("settings", "Settings", "ok", str(paths.config_file))


def folders(paths: Paths) -> Finding:
    """Write access, and who else may read the key."""
    for folder in (paths.state, paths.cache):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".doctor-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    found = paths.worker_file
    if os.name == "posix" and found.exists() and found.stat().st_mode & 0o077:
        return Finding(
            "folders", "Folders", "fail", f"{found} is readable by others",
            "Whoever reads it can give the worker orders.", "voxmend worker restart",
        )  # fmt: skip
    return Finding("folders", "Folders", "ok", f"{paths.state}, {paths.cache}")


def disk(paths: Paths) -> Finding:
    """Room for the cache and for models."""
    paths.cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(paths.cache).free / 1e9
    detail = f"{free:.0f} GB free for cache and models"
    if free < LOW_DISK_GB:
        return Finding(
            "disk", "Disk", "warn", detail, "A job that finds no room fails.",
            f"df -h {paths.cache}",
        )  # fmt: skip
    return Finding("disk", "Disk", "ok", detail)


def models(paths: Paths) -> Finding:
    """The models of the preset that is used where none is named."""
    from ..models import needs, store

    try:
        chosen, _ = config.load(paths.config_file)
    except VoxmendError:  # named by the check of the settings
        return Finding(
            "models", "Models", "warn", "not known before the settings are mended",
            "The default preset stands there.", "voxmend config show",
        )  # fmt: skip
    name = chosen.restore.preset
    preset = presets.find(name, paths.presets)
    try:
        info = needs.info(preset, store.of(paths))
    except EnvironmentProblem as error:
        return Finding(
            "models", "Models", "fail", error.message,
            "Until then no preset that needs models can run.", "voxmend models list",
        )  # fmt: skip
    if info.missing:
        return Finding(
            "models", "Models", "warn", f"{name} lacks {', '.join(info.missing)}",
            "The preset that is used where none is named cannot run.",
            f"voxmend models pull --preset {name}",
        )  # fmt: skip
    here = ", ".join(info.models)
    return Finding("models", "Models", "ok", f"{name} has {here or 'no need of any'}")


def worker(paths: Paths) -> Finding:
    """Whether a worker answers, signed and of this version."""
    from voxmend_protocol.errors import WorkerError
    from voxmend_protocol.messages import Report, Status

    from .. import wire

    try:
        with wire.client("doctor") as client:
            report = client.request(Status(), Report)
    except WorkerError as error:
        if not paths.worker_file.exists():
            return Finding("worker", "Worker", "ok", "none is running; it starts on demand")
        return Finding(
            "worker",
            "Worker",
            "warn",
            error.message,
            "Its file is stale.",
            "voxmend worker restart",
        )
    detail = f"answers, process {report.pid}, engine {report.engine}"
    if report.version != __version__:
        return Finding(
            "worker", "Worker", "warn", f"{detail}, version {report.version}",
            f"This is {__version__}.", "voxmend worker restart",
        )  # fmt: skip
    if report.engine == "broken":
        return Finding(
            "worker", "Worker", "fail", f"the engine does not stay alive: {report.reason}",
            "No job can run.", "voxmend worker logs",
        )  # fmt: skip
    return Finding("worker", "Worker", "ok", detail)


CHECKS: tuple[Callable[[Paths], Finding], ...] = (
    python, settings, folders, disk, models, sound_files, torch, worker,
)  # fmt: skip


def healthy(findings: list[Finding]) -> bool:
    """No check failed; a warning is not a failure."""
    return all(finding.health != "fail" for finding in findings)
