"""The disk fails under the job list: what was refused never runs, what may have been written is
said so, what was accepted is there. The kernel's calls fail, sqlite is the real one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import power_cut_jobs as jobs
import pytest
from waiting import PATIENCE_S

SHORT = [("fdatasync", "EIO", when) for when in ("3", "4+", "6", "7+")]
LONG = [
    (call, error, f"{number}{more}")
    for call in ("fdatasync", "pwrite64")
    for error in ("EIO", "ENOSPC", "EDQUOT", "EROFS")
    for number in (1, 2, 3, 4, 5, 6, 8, 10, 13, 20, 30, 50)
    for more in ("", "+")
]


@pytest.mark.parametrize(
    ("call", "error", "when"), [*SHORT, *(pytest.param(*c, marks=pytest.mark.slow) for c in LONG)]
)
def test_what_was_refused_does_not_run_and_what_was_accepted_does(
    tmp_path: Path, call: str, error: str, when: str
) -> None:
    root = tmp_path / "root"
    listed = root / "state" / "voxmend" / "jobs.sqlite3"
    jobs.Worker(root, lambda _: None).store.close()
    told = failing(root, [listed, Path(f"{listed}-wal")], f"{call}:error={error}:when={when}")
    accepted = {name for name, words in told.items() if words == "accepted"}
    doubtful = {name for name, words in told.items() if "may have been written" in words}
    refused = set(told) - accepted - doubtful - {"start"}
    assert accepted or "start" in told or "+" in when or call == "pwrite64"
    worker = jobs.Worker(root, lambda _: None)
    worker.finish()
    found = {row.job.id: row.job.record.state for row in worker.store.page(None, None, None, 100)}
    worker.store.close()
    assert accepted <= set(found), told
    assert not refused & set(found), told
    assert set(found.values()) <= {"succeeded"}
    assert all(str(listed.parent) in told[name] for name in refused | doubtful), told
    if error == "ENOSPC" and call == "pwrite64":
        assert not doubtful, "a full disk leaves no doubt"


def failing(root: Path, files: list[Path], fault: str) -> dict[str, str]:
    """Submit jobs while the system's calls for these files fail; what was said of each."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here: nothing can make the disk fail")
    places = [word for file in files for word in ("-P", str(file))]
    run = subprocess.run(
        [strace, "-f", "-o", str(root.parent / "calls"), *places, "-e", f"inject={fault}",
         sys.executable, "-B", jobs.__file__, str(root), "tries"],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    if "ptrace" in run.stderr:
        pytest.skip(f"processes cannot be watched here: {run.stderr.strip()[:200]}")
    assert run.returncode == 0, run.stderr
    told: dict[str, str] = json.loads(run.stdout)
    return told
