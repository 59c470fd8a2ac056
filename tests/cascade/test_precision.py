"""A lower precision is taken only where it is proved on these weights, and faster."""

from __future__ import annotations

import math
import time

import pytest
import torch
from rack import song
from torch import Tensor

from voxmend.cascade import precision
from voxmend.cascade.precision import Proof, attempt, errors, key, loaded, offered

CPU = torch.device("cpu")


def noisy(sound: Tensor, db: float) -> Tensor:
    noise = torch.randn(sound.shape, generator=torch.Generator().manual_seed(5))
    return sound + noise * float(sound.norm() / noise.norm()) * 10 ** (db / 20)


@pytest.mark.parametrize("db", [-30, -50, -70])
def test_the_error_is_measured_over_all_of_it(db: int) -> None:
    mix = song(3.0)[None]
    whole, worst = errors(mix, noisy(mix, db), 44_100)
    assert abs(whole + db) < 0.1
    assert worst < whole


def test_one_bad_second_is_seen() -> None:
    mix = song(8.0)[None]
    other = mix.clone()
    other[..., :44_100] = noisy(mix[..., :44_100], -30)
    whole, worst = errors(mix, other, 44_100)
    assert abs(worst - 30) < 0.2
    assert whole > 36


def test_a_second_that_is_all_but_silent_is_not_judged() -> None:
    mix = song(3.0)[None]
    mix[..., 44_100:88_200] *= 1e-4
    other = mix.clone()
    other[..., 44_100:88_200] = 0
    assert errors(mix, other, 44_100)[1] > 60


def test_what_is_not_a_number_never_holds() -> None:
    mix = song(1.0)[None]
    other = mix.clone()
    other[0, 0, 5] = math.nan
    assert not Proof("bf16", *errors(mix, other, 44_100), faster=9.0).holds()


def work(seconds: float) -> None:
    """Keep a core busy for so much of its time."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


@pytest.mark.parametrize(
    ("whole", "worst", "faster", "chosen"),
    [
        (46.0, 36.0, 2.0, "bf16"),
        (44.9, 36.0, 2.0, "fp32"),
        (46.0, 34.9, 2.0, "fp32"),
        (46.0, 36.0, 1.05, "fp32"),
    ],
)
def test_it_is_chosen_where_both_gates_hold_and_it_pays(
    whole: float, worst: float, faster: float, chosen: str
) -> None:
    assert Proof("bf16", whole, worst, faster).chosen() == chosen


@pytest.mark.parametrize(
    ("asked", "whole", "worst", "chosen"),
    [
        ("fast", 26.0, 16.0, "bf16"),
        ("fast", 24.9, 16.0, "fp32"),
        ("fast", 26.0, 14.9, "fp32"),
        ("auto", 26.0, 16.0, "fp32"),
        ("exact", 90.0, 80.0, "fp32"),
        ("fp32", 90.0, 80.0, "fp32"),
    ],
)
def test_a_setting_says_how_small_the_error_must_be(
    asked: str, whole: float, worst: float, chosen: str
) -> None:
    proof = Proof("bf16", whole, worst, faster=2.0)
    assert proof.chosen(asked) == chosen
    assert proof.holds(asked) == (chosen == "bf16")


def test_a_trial_compares_the_two() -> None:
    asked = []

    def run(mix: Tensor, name: str) -> Tensor:
        asked.append(name)
        if name == "fp32":
            work(0.2)
        return mix if name == "fp32" else noisy(mix, -52)

    proof = attempt(run, "bf16", song(1.0)[None], 44_100)
    assert proof is not None
    assert asked == ["fp32", "fp32", "bf16", "bf16"]  # each once to warm up
    assert 51 < proof.whole_db < 53
    assert proof.faster > 2
    assert proof.chosen() == "bf16"


def test_a_machine_that_does_other_things_meanwhile_does_not_decide() -> None:
    def run(mix: Tensor, name: str) -> Tensor:
        work(0.2 if name == "fp32" else 0.05)
        if name == "bf16":
            time.sleep(0.5)  # it waits for its turn
        return mix

    proof = attempt(run, "bf16", song(1.0)[None], 44_100)
    assert proof is not None
    assert proof.faster > 2


def test_a_network_without_another_precision_is_offered_none() -> None:
    assert offered((), CPU) is None


def test_a_processor_without_bf16_is_offered_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert offered(("bf16",), CPU) is None
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert offered(("bf16",), CPU) == "bf16"


def test_other_weights_are_another_case() -> None:
    assert key("a", "code", ("x",), CPU) != key("a", "code", ("y",), CPU)
    assert key("a", "code", ("x",), CPU) == key("a", "code", ("x",), CPU)


@pytest.mark.parametrize("text",
    [
        "", "[]", "{", '{"a": {"precision": "bf16"}}', '{"a": 1}', "[" * 100_000,
        '{"a": {"precision": "bf16", "whole_db": null, "worst_db": 41.0, "faster": 2.0}}',
        '{"a": {"precision": "bf16", "whole_db": "x", "worst_db": 41.0, "faster": 2.0}}',
        '{"a": {"precision": "fp8", "whole_db": 50.0, "worst_db": 41.0, "faster": 2.0}}',
    ],
)  # fmt: skip
def test_a_file_of_verdicts_that_is_none_counts_as_empty(text: str) -> None:
    assert loaded(text) == {}


def test_verdicts_survive_the_file() -> None:
    text = '{"a": {"precision": "bf16", "whole_db": 50.0, "worst_db": 41.0, "faster": 2.0}}'
    assert loaded(text) == {"a": Proof("bf16", 50.0, 41.0, 2.0)}
    assert precision.loaded(text)["a"].holds()


def test_a_window_without_a_voice_proves_nothing() -> None:
    assert attempt(lambda mix, _: mix * 1e-3, "bf16", song(1.0)[None], 44_100) is None


def test_a_precision_that_the_device_cannot_do_does_not_hold() -> None:
    def run(mix: Tensor, name: str) -> Tensor:
        if name == "bf16":
            raise RuntimeError('"upsample" not implemented for BFloat16')
        return mix

    proof = attempt(run, "bf16", song(1.0)[None], 44_100)
    assert proof is not None
    assert proof.chosen() == "fp32"
