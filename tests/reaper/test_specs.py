"""Every spec of the Lua code, in both Luas: one test for each file and Lua.

The test command runs a dear one under one of them, in turn, and ``make slow`` under the other. What
the two Luas see differently shows in any script, and each script runs under both in a spec that
stays: numbers and text in mapping, wire and settings, the windows in keyboard, toggle and verdict,
a job from click to stems in scenario_restore and two_scripts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reaper.lua_run import HERE, VERSIONS, run

SPECS = sorted((HERE / "specs").glob("*_spec.lua"))

DEAR = [
    *("areas", "as_the_source", "diagnose", "drawings", "faults_project", "faults_worker"),
    *("folder", "habits", "jobs_panel", "languages", "late_answers", "later_worker", "parts"),
    *("recording", "relaunch", "remove", "scenario_large", "scenario_manners", "trial", "window"),
]
"""Those that take seconds; the first runs under the first Lua, the next under the next."""

QUICK = {name: VERSIONS[n % len(VERSIONS)] for n, name in enumerate(DEAR)}


def both() -> list[Any]:
    """Each spec and Lua; what a dear one does under the other Lua is slow."""
    names = {spec: spec.stem.removesuffix("_spec") for spec in SPECS}
    lost = set(DEAR) - set(names.values())
    assert not lost, f"there are no such specs: {sorted(lost)}"
    return [
        pytest.param(
            *(spec, version),
            marks=[] if QUICK.get(name, version) == version else pytest.mark.slow,
            id=f"{spec.stem}-{version}",
        )
        for spec, name in names.items()
        for version in VERSIONS
    ]


@pytest.mark.parametrize(("spec", "version"), both())
def test_the_spec_holds(spec: Path, version: str, tmp_path: Path) -> None:
    ran = run(version, spec, tmp_path)
    verdicts = [line.split("\t") for line in ran.stdout.splitlines() if "\t" in line]
    print(*(line for line in ran.stdout.splitlines() if line.startswith("#")), sep="\n")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts, "the spec has no sentences"
    broken = [f"{sentence}: {why}" for state, sentence, why in verdicts if state != "ok"]
    assert not broken, "\n".join(broken)
