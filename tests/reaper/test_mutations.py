"""The tests notice each wrong version of the mapping code, and the documentation lists them."""

from __future__ import annotations

from pathlib import Path

import pytest
from reaper import random_projects
from reaper.lua_run import HERE, SCRIPTS, run
from reaper.mutations import MUTATIONS, Mutation
from reaper.test_null import LIMITS, depths, restored
from reaper.test_null_parts import razor_is_red
from reaper.test_self_test import FLIPPED

PAGE = HERE.parents[1] / "docs" / "reaper.md"
PER_PROJECT = 24
QUICK = [m for m in MUTATIONS if m.caught_by == "mapping"]
LONG = [m for m in MUTATIONS if m.caught_by != "mapping"]


def spec_is_red(name: str, scripts: str, folder: Path) -> bool:
    """Whether a sentence of the spec does not hold for these scripts."""
    spec = HERE / "specs" / f"{name}_spec.lua"
    ran = run("5.4", spec, folder, VOXMEND_TEST_SCRIPTS=scripts, VOXMEND_TEST_FIRST="1")
    return "not ok\t" in ran.stdout


def null_is_red(seed: int, scripts: str, folder: Path) -> bool:
    """Whether stems of these scripts leave something of a random project, or do not come in."""
    made = random_projects.make(folder / "project", seed, PER_PROJECT)
    try:
        after = restored("5.4", made, folder / "lua", VOXMEND_TEST_SCRIPTS=scripts)
        found = depths(made, after, set(LIMITS))
    except AssertionError:
        return True
    items = made.manifest["items"]
    return any(not depth <= LIMITS[items[guid]["class"]] for guid, depth in found.items())


NULLS = {"null": null_is_red, "razor": razor_is_red}


def is_red(catcher: str, scripts: str, folder: Path) -> bool:
    kind, _, seed = catcher.partition(" ")
    return NULLS[kind](int(seed), scripts, folder) if seed else spec_is_red(kind, scripts, folder)


def is_caught(mutation: Mutation, folder: Path) -> bool:
    return is_red(mutation.caught_by, mutation.apply(folder), folder)


def test_each_change_finds_its_place() -> None:
    for mutation in MUTATIONS:
        text = (SCRIPTS / "lib" / mutation.file).read_text("utf-8")
        assert text.count(mutation.old) == 1, mutation.name


@pytest.mark.parametrize("mutation", QUICK, ids=lambda m: m.name)
def test_the_arithmetic_by_hand_catches_it(mutation: Mutation, tmp_path: Path) -> None:
    assert is_caught(mutation, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("mutation", LONG, ids=lambda m: m.name)
def test_a_scenario_or_the_null_test_catches_it(mutation: Mutation, tmp_path: Path) -> None:
    assert is_caught(mutation, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("catcher", sorted({m.caught_by for m in MUTATIONS}))
def test_the_right_scripts_are_not_caught(catcher: str, tmp_path: Path) -> None:
    assert not is_red(catcher, f"{SCRIPTS}/", tmp_path)


def test_the_documentation_lists_every_mutation_and_every_step_of_the_self_test() -> None:
    text = PAGE.read_text("utf-8")
    for mutation in MUTATIONS:
        assert f"| {mutation.name} | `{mutation.file}` | {mutation.caught_by} |" in text
    for step in FLIPPED.values():
        assert f"| `{step}` |" in text
