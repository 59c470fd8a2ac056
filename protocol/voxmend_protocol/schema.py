"""The JSON Schema (2020-12) of the protocol, made from messages.py and never written by hand.

``python -m voxmend_protocol.schema`` prints it; a test compares it with protocol/schema/v2.json.
What a schema cannot say (start before end, at most 4096 bytes) is said in PROTOCOL.md. The closed
lists are closed for requests; in what the worker sends they are examples, since a client takes
other words too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import typing
from typing import Any, Dict, Literal, Mapping

from . import codec, discovery, messages

_SCALARS: Dict[Any, Dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer", "minimum": -codec.MAX_INT, "maximum": codec.MAX_INT},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}


def build() -> Dict[str, Any]:
    """The whole schema: one definition for each message and value, and worker.json."""
    defs: Dict[str, Any] = {}
    for cls in messages.REQUESTS + messages.REPLIES:
        body = _object(cls, defs, cls in messages.REPLIES)
        header = _object(messages.Header, {}, False)
        header["properties"]["type"] = {"const": messages.type_name(cls)}
        defs[messages.type_name(cls)] = {
            "description": (cls.__doc__ or "").replace("\n    ", " "),
            "type": "object",
            "properties": {**header["properties"], **body["properties"]},
            "required": header["required"] + body["required"],
        }
    defs["worker_file"] = _object(discovery.WorkerFile, defs, False)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:voxmend:protocol:2",
        "title": "voxmend/2",
        "description": "Made from messages.py by voxmend_protocol.schema. Do not edit.",
        "$defs": defs,
        "oneOf": [
            {"$ref": f"#/$defs/{messages.type_name(cls)}"}
            for cls in messages.REQUESTS + messages.REPLIES
        ],
    }


def _object(cls: type, defs: Dict[str, Any], open_words: bool) -> Dict[str, Any]:
    properties, required = {}, []
    for f in dataclasses.fields(cls):
        hint, absent = codec.optional(codec.hints(cls)[f.name])
        properties[f.name] = _schema(hint, defs, open_words)
        default = f.default is not dataclasses.MISSING
        if not (absent or default or f.default_factory is not dataclasses.MISSING):
            required.append(f.name)
    return {"type": "object", "properties": properties, "required": required}


def _schema(hint: Any, defs: Dict[str, Any], open_words: bool) -> Dict[str, Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint == codec.Scalar:
        return {"type": ["string", "number", "boolean"]}
    if dataclasses.is_dataclass(hint):
        cls: Any = hint
        if cls.__name__ not in defs:
            defs[cls.__name__] = {}  # a place holder, should a value ever contain itself
            body = _object(cls, defs, open_words)
            defs[cls.__name__] = {"description": cls.__doc__, **body}
        return {"$ref": f"#/$defs/{cls.__name__}"}
    if origin is tuple:
        return {"type": "array", "items": _schema(args[0], defs, open_words)}
    if origin is Literal:
        known = list(args)
        return {"type": "string", "examples": known} if open_words else {"enum": known}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(args[1], defs, open_words)}
    return dict(_SCALARS[hint])


def text() -> str:
    """The schema as it stands in protocol/schema/v2.json."""
    return json.dumps(build(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
