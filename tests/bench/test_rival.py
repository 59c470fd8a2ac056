"""Upstream's side of a measurement is there in a checkout, and asked for nowhere else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voxmend.bench import rival
from voxmend.cli import bench
from voxmend_bench import upstream

AS_A_RIVAL: rival.Rival = upstream  # held by mypy: the module has the form that is asked for


def test_a_checkout_has_it() -> None:
    assert rival.find() is upstream


@pytest.mark.parametrize("options", [("--against", "upstream"), ("--networks",)])
def test_an_installed_voxmend_says_in_a_sentence_where_it_is(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "voxmend_bench", None)
    monkeypatch.delitem(sys.modules, "voxmend_bench.upstream", raising=False)
    out = tmp_path / "out"
    done = CliRunner().invoke(bench.app, ["speed", *options, "--out", str(out), "--json"])
    assert done.exit_code == 4, done.output
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "environment"
    assert "from a checkout" in error["message"]
    assert "sh installers/run.sh bench speed --against upstream" in error["message"]
    assert not out.exists()


def test_a_checkout_in_which_something_else_is_missing_says_what(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "voxmend_bench.upstream", raising=False)
    monkeypatch.setitem(sys.modules, "voxmend_bench.weights", None)
    with pytest.raises(ModuleNotFoundError, match="weights"):
        rival.find()
