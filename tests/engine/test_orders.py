"""What goes through the pipe comes out as it went in, and what is none of it is refused."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from typing import Any, get_args

import pytest

from voxmend.engine import orders
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Decisions, ErrorBody, LoadedModel, Output, Stem

STEM = Stem("vocals", "vocals.wav", 0, 100, 8000, 1, 0.5)
SUBMIT = Submit(
    "00000001-0000-0000-0000-000000000000", Clip("/Lied №1.wav", 0.5, 2.25), "quick",
    Output("/out"), {"denoise.strength": 0.5, "denoise.on": True}, ("vocals",), device="cuda:1",
)  # fmt: skip
ORDERS: list[orders.Order] = [
    orders.Configure("auto", "fp32", -1.0, "idle", 3, 2.5, 2, 1),
    orders.Run("j", SUBMIT, '{"block": []}', 10, str(2**60 + 1), "/out/x.partial", "then", 2, True),
    orders.Cancel("j"),
    orders.Release(),
    orders.Stand(True),
]
ANSWERS: list[orders.Answer | orders.Manners] = [
    orders.Progress("j", "separate", 0, 3, 0.25, "cuda:1 (Card 9)"),
    orders.Manners("nice 15", None, 4_000_000_000),
    orders.Manners("nice 15", 2, None),
    orders.Holding((LoadedModel("htdemucs", 84, "cpu", None, 600.0),)),
    orders.Places("cuda:1", ("cuda:0", "cuda:1")),
    orders.Warning("j", "rate", "Mind."),
    orders.Done("j", (STEM,), Decisions(3, 1, 0, "denoise.voice_lost")),
    orders.Done("j", ()),
    orders.Failed("j", ErrorBody("internal", "So it was.", False)),
]


@pytest.mark.parametrize("message", ORDERS, ids=lambda message: type(message).__name__)
def test_each_order_comes_as_it_was_sent_and_is_no_answer(message: orders.Order) -> None:
    data = orders.dump(message)
    assert orders.order_of(data) == message
    with pytest.raises(BadRequest):
        orders.answer_of(data)


@pytest.mark.parametrize("message", ANSWERS, ids=lambda message: type(message).__name__)
def test_each_answer_comes_as_it_was_sent_and_is_no_order(message: Any) -> None:
    data = orders.dump(message)
    assert orders.answer_of(data) == message
    with pytest.raises(BadRequest):
        orders.order_of(data)


def test_every_kind_of_message_is_known() -> None:
    assert {type(message) for message in ORDERS} == set(get_args(orders.Order))
    told = {type(message) for message in ANSWERS}
    assert told == {*get_args(orders.Answer), orders.Manners}


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(orders.Cancel("j")),
        b"", b"[]", b"{}", b'{"order":"os.system","job":"j"}', b'{"order":"ErrorBody"}',
        b'{"order":"Cancel"}', b'{"order":"Cancel","job":7}', b'{"order":["Cancel"],"job":"j"}',
        orders.dump(orders.Cancel("j"))[:-3],
    ],
)  # fmt: skip
def test_bytes_that_are_no_message_are_refused_and_never_run(data: bytes) -> None:
    with pytest.raises(BadRequest):
        orders.order_of(data)
    with pytest.raises(BadRequest):
        orders.answer_of(data)


def test_a_result_that_cannot_be_written_down_is_a_failure_of_its_job() -> None:
    loud = orders.Done("j", (replace(STEM, peak=math.inf),))
    failed = orders.answer_of(orders.dump(loud))
    assert isinstance(failed, orders.Failed)
    assert (failed.job, failed.error.code) == ("j", "internal")
    with pytest.raises(BadRequest):
        orders.dump(orders.Progress("j", "separate", 0, 1, math.nan, "cpu"))
