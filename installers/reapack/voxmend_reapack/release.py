"""The folder to publish: the scripts under their category, and the index beside them.

    index.xml               what users import into ReaPack
    .reapack-index.conf     for ``reapack-index --check`` in that folder
    Vocals/                 as it lies in REAPER under Scripts/voxmend; the toolbar icons go to Data

There is one package; its main file provides all the others. ``reapack-index`` would take every
script for a package of its own, so its settings name the others to be passed over.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from . import index, package, published
from .problem import RuleError

REPOSITORY = "voxmend"
CATEGORY = "Vocals"
MAIN = "voxmend_Restore vocals of selected items.lua"
CHECKOUT = Path(__file__).resolve().parents[3]


def gather(checkout: Path) -> dict[str, Path]:
    """Every file of the release, by its path in it."""
    scripts = checkout / "daw_scripts" / "reaper"
    found: dict[str, Path] = {}
    for pattern in ("voxmend_*.lua", "voxmend_*.py", "lib/*.lua", "toolbar_icons/**/*.png"):
        for file in scripts.glob(pattern):
            found[f"{CATEGORY}/{file.relative_to(scripts).as_posix()}"] = file
    for file in (checkout / "protocol" / "voxmend_protocol").glob("*.py"):
        found[f"{CATEGORY}/voxmend_protocol/{file.name}"] = file
    return dict(sorted(found.items()))


def check(files: dict[str, Path], version: str) -> package.Package:
    """The one package, after every rule.

    Raises:
        RuleError: a rule is broken.
    """
    main = f"{CATEGORY}/{MAIN}"
    if main not in files:
        raise RuleError(f"{MAIN} is not there.")
    texts = {
        path: "" if path.endswith(".png") else file.read_text("utf-8")
        for path, file in files.items()
    }
    found = package.read(main, texts)
    if found is None:
        raise RuleError(f"{MAIN} says @noindex.")
    package.check(REPOSITORY, [found])
    if found.version != version:
        raise RuleError(f"{MAIN} has @version {found.version}, voxmend is {version}.")
    lacking = sorted(files.keys() - {source.path for source in found.sources})
    if lacking:
        raise RuleError(f"@provides leaves out {', '.join(lacking)}.")
    moved = [
        one.path
        for one in found.sources
        if f"{CATEGORY}/{one.file}" != one.path or (one.type == "data") != one.path.endswith(".png")
    ]
    if moved:
        raise RuleError(f"@provides moves {', '.join(moved)}: command ids would differ.")
    return found


def version_of(checkout: Path) -> str:
    """The version of voxmend."""
    text = (checkout / "worker" / "voxmend" / "version.py").read_text("utf-8")
    match = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if match is None:
        raise RuleError("worker/voxmend/version.py has no __version__.")
    return match[1]


def build(checkout: Path, base: str, out: Path, time: datetime) -> package.Package:
    """Write the folder, which must not be there yet.

    Raises:
        RuleError: a rule is broken; nothing was written.
        OSError: it cannot be written.
    """
    files = gather(checkout)
    found = check(files, version_of(checkout))
    text = index.write(REPOSITORY, [found], base, time)
    out.mkdir(parents=True)
    for path, file in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, out / path)
    (out / "index.xml").write_bytes(text)
    others = [path for path in files if path != f"{CATEGORY}/{MAIN}"]
    settings = [f"--name '{REPOSITORY}'", f"--url-template '{base.rstrip('/')}/$path'"]
    settings += [f"--ignore '{path}'" for path in others if not path.endswith(".png")]
    (out / ".reapack-index.conf").write_text("\n".join(settings) + "\n", "utf-8")
    try:
        published.check(out, base)
    except RuleError:
        shutil.rmtree(out)
        raise
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python installers/reapack", description="Make what a ReaPack repository serves."
    )
    parser.add_argument(
        "--base-url", "--base", dest="base", required=True,
        help="address of the folder that will hold it; $version in it is the version",
    )  # fmt: skip
    parser.add_argument("--out", required=True, type=Path, help="a folder that is not there yet")
    parser.add_argument("--time", type=datetime.fromisoformat, help="of the release; now")
    given = parser.parse_args(words)
    time = (given.time or datetime.now(UTC)).astimezone(UTC)
    try:
        found = build(CHECKOUT, given.base, given.out, time)
    except (RuleError, OSError) as error:
        print(f"reapack: {error}", file=sys.stderr)
        return 1
    print(f"{given.out}: {found.name} {found.version}, {len(found.sources)} files")
    return 0
