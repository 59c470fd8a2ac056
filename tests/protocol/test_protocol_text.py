"""PROTOCOL.md says what the code does: fields, codes, limits, and an exchange byte for byte."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from voxmend_protocol import codec, discovery, envelope, errors, messages, schema, values
from voxmend_protocol.stamp import CLIENT, NOBODY, WORKER, Stamp

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"
TEXT = (PROTOCOL / "PROTOCOL.md").read_text("utf-8")

Fields = dict[str, bool]
"""Each field's name, and whether it may be absent."""


def cells(line: str) -> list[str]:
    r"""The cells of a row; ``\|`` is a character of one."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def section(heading: str) -> str:
    """What stands under a heading, up to the next of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert found, f"PROTOCOL.md has no heading {heading!r}"
    return found[1]


def rows(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose first heading is ``first``."""
    lines = text.splitlines()
    found = []
    for line in lines[next(n for n, x in enumerate(lines) if x.startswith(f"| {first} |")) + 2 :]:
        if not line.startswith("|"):
            break
        found.append(cells(line))
    return found


def named(cell: str) -> Fields:
    """``a``, ``b``? as fields."""
    return {name: bool(mark) for name, mark in re.findall(r"`(\w+)`(\?)?", cell)}


def fields(cls: type) -> Fields:
    """A dataclass's own."""
    made = {}
    for f in dataclasses.fields(cls):
        default = f.default is not f.default_factory  # both are MISSING where there is none
        made[f.name] = default or codec.optional(codec.hints(cls)[f.name])[1]
    return made


def documented() -> dict[str, tuple[str, Fields]]:
    """Each message of chapter 7: the answer it names, and its fields."""
    found = {}
    for name, answer in re.findall(r"^### `(\w+)`(?: → `(\w+)`)?$", TEXT, re.MULTILINE):
        text = section(f"`{name}`" + (f" → `{answer}`" if answer else ""))
        table = [named(row[0]) for row in rows(text, "field")]
        found[name] = (answer, {key: may for row in table for key, may in row.items()})
    short = section("The short ones")
    for request, answer, own, _ in rows(short, "request"):
        found[request.strip("`")] = (answer.strip("`"), named(own))
    for reply, own, _ in rows(short, "answer"):
        found[reply.strip("`")] = ("", named(own))
    return found


def test_every_message_is_described_and_no_other() -> None:
    assert documented().keys() == messages.BY_TYPE.keys()


@pytest.mark.parametrize("name", sorted(messages.BY_TYPE))
def test_the_text_names_each_field_and_whether_it_may_be_absent(name: str) -> None:
    assert documented()[name][1] == fields(messages.BY_TYPE[name])


@pytest.mark.parametrize("cls", messages.REQUESTS, ids=messages.type_name)
def test_the_text_names_the_answer_the_message_names(cls: type) -> None:
    answer = documented()[messages.type_name(cls)][0]
    assert answer in {messages.type_name(reply) for reply in messages.REPLIES}
    in_docstring = re.search(r"Answer: (\w+)", cls.__doc__ or "")
    assert in_docstring is None or in_docstring[1] == answer


@pytest.mark.parametrize(
    ("heading", "cls"),
    [
        ("5. Finding the worker", discovery.WorkerFile),
        ("6. Envelope", messages.Header),
        ("8. Records", values.JobRecord),
    ],
)
def test_other_tables_name_their_fields_too(heading: str, cls: type) -> None:
    table = [named(row[0]) for row in rows(section(heading), "field")]
    assert {key: may for row in table for key, may in row.items()} == fields(cls)


def test_the_table_of_errors_is_the_code_s() -> None:
    table = {row[0].strip("`"): row[2] for row in rows(section("12. Errors"), "code")}
    classes = {code: errors.BY_CODE[code] for code in errors.CODES}
    assert table == {code: "yes" if cls.retryable else "no" for code, cls in classes.items()}
    assert list(table) == sorted(table)


def test_the_limits_are_the_code_s() -> None:
    limits = {row[0]: row[1] for row in rows(section("4. Limits"), "what")}
    first = {what: re.findall(r"[\d,]+", most)[0] for what, most in limits.items()}
    numbers = {what: int(number.replace(",", "")) for what, number in first.items()}
    assert numbers["a request's body"] == envelope.MAX_REQUEST
    assert numbers["a body from the worker"] == envelope.MAX_REPLY
    assert next(n for what, n in numbers.items() if what.startswith("a path")) == values.MAX_PATH
    assert numbers["`id`, `re`, `group`"] == values.MAX_ID
    assert numbers["jobs in one `watch`"] == messages.MAX_WATCHED
    assert numbers["models in one `pull`"] == messages.MAX_PULLED
    assert numbers["records in a page"] == messages.Jobs().limit
    assert f"nest at most {codec.MAX_DEPTH} deep" in TEXT
    assert codec.MAX_INT == 2**53
    assert "±2^53" in TEXT


def test_closed_lists_are_named_whole() -> None:
    for words in (values.State, values.EngineState, values.ModelState):
        assert all(f"`{word}`" in TEXT for word in get_args(words))
    assert all(f"`{word}`" in TEXT for word in values.DEVICES)


def test_the_exchange_is_signed_and_each_message_decodes() -> None:
    text = section("16. An exchange, byte for byte")
    key = bytes.fromhex(re.findall(r"`([0-9a-f]{64})`", text)[0])
    block = re.findall(r"```\n(.*?)```", text, re.DOTALL)[0]
    exchange = [part.split("\n") for part in block.strip().split("\n\n")]
    assert len(exchange) == 9
    for version, stamp, sent, body in exchange:
        assert version == "voxmend/2"
        assert sent == hmac.digest(key, (version + stamp + body).encode(), hashlib.sha256).hex()
        frames = [line.encode() for line in (version, stamp, sent, body)]
        place, said = envelope.unseal(key.hex(), frames, stamp[0])
        message = messages.decode(codec.parse(said))
        assert (place.sender == "w") == (type(message.body) in messages.REPLIES)


def test_the_exchange_begins_as_the_text_says_and_counts() -> None:
    lines = section("16. An exchange, byte for byte").splitlines()
    stamps = [Stamp.read(line.encode()) for line in lines if re.match("[cw] ", line)]
    assert [stamp.worker for stamp in stamps[:2]] == [NOBODY, stamps[-1].worker]
    for sender in (CLIENT, WORKER):
        counts = [stamp.count for stamp in stamps if stamp.sender == sender]
        assert counts == list(range(1, len(counts) + 1))


def test_the_password_is_the_one_of_the_text() -> None:
    key, password = re.findall(r"`([0-9a-f]{64})`", section("16. An exchange, byte for byte"))
    assert envelope.password(key, "tcp://127.0.0.1:50432").decode() == password


def test_the_exchange_answers_each_request() -> None:
    bodies = map(json.loads, re.findall(r"^\{.*\}$", TEXT, re.MULTILINE))
    asked: dict[str, str] = {}
    for body in bodies:
        if "re" not in body:
            asked[body["id"]] = body["type"]
        elif body["type"] != "record":
            kind = asked.pop(body["re"])
            assert body["type"] in ("hello_again", documented()[kind][0])
    assert asked == {}


def test_the_text_has_a_changelog_and_is_of_this_version() -> None:
    newest = re.findall(r"^### (\d+)\.(\d+)$", section_to_end("Changelog"), re.MULTILINE)[0]
    assert int(newest[0]) == messages.PROTOCOL
    assert f"voxmend/{messages.PROTOCOL}" in schema.text()


def section_to_end(heading: str) -> str:
    return TEXT[TEXT.index(f"## {heading}") :]


@pytest.mark.parametrize("target", re.findall(r"\]\(([\w/.]+)\)", TEXT))
def test_links_lead_to_files_beside_it(target: str) -> None:
    assert (PROTOCOL / target).exists()
