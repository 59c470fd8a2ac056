"""The pictures of the report in the pages, made anew from a job that is really done.

``python -m voxmend_bench.report_pictures [JOB]``, or ``make pictures``: the demo's song goes
through the preset ``quick`` in an empty home, or the job.json that is named is taken. Chromium
draws its page, light and dark.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs"
PICTURES = {"report.png": "light", "report-dark.png": "dark"}
WIDTH, HEIGHT = 1100, 1500
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


def shoot(browser: str, text: str, scheme: str, file: Path) -> None:
    """Draw the top of a page."""
    with tempfile.TemporaryDirectory() as made:
        shown = Path(made, "page.html")
        shown.write_text(
            text.replace('<html lang="en">', f'<html lang="en" data-theme="{scheme}">'), "utf-8"
        )
        subprocess.run(
            [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={made}/browser", f"--window-size={WIDTH},{HEIGHT}",
             f"--screenshot={file}", shown.as_uri()],
            check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def main() -> None:
    """Make both."""
    browser = next((found for found in map(shutil.which, PROGRAMS) if found), None)
    if browser is None:
        sys.exit("Chromium is not here, so the report's pictures stay as they are.")
    with tempfile.TemporaryDirectory() as home:
        text = page(Path(home), sys.argv[1] if len(sys.argv) > 1 else None)
        for name, scheme in PICTURES.items():
            shoot(browser, text, scheme, FOLDER / name)
            print(FOLDER / name)


if __name__ == "__main__":
    main()
