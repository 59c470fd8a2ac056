"""Upstream's own commands, as a user types them: demucs, then audio-separator; for the whole chain
DeepFilterNet's ONNX files in a fresh process (``deepfilternet_command`` says why) and voicefixer.

All is left at its default, but for what keeps them off the network (``--repo``,
``--model_file_dir``, a home that holds voicefixer's weights) and, where there is no ffmpeg,
``--use_soundfile``. Each repair gets what the command before it wrote.

This module is a ``voxmend.bench.rival.Rival``.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from voxmend.bench.chain import Chain
from voxmend.bench.figures import Alone
from voxmend.bench.rival import Commands
from voxmend.bench.stopwatch import time_of
from voxmend.bench.weights import ONNX, Places
from voxmend_protocol.errors import EnvironmentProblem

from . import weights
from .weights import UpstreamPlaces


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


def prepare(places: Places, full: bool, every: bool, env: Mapping[str, str]) -> None:
    """Lay our random weights where these commands look for theirs, in a process of its own.

    Args:
        every: those of the networks that are measured alone only, too.

    Raises:
        EnvironmentProblem: it failed.
    """
    options = [*([] if full else ["--tiny"]), *(["--every"] if every else [])]
    command = [sys.executable, "-m", "voxmend_bench.weights", str(places.root), *options]
    time_of(command, env, places.root / "logs" / "weights of upstream.log")


def roofline(as_json: bool) -> None:
    """Print what share of the processor's peak each network reaches: lines, or JSON on stdout and
    the lines on stderr.

    Raises:
        EnvironmentProblem: it failed.
    """
    words = ["--json"] if as_json else []
    command = [sys.executable, "-m", "voxmend_bench.roofline", *words]
    if code := subprocess.run(command, check=False).returncode:
        raise EnvironmentProblem(
            f"The measurement ended with code {code}. Its own words stand above; run it again with "
            "less else to do: python -m voxmend_bench.roofline"
        )


def run(places: Places, clip: Path, full: bool, env: Mapping[str, str], chain: Chain) -> Commands:
    """Run all commands on a clip.

    Raises:
        EnvironmentProblem: one failed.
    """
    mine, out = UpstreamPlaces(places.root), places.root / "out"
    voice = out / "demucs" / weights.BAG / clip.stem / "vocals.wav"
    enhanced = out / "deepfilternet" / clip.name
    typed = {
        "demucs": demucs(mine, clip, out / "demucs"),
        "audio-separator": audio_separator(mine, clip, out / "separator", full),
        "deepfilternet": deepfilternet(mine, voice, enhanced),
        "voicefixer": voicefixer(enhanced, out / "voicefixer" / clip.name),
    }
    found = _free(env, mine)
    return Commands(
        {
            name: time_of(typed[name], found, places.root / "logs" / f"{name}.log")
            for name in chain.commands
        }
    )


def alone(
    places: Places, networks: Sequence[str], clips: Sequence[tuple[Path, float]],
    repeats: Sequence[int], full: bool, device: str, env: Mapping[str, str],
) -> tuple[Alone, ...]:  # fmt: skip
    """Time each network alone, both sides in turns, in a process of its own.

    Args:
        clips: files, with their lengths in seconds.
        repeats: measured runs of each.

    Raises:
        EnvironmentProblem: it failed.
    """
    result = places.root / "alone.json"
    order = {
        "root": str(places.root),
        "networks": networks,
        "clips": [(str(file), length) for file, length in clips],
        "repeats": repeats,
        "against": True,
        "full": full,
        "device": device,
        "result": str(result),
    }
    command = [sys.executable, "-m", "voxmend_bench.alone", json.dumps(order)]
    time_of(command, env, places.root / "logs" / "networks alone.log")
    return tuple(Alone(**row) for row in json.loads(result.read_text("utf-8")))


def demucs(places: UpstreamPlaces, clip: Path, out: Path) -> list[str | Path]:
    """The command that splits a clip with HTDemucs."""
    return [
        sys.executable, "-m", "demucs", "-n", weights.BAG, "--repo", places.demucs,
        "--two-stems=vocals", "-o", out, clip,
    ]  # fmt: skip


def audio_separator(
    places: UpstreamPlaces, clip: Path, out: Path, full: bool = True
) -> list[str | Path]:
    """The command that splits a clip with MDX-Net. A tiny network's window must be named."""
    command: list[str | Path] = [
        sys.executable, "-m", "voxmend_bench.separator_command", clip,
        "--model_filename", ONNX, "--model_file_dir", places.separator,
        "--output_dir", out,
    ]  # fmt: skip
    if not full:
        command += ["--mdx_segment_size", str(weights.frames(full))]
    if shutil.which("ffmpeg") is None:
        command.append("--use_soundfile")
    return command


def deepfilternet(places: UpstreamPlaces, sound: Path, out: Path) -> list[str | Path]:
    """The command that denoises a file."""
    return [
        sys.executable, "-m", "voxmend_bench.deepfilternet_command",
        places.folder("deepfilternet3"), sound, out,
    ]  # fmt: skip


def voicefixer(sound: Path, out: Path) -> list[str | Path]:
    """The command that makes a voice anew."""
    return [sys.executable, "-m", "voicefixer", "--infile", sound, "--outfile", out]


def _free(env: Mapping[str, str], places: UpstreamPlaces) -> dict[str, str]:
    """The environment, without what would send audio-separator to another folder, and with a home
    in which voicefixer finds its weights."""
    kept = {name: value for name, value in env.items() if name != "AUDIO_SEPARATOR_MODEL_DIR"}
    home = str(places.their_home)
    return {**kept, "HOME": home, "USERPROFILE": home}
