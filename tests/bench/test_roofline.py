"""What share of a peak a network reaches: counted, timed, told."""

from __future__ import annotations

import pytest
import torch

from voxmend_bench import roofline
from voxmend_bench.roofline import Peak, Share


def test_a_share_is_that_of_the_higher_peak() -> None:
    row = Share("separate.net", "bf16", 7.8, 400.0, 2.0, 3.9, 51.0)
    assert row.of(Peak("bf16", 800.0, 1000.0)) == pytest.approx(0.2)
    assert Share("separate.net", "fp32", 7.8, None, 2.0, 3.9, None).of(Peak("fp32", 1, 1)) is None


def test_operations_are_counted_as_they_are() -> None:
    one, other = torch.ones(30, 40), torch.ones(40, 50)
    assert roofline.counted(lambda: one @ other) == pytest.approx(2 * 30 * 40 * 50 / 1e9)
    assert roofline.counted(lambda: one + 1) is None


def test_tiny_networks_get_a_row_for_each_precision() -> None:
    with torch.no_grad():
        limits = roofline.peaks(size=64, repeats=1)
        rows = list(roofline.shares(["separate.htdemucs", "separate.mdx"], full=False, repeats=1))
    assert [peak.precision for peak in limits] == ["fp32", "bf16"]
    told = list(roofline.lines(limits, rows))
    assert [(row.network, row.precision) for row in rows] == [
        ("separate.htdemucs", "fp32"), ("separate.htdemucs", "bf16"),
        ("separate.mdx", "fp32"), ("separate.mdx", "bf16"),
    ]  # fmt: skip
    assert all(row.took_s > 0 and (row.work or 0) > 0 for row in rows[:2])
    assert [row.error_db is None for row in rows] == [True, False, True, False]
    assert len(told) == 6
    assert "% of the peak" in told[2]
    assert "error at" in told[3]


def test_a_program_reads_the_same_figures() -> None:
    rows = [Share("separate.net", "bf16", 7.8, 400.0, 2.0, 3.9, 51.0)]
    told = roofline.plain([Peak("bf16", 800.0, 1000.0)], rows)
    assert told["peaks"] == [{"precision": "bf16", "product": 800.0, "convolution": 1000.0}]
    assert told["networks"][0]["share_of_peak"] == pytest.approx(0.2)
    assert told["networks"][0]["network"] == "separate.net"
