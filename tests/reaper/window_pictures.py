"""Pictures of the windows inside REAPER, made from what the recorder of the stand-in has drawn:
``PYTHONPATH=tests python -m reaper.window_pictures``, or ``make pictures``. An SVG each in
docs/pictures; letters stand where the stand-in measured them.
"""

from __future__ import annotations

import json
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from reaper.lua_run import HERE, run

FOLDER = HERE.parents[1] / "docs" / "pictures"


def recorded(folder: Path) -> dict[str, dict[str, Any]]:
    """What is drawn of each window now."""
    ran = run("5.4", HERE / "scenarios" / "pictures.lua", folder)
    assert "RESULT " in ran.stdout, ran.stdout + ran.stderr
    found: dict[str, dict[str, Any]] = json.loads(ran.stdout.partition("RESULT ")[2])
    return found


def svg(window: dict[str, Any]) -> str:
    """A window as SVG, at density 1 whatever it was drawn at."""
    width, height, scale = window["width"], window["height"], window["scale"]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width / scale:g}" height="{height / scale:g}" '
        "font-family=\"Arial, 'Noto Sans CJK SC', sans-serif\">"
    ]
    for shape in window["shapes"]:
        fill = "#" + "".join(f"{round(255 * part):02x}" for part in shape["color"])
        at = f'x="{shape["x"]:g}" y="{{y:g}}"'
        if shape["kind"] == "rect":
            at = at.format(y=shape["y"])
            lines.append(
                f'<rect {at} width="{shape["w"]:g}" height="{shape["h"]:g}" fill="{fill}"/>'
            )
        elif shape["text"]:
            at = at.format(y=shape["y"] + 0.85 * shape["h"])
            lines.append(
                f'<text {at} font-size="{shape["size"]:g}" fill="{fill}" '
                f'textLength="{shape["w"]:g}" lengthAdjust="spacingAndGlyphs" '
                f'xml:space="preserve">{escape(shape["text"], quote=False)}</text>'
            )
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    """Write all of them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, window in recorded(Path(folder)).items():
            (FOLDER / f"{name}.svg").write_text(svg(window), "utf-8")


if __name__ == "__main__":
    main()
