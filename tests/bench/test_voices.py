"""What networks that take a voice apart are measured by, on answers that are known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from voxmend_bench.voices import dry, leakage
from voxmend_bench.voices.leakage import ANSWERS, Parts, excerpts, judge
from voxmend_bench.voices.made_reverb import reverberant, room
from voxmend_bench.voices.shares import FLOOR_DB, shares
from voxmend_protocol.errors import BadRequest

RATE = 44_100


def noise(seconds: float, seed: int, rate: int = RATE) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(2, round(seconds * rate), generator=random)


@pytest.fixture
def parts() -> Parts:
    """A lead that rests in the last second, and a backing 6 dB below it that rests in the first."""
    lead, backing = noise(4, 1), 0.5 * noise(4, 2)
    lead[:, 3 * RATE :] = 0
    backing[:, :RATE] = 0
    return Parts("song", lead, backing, noise(4, 3), RATE)


def figures(parts: Parts, name: str) -> leakage.Figures:
    voice = parts.lead + parts.backing
    return judge(voice, ANSWERS[name](voice, parts), parts)


def test_the_truth_has_no_leakage(parts: Parts) -> None:
    found = figures(parts, "truth")
    for value in (found.backing_in_lead, found.lead_in_backing):
        assert value < -100
    assert found.lead_alone < -100
    assert found.backing_alone < -100
    assert min(found.lead_sdr, found.backing_sdr) > 100


def test_the_whole_voice_as_lead_holds_the_backing_at_its_own_level(parts: Parts) -> None:
    found = figures(parts, "whole")
    assert found.backing_in_lead == pytest.approx(0, abs=0.1)
    assert found.backing_alone == pytest.approx(0, abs=0.1)
    assert found.lead_in_backing < -100
    level = 10 * math.log10(float(parts.lead.square().sum() / parts.backing.square().sum()))
    assert found.lead_sdr == pytest.approx(level, abs=0.2)


def test_half_of_the_voice_holds_6_db_less_of_either(parts: Parts) -> None:
    found = figures(parts, "half")
    for value in (
        found.backing_in_lead, found.lead_in_backing, found.backing_alone, found.lead_alone,
    ):  # fmt: skip
        assert value == pytest.approx(-6.02, abs=0.1)


def test_what_comes_over_at_a_level_is_read_at_that_level_whatever_else_is_in_it(
    parts: Parts,
) -> None:
    """A tenth of the backing, and a band that belongs to neither."""
    voice = parts.lead + parts.backing
    found = judge(voice, parts.lead + 0.1 * parts.backing + 0.05 * parts.band, parts)
    assert found.backing_in_lead == pytest.approx(-20, abs=1)
    assert found.lead_in_backing < -30


def test_two_parts_that_are_one_sound_are_not_told_apart_and_do_no_harm() -> None:
    one = noise(1, 4)
    found = shares(one, one, one, RATE)
    assert found.other_db == pytest.approx(-6.02, abs=0.01)
    assert math.isnan(shares(one, one, torch.zeros_like(one), RATE).other_db)
    assert shares(one, one, noise(1, 5), RATE).other_db == FLOOR_DB


def test_excerpts_are_where_both_sing(tmp_path: Path) -> None:
    rate = 8000

    def write(name: str, sound: Tensor) -> None:
        soundfile.write(tmp_path / f"{name}.wav", np.asarray(sound.T), rate, "FLOAT")

    lead, backing = noise(70, 1, rate), noise(70, 2, rate)
    lead[:, : 30 * rate] *= 0.01
    backing[:, 50 * rate :] *= 0.01
    write("a_lead", lead)
    write("a_backing_vocals", backing)
    write("a_band", noise(70, 3, rate))
    assert [each.start_s for each in excerpts(tmp_path)] == [30]
    (tmp_path / "a_backing_vocals.wav").unlink()
    with pytest.raises(BadRequest, match="backing vocals apart"):
        next(excerpts(tmp_path))


@pytest.mark.parametrize("rt60", [0.4, 1.0, 2.0])
def test_a_made_room_falls_by_60_db_in_its_time(rt60: float) -> None:
    """Schroeder's backward integral, below some hundred Hz, from -5 to -35 dB."""
    low = room(RATE, rt60)[:, None]
    for _ in range(2):
        low = torch.nn.functional.avg_pool1d(low, 64, 1)
    left = low[:, 0].double().square().sum(0).flip(0).cumsum(0).flip(0)
    curve = 10 * torch.log10(left / left[round(0.06 * RATE)])
    first, last = (int((curve < level).nonzero()[0]) for level in (-5, -35))
    assert 2 * (last - first) / RATE == pytest.approx(rt60, rel=0.15)


def singer(seconds: float) -> Tensor:
    """Notes with rests. Shape: (samples,)."""
    time = torch.arange(round(seconds * dry.RATE)).double() / dry.RATE
    pitch = torch.where((time % 2) < 1, 220.0, 277.0)
    phase = 2 * torch.pi * torch.cumsum(pitch / dry.RATE, 0)
    sound = sum(torch.sin(n * phase) / n for n in range(1, 12))
    return (0.1 * sound * ((time % 1) < 0.7)).float()


def test_a_made_reverb_is_added_at_its_level_and_the_same_each_time() -> None:
    wet = reverberant(singer(3), dry.RATE, 1.0, -6.0)
    assert torch.equal(wet.voice, wet.dry + wet.reverb)
    ratio = 20 * math.log10(float(wet.reverb.norm() / wet.dry.norm()))
    assert ratio == pytest.approx(-6, abs=0.01)
    assert torch.equal(wet.voice, reverberant(singer(3), dry.RATE, 1.0, -6.0).voice)


def test_the_truth_has_no_tail_the_wet_voice_all_of_it_and_too_much_loses_voice() -> None:
    wet = reverberant(singer(4), dry.RATE, 1.0, -6.0)

    def read(name: str) -> tuple[float, float]:
        found = shares(dry.ANSWERS[name](wet), wet.dry, wet.reverb, dry.RATE)
        return found.other_db, found.lost_db

    tail, lost = read("truth")
    assert max(tail, lost) < -80
    tail, lost = read("nothing")
    assert tail == pytest.approx(0, abs=0.1)
    assert lost < -80
    tail, lost = read("too-much")
    assert -9 < lost < -6
    assert "after" in dry.figures(wet, wet.dry)
