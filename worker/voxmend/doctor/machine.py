"""The interpreter, torch with its device, and what reads sound files.

Checks that need torch run it in a process of its own, so that a broken torch cannot take the
doctor with it.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import partial

from ..audio import converter
from ..installation import machine as hardware
from ..version import __version__
from .finding import Case, Finding, reinstall

OLDEST, NEWEST = (3, 11), (3, 13)
TORCH_S = 120.0
FFMPEG_S = 30.0
_PROBE = """
import json, torch
from voxmend.engine import device
place, _ = device.choose()
right = torch.ones(8, device=place).sum().item() == 8.0
free, total = torch.cuda.mem_get_info() if place.type == "cuda" else (None, None)
print(json.dumps({
    "torch": torch.__version__, "device": device.describe(place), "type": place.type,
    "right": right, "cuda": torch.version.cuda, "hip": getattr(torch.version, "hip", None),
    "threads": torch.get_num_threads(), "free": free, "total": total,
}))
"""
_LITTLE = 2e9
"""Free memory of a card below which the memory ladder has to step down at once."""
_torch = partial(Finding, "torch", "Torch and device")


def python(_: Case) -> Finding:
    """The interpreter."""
    version = platform.python_version()
    detail = f"{version} on {platform.system()} {platform.machine()}, voxmend {__version__}"
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return Finding(
            "python", "Python", "fail", detail, "voxmend is made for Python 3.11 to 3.13.",
            reinstall(),
        )  # fmt: skip
    return Finding("python", "Python", "ok", detail)


def torch(_: Case) -> Finding:
    """Torch, and the device it can use."""
    run = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=TORCH_S, check=False
    )
    if run.returncode:
        said = run.stderr.strip().splitlines()
        detail = said[-1] if said else f"exit code {run.returncode}"
        return _torch("fail", detail, "All sound is worked on with it.", reinstall())
    facts = json.loads(run.stdout.splitlines()[-1])
    return judge(facts, hardware.look())


def judge(facts: Mapping[str, object], seen: hardware.Sighting) -> Finding:
    """What to say of a torch that runs, on a machine where this was seen."""
    detail = f"{facts['torch']}, uses {facts['device']}"
    free, total = facts["free"], facts["total"]
    if isinstance(free, int) and isinstance(total, int):
        detail += f", {free / 1e9:.1f} of {total / 1e9:.1f} GB free"
    if not facts["right"]:
        return _torch(
            "fail", f"{detail}, counts wrongly", "All sound would be wrong.", reinstall(), facts
        )
    if facts["type"] == "cpu" and seen.nvidia:
        built = facts["cuda"]
        why = (
            f"A card is many times faster. The driver may be too old for this torch (CUDA {built})."
            if built
            else "A card is many times faster, and this torch was built without CUDA."
        )
        detail += ", although there is an NVIDIA driver"
        return _torch("warn", detail, why, "nvidia-smi" if built else reinstall(), facts)
    if facts["type"] == "cpu" and seen.amd:
        detail += ", although there is an AMD card with its compute driver"
        why = "A card is many times faster, and this torch was built without ROCm."
        return _torch("warn", detail, why, f"{reinstall()} --device rocm", facts)
    if isinstance(free, int) and free < _LITTLE:
        why = "Jobs will step down to smaller batches, or to the CPU. Close what uses the card."
        return _torch("warn", detail, why, "voxmend worker stop", facts)
    return _torch("ok", detail, facts=facts)


def sound_files(_: Case) -> Finding:
    """libsndfile and what it reads."""
    import soundfile

    formats = soundfile.available_formats()
    wanted = ("WAV", "RF64", "AIFF", "FLAC", "OGG", "MP3")
    lacking = [name for name in wanted if name not in formats]
    detail = soundfile.__libsndfile_version__
    if lacking:
        return Finding(
            "sound_files", "Sound files", "warn", f"{detail} reads no {', '.join(lacking)}",
            "Such files cannot be restored.", reinstall(),
        )  # fmt: skip
    return Finding("sound_files", "Sound files", "ok", f"{detail}: {', '.join(wanted)} and more")


def ffmpeg(_: Case) -> Finding:
    """The ffmpeg that reads what libsndfile does not."""
    program = converter.find()
    if program is None:
        return Finding(
            "ffmpeg", "ffmpeg", "ok",
            "none: M4A, MP4, WMA, WebM and the like cannot be restored; install ffmpeg for these",
        )  # fmt: skip
    run = subprocess.run(
        [program, "-nostdin", "-hide_banner", "-version"], capture_output=True, text=True,
        errors="replace", timeout=FFMPEG_S, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said = run.stdout.split(" Copyright")[0].strip()
    if run.returncode or not said.startswith("ffmpeg version"):
        return Finding(
            "ffmpeg", "ffmpeg", "warn", f"{program} does not run (exit code {run.returncode})",
            "M4A, MP4, WMA, WebM and the like cannot be restored.", "install ffmpeg again",
        )  # fmt: skip
    return Finding("ffmpeg", "ffmpeg", "ok", f"{program}, {said.removeprefix('ffmpeg ')}")
