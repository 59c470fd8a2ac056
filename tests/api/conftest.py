"""A worker for the tests of the Python API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from house import House


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A worker with the fake engine, for all tests of a file."""
    root = tmp_path_factory.mktemp("started") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOXMEND_HOME", str(root))
        made = House(root)
        made.start()
        yield made
        made.close()
