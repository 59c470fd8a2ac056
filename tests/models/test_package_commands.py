"""``voxmend models`` and models that came with voxmend, as a user types it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from models.depot import Depot
from models.parcel import DATA, Parcel, file, packed, row
from typer.testing import CliRunner, Result

from voxmend.cli import models

WITH = "came with voxmend, inside the package Tiny-Weights 1.0"


@pytest.fixture
def made(parcel: Parcel, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> Parcel:
    whole = packed(net=DATA)
    parcel.catalogue = row(file(member="deep/net.onnx"), archive=whole)
    parcel.install({"all.tar.gz": whole})
    monkeypatch.setenv("VOXMEND_HOME", str(parcel.root))
    monkeypatch.setattr(models, "_store", lambda: parcel.store)
    folder = parcel.root / "config" / "presets"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text('[[block]]\nname = "separate.tiny"\n')
    return parcel


def run(*arguments: str) -> Result:
    return CliRunner().invoke(models.app, list(arguments))


def printed(result: Result) -> Any:
    return json.loads(result.stdout)


def test_list_says_that_it_came_with_voxmend(made: Parcel) -> None:
    result = run("list")
    assert "present  tiny" in result.stdout
    assert WITH in result.stdout
    assert f"0.0 MB in {made.root}" in result.stderr
    listed = printed(run("list", "--json"))
    (item,) = listed["items"]
    assert (item["state"], item["origin"], item["bytes"]) == ("present", "package", len(DATA))
    assert (listed["bytes"], item["held"]) == (0, 0)
    assert item["files"][0]["origin"] == "package"


def test_list_names_a_package_that_is_missing_and_the_next_step(made: Parcel) -> None:
    made.install(version="2.0")
    result = run("list")
    assert "absent   tiny" in result.stdout
    assert "comes inside the package Tiny-Weights 1.0, which is not installed. Install voxmend" in (
        result.stdout
    )
    assert printed(run("list", "--json"))["items"][0]["origin"] is None


def test_pull_has_nothing_to_do_asks_no_licence_and_sends_nothing(
    made: Parcel, depot: Depot
) -> None:
    for words in (["tiny"], ["--preset", "own"], ["tiny", "--offline"]):
        result = run("pull", *words)
        assert (result.exit_code, result.stdout) == (0, "")
        assert f"tiny {WITH}: there is nothing to fetch." in result.stderr
        assert "icence" not in result.stderr
    answer = printed(run("pull", "tiny", "--json"))
    assert (answer["fetched"], answer["items"][0]["origin"]) == ([], "package")
    assert depot.sent == []
    assert not (made.root / "models" / "licences.json").exists()


def test_pull_of_one_whose_package_is_missing_says_what_brings_it(made: Parcel) -> None:
    made.install(version="2.0")
    result = run("pull", "tiny", "--accept-licence", "--json")
    said = printed(result)["error"]
    assert (result.exit_code, said["code"]) == (4, "environment")
    assert "it comes inside the package Tiny-Weights 1.0. Install voxmend again" in said["message"]


def test_verify_reads_what_lies_in_the_package_and_the_copies(made: Parcel) -> None:
    good = run("verify")
    assert (good.exit_code, "sha256, inside its package" in good.stdout) == (0, True)
    (copy,) = made.store.files(made.model)
    held = made.places / "all.tar.gz"
    then, whole = copy.stat(), held.read_bytes()
    held.write_bytes(whole[:-1] + b"?")
    bad = run("verify")
    assert bad.exit_code == 4
    assert "--no-deps --reinstall Tiny-Weights==1.0 [model_corrupt]" in bad.stderr
    assert "pull tiny" not in bad.stderr
    held.write_bytes(whole)
    copy.write_bytes(DATA[:-1] + b"?")
    os.utime(copy, ns=(then.st_atime_ns, then.st_mtime_ns))
    worn = run("verify", "tiny", "--json")
    assert (worn.exit_code, printed(worn)["items"][0]["state"]) == (4, "corrupt")
    assert "voxmend models remove tiny [model_corrupt]" in worn.stderr


def test_remove_frees_the_copies_and_says_that_the_model_stays(made: Parcel) -> None:
    none = run("remove", "tiny", "--json")
    said = printed(none)["error"]
    assert (none.exit_code, said["code"]) == (2, "bad_request")
    assert f"tiny {WITH}, and goes with it." in said["message"]
    made.store.files(made.model)
    freed = run("remove", "tiny")
    assert freed.exit_code == 0
    assert freed.stderr == f"Freed 0.3 MB.\ntiny {WITH}, and goes with it.\n"
    assert made.state.state == "present"
    assert made.made == []


def test_path_is_the_folder_inside_the_package(made: Parcel) -> None:
    assert Path(run("path", "tiny").stdout.strip()) == made.places
