"""``voxmend models`` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from models.depot import Bench, Depot, catalogue, sha, weights
from typer.testing import CliRunner, Result

from voxmend.cli import models
from voxmend.models.model import Grant

DATA = weights()


@pytest.fixture
def made(tmp_path: Path, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA), size=len(DATA)))
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    monkeypatch.setattr(models, "_store", lambda: bench.store)
    preset(tmp_path, "light", "separate.tiny")
    return bench


def preset(home: Path, name: str, *blocks: str) -> None:
    """A preset of the user's."""
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    tables = [f'[[block]]\nname = "{block}"\n' for block in blocks]
    (folder / f"{name}.toml").write_text("".join(tables))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(models.app, [str(a) for a in arguments])


def printed(result: Result) -> Any:
    return json.loads(result.stdout)


def test_list_says_what_there_is_and_what_is_here(made: Bench) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert "absent   tiny" in result.stdout
    assert "for light" in result.stdout
    assert "licence: MIT" in result.stdout
    run("pull", "tiny", "--accept-licence")
    item = printed(run("list", "--json"))["items"][0]
    assert (item["state"], item["bytes"], item["download"]) == ("present", len(DATA), len(DATA))
    assert item["files"][0]["proof"] == "sha256"
    assert (item["blocks"], item["presets"]) == (["separate.tiny"], ["light"])


def test_without_a_terminal_the_licence_must_be_accepted_by_an_option(
    made: Bench, depot: Depot
) -> None:
    for extra in ([], ["--json"]):
        result = run("pull", "tiny", *extra)
        assert result.exit_code == 4
        assert "Do as you like." in result.stderr
        assert "0.3 MB" in result.stderr
        assert "voxmend models pull tiny --accept-licence" in result.stderr
    assert printed(result)["error"]["code"] == "licence_not_accepted"
    assert depot.sent == []


def test_a_licence_is_accepted_once(made: Bench) -> None:
    first = run("pull", "tiny", "--accept-licence")
    assert first.exit_code == 0
    assert "checked by sha256" in first.stderr
    assert run("remove", "tiny").exit_code == 0
    again = run("pull", "tiny")
    assert again.exit_code == 0
    assert "licence" not in again.stderr
    assert made.state() == "present"
    assert "already" in run("pull", "tiny").stderr


