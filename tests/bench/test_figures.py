"""What no block took of a job, in numbers and in words."""

from __future__ import annotations

import pytest

from voxmend.bench.figures import Ours, Row, Speed, table

OURS = Ours(
    cold_s=9.0, restart_s=5.0, warm_s=3.0, cached_s=0.5, warm_rtf=1.0, peak_mb=900.0,
    job_warm_s=2.9, first_window_s=0.1,
    stages=(
        {"block": "separate.one", "precision": "fp32", "runs_on": "cpu", "seconds": 1.5},
        {"block": "denoise.two", "precision": "fp32", "runs_on": "cpu", "seconds": 0.5},
    ),
    spent={"read": 0.1, "plan": 2.3, "write": 0.2},
)  # fmt: skip


def test_what_no_block_took_is_the_rest_of_the_plan_and_all_around_it() -> None:
    assert OURS.outside == pytest.approx({"read": 0.1, "write": 0.2, "between blocks": 0.3})


def test_a_person_reads_it_under_the_table() -> None:
    told = list(table(Speed("cpu", 2, None, "classic", (Row(3.0, 1, OURS),))))
    assert told[-1] == (
        "3 s, warm, outside blocks: 0.60 s (read 0.10, write 0.20, between blocks 0.30)"
    )
