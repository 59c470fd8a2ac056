"""Upstream's side of a measurement is there in a checkout, and asked for nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voxmend.bench import rival
from voxmend.cli import bench
from voxmend_bench import upstream
from voxmend_protocol.errors import EnvironmentProblem

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


def test_so_it_says_where_a_share_of_the_peak_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "voxmend_bench", None)
    monkeypatch.delitem(sys.modules, "voxmend_bench.upstream", raising=False)
    done = CliRunner().invoke(bench.app, ["speed", "--roofline"])
    assert done.exit_code == 4, done.output
    assert "from a checkout" in done.output


def test_the_share_of_the_peak_is_measured_in_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[list[str]] = []

    def run(command: list[str], check: bool) -> subprocess.CompletedProcess[bytes]:
        said.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(EnvironmentProblem, match="ended with code 3"):
        rival.find().roofline(as_json=False)
    with pytest.raises(EnvironmentProblem):
        rival.find().roofline(as_json=True)
    plain = [sys.executable, "-m", "voxmend_bench.roofline"]
    assert said == [plain, [*plain, "--json"]]


def test_a_checkout_in_which_something_else_is_missing_says_what(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "voxmend_bench.upstream", raising=False)
    monkeypatch.setitem(sys.modules, "voxmend_bench.weights", None)
    with pytest.raises(ModuleNotFoundError, match="weights"):
        rival.find()
