"""Which device works: chosen, asked for, absent, and read back."""

from __future__ import annotations

import pytest
import torch

from voxmend.engine import device

CPU = torch.device("cpu")


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Card 9")


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
    device.prepare()
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cudnn.deterministic
