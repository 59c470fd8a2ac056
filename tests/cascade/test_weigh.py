"""What the guard is shown of a clip: each region its own mixture, voice, proposal and singing."""

from __future__ import annotations

from pathlib import Path
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
    context = Context(torch.device("cpu"), tmp_path)
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
