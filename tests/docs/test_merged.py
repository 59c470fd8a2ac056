"""No page keeps the marks of a merge that was not finished."""

from __future__ import annotations

import re

import pytest
from docs.pages import PAGES, ROOT, text
from docs.test_links import DECISIONS

_MARK = re.compile(r"^(?:<{7}|\|{7}|>{7}) ", re.MULTILINE)


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS, "CHANGELOG.md"])
def test_a_page_keeps_no_mark_of_a_merge(page: str) -> None:
    assert (ROOT / page).is_file()
    assert _MARK.findall(text(page)) == []
