"""Dataclass to JSON and back: what is kept, what is refused, and with which words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Optional

import pytest

from voxmend_protocol import codec, messages
from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, UnknownType
from voxmend_protocol.values import Clip, Output, Stem

UUID = "6f1c1f6e-2f43-4f5e-9f0a-5b2d6a1c0e77"


@dataclass(frozen=True)
class Leaf:
    ratio: float


@dataclass(frozen=True)
class Tree:
    count: int
    name: Optional[str] = None  # noqa: UP045  as messages.py writes it, for Python 3.9
    on: bool = False
    kind: Literal["oak", "ash"] = "oak"
    leaves: tuple[Leaf, ...] = ()
    tags: Mapping[str, Scalar] = field(default_factory=dict)


def test_absent_is_absent() -> None:
    assert codec.to_dict(Tree(1)) == {
        "count": 1,
        "on": False,
        "kind": "oak",
        "leaves": [],
        "tags": {},
    }


def test_what_goes_out_comes_back() -> None:
    tree = Tree(2, "é", True, "ash", (Leaf(0.5), Leaf(1.0)), {"a": 1, "b": "x", "c": True})
    assert codec.from_dict(Tree, codec.parse(codec.dump(codec.to_dict(tree)))) == tree


def test_unknown_fields_are_ignored_whatever_they_hold() -> None:
    assert codec.from_dict(Tree, {"count": 1, "new": None, "more": [{}]}) == Tree(1)


def test_an_integer_will_do_for_a_float_and_becomes_one() -> None:
    ratio = codec.from_dict(Leaf, {"ratio": 3}).ratio
    assert isinstance(ratio, float)
    assert ratio == 3.0


def test_a_mapping_says_the_same_in_any_order() -> None:
    one = codec.from_dict(Tree, {"count": 1, "tags": {"a": 1, "b": 2}})
    other = codec.from_dict(Tree, {"count": 1, "tags": {"b": 2, "a": 1}})
    assert codec.dump(codec.to_dict(one)) == codec.dump(codec.to_dict(other))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "The message must be an object, not a list."),
        ({}, "count is missing."),
        ({"count": None}, "count must be an integer, not null."),
        ({"count": True}, "count must be an integer, not true or false."),
        ({"count": 1.0}, "count must be an integer, not a number."),
        ({"count": 2**53 + 1}, "count is too large."),
        ({"count": -(2**53) - 1}, "count is too large."),
        ({"count": 1, "name": None}, "name must be a string, not null."),
        ({"count": 1, "on": 1}, "on must be true or false, not an integer."),
        ({"count": 1, "kind": "elm"}, "kind must be one of oak, ash."),
        ({"count": 1, "kind": 7}, "kind must be one of oak, ash."),
        ({"count": 1, "leaves": {}}, "leaves must be a list, not an object."),
        ({"count": 1, "leaves": [7]}, "leaves[0] must be an object, not an integer."),
        (
            {"count": 1, "leaves": [{"ratio": 1}, {"ratio": "x"}]},
            "leaves[1].ratio must be a number, not a string.",
        ),
        ({"count": 1, "leaves": [{"ratio": math.inf}]}, "leaves[0].ratio must be a finite number."),
        ({"count": 1, "leaves": [{"ratio": 10**400}]}, "leaves[0].ratio must be a finite number."),
        ({"count": 1, "tags": []}, "tags must be an object, not a list."),
        ({"count": 1, "tags": {"a": None}}, "tags.a must be a string, not null."),
        ({"count": 1, "tags": {"a": 2**60}}, "tags.a is too large."),
    ],
)
def test_what_is_wrong_is_named_with_its_path(data: object, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        codec.from_dict(Tree, data)
    assert caught.value.message == words


@pytest.mark.parametrize("value", [{"x": math.nan}, {"x": math.inf}, {"x": "\udce9"}])
def test_what_cannot_travel_is_not_sent(value: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        codec.dump(value)


def test_json_is_utf8_without_spaces() -> None:
    assert codec.dump({"a": [1, "é🎤"], "b": {}}) == '{"a":[1,"é🎤"],"b":{}}'.encode()


@pytest.mark.parametrize("levels", [1, codec.MAX_DEPTH])
def test_nesting_is_read_up_to_its_limit(levels: int) -> None:
    assert codec.parse(b'{"x":' * levels + b"1" + b"}" * levels)


@pytest.mark.parametrize("levels", [codec.MAX_DEPTH + 1, 900, 5000, 30000])
def test_deeper_nesting_is_refused_and_never_a_crash(levels: int) -> None:
    for opening, closing in ((b'{"x":', b"}"), (b"[", b"]")):
        nested = opening * (levels - 1) + b"1" + closing * (levels - 1)
        with pytest.raises(BadRequest, match="nested more than 64 deep"):
            codec.parse(b'{"x":' + nested + b"}")


def test_the_last_of_two_equal_names_counts() -> None:
    assert codec.parse(b'{"a":1,"a":2}') == {"a": 2}


def test_a_name_that_is_not_unicode_is_refused_when_it_is_sent() -> None:
    output = Output("/out", "take \udce9")
    with pytest.raises(BadRequest, match="not valid Unicode"):
        codec.dump(codec.to_dict(output))
    with pytest.raises(BadRequest, match="not valid Unicode"):
        Clip("/music/\udce9.wav")


def test_every_message_class_survives_a_round_trip() -> None:
    stem = Stem("vocals", "vocals.wav", 0, 1, 48000, 2, 0.5)
    assert codec.from_dict(Stem, codec.to_dict(stem)) == stem
    submit = messages.Submit(UUID, Clip("/a.wav", 0.0, 1.5), "p", Output("/o"), {"x": 1})
    again = messages.decode(messages.encode(messages.Envelope("1", submit, "2", 3)))
    assert again == messages.Envelope("1", submit, "2", 3)


def test_the_type_is_judged_after_the_header() -> None:
    with pytest.raises(UnknownType, match="“sing”"):
        messages.decode({"type": "sing", "id": "1"})
    with pytest.raises(BadRequest, match="id is missing"):
        messages.decode({"type": "sing"})


def test_wire_names_are_words_with_underscores() -> None:
    assert messages.type_name(messages.PresetList) == "preset_list"
    assert set(messages.BY_TYPE) == {messages.type_name(cls) for cls in messages.BY_TYPE.values()}


@pytest.mark.parametrize("files", ["{stem}", "{song} - {stem}", "{stem} ({preset})"])
def test_the_names_of_files_take_the_stem_and_what_else_is_known(files: str) -> None:
    assert Output("/out", files=files).files == files


@pytest.mark.parametrize(
    "files",
    ["", "vocals", "{song}", "{stem}{artist}", "{stem}}", "{{stem}", "a/{stem}", "{stem}" * 40],
)
def test_other_names_of_files_are_refused(files: str) -> None:
    with pytest.raises(BadRequest, match="files' names"):
        Output("/out", files=files)
