"""Two machines are paired by what their users carry from one to the other, and compare."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from house import printed, run_cli
from remote.studio import paths_of

from voxmend.remote import keys, peers
from voxmend_protocol.errors import BadRequest, EnvironmentProblem


def test_the_secret_key_is_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    paths = paths_of(tmp_path / "home")
    pair = keys.own(paths)
    assert keys.own(paths) == pair
    file = paths.remote / "key.json"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(paths.remote.stat().st_mode) == 0o700
    assert pair.secret not in str(keys.card(paths))


@pytest.mark.parametrize(
    "content", ["", "{}", '{"public": "00", "secret": "11"}', '{"public": 1, "secret": []}']
)
def test_a_broken_key_is_an_error_with_the_next_step(tmp_path: Path, content: str) -> None:
    paths = paths_of(tmp_path / "home")
    keys.own(paths)
    (paths.remote / "key.json").write_text(content)
    with pytest.raises(EnvironmentProblem, match="Remove it"):
        keys.own(paths)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_key_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    paths = paths_of(tmp_path / "home")
    keys.own(paths)
    (paths.remote / "key.json").chmod(0o666)
    with pytest.raises(EnvironmentProblem, match="can be written by"):
        keys.own(paths)


def test_a_fingerprint_is_typed_in_any_grouping(tmp_path: Path) -> None:
    key = keys.own(paths_of(tmp_path / "home")).public
    shown = keys.fingerprint(key)
    assert len(shown.split()) == 8
    assert keys.same(shown, key)
    assert keys.same(shown.replace(" ", "").upper(), key)
    assert not keys.same(shown[:-1] + ("0" if shown[-1] != "0" else "1"), key)
    assert not keys.same("", key)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("studio.local", "tcp://studio.local:7471"),
        ("10.0.0.5:80", "tcp://10.0.0.5:80"),
        ("tcp://box:7000", "tcp://box:7000"),
        ("[fe80::1]:7000", "tcp://[fe80::1]:7000"),
    ],
)
def test_an_address_is_a_host_and_perhaps_a_port(given: str, taken: str) -> None:
    assert peers.address(given) == taken


@pytest.mark.parametrize("given", ["", "ipc:///tmp/x", "a:b", "a:0", "a:65536", "a b", "udp://a:1"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(BadRequest, match="no address"):
        peers.address(given)


@pytest.mark.parametrize(
    "name", ["cuda", "cuda:1", "auto", "gpu", "Studio", "-a", "a--b", "x" * 33]
)
def test_a_name_that_is_a_device_or_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest):
        peers.add_server(paths_of(tmp_path), peers.Server(name, "tcp://a:1", "0" * 64))


def test_two_machines_are_paired_by_files_and_forgotten_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, studio = tmp_path / "laptop", tmp_path / "studio"

    def on(home: Path, *words: str | Path) -> object:
        ran = run_cli(*words, VOXMEND_HOME=str(home))
        assert ran.returncode == 0, ran.stderr
        return printed(ran) if "--json" in words else None

    on(laptop, "remote", "pair", "--to", tmp_path / "l.key")
    on(studio, "remote", "pair", tmp_path / "l.key", "--name", "laptop", "--to", tmp_path / "s.key")
    on(laptop, "remote", "add", "studio-box", "studio.local", tmp_path / "s.key")
    (there,) = on(laptop, "remote", "list", "--json")["items"]  # type: ignore[index]
    (here,) = on(studio, "remote", "list", "--json")["items"]  # type: ignore[index]
    assert there["address"] == "tcp://studio.local:7471"
    assert there["fingerprint"] == keys.fingerprint(keys.own(paths_of(studio)).public)
    assert here["fingerprint"] == keys.fingerprint(keys.own(paths_of(laptop)).public)
    on(studio, "remote", "remove", "laptop")
    assert on(studio, "remote", "list", "--json") == {"items": []}


def test_a_pasted_key_needs_its_fingerprint(tmp_path: Path) -> None:
    card = keys.card(paths_of(tmp_path / "laptop"))
    env = {"VOXMEND_HOME": str(tmp_path / "studio")}
    ran = run_cli("remote", "pair", str(card), **env)
    assert (ran.returncode, "--fingerprint" in ran.stderr) == (2, True)
    wrong = run_cli("remote", "pair", str(card), "--fingerprint", "0" * 32, **env)
    assert wrong.returncode == 2
    assert "another machine's key" in wrong.stderr
    assert peers.read(paths_of(tmp_path / "studio")) == peers.Peers()
    right = run_cli("remote", "pair", str(card), "--fingerprint", keys.fingerprint(card.key), **env)
    assert right.returncode == 0, right.stderr
    assert len(peers.read(paths_of(tmp_path / "studio")).guests) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("remote", "pair", "no-such-file"),
        ("remote", "pair", "voxmend-key:a:00"),
        ("remote", "add", "cuda", "a", "b"),
        ("remote", "add", "box", "a b", "c"),
        ("remote", "remove", "attic"),
        ("remote", "status", "attic"),
        ("restore", "song.wav", "--device", "attic"),
        ("worker", "run", "--listen", "ipc:///x"),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_what_is_wrong_is_said_with_a_code(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = run_cli(*words, VOXMEND_HOME=str(tmp_path / "home"))
    assert ran.returncode == 2, ran.stderr
    assert "[bad_request]" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_machine_that_does_not_answer_is_said_in_status(tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = keys.own(paths_of(tmp_path / "studio")).public
    peers.add_server(paths_of(home), peers.Server("box", "tcp://127.0.0.1:1", key))
    ran = run_cli("remote", "status", "--json", VOXMEND_HOME=str(home))
    assert ran.returncode == 4
    (item,) = printed(ran)["items"]
    assert item["error"]["code"] == "remote_unreachable"
