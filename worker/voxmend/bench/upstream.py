"""Upstream's own commands, as a user types them: demucs, then audio-separator.

All is left at its default, but for what keeps them off the network (``--repo``,
``--model_file_dir``) and, where there is no ffmpeg, ``--use_soundfile``.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

from . import weights
from .stopwatch import Took, time_of

NEEDED = ("demucs", "audio_separator", "onnxruntime", "onnx")


@dataclass(frozen=True, slots=True)
class Both:
    """What the two commands cost, one after the other."""

    demucs: Took
    mdx: Took

    @property
    def seconds(self) -> float:
        """Both in a row."""
        return self.demucs.seconds + self.mdx.seconds

    @property
    def peak_mb(self) -> float | None:
        """The larger of the two peaks: they do not run at once."""
        if self.demucs.peak_mb is None or self.mdx.peak_mb is None:
            return None
        return max(self.demucs.peak_mb, self.mdx.peak_mb)


def check() -> None:
    """See that there is something to compare with.

    Raises:
        EnvironmentProblem: a package is not installed.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise EnvironmentProblem(
                f"There is nothing to compare with: {name} is not installed. Install all of "
                "voxmend (sh installers/run.sh doctor), or leave out: --against upstream"
            )


def run(places: weights.Places, clip: Path, full: bool, env: Mapping[str, str]) -> Both:
    """Run both commands on a clip.

    Raises:
        EnvironmentProblem: one failed.
    """
    out = places.root / "out"
    found = _free(env)
    logs = places.root / "logs"
    return Both(
        time_of(demucs(places, clip, out / "demucs"), found, logs / "demucs.log"),
        time_of(
            audio_separator(places, clip, out / "separator", full),
            found,
            logs / "audio-separator.log",
        ),
    )


def demucs(places: weights.Places, clip: Path, out: Path) -> list[str | Path]:
    """The command that splits a clip with HTDemucs."""
    return [
        sys.executable, "-m", "demucs", "-n", weights.BAG, "--repo", places.demucs,
        "--two-stems=vocals", "-o", out, clip,
    ]  # fmt: skip


def audio_separator(
    places: weights.Places, clip: Path, out: Path, full: bool = True
) -> list[str | Path]:
    """The command that splits a clip with MDX-Net. A tiny network's window must be named."""
    command: list[str | Path] = [
        sys.executable, "-m", "voxmend.bench.separator_command", clip,
        "--model_filename", weights.ONNX, "--model_file_dir", places.separator,
        "--output_dir", out,
    ]  # fmt: skip
    if not full:
        command += ["--mdx_segment_size", str(weights.frames(full))]
    if shutil.which("ffmpeg") is None:
        command.append("--use_soundfile")
    return command


def _free(env: Mapping[str, str]) -> dict[str, str]:
    """The environment, without what would send audio-separator to another folder."""
    return {name: value for name, value in env.items() if name != "AUDIO_SEPARATOR_MODEL_DIR"}
