"""What this machine can compute with, and which builds of torch and onnxruntime go with it.

``look`` asks the system, ``choose`` decides from what was seen and what was asked for. uv knows
the builds of torch by name (``--torch-backend``), so no address stands here. Where uv cannot
reach them, the default registry's build is taken: it runs everywhere, only larger or on the CPU.
"""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from voxmend_protocol.errors import BadRequest, EnvironmentProblem

DEVICES = ("auto", "cpu", "cuda", "rocm", "mps", "directml")
SYSTEMS = (("linux", "x86_64"), ("win32", "AMD64"), ("darwin", "arm64"))
"""For these the whole set of packages has a solution: pyproject.toml says the same."""
_NEEDED_GB = {"cuda": 10.0, "rocm": 20.0, "mps": 3.0, "directml": 3.0, "cpu": 3.0}
_LARGE_BUILD_GB = 7.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen.

    Attributes:
        nvidia: there is a driver for NVIDIA cards, with a card.
        amd: there is AMD's compute driver, with a card.
    """

    system: str
    architecture: str
    nvidia: bool = False
    amd: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What is installed.

    Attributes:
        device: of DEVICES, but not auto.
        extra: of pyproject.toml.
        backend: uv's name for the build of torch; empty: the default registry's.
        overrides: requirements that replace what packages ask for.
        adds: packages beyond the extra.
        needed_gb: room it takes on disk.
        words: for the user.
    """

    device: str
    extra: str
    backend: str
    needed_gb: float
    words: str
    overrides: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()


def look() -> Sighting:
    """See what is there, without running anything that could hang."""
    nvidia = shutil.which("nvidia-smi") is not None
    if sys.platform == "linux":
        nvidia = Path("/proc/driver/nvidia/version").exists()
    return Sighting(
        sys.platform, platform.machine(), nvidia, sys.platform == "linux" and _amd_computes()
    )


def _amd_computes() -> bool:
    """The kernel's compute driver is there, and a node with processors (not only the CPU)."""
    nodes = Path("/sys/class/kfd/kfd/topology/nodes")
    if not Path("/dev/kfd").exists() or not nodes.is_dir():
        return False
    for file in nodes.glob("*/properties"):
        for line in file.read_text("ascii", "replace").splitlines():
            if line.startswith("simd_count ") and line.split()[1] != "0":
                return True
    return False


def choose(seen: Sighting, asked: str = "auto") -> Choice:
    """Decide.

    Raises:
        BadRequest: there is no device of that name, or none on this system.
        EnvironmentProblem: the packages have no solution on this machine.
    """
    if (seen.system, seen.architecture) not in SYSTEMS:
        raise EnvironmentProblem(
            f"voxmend cannot be installed on {seen.system} {seen.architecture}: it runs on Linux "
            "x86-64, Windows x86-64 and Macs with Apple silicon. Use one of those."
        )
    if asked not in DEVICES:
        raise BadRequest(f"--device {asked}: write one of {', '.join(DEVICES)}")
    device = _best(seen) if asked == "auto" else asked
    if device not in _possible(seen):
        raise BadRequest(
            f"--device {device} is not for this system: write one of {', '.join(_possible(seen))}"
        )
    return _CHOICES[device](seen)


def _possible(seen: Sighting) -> tuple[str, ...]:
    return {
        "linux": ("cpu", "cuda", "rocm"),
        "win32": ("cpu", "cuda", "directml"),
        "darwin": ("mps", "cpu"),
    }[seen.system]


def _best(seen: Sighting) -> str:
    if seen.system == "darwin":
        return "mps"
    if seen.nvidia:
        return "cuda"
    return "rocm" if seen.amd else "cpu"


def _cuda(_: Sighting) -> Choice:
    words = "NVIDIA: torch with CUDA for this driver, onnxruntime with CUDA"
    return Choice("cuda", "worker-gpu", "auto", _NEEDED_GB["cuda"], words)


def _rocm(_: Sighting) -> Choice:
    words = "AMD: torch with ROCm, onnxruntime on the CPU"
    return Choice("rocm", "worker", "auto", _NEEDED_GB["rocm"], words)


def _mps(_: Sighting) -> Choice:
    words = "Apple silicon: torch with MPS, onnxruntime with CoreML"
    return Choice("mps", "worker", "", _NEEDED_GB["mps"], words)


def _directml(_: Sighting) -> Choice:
    words = "any card under Windows: torch on the CPU, onnxruntime with DirectML"
    return Choice(
        "directml", "worker", "cpu", _NEEDED_GB["directml"], words,
        ("onnxruntime ; sys_platform == 'never'",), ("onnxruntime-directml>=1.20",),
    )  # fmt: skip


def _cpu(seen: Sighting) -> Choice:
    words = "the CPU: torch and onnxruntime for the CPU"
    backend = "" if seen.system == "darwin" else "cpu"
    return Choice("cpu", "worker", backend, _NEEDED_GB["cpu"], words)


_CHOICES = {"cuda": _cuda, "rocm": _rocm, "mps": _mps, "directml": _directml, "cpu": _cpu}


def without_backend(choice: Choice) -> Choice:
    """The same from the default registry, where uv's builds of torch cannot be reached."""
    return replace(choice, backend="", needed_gb=max(choice.needed_gb, _LARGE_BUILD_GB))
