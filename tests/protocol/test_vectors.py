"""The committed vectors: one set of bytes and verdicts for every implementation."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from protocol.judge import load, verdict

import voxmend_vectors
from voxmend_protocol import messages, schema
from voxmend_protocol.errors import CODES

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"
VECTORS = load(PROTOCOL / "vectors")
JUDGE = Path(__file__).with_name("judge.py")

BEYOND_A_SCHEMA = {
    *("an empty id", "an id of 65 characters", "an empty re", "a version with a fraction"),
    *("a relative path", "a path with NUL", "an empty path", "a path in the home folder"),
    *("a drive without a folder", "a relative output folder", "a relative mixture"),
    *("a relative voice", "a mixture and a voice"),
    *(f"output name {n}" for n in range(6)),
    *("start after end", "start at the end", "an end at 0", "a start before the file"),
    *("a job that is no UUID", "a UUID in upper case", "retry with a bad new id"),
    *("17 stems", "a stem in upper case", "a stem with a path", "a stem with a point"),
    *("a stem of 33 letters", "a stem without a name"),
    *("a device without its number", "a processor with a number"),
    *("a remote worker in upper case", "a remote worker with an address"),
    *("a remote worker that ends in a hyphen", "a remote worker of 33 letters"),
    *("a preset of its own of 32769 characters", "a cache of its own without a name"),
    *("no stems", "a stem twice", "a group of 65 characters", "seconds of 400 digits"),
    *("watch 1001 jobs", "a path of 4095 bytes", "2047 quotes in a path"),
    *("pull nothing", "pull no models", "pull 101 models"),
    *("pause without a name", "pause with a name of 65 characters"),
    *("pause with a lease of no time", "pause with a lease of a day"),
    "pause for a reason of 201 characters",
    *(f"{n} nobody reads" for n in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")),
    *("nested 65 deep", "half a surrogate pair", "a surrogate pair backwards"),
    *("half a surrogate pair in a name", "schema 0", "a later schema", "a short key"),
    *("a key in upper case", "a key with spaces", "an endpoint on all addresses"),
    *("an endpoint in the network", "an endpoint by name", "an endpoint in the file system"),
    *("hello_again with a short nonce", "hello_again with a nonce in upper case"),
    *("an endpoint without a port", "port 0", "port 65536", "an endpoint and more"),
}
"""Refused by a rule that the schema does not hold; PROTOCOL.md says each in words."""

UNKNOWN = {"x", "mood", "more", "gain", "mos", "hosts"}
"""Fields of valid vectors that this version does not know."""

SCHEMA = schema.build()


def named(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def expected(vector: dict[str, Any]) -> str:
    return "valid" if vector["valid"] else str(vector["error"])


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_vector_is_judged_as_it_says(vector: dict[str, Any]) -> None:
    said, detail = verdict(vector)
    assert said == expected(vector), detail
    if vector["valid"]:
        assert holds(detail, vector["json"])


def holds(whole: Any, part: Any) -> bool:
    """Whether all of ``part`` is in ``whole``, unknown fields left out; defaults may be added."""
    if isinstance(part, dict):
        return all(key in UNKNOWN or holds(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_schema_agrees_where_it_can_know(vector: dict[str, Any]) -> None:
    try:
        body = bytes.fromhex(vector["frames_hex"][-1]).decode()
        instance = json.loads(body, parse_constant=float)  # NaN stays NaN
    except (ValueError, RecursionError):
        assert not vector["valid"]
        return
    if vector.get("error") in ("malformed", "hello_again"):
        return
    whole = SCHEMA
    if vector["direction"] == "worker_file":
        whole = {**SCHEMA["$defs"]["worker_file"], "$defs": SCHEMA["$defs"]}
    fits = jsonschema.Draft202012Validator(whole).is_valid(instance)
    assert fits == (vector["valid"] or vector["name"] in BEYOND_A_SCHEMA)


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_signature_is_hmac_sha256_of_the_other_frames(vector: dict[str, Any]) -> None:
    if vector["direction"] == "worker_file" or vector.get("error") == "malformed":
        return
    key, (version, stamp, sent, body) = vector["key"], map(bytes.fromhex, vector["frames_hex"])
    data = version + stamp + body
    assert sent.decode() == hmac.digest(bytes.fromhex(key), data, hashlib.sha256).hex()


def test_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    voxmend_vectors.write(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in (PROTOCOL / "vectors").iterdir()}


def test_the_generator_removes_files_of_themes_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("[]")
    voxmend_vectors.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(voxmend_vectors.files())


def test_every_vector_has_the_same_plain_form() -> None:
    names = [named(vector) for vector in VECTORS]
    assert len(names) == len(set(names))
    assert set(names) >= BEYOND_A_SCHEMA
    for vector in VECTORS:
        fields = {"name", "direction", "key", "conversation", "frames_hex", "json", "valid"}
        assert vector.keys() == fields | (set() if vector["valid"] else {"error"})
        assert (vector["json"] is None) == (not vector["valid"])
        assert vector.get("error", "malformed") in (*CODES, "hello_again")


def test_every_message_has_a_valid_vector_and_travels_the_right_way() -> None:
    for way, classes in (("to_worker", messages.REQUESTS), ("to_client", messages.REPLIES)):
        valid = {v["json"]["type"] for v in VECTORS if v["valid"] and v["direction"] == way}
        assert valid == {messages.type_name(cls) for cls in classes}


def test_another_python_judges_all_vectors_alike(python_39: str) -> None:
    run = subprocess.run(
        [python_39, "-I", "-B", str(JUDGE), str(PROTOCOL), str(PROTOCOL / "vectors")],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    theirs = {name: said for name, (said, _) in json.loads(run.stdout).items()}
    assert theirs == {named(vector): expected(vector) for vector in VECTORS}
