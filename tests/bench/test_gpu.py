"""The go on a graphics card, on the CPU and with tiny networks: that each part is run and told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from waiting import PATIENCE_S

from voxmend_bench import gpu, roofline
from voxmend_bench.gpu import Run

CPU = torch.device("cpu")


def told(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_networks_and_presets_are_told_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roofline, "NETWORKS", {"separate.htdemucs": roofline._htdemucs})
    monkeypatch.setattr(roofline, "LARGE", {})
    monkeypatch.setattr(gpu, "PRESETS", ("restore",))
    run = Run(tmp_path / "gpu.jsonl", until=1.0, clock=lambda: 0.0)
    with torch.no_grad():
        gpu.measure(run, CPU, full=False, clips_s=(2.0,))
    rows = told(run.out)
    kinds = [row["kind"] for row in rows]
    assert kinds == ["device", "peak", "peak", "network", "network", "preset"]
    assert rows[3]["share_of_peak"] > 0
    assert rows[5]["times_real"] > 0
    assert (run.left, run.wrong) == ([], [])


def test_what_does_not_fit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "PRESETS", ("quick",))
    run = Run(tmp_path / "gpu.jsonl", until=1.0, clock=lambda: 2.0)
    with torch.no_grad():
        gpu.measure(run, CPU, full=False, clips_s=(2.0,))
    assert run.left == [*roofline.NETWORKS, *roofline.LARGE, "quick 2 s"]
    assert [row["kind"] for row in told(run.out)] == ["device", "peak", "peak"]


def test_a_card_that_gives_something_else_is_wrong(tmp_path: Path) -> None:
    run = Run(tmp_path / "gpu.jsonl", until=1.0, clock=lambda: 0.0)
    limits = {"fp32": roofline.Peak("fp32", 1.0, 1.0)}
    for name, error in (("separate.good", 61.0), ("separate.bad", 59.0)):
        gpu._judge(run, roofline.Share(name, "fp32", 1.0, 1.0, 1.0, 1.0, error), limits)
    assert run.wrong == ["separate.bad: 59.0 dB against the CPU"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_without_a_card_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "voxmend_bench.gpu", "--out", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == gpu.NO_CARD
    assert "no graphics card" in done.stdout
    assert list(tmp_path.iterdir()) == []
