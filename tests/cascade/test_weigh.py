"""What the guard is shown of a clip: each region its own mixture, voice, proposal and singing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from voxmend.audio import Signal
from voxmend.blocks.contract import Repair
from voxmend.blocks.registry import load
from voxmend.cascade import weigh as room
from voxmend.cascade.context import Context
from voxmend.cascade.guard import Stretch, Verdict

RATE = 8000


def test_each_region_is_judged_by_its_own_stretch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """70 s, three windows of the search for a voice; the singing is a pattern known by time."""
    frames = 7000
    sings = np.random.default_rng(3).random(frames) > 0.5
    mix = np.random.default_rng(1).standard_normal((1, frames * 80)).astype(np.float32)
    mix[0, ::80] = np.arange(frames)  # a frame carries its own number

    def voicing(sound: Tensor, rate: int) -> Tensor:
        return torch.from_numpy(sings[sound[0, 0, ::80].round().long().numpy()])[None].float()

    shown: list[Any] = []

    def judge(stretch: Stretch, after: Tensor, *_: Any) -> Verdict:
        shown.append((stretch.mix, stretch.voice, after, stretch.voiced))
        return Verdict(False, "seen")

    monkeypatch.setattr(room, "voicing", voicing)
    monkeypatch.setattr(room, "judge", judge)
    around, present, offered = (Signal.of(x, RATE) for x in (2 * mix, mix, 3 * mix))
    context = Context(torch.device("cpu"), tmp_path, detectors=lambda with_mixture: None)
    block = load("denoise.gate")
    assert isinstance(block, Repair)
    _, decisions = room.weigh(block, around, present, offered, context, lambda _: None)
    assert len(shown) == len(decisions) > 20
    for (mixed, before, after, voiced), decision in zip(shown, decisions, strict=True):
        first, end = round(100 * decision.start_s), round(100 * decision.end_s)
        now = torch.from_numpy(mix[:, first * 80 : end * 80])
        assert torch.equal(before, now)
        assert torch.equal(mixed, 2 * now)
        assert torch.equal(after, 3 * now)
        assert np.array_equal(voiced.numpy(), sings[first:end])


def clip(seconds: float = 12.0) -> tuple[Signal, Signal, Signal]:
    """A mixture, a voice in it and a proposal."""
    random = np.random.default_rng(5)
    voice, band = (random.standard_normal((2, round(seconds * RATE))) * 0.1 for _ in range(2))
    sounds = (voice + band, voice, 0.5 * voice)
    mix, present, offered = (Signal.of(s.astype(np.float32), RATE) for s in sounds)
    return mix, present, offered


def weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bleed: float, verdicts: list[Verdict]
) -> tuple[Tensor, Tensor, list[room.Decision]]:
    """A clip whose detectors read so much bleed, and what the guard says of region after region,
    the last again and again."""
    said = iter([*verdicts, *[verdicts[-1]] * 99])
    found = SimpleNamespace(damage=SimpleNamespace(musical=0.0, bleed=bleed))
    monkeypatch.setattr(room, "survey", lambda *_: found)
    monkeypatch.setattr(room, "judge", lambda *_: next(said))
    block = load("denoise.gate")
    assert isinstance(block, Repair)
    context = Context(torch.device("cpu"), tmp_path)
    mix, present, offered = clip()
    out, decisions = room.weigh(block, mix, present, offered, context, lambda _: None)
    return (
        torch.from_numpy(present.read(0, present.frames).copy()),
        torch.from_numpy(out.read(0, out.frames).copy()),
        decisions,
    )


KEPT, NO_GAIN, LOST = Verdict(True, "kept"), Verdict(False, "no_gain"), Verdict(False, "voice_lost")


def test_a_clip_without_the_damage_is_left_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after, decisions = weighed(tmp_path, monkeypatch, 0.5, [KEPT])
    assert torch.equal(before, after)
    (whole,) = decisions
    assert (whole.kept, whole.reason, whole.end_s) == (False, room.NO_DAMAGE, 12.0)
    assert whole.numbers == {"musical": 0.0, "bleed": 0.5}


def test_a_clip_with_the_damage_is_judged_region_by_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after, decisions = weighed(tmp_path, monkeypatch, 0.7, [KEPT])
    assert torch.allclose(after, 0.5 * before)
    assert len(decisions) > 3


def test_a_region_without_gain_between_two_that_are_mended_goes_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, plain = weighed(tmp_path, monkeypatch, 1.0, [KEPT])
    count = len(plain)
    first = [KEPT, NO_GAIN, *[KEPT] * (count - 2)]
    _, _, gone_with = weighed(tmp_path, monkeypatch, 1.0, [*first, NO_GAIN])
    assert [d.kept for d in gone_with] == [True] * count
    _, _, harmed = weighed(tmp_path, monkeypatch, 1.0, [*first, LOST])
    assert [d.kept for d in harmed] == [True, False, *[True] * (count - 2)]


def test_regions_without_gain_go_with_their_neighbours_only_where_both_are_mended() -> None:
    assert room.between([NO_GAIN, KEPT, NO_GAIN, KEPT, NO_GAIN]) == [2]
    assert room.between([KEPT, NO_GAIN, NO_GAIN, KEPT]) == []
    assert room.between([KEPT, LOST, KEPT]) == []
    assert room.between([KEPT]) == []
