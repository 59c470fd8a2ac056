"""The damage generator: what it says is what it does, and it does nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import sounds
import torch
from torch import Tensor

from voxmend.bench.damage import forms, kinds, material
from voxmend.bench.damage.material import Material, together
from voxmend.bench.damage.rows import ROWS, case, fitting, part
from voxmend.bench.quality.metrics import band_level_db, si_sdr
from voxmend.demo import song
from voxmend_protocol.errors import BadRequest

RATE = song.RATE


@pytest.fixture(scope="module")
def clean() -> Material:
    """A synthetic voice over its backing, some seconds."""
    voice, backing = sounds.song(6.0)
    dry = torch.from_numpy(voice).float().mean(0)
    return together(dry, torch.from_numpy(backing).float(), RATE, RATE / 2)


def db(sound: Tensor) -> float:
    return float(10 * torch.log10(sound.double().square().mean() + 1e-30))


def separate(mix: Tensor, rate: int) -> Tensor:
    """Stands in for the separator: half of the middle."""
    return 0.5 * mix.mean(0, keepdim=True).expand_as(mix)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_keeps_the_shape_and_comes_out_the_same_twice(clean: Material, row) -> None:  # type: ignore[no-untyped-def]
    one, other = (case(row, clean, separate) for _ in range(2))
    assert one.damaged.shape == one.clean.voice.shape == clean.voice.shape
    assert bool(one.damaged.isfinite().all())
    assert torch.equal(one.damaged, other.damaged)
    harmed = not torch.equal(one.damaged, one.clean.voice)
    assert harmed == (row.damage != "none")


def test_more_jitter_is_more_damage(clean: Material) -> None:
    found = [si_sdr(kinds.phase(clean, sigma), clean.voice) for sigma in (0.25, 0.5, 1.0)]
    assert found[0] > found[1] + 4 > found[2] + 8


@pytest.mark.parametrize("break_", [kinds.musical, kinds.leak, kinds.constant])
def test_what_is_added_has_the_level_that_was_asked_for(clean: Material, break_) -> None:  # type: ignore[no-untyped-def]
    added = break_(clean, -20.0) - clean.voice
    assert db(added) - db(clean.voice) == pytest.approx(-20, abs=0.01)


def test_highs_are_cut_and_the_rest_stays(clean: Material) -> None:
    noise = torch.randn(2, RATE, generator=torch.Generator().manual_seed(1))
    cut = kinds.cut_highs(noise, RATE, 7000.0)
    for low, high, change in ((0, 6900, 0.0), (7400, 22_000, -60.0)):
        fall = band_level_db(cut, RATE, low, high) - band_level_db(noise, RATE, low, high)
        assert fall < -40 if change else abs(fall) < 0.05


def test_leakage_varies_with_time_and_frequency_and_a_constant_does_not(clean: Material) -> None:
    def flatness(added: Tensor) -> float:
        one, other = (torch.stft(x.mean(0), 2048, 512, return_complex=True,
                                 window=torch.hann_window(2048)).abs()
                      for x in (added, clean.backing))  # fmt: skip
        loud = other > 0.1 * other.max()
        return float((one[loud] / other[loud]).log().std())

    assert flatness(kinds.leak(clean, -20.0) - clean.voice) > 0.3
    assert flatness(kinds.constant(clean, -20.0) - clean.voice) < 0.01


def test_a_mask_with_more_error_does_more_harm_and_leaks_between_phrases(clean: Material) -> None:
    found = [si_sdr(kinds.masked(clean, error), clean.voice) for error in (4.0, 8.0, 12.0)]
    assert found == sorted(found, reverse=True)
    silent = kinds.masked(clean, 8.0)[:, : RATE // 2]  # the song begins with a rest
    assert db(silent) > db(clean.voice) - 60


def test_a_part_is_broken_and_the_rest_is_the_truth(clean: Material) -> None:
    broken = part(clean, torch.zeros_like(clean.voice))
    third = clean.voice.shape[1] // 3
    assert torch.equal(broken[:, : third - 1], clean.voice[:, : third - 1])
    assert torch.equal(broken[:, 2 * third + 2 :], clean.voice[:, 2 * third + 2 :])
    assert not broken[:, third + RATE // 4 : 2 * third - RATE // 4].any()


def test_a_quiet_verse_is_24_db_down_and_in_the_mixture_too(clean: Material) -> None:
    quiet = forms.quiet_verse(clean)
    middle = slice(clean.voice.shape[1] * 2 // 5, clean.voice.shape[1] * 3 // 5)
    assert db(quiet.voice[:, middle]) - db(clean.voice[:, middle]) == pytest.approx(-24, abs=0.1)
    assert torch.equal(quiet.backing, clean.backing)


def test_hats_are_highs_in_the_backing_and_leave_the_voice_alone(clean: Material) -> None:
    with_hats = forms.hats(clean, -16.0)
    assert torch.equal(with_hats.voice, clean.voice)
    hats = with_hats.backing - clean.backing
    assert db(hats) - db(clean.voice) == pytest.approx(-16, abs=0.1)
    assert band_level_db(hats, RATE, 6000, 22_000) > band_level_db(hats, RATE, 20, 5000) + 10


def test_a_room_is_heard_after_the_voice_and_not_before(clean: Material) -> None:
    wet = forms.reverb(clean, 2.2).voice - clean.voice
    first = int(clean.voice.abs().sum(0).nonzero()[0])
    assert db(wet[:, : first + RATE // 200]) < db(wet) - 40
    assert db(wet) - db(clean.voice) == pytest.approx(-3, abs=0.1)


def test_a_voice_is_brought_to_the_backings_level_with_known_gaps(tmp_path: Path) -> None:
    voice, _ = sounds.song(4.0)
    sounds.write(tmp_path / "voice.wav", voice[:1].astype("float32"))
    sounds.write(tmp_path / "backing.wav", (0.1 * sounds.song(16.0)[1]).astype("float32"))
    made = material.load(tmp_path / "voice.wav", tmp_path / "backing.wav", 1.0)
    assert made.rate == RATE
    assert made.voice.shape == made.backing.shape
    lead = round(material.LEAD_S * RATE)
    assert not made.voice[:, :lead].any()
    assert not made.sounds[: lead * 100 // RATE - 1].any()
    level = db(made.voice) - 10 * float(torch.log10(made.sounds.float().mean()))
    assert level == pytest.approx(db(made.backing), abs=0.5)


def test_a_silent_voice_and_a_short_backing_are_refused_in_words(tmp_path: Path) -> None:
    voice, backing = (s.astype("float32") for s in sounds.song(4.0))
    sounds.write(tmp_path / "voice.wav", voice)
    sounds.write(tmp_path / "silent.wav", 0 * voice)
    sounds.write(tmp_path / "backing.wav", backing)
    with pytest.raises(BadRequest, match="silent"):
        material.load(tmp_path / "silent.wav", tmp_path / "backing.wav")
    with pytest.raises(BadRequest, match="too short"):
        material.load(tmp_path / "voice.wav", tmp_path / "backing.wav")


def test_a_row_that_a_voice_cannot_show_is_left_out(clean: Material) -> None:
    from dataclasses import replace

    dull = replace(clean, top_hz=8000.0)
    assert {row.cutoff_hz for row in fitting(dull)} == {0.0, 3500.0}
    assert [row.size for row in fitting(clean, ["phase, 1 rad, dry"])] == ["1 rad"]
    with pytest.raises(BadRequest, match="phase"):
        fitting(clean, ["nonsense"])
