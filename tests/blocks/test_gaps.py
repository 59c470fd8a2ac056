"""``denoise.gaps``: what it lowers, and what it leaves bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from voxmend.bench.damage import material
from voxmend.bench.damage.material import Material
from voxmend.blocks.denoise import gaps as room
from voxmend.blocks.denoise.gaps import Gaps, GapsParams, explained
from voxmend.dsp.band_levels import BandLevels
from voxmend.dsp.gaps import Gap
from voxmend_protocol.errors import BadRequest

RATE = 44_100


@pytest.fixture(scope="module")
def sung(shared: Path) -> Material:
    audio = shared / "audio"
    return material.load(audio / "vocadito_10.wav", audio / "vibe_ace.ogg", 20.0, 8.0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tensor], None]:
    """Says where the network hears a voice, in place of the network. Shape: (frames,)."""

    def say(sings: Tensor) -> None:
        monkeypatch.setattr(room, "trained", lambda: lambda levels: sings)

    return say


def pattern(seconds: float, gap_s: tuple[float, float]) -> Tensor:
    sings = torch.ones(round(seconds * 50))
    sings[round(gap_s[0] * 50) : round(gap_s[1] * 50)] = 0
    return sings


def scene(seconds: float = 12.0) -> tuple[Tensor, Tensor, Tensor]:
    """A band, a voice that rests from 4 to 8 s, and what a separator would leave of the band."""
    random = torch.Generator().manual_seed(1)
    band, voice = (0.1 * torch.randn(2, round(seconds * RATE), generator=random) for _ in range(2))
    voice[:, 4 * RATE : 8 * RATE] = 0
    return band, voice, voice + 0.1 * band


def lowered(mix: Tensor, voice: Tensor, strength: float = 1.0) -> Tensor:
    params = GapsParams(rate=RATE, strength=strength)
    return Gaps().run(None, mix[None], voice[None], params)[0]


@pytest.mark.parametrize(("strength", "db"), [(1.0, -12.0), (0.5, -6.0)])
def test_a_gap_is_lowered_and_the_phrases_beside_it_are_not(
    told: Callable[[Tensor], None], strength: float, db: float
) -> None:
    band, voice, stem = scene()
    told(pattern(12, (4, 8)))
    made = lowered(voice + band, stem, strength)
    assert torch.equal(made[:, : 4 * RATE], stem[:, : 4 * RATE])
    assert torch.equal(made[:, 8 * RATE :], stem[:, 8 * RATE :])
    inner = slice(5 * RATE, 7 * RATE)
    assert torch.allclose(made[:, inner], 10 ** (db / 20) * stem[:, inner], rtol=1e-4)
    assert bool((made.abs() <= stem.abs()).all())


def test_a_gap_that_holds_nothing_of_the_band_is_left(told: Callable[[Tensor], None]) -> None:
    """A room, a breath, another voice: the rest of the mixture does not explain it."""
    band, voice, _ = scene()
    room_tone = 0.01 * torch.randn(2, 12 * RATE, generator=torch.Generator().manual_seed(9))
    told(pattern(12, (4, 8)))
    clean = voice + room_tone
    assert torch.equal(lowered(clean + band, clean), clean)


def test_what_the_rest_explains_is_a_share() -> None:
    ones = torch.ones(16, 10)
    same = BandLevels(ones, 4 * ones, 2 * ones)
    assert explained(same, Gap(0, 10, 0.0)) == pytest.approx(1)
    assert explained(BandLevels(ones, 4 * ones, 0 * ones), Gap(0, 10, 0.0)) == 0
    assert explained(BandLevels(ones, 4 * ones, -2 * ones), Gap(0, 10, 0.0)) == 0
    assert explained(BandLevels(0 * ones, 0 * ones, 0 * ones), Gap(0, 10, 0.0)) == 0


def test_a_clip_that_would_hardly_gain_is_left(told: Callable[[Tensor], None]) -> None:
    _, _, stem = scene()
    told(pattern(12, (4, 8)))
    levels = BandLevels(*(torch.ones(16, 600) for _ in range(3)))
    sings = pattern(12, (4, 8))
    enough = room.decided(levels, sings, -0.3)
    assert len(enough.fades) == 1
    hardly = room.decided(levels, sings, -0.2)
    assert (hardly.fades, hardly.why_not) == ((), "no_gap")
    assert hardly.numbers["expected_db"] == pytest.approx(-0.2 * 185 / 200, abs=0.01)
    band = torch.zeros_like(stem)
    assert torch.equal(lowered(stem + band, stem, strength=0.01), stem)


def test_a_clean_voice_of_the_real_network_is_left(sung: Material) -> None:
    assert torch.equal(lowered(sung.mix, sung.voice), sung.voice)


def test_without_a_mixture_nothing_is_done() -> None:
    _, _, stem = scene(2.0)
    made = Gaps().run(None, None, stem[None], GapsParams(rate=RATE))
    assert torch.equal(made[0], stem)


@pytest.mark.parametrize("caution", [0.5, 101.0])
def test_a_caution_that_means_nothing_is_refused(caution: float) -> None:
    with pytest.raises(BadRequest, match="from 1 to 100"):
        GapsParams(caution=caution)


def test_less_caution_takes_less_sure_gaps(told: Callable[[Tensor], None]) -> None:
    levels = BandLevels(*(torch.ones(16, 600) for _ in range(3)))
    doubtful = pattern(12, (4, 8)).clamp_min(0.1)
    assert not room.decided(levels, doubtful, -6.0).fades
    assert not room.decided(levels, doubtful, -6.0, caution=3.0).fades, "the budget still holds"
    quiet = BandLevels(*(part.clone() for part in (levels.voice, levels.rest, levels.common)))
    quiet.voice[:, 200:400] = quiet.rest[:, 200:400] = quiet.common[:, 200:400] = 1e-3
    assert len(room.decided(quiet, doubtful, -6.0, caution=3.0).fades) == 1
