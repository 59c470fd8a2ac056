"""Every spec of the Lua code, in both Luas: one test for each file and Lua."""

from __future__ import annotations

from pathlib import Path

import pytest
from reaper.lua_run import HERE, VERSIONS, run

SPECS = sorted((HERE / "specs").glob("*_spec.lua"))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_spec_holds(spec: Path, version: str, tmp_path: Path) -> None:
    ran = run(version, spec, tmp_path)
    verdicts = [line.split("\t") for line in ran.stdout.splitlines() if "\t" in line]
    print(*(line for line in ran.stdout.splitlines() if line.startswith("#")), sep="\n")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts, "the spec has no sentences"
    broken = [f"{sentence}: {why}" for state, sentence, why in verdicts if state != "ok"]
    assert not broken, "\n".join(broken)
