"""The memory ladder: what is given up, in which order, and where it ends."""

from __future__ import annotations

from voxmend.cascade.ladder import Rung, down


def all_the_way(rung: Rung, lower: str | None = None) -> list[tuple[str, Rung]]:
    steps = []
    while (step := down(rung, "separate.htdemucs", lower)) is not None:
        rung = step.rung
        assert step.words.startswith("separate.htdemucs ")
        steps.append((step.code, rung))
    return steps


def test_on_a_graphics_card_batch_goes_first_and_the_cpu_comes_last() -> None:
    assert all_the_way(Rung("cuda", 4), "bf16") == [
        ("oom_smaller_batch", Rung("cuda", 2)),
        ("oom_smaller_batch", Rung("cuda", 1)),
        ("oom_models_released", Rung("cuda", 1, "fp32", evicted=True)),
        ("oom_lower_precision", Rung("cuda", 1, "bf16", evicted=True)),
        ("cpu_fallback", Rung("cpu")),
        ("oom_models_released", Rung("cpu", evicted=True)),
        ("oom_lower_precision", Rung("cpu", 1, "bf16", evicted=True)),
    ]


def test_a_precision_whose_gate_does_not_hold_is_no_rung() -> None:
    codes = [code for code, _ in all_the_way(Rung("cuda", 1))]
    assert codes == ["oom_models_released", "cpu_fallback", "oom_models_released"]


def test_what_runs_in_the_lower_precision_already_goes_on_in_it_until_the_cpu() -> None:
    steps = all_the_way(Rung("cuda", 1, "bf16"), "bf16")
    assert [code for code, _ in steps][:2] == ["oom_models_released", "cpu_fallback"]
    assert steps[0][1].precision == "bf16"


def test_on_the_cpu_there_is_little_to_give_up() -> None:
    assert [code for code, _ in all_the_way(Rung("cpu"))] == ["oom_models_released"]
