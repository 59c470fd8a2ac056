"""Upstream's own commands, as a user types them: demucs, then audio-separator; for the whole chain
DeepFilterNet's ONNX files in a fresh process (``deepfilternet_command`` says why) and voicefixer.

All is left at its default, but for what keeps them off the network (``--repo``,
``--model_file_dir``, a home that holds voicefixer's weights) and, where there is no ffmpeg,
``--use_soundfile``. Each repair gets what the command before it wrote.
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
from .chain import Chain
from .stopwatch import Took, time_of


@dataclass(frozen=True, slots=True)
class Commands:
    """What the commands cost, one after the other, by name."""

    took: Mapping[str, Took]

    @property
    def seconds(self) -> float:
        """All in a row."""
        return sum(took.seconds for took in self.took.values())

    @property
    def peak_mb(self) -> float | None:
        """The largest of the peaks: they do not run at once."""
        peaks = [took.peak_mb for took in self.took.values() if took.peak_mb is not None]
        return max(peaks) if len(peaks) == len(self.took) else None


def check(chain: Chain) -> None:
    """See that there is something to compare with.

    Raises:
        EnvironmentProblem: a package is not installed.
    """
    for name in chain.packages:
        if importlib.util.find_spec(name) is None:
            raise EnvironmentProblem(
                f"There is nothing to compare with: {name} is not installed. Install all of "
                "voxmend (sh installers/run.sh doctor), or leave out: --against upstream"
            )


def run(
    places: weights.Places, clip: Path, full: bool, env: Mapping[str, str], chain: Chain
) -> Commands:
    """Run all commands on a clip.

    Raises:
        EnvironmentProblem: one failed.
    """
    out = places.root / "out"
    voice = out / "demucs" / weights.BAG / clip.stem / "vocals.wav"
    enhanced = out / "deepfilternet" / clip.name
    typed = {
        "demucs": demucs(places, clip, out / "demucs"),
        "audio-separator": audio_separator(places, clip, out / "separator", full),
        "deepfilternet": deepfilternet(places, voice, enhanced),
        "voicefixer": voicefixer(enhanced, out / "voicefixer" / clip.name),
    }
    found = _free(env, places)
    return Commands(
        {
            name: time_of(typed[name], found, places.root / "logs" / f"{name}.log")
            for name in chain.commands
        }
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


def deepfilternet(places: weights.Places, sound: Path, out: Path) -> list[str | Path]:
    """The command that denoises a file."""
    return [
        sys.executable, "-m", "voxmend.bench.deepfilternet_command",
        places.folder("deepfilternet3"), sound, out,
    ]  # fmt: skip


def voicefixer(sound: Path, out: Path) -> list[str | Path]:
    """The command that makes a voice anew."""
    return [sys.executable, "-m", "voicefixer", "--infile", sound, "--outfile", out]


def _free(env: Mapping[str, str], places: weights.Places) -> dict[str, str]:
    """The environment, without what would send audio-separator to another folder, and with a home
    in which voicefixer finds its weights."""
    kept = {name: value for name, value in env.items() if name != "AUDIO_SEPARATOR_MODEL_DIR"}
    home = str(places.upstream_home)
    return {**kept, "HOME": home, "USERPROFILE": home}
