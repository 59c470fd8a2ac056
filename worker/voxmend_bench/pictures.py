"""The pictures of the command line in the pages, made anew from what the commands really print.

``python -m voxmend_bench.pictures [NAME …]``, or ``make pictures``: an SVG each in docs/pictures.
Each command runs as a process of its own in an empty home, which stands as ``~`` in the picture.
The vocal that is diagnosed is the demo's, broken in four ways, one after another.
"""

from __future__ import annotations

import inspect
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile
import torch
from rich.console import Console
from rich.text import Text

from voxmend.bench.damage import kinds, material
from voxmend.demo import song

PICTURES = {
    "diagnose": ("diagnose", "voice.wav", "--mixture", "song.wav"),
    "presets": ("presets", "list"),
    "doctor": ("doctor",),
}
"""Name of a picture to what is typed."""

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH = 96
SECONDS = 20.0

_FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_SVG = str(inspect.signature(Console.export_svg).parameters["code_format"].default)


def shown(name: str, home: Path) -> str:
    """What a terminal shows of a picture's command, colours as escapes."""
    words = PICTURES[name]
    if name == "diagnose":
        broken(home)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "VOX"))}
    run = subprocess.run(
        [sys.executable, "-m", "voxmend", *words], cwd=home, capture_output=True, text=True,
        env={
            **env, "HOME": str(home), "COLUMNS": str(WIDTH), "FORCE_COLOR": "1",
            "VOXMEND_TYPED": "voxmend",
        },
        stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    lines = run.stdout.replace(str(home), "~").splitlines()
    return "\n".join((f"$ voxmend {' '.join(words)}", *(line.rstrip() for line in lines)))


def broken(folder: Path) -> None:
    """Write ``voice.wav``, metallic, muffled, chirping and full of bleed by turns, and
    ``song.wav``."""
    voice, backing = (torch.from_numpy(each).float() for each in song.make(SECONDS))
    whole = material.together(voice.mean(0), backing, song.RATE, song.RATE / 2)
    damaged, quarter, edge = whole.voice.clone(), whole.voice.shape[1] // 4, song.RATE // 4
    for number, part in enumerate((
        kinds.phase(whole, 1.0), kinds.cut_highs(whole.voice, whole.rate, 3500.0),
        kinds.musical(whole, -15.0), kinds.leak(whole, -8.0),
    )):  # fmt: skip
        here = slice(number * quarter + edge, (number + 1) * quarter - edge)
        damaged[:, here] = part[:, here]
    for name, sound in (("voice.wav", damaged), ("song.wav", whole.mix)):
        soundfile.write(folder / name, sound.T.numpy(), whole.rate, "FLOAT")


def drawn(text: str, name: str) -> str:
    """A terminal with this text, as SVG. No font is fetched: the reader's own will do."""
    words = Text.from_ansi(text)
    width = max(len(line) for line in words.plain.splitlines()) + 1
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(words)
    form = re.sub(r"@font-face \{\{.*?\n    \}\}\n", "", _SVG, flags=re.DOTALL)
    form = form.replace("Fira Code, monospace", _FONT)
    svg = console.export_svg(title="voxmend", code_format=form, unique_id=name)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def make(name: str) -> str:
    """One picture."""
    with tempfile.TemporaryDirectory() as home:
        return drawn(shown(name, Path(home)), name)


def main() -> None:
    """Make those that are named, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        (FOLDER / f"{name}.svg").write_text(make(name), "utf-8")
        print(FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
