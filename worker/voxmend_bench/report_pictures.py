"""The pictures of the report and of compared presets in the pages, made anew from jobs that are
really done.

``python -m voxmend_bench.report_pictures [report|compare] [JOB]``, or ``make pictures``: the demo's
song goes through the preset ``quick`` in an empty home, or the job.json that is named is taken;
then through four variants of ``quick`` side by side. Chromium draws the pages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from voxmend.demo import song

FOLDER = Path(__file__).resolve().parents[2] / "docs"
PICTURES = {"report.png": "light", "report-dark.png": "dark"}
WIDTH, HEIGHT = 1100, 1500
COMPARED, COMPARED_HEIGHT = "compare.png", 640
VARIANTS = {"once": (1, 0.0), "thrice": (3, 0.0), "tidy": (3, 1.0)}
"""Presets beside ``quick``: at how many speeds Spleeter is asked, and how far gaps are lowered."""

PRESET = """\
title = "{title}"
description = "Quick, varied."

[[block]]
name = "separate.spleeter"
speeds = {speeds}

[[block]]
name = "denoise.gaps"
strength = {strength}
caution = 15.0
"""
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def command(home: Path, *words: str) -> str:
    """What a command of ours prints on stdout, in a home of its own."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "VOX"))}
    run = subprocess.run(
        [sys.executable, "-m", "voxmend", *words], cwd=home, env={**env, "HOME": str(home)},
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=True,
    )  # fmt: skip
    return run.stdout


def page(home: Path, job: str | None) -> str:
    """The page of a job: the one that is named, or the demo's song, done now."""
    if job is None:
        try:
            command(home, "demo", "--out", "demo")
        finally:
            command(home, "worker", "stop")
        job = str(next((home / "demo").glob("demo_song*/job.json")))
    command(home, "report", job, "--out", "page.html")
    return (home / "page.html").read_text("utf-8")


def compared(home: Path) -> str:
    """The page of four variants of quick, with the demo's song, done now."""
    folder = Path(json.loads(command(home, "config", "path", "--json"))["presets"])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (speeds, strength) in VARIANTS.items():
        text = PRESET.format(title=name.title(), speeds=speeds, strength=strength)
        (folder / f"{name}.toml").write_text(text, "utf-8")
    made = song.write(home)
    try:
        command(
            home, "compare", str(made.mix), "--presets", ",".join(("quick", *VARIANTS)), "--from",
            "0:04", "--seconds", "8", "--out", "compare.html",
        )  # fmt: skip
    finally:
        command(home, "worker", "stop")
    return (home / "compare.html").read_text("utf-8")


def shoot(browser: str, text: str, scheme: str, file: Path, height: int = HEIGHT) -> None:
    """Draw the top of a page."""
    with tempfile.TemporaryDirectory() as made:
        shown = Path(made, "page.html")
        shown.write_text(
            text.replace('<html lang="en">', f'<html lang="en" data-theme="{scheme}">'), "utf-8"
        )
        subprocess.run(
            [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={made}/browser", f"--window-size={WIDTH},{height}",
             f"--screenshot={file}", shown.as_uri()],
            check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def main() -> None:
    """Make those that are asked for, or all."""
    browser = next((found for found in map(shutil.which, PROGRAMS) if found), None)
    if browser is None:
        sys.exit("Chromium is not here, so the report's pictures stay as they are.")
    asked = sys.argv[1:]
    both = not {"report", "compare"} & set(asked)
    job = next((word for word in asked if word not in ("report", "compare")), None)
    with tempfile.TemporaryDirectory() as home:
        if both or "report" in asked:
            text = page(Path(home), job)
            for name, scheme in PICTURES.items():
                shoot(browser, text, scheme, FOLDER / name)
                print(FOLDER / name)
        if both or "compare" in asked:
            shoot(browser, compared(Path(home)), "light", FOLDER / COMPARED, COMPARED_HEIGHT)
            print(FOLDER / COMPARED)


if __name__ == "__main__":
    main()
