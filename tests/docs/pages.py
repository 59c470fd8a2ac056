"""The pages that a reader is given, and the commands in them: in code blocks and in running text.

``sh installers/run.sh`` is ``voxmend`` from a checkout, so both are one command here. A page that
is added is found by itself.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PAGES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("*.md", "docs/*.md", "daw_scripts/**/*.md", "installers/**/*.md")
    for path in ROOT.glob(folder)
    if path.name != "CHANGELOG.md"  # it tells what was, too
)

_CHECKOUT = "sh installers/run.sh "
_NAMED = re.compile(rf"`((?:voxmend|{re.escape(_CHECKOUT.strip())}) [a-z][^`…]*)`")


def text(page: str) -> str:
    """A page as it stands."""
    return (ROOT / page).read_text("utf-8")


def commands(page: str) -> list[str]:
    """The lines of a page's code blocks, in order, without the comments behind them."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
    lines = [shlex.join(shlex.split(line, comments=True)) for b in blocks for line in b.split("\n")]
    return [_plain(line) for line in lines if line]


def named(page: str) -> list[str]:
    """Commands in running text, which may leave arguments out."""
    prose = re.sub(r"^```.*?^```", "", text(page), flags=re.DOTALL | re.MULTILINE)
    return [_plain(words) for words in _NAMED.findall(prose)]


def _plain(line: str) -> str:
    return re.sub(f"^{re.escape(_CHECKOUT)}", "voxmend ", line)
