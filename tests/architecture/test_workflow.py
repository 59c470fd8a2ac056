"""The public workflow: that it can be read, and runs what the README tells a reader to type."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github" / "workflows" / "test.yml"


def workflow() -> dict[Any, Any]:
    read = yaml.safe_load(FILE.read_text("utf-8"))
    assert isinstance(read, dict)
    return read


def steps() -> list[dict[str, Any]]:
    (job,) = workflow()["jobs"].values()
    return list(job["steps"])


def readme_commands() -> list[str]:
    """The first command of the first two chapters that say: install, and test."""
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    first, *_ = blocks[0].splitlines()
    test = re.search(r"^## Test\n.*?^```sh\n(.*?)\n", text, re.DOTALL | re.MULTILINE)
    assert test
    return [first, test[1]]


def test_it_runs_the_two_commands_of_the_readme_word_for_word_on_three_systems() -> None:
    runs = [step["run"] for step in steps() if "if" not in step and "run" in step]
    assert runs == readme_commands()
    (job,) = workflow()["jobs"].values()
    systems = {name.partition("-")[0] for name in job["strategy"]["matrix"]["system"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert job["runs-on"] == "${{ matrix.system }}"


def test_once_a_week_it_takes_the_newest_packages() -> None:
    said = workflow()[True]  # `on` is a truth value in YAML 1.1
    assert len(said["schedule"]) == 1
    minute, hour, day, month, weekday = said["schedule"][0]["cron"].split()
    assert (minute.isdigit(), hour.isdigit(), day, month) == (True, True, "*", "*")
    assert weekday.isdigit()
    weekly = [step for step in steps() if step.get("if") == "github.event_name == 'schedule'"]
    assert ["UV_EXCLUDE_NEWER" in step["run"] for step in weekly] == [True]
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "exclude-newer" in pinned["tool"]["uv"], "then there is nothing to override"


def test_its_head_says_that_it_was_never_run() -> None:
    head = FILE.read_text("utf-8").partition("name:")[0]
    assert "never been run" in head
