"""Each first user finds one page, in one step from the README, and reads it in two minutes."""

from __future__ import annotations

import re

import pytest
from docs.pages import commands, text

TASKS = {
    "are a musician": "song",
    "work in REAPER": "in-reaper",
    "work in another DAW": "other-daw",
    "have a folder of files": "folders",
    "programs in Python": "python",
    "are blind": "screen-reader",
    "has no screen": "server",
}
"""Words of a row of the README's index, and the page that it leads to."""

MOST_WORDS = 400
MOST_BEFORE_THE_INDEX = 150


def index() -> list[str]:
    """The rows of the README's first table."""
    part = text("README.md").partition("\n## Where to go\n")[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize(("who", "page"), TASKS.items(), ids=TASKS.values())
def test_the_readme_leads_each_first_user_to_a_page_in_one_step(who: str, page: str) -> None:
    (row,) = [row for row in index() if who in row]
    assert re.findall(r"\]\(([^)]+)\)", row) == [f"docs/{page}.md"]


def test_the_index_stands_before_anything_that_is_long() -> None:
    before = text("README.md").partition("\n## Where to go\n")[0]
    assert len(before.split()) < MOST_BEFORE_THE_INDEX
    assert len(index()) == len(TASKS)


@pytest.mark.parametrize("page", [*TASKS.values(), "install", "which-preset"])
def test_the_page_of_a_task_is_short_and_says_what_to_type(page: str) -> None:
    shown = f"docs/{page}.md"
    assert len(text(shown).split()) < MOST_WORDS
    assert commands(shown) or "```python" in text(shown)