def test_a_licence_that_reads_otherwise_now_must_be_accepted_again(made: Bench) -> None:
    run("pull", "tiny", "--accept-licence")
    run("remove", "tiny")
    changed = replace(made.catalogue.models[0], terms="Ask first.")
    made.catalogue = replace(made.catalogue, models=(changed,))
    result = run("pull", "tiny")
    assert result.exit_code == 4
    assert "Ask first." in result.stderr


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 4)])
def test_on_a_terminal_it_asks(
    made: Bench, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    class Terminal:
        stdin = stderr = type("", (), {"isatty": staticmethod(lambda: True)})

    monkeypatch.setattr(models, "sys", Terminal)
    result = CliRunner().invoke(models.app, ["pull", "--preset", "light"], input=answer)
    assert result.exit_code == code
    assert made.state() == ("absent" if code else "present")


def test_pull_by_preset_knows_which_presets_there_are(made: Bench) -> None:
    assert run("pull").exit_code == 2
    assert run("pull", "--preset", "no-such").exit_code == 2
    assert run("pull", "no-such").exit_code == 2
    needless = run("pull", "--preset", "diagnose")
    assert (needless.exit_code, needless.stderr) == (0, "This preset needs no models.\n")
    fetched = printed(run("pull", "--preset", "light", "--accept-licence", "--json"))
    assert fetched["fetched"] == [{"model": "tiny", "file": "net.onnx", "proof": "sha256"}]


def free(made: Bench) -> None:
    """Make the one model free."""
    grant = Grant("MIT", ("https://example.org/licence",), "2026-01-02")
    made.catalogue = replace(
        made.catalogue, models=(replace(made.catalogue.models[0], grant=grant),)
    )


def test_commercial_refuses_what_nobody_has_granted_and_fetches_what_is_free(
    made: Bench, depot: Depot
) -> None:
    for which in (("tiny",), ("--preset", "light")):
        refused = run("pull", *which, "--commercial", "--accept-licence", "--json")
        assert refused.exit_code == 4
        error = printed(refused)["error"]
        assert error["code"] == "licence_not_accepted"
        assert "tiny (ask: MIT)" in error["message"]
    assert depot.sent == []
    assert "tiny" not in run("list", "--commercial").stdout
    assert printed(run("list", "--commercial", "--json"))["items"] == []
    free(made)
    refused = run("pull", "no-such", "--commercial")
    assert refused.exit_code == 2
    assert run("pull", "--preset", "light", "--commercial", "--accept-licence").exit_code == 0
    (item,) = printed(run("list", "--commercial", "--json"))["items"]
    assert (item["use"], item["grant"]["proof"]) == ("free", ["https://example.org/licence"])
    assert "licence: MIT; free" in run("list", "--commercial").stdout


def test_commercial_refuses_models_that_are_here_too(made: Bench) -> None:
    assert run("pull", "tiny", "--accept-licence").exit_code == 0
    assert run("pull", "tiny", "--commercial").exit_code == 4


def test_the_refusal_names_presets_that_are_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    refused = run("pull", "--preset", "restore", "--commercial")
    assert refused.exit_code == 4
    assert "mdx_voc_ft (ask: none stated" in refused.stderr
    assert "scnet_large" not in refused.stderr
    assert "presets quick, " in refused.stderr


def test_offline_refuses_at_once(made: Bench, depot: Depot) -> None:
    result = run("pull", "tiny", "--offline", "--json")
    assert result.exit_code == 4
    assert "offline" in printed(result)["error"]["message"]
    assert depot.sent == []


def test_verify_finds_a_flipped_bit_and_path_refuses_it(made: Bench) -> None:
    assert run("verify").exit_code == 0
    run("pull", "tiny", "--accept-licence")
    good = run("verify", "--json")
    assert (good.exit_code, printed(good)["items"][0]["state"]) == (0, "present")
    assert run("path", "tiny").stdout.strip() == str(made.place.parent)
    made.place.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    bad = run("verify", "--json")
    assert (bad.exit_code, printed(bad)["items"][0]["state"]) == (4, "corrupt")
    assert "does not have the published sha256" in bad.stderr
    assert "voxmend models pull tiny" in bad.stderr
    assert run("path", "tiny").exit_code == 4


def test_import_and_remove(made: Bench, tmp_path: Path) -> None:
    file = tmp_path / "carried"
    file.write_bytes(DATA)
    result = run("import", file, "--json")
    assert printed(result)["imported"] == [
        {"source": "carried", "model": "tiny", "file": "net.onnx", "known_by": "hash"}
    ]
    assert printed(run("remove", "tiny", "--json"))["freed"] > len(DATA)
    assert run("import", tmp_path / "none").exit_code == 1
    missing = run("path", "tiny", "--json")
    assert (missing.exit_code, printed(missing)["error"]["code"]) == (4, "model_missing")


def test_the_real_catalogue_pulls_the_shared_weights_from_a_folder(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    monkeypatch.setenv("VOXMEND_MODEL_MIRROR", (shared / "weights").as_uri())
    monkeypatch.setenv("VOXMEND_OFFLINE", "1")
    preset(tmp_path, "light", "denoise.deepfilternet", "bandwidth.speechsr")
    fetched = printed(run("pull", "--preset", "light", "--accept-licence", "--json"))["fetched"]
    assert {one["model"] for one in fetched} == {"speechsr48k"}, "the other came with voxmend"
    items = printed(run("list", "--json"))["items"]
    present = {item["id"] for item in items if item["state"] == "present"}
    assert present == {"deepfilternet3", "speechsr48k", "spleeter"}


def test_the_screen_loads_nothing_that_the_others_do_not() -> None:
    listed = "import sys, voxmend.cli.models; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {"numpy", "torch", "zmq", "urllib.request", "filelock", "zipfile", "ssl"}
