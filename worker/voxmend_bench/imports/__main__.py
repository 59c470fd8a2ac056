"""``python -m voxmend_bench.imports [--root CHECKOUT] [--write] [--sizes]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import drawing
from .rooms import survey

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path("docs") / "architecture"


def main() -> None:
    """Print the drawing, or keep it in docs/architecture."""
    parser = argparse.ArgumentParser(prog="python -m voxmend_bench.imports")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout")
    parser.add_argument("--write", action="store_true", help="keep it in docs/architecture")
    parser.add_argument("--sizes", action="store_true", help="also files and lines of each room")
    asked = parser.parse_args()
    house = survey(asked.root)
    print(drawing.text(house), end="")
    if asked.sizes:
        print("\n" + drawing.sizes(house), end="")
    if asked.write:
        folder = asked.root / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "imports.txt").write_text(drawing.text(house), "utf-8")
        (folder / "imports.svg").write_text(drawing.svg(house), "utf-8")


if __name__ == "__main__":
    main()
