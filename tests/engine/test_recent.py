"""What was measured a moment ago is not measured again, and nothing else is taken for it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from rack import CPU, song

from voxmend.audio import Signal
from voxmend.diagnosis.survey import Survey, survey
from voxmend.engine import diagnosis
from voxmend.engine.recent import Recent, name_of

RATE = 44_100


def sound(gain: float = 1.0) -> Signal:
    return Signal.of((gain * song(1.0, RATE)).numpy(), RATE)


def test_the_one_that_was_not_asked_for_longest_goes() -> None:
    recent: Recent[int] = Recent(2)
    made: list[str] = []

    def ask(name: str) -> int:
        def make() -> int:
            made.append(name)
            return len(made)

        return recent.get((name,), make)

    assert [ask("a"), ask("b"), ask("a"), ask("c"), ask("a"), ask("b")] == [1, 2, 1, 3, 1, 4]
    assert made == ["a", "b", "c", "b"]


def test_what_raises_is_not_kept() -> None:
    recent: Recent[int] = Recent()

    def broken() -> int:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  it is ours
        recent.get(("a",), broken)
    assert recent.get(("a",), lambda: 7) == 7


def test_a_name_is_that_of_samples_rate_and_shape() -> None:
    one = sound()
    assert name_of(one) == name_of(sound())
    other = Signal.of(one.read(0, one.frames), 48_000)
    changed = one.read(0, one.frames)
    changed[1, 77] += 1e-6
    flat = Signal.of(one.read(0, one.frames).reshape(1, -1), RATE)
    names = {name_of(each) for each in (one, other, Signal.of(changed, RATE), flat, None)}
    assert len(names) == 5


def test_a_diagnosis_of_the_same_sounds_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "SURVEYS", Recent())
    asked: list[int] = []

    def counted(*given: Any) -> Survey:
        asked.append(1)
        return survey(*given)

    monkeypatch.setattr(diagnosis, "survey", counted)

    def diagnose(before: float, after: float, mix: float | None = 1.0) -> diagnosis.Diagnosed:
        beside = None if mix is None else sound(mix)
        with torch.inference_mode():
            return diagnosis.diagnose(sound(before), sound(after), beside, CPU, lambda: None)

    first = diagnose(0.5, 0.4)
    assert len(asked) == 2
    again = diagnose(0.5, 0.4)
    assert (len(asked), again.plain()) == (2, first.plain())
    diagnose(0.5, 0.3)  # another voice after: that alone
    assert len(asked) == 3
    diagnose(0.6, 0.3)  # another before tells anew where it sings
    assert len(asked) == 5
    diagnose(0.5, 0.4, mix=None)
    assert len(asked) == 7
