"""Whether the libraries that read foreign bytes are told, and old ones found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voxmend.doctor import libraries


def test_what_runs_here_is_new_enough() -> None:
    finding = libraries.judge(libraries.native())
    assert finding.health == "ok", finding
    assert "libzmq" in finding.detail
    assert "libsndfile" in finding.detail


@pytest.mark.parametrize("version", ["4.3.4", "4.2", "3.9.9-beta2"])
def test_an_old_one_is_named_with_what_helps(version: str) -> None:
    zmq, sndfile = libraries.native()
    finding = libraries.judge([replace(zmq, version=version), sndfile])
    assert finding.health == "warn"
    assert "libzmq before 4.3.5" in finding.why
    assert "libsndfile before" not in finding.why
    assert finding.fix


@pytest.mark.parametrize("version", ["4.3.5", "4.3.10", "5.0.0-rc1"])
def test_the_floor_and_what_comes_after_it_are_well(version: str) -> None:
    zmq, _ = libraries.native()
    assert not replace(zmq, version=version).old
