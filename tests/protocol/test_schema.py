"""protocol/schema/v2.json: made from the messages, and itself a valid schema."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest

from voxmend_protocol import codec, messages, schema
from voxmend_protocol.discovery import WorkerFile

FILE = Path(__file__).resolve().parents[2] / "protocol" / "schema" / "v2.json"
CLASSES = messages.REQUESTS + messages.REPLIES


def test_the_committed_schema_is_the_generated_one() -> None:
    assert FILE.read_text("utf-8") == schema.text(), "type: make vectors"


def test_it_is_a_valid_schema_of_its_dialect() -> None:
    built = json.loads(schema.text())
    assert built["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(built)


def test_every_reference_leads_somewhere() -> None:
    built = schema.build()
    targets = {f"#/$defs/{name}" for name in built["$defs"]}

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            here = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return here.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(built) <= targets


@pytest.mark.parametrize("cls", CLASSES, ids=messages.type_name)
def test_every_message_has_a_definition_with_all_its_fields(cls: type) -> None:
    definition = schema.build()["$defs"][messages.type_name(cls)]
    header = {f.name for f in dataclasses.fields(messages.Header)}
    assert definition["properties"].keys() == header | {f.name for f in dataclasses.fields(cls)}
    assert definition["properties"]["type"] == {"const": messages.type_name(cls)}
    assert {"type", "id"} <= set(definition["required"])


@pytest.mark.parametrize("cls", CLASSES, ids=messages.type_name)
def test_a_field_is_required_exactly_if_decoding_needs_it(cls: type) -> None:
    definition = schema.build()["$defs"][messages.type_name(cls)]
    optional = {
        f.name
        for f in dataclasses.fields(cls)
        if codec.optional(codec.hints(cls)[f.name])[1]
        or f.default is not dataclasses.MISSING
        or f.default_factory is not dataclasses.MISSING
    }
    needed = set(definition["required"]) - {"type", "id"}
    assert needed == {f.name for f in dataclasses.fields(cls)} - optional


def test_the_choice_names_each_message_once() -> None:
    refs = [choice["$ref"] for choice in schema.build()["oneOf"]]
    assert refs == [f"#/$defs/{messages.type_name(cls)}" for cls in CLASSES]


def test_worker_json_has_a_definition() -> None:
    definition = schema.build()["$defs"]["worker_file"]
    assert set(definition["required"]) == {f.name for f in dataclasses.fields(WorkerFile)}


def test_integers_are_bounded_and_unknown_fields_are_not_forbidden() -> None:
    text = schema.text()
    assert schema.build()["$defs"]["JobRecord"]["properties"]["rev"]["maximum"] == 2**53
    assert '"additionalProperties": false' not in text
    assert '"null"' not in text
