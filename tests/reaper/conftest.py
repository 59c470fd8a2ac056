"""No test here depends on how fast the machine is: a Lua is stopped by what it has computed, and
the wall clock only ends what hangs."""

from __future__ import annotations

import pytest
from reaper.lua_run import HERE, PATIENCE_S


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(PATIENCE_S + 60))
