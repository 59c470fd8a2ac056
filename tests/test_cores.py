"""Processes side by side share the cores; one alone has them all."""

from __future__ import annotations

import os

import cores
import pytest


@pytest.mark.parametrize(("beside", "threads"), [(2, "4"), (3, "2"), (9, "1")])
def test_each_takes_its_part_and_never_none(
    monkeypatch: pytest.MonkeyPatch, beside: int, threads: str
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    env = {"PYTEST_XDIST_WORKER_COUNT": str(beside)}
    cores.share(env)
    assert env["OMP_NUM_THREADS"] == threads


def test_one_alone_and_who_knows_what_they_want_are_left_as_they_are() -> None:
    for env in ({}, {"PYTEST_XDIST_WORKER_COUNT": "1"}):
        cores.share(env)
        assert "OMP_NUM_THREADS" not in env
    env = {"PYTEST_XDIST_WORKER_COUNT": "2", "OMP_NUM_THREADS": "7"}
    cores.share(env)
    assert env["OMP_NUM_THREADS"] == "7"
