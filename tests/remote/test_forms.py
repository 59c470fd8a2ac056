"""What two machines say to each other is one of the forms, or refused."""

from __future__ import annotations

import random
import uuid

import pytest

from voxmend.remote import forms
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.values import ErrorBody, Stem, Warned

SHA = "ab" * 32
JOB = str(uuid.uuid4())
ORDER = forms.Order(
    "1.0", JOB, 1, '{"name": "quick"}', ("vocals", "instrumental"), "wav",
    (forms.Source("clip", SHA, 12, 0.5, 2.0), forms.Source("voice", SHA, 12)), {"spleeter": "00ff"},
)  # fmt: skip
QUESTIONS = (
    forms.Hello("1.0"), ORDER, forms.Chunk(SHA, 5), forms.Look(JOB), forms.Fetch(JOB, "vocals", 7),
    forms.Drop(JOB),
)  # fmt: skip
ANSWERS = (
    forms.Welcome("1.0", 1, 2, 3, 4),
    forms.State(
        JOB, "ready", (forms.Want(SHA, 3),), 1, "separate", 0, 2, 0.5, "cuda", (Warned("a", "b"),),
        (Stem("vocals", "vocals.wav", 0, 1, 8000, 1, 0.5),),
        results=(forms.Result("vocals", SHA, 4),), error=ErrorBody("internal", "No.", False),
    ),
    forms.Took(SHA, 3), forms.Piece("vocals", 3), forms.Gone(),
    forms.Refused(ErrorBody("queue_full", "Wait.", True)),
)  # fmt: skip


@pytest.mark.parametrize("message", QUESTIONS, ids=lambda m: type(m).__name__)
def test_a_question_comes_through(message: forms.Question) -> None:
    assert forms.question_of(forms.dump(message, 7)) == (7, message)
    with pytest.raises(BadRequest):
        forms.answer_of(forms.dump(message, 7))


@pytest.mark.parametrize("message", ANSWERS, ids=lambda m: type(m).__name__)
def test_an_answer_comes_through(message: forms.Answer) -> None:
    assert forms.answer_of(forms.dump(message, 8)) == (8, message)
    with pytest.raises(BadRequest):
        forms.question_of(forms.dump(message, 8))


def test_broken_messages_are_refused_and_nothing_else_happens() -> None:
    """Bytes changed, lost and doubled: a message or BadRequest, never another exception."""
    chance = random.Random(1)
    whole = [forms.dump(message, 1) for message in QUESTIONS]
    refused = 0
    for _ in range(20_000):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.choice((0, 1, 1, 4))] = chance.randbytes(chance.choice((0, 1, 2)))
            if not data:
                break
        try:
            forms.question_of(bytes(data))
        except BadRequest:
            refused += 1
    assert refused > 10_000


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b'{"of": 3}', b'{"of": {"form": "Hello", "number": 1.5}}', b"\xff",
     b'{"of": {"form": "Shutdown", "number": 1}}', b"[" * 100_000, b" " * 300_001],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest):
        forms.question_of(data)


@pytest.mark.parametrize(
    ("role", "size"), [(("clip", "clip"), 1), (("voice",), 1), (("clip",), -1), (("clip",), 2**50)]
)
def test_an_order_has_one_clip_of_a_size_that_can_be(
    role: tuple[forms.Role, ...], size: int
) -> None:
    with pytest.raises(BadRequest):
        forms.Order(
            "1", JOB, 1, "{}", ("vocals",), "wav",
            tuple(forms.Source(each, SHA, size) for each in role),
        )  # fmt: skip
