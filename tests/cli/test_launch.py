"""How the worker is started so that nobody owns it, where the system lets it out and where not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from voxmend import launch, paths
from voxmend_protocol.errors import VoxmendError

FLAGS = {
    "CREATE_NO_WINDOW": 0x08000000,
    "CREATE_NEW_PROCESS_GROUP": 0x00000200,
    "CREATE_BREAKAWAY_FROM_JOB": 0x01000000,
}


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Those of Windows, on any system."""
    for name, value in FLAGS.items():
        monkeypatch.setattr(subprocess, name, value, raising=False)
    found = launch._ways_out("nt")
    monkeypatch.setattr(launch, "_ways_out", lambda: found)
    return found


def refusing(monkeypatch: pytest.MonkeyPatch, allowed: int) -> list[int]:
    """Windows as it is inside a job that lets no process out: only these flags are taken."""
    seen: list[int] = []

    def start(*_: Any, creationflags: int, **__: Any) -> str:
        seen.append(creationflags)
        if creationflags & ~allowed:
            raise PermissionError(13, "Access is denied")
        return "a process"

    monkeypatch.setattr(subprocess, "Popen", start)
    return seen


def spawn(folder: Path) -> Any:
    return launch._spawn(paths.Paths(folder, folder, folder))


def test_in_a_job_that_lets_nobody_out_the_worker_starts_inside_it(
    ways: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside = FLAGS["CREATE_NO_WINDOW"] | FLAGS["CREATE_NEW_PROCESS_GROUP"]
    seen = refusing(monkeypatch, inside)
    assert spawn(tmp_path) == "a process"
    assert seen == [inside | FLAGS["CREATE_BREAKAWAY_FROM_JOB"], inside]


def test_where_it_may_it_is_owned_by_nobody(
    ways: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = refusing(monkeypatch, sum(FLAGS.values()))
    spawn(tmp_path)
    assert seen == [sum(FLAGS.values())]


def test_where_nothing_may_be_started_a_sentence_says_so(
    ways: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusing(monkeypatch, 0)
    with pytest.raises(VoxmendError, match="Access is denied"):
        spawn(tmp_path)
