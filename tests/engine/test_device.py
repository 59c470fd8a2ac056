"""Which device works: chosen, asked for, absent, and read back."""

from __future__ import annotations

import pytest
import torch

from voxmend.engine import device

CPU = torch.device("cpu")


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Card 9")


@pytest.fixture
def cards(card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)


@pytest.fixture
def none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(("asked", "type_"), [("auto", "cuda"), ("cuda", "cuda"), ("cpu", "cpu")])
def test_where_there_is_a_card_it_is_taken_unless_the_cpu_is_asked_for(
    asked: str, type_: str
) -> None:
    chosen, warned = device.choose(asked)
    assert (chosen.type, warned) == (type_, None)


@pytest.mark.usefixtures("none")
@pytest.mark.parametrize("asked", ["cuda", "mps"])
def test_what_was_asked_for_and_is_absent_is_a_warning(asked: str) -> None:
    chosen, warned = device.choose(asked)
    assert chosen == CPU
    assert warned is not None
    assert warned.code == "device_absent"
    assert asked in warned.message
    assert "voxmend doctor" in warned.message


@pytest.mark.usefixtures("none")
def test_nothing_asked_for_and_no_card_is_no_reason_for_a_warning() -> None:
    assert device.choose() == (CPU, None)


@pytest.mark.usefixtures("card")
def test_a_record_names_what_ran_elsewhere() -> None:
    ran = [
        ("separate.htdemucs", "cuda:0"),
        ("separate.kim", "CUDAExecutionProvider"),
        ("separate.mdx", "CPUExecutionProvider"),
    ]
    words = device.describe(torch.device("cuda", 0), ran)
    assert words == "cuda (Card 9); separate.mdx on cpu"


def test_windows_go_one_by_one_on_the_cpu() -> None:
    assert device.batch(CPU) == 1
    assert device.batch(torch.device("cuda", 0)) > 1


def test_fp32_is_fp32_and_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    device.prepare(CPU)
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cudnn.deterministic


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(
    ("asked", "own", "chosen"),
    [
        ("auto", "cuda:2", "cuda:2"), ("cuda", "cuda:2", "cuda:2"), ("cuda:1", "cuda:2", "cuda:1"),
        ("cpu", "cuda:2", "cpu"), ("auto", "", "cuda:0"), ("cuda", "cpu", "cuda:0"),
    ],
)  # fmt: skip
def test_an_engine_works_on_its_own_card_unless_another_one_is_asked_for(
    asked: str, own: str, chosen: str
) -> None:
    assert device.choose(asked, own) == (torch.device(chosen), None)


@pytest.mark.usefixtures("cards")
def test_a_card_that_is_not_there_is_said_and_the_own_one_taken() -> None:
    chosen, warned = device.choose("cuda:3", "cuda:1")
    assert chosen == torch.device("cuda:1")
    assert warned is not None
    assert warned.code == "device_absent"
    assert "cuda:3" in warned.message
    assert "done on cuda:1" in warned.message


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(
    ("asked", "places"),
    [("auto", ("cuda:0", "cuda:1", "cuda:2")), ("cuda", ("cuda:0", "cuda:1", "cuda:2")),
     ("cuda:1", ("cuda:1",)), ("cpu", ("cpu",)), ("mps", ()), ("cuda:3", ())],
)  # fmt: skip
def test_each_card_is_a_place_for_an_engine(asked: str, places: tuple[str, ...]) -> None:
    assert device.places(asked) == places


@pytest.mark.usefixtures("cards")
def test_of_several_cards_a_record_names_the_one() -> None:
    assert device.describe(torch.device("cuda", 1)) == "cuda:1 (Card 9)"
