from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from real_weights import RealWeights
from torch import Tensor

from voxmend.bench.damage.forms import FORMS
from voxmend.bench.damage.kinds import cut_highs
from voxmend.bench.damage.material import Material, load
from voxmend.bench.damage.rows import ROWS, Row, case
from voxmend.bench.quality.metrics import band_level_db, lsd_above, si_sdr
from voxmend.bench.quality.separated import separator
from voxmend.blocks.bandwidth.speechsr import SpeechSr, SpeechSrParams
from voxmend.blocks.registry import load as block
from voxmend_protocol.errors import BadRequest, ModelCorrupt

CPU = torch.device("cpu")
VOICES = ("vocadito_10.wav", "vocadito_14.wav", "vctk_speech_48k.wav", "librispeech_198.ogg")
BACKINGS = ("vibe_ace.ogg", "sugar_plum_fairy.ogg")
SPEAKER = "vctk_speech_48k.wav"
DROWNED_DB = -3.0
"""Of the voice's highs against the backing's: below it, little of the mixture's highs is the
voice's, and to leave them is right. Hi-hats over a singer lie at -10 to -18 dB."""

Mend = Callable[..., Tensor]


class Unasked:
    """A network that must not be needed."""

    def __call__(self, sound: Tensor) -> Tensor:
        raise AssertionError("the network was asked")


class Hiss:
    """A network that answers with noise as loud as the voice, three samples for one."""

    def __call__(self, sound: Tensor) -> Tensor:
        random = torch.Generator().manual_seed(5)
        envelope = sound.abs().repeat_interleave(3)
        return envelope * torch.randn(3 * len(sound), generator=random)


def mended(
    model: object, voice: Tensor, mix: Tensor | None, rate: int, carrier: str = "mixture"
) -> Tensor:
    """What the block makes of one clip. Shape: (channels, samples)."""
    params = SpeechSrParams(rate=rate, carrier=carrier)
    heard = None if mix is None else mix[None]
    return block("bandwidth.speechsr").run(model, heard, voice[None], params)[0]


@pytest.fixture(scope="module")
def speechsr(shared: Path) -> SpeechSr:
    """The real network."""
    file = shared / "weights/speechsr48k/model_lite.onnx"
    if not file.is_file():
        pytest.skip(f"no weights: {file} is not there")
    loaded = block("bandwidth.speechsr").load([file], CPU)
    assert isinstance(loaded, SpeechSr)
    return loaded


@pytest.fixture(scope="module")
def speaker(shared: Path) -> Material:
    """The 48 kHz speaker over one backing."""
    return load(shared / "audio" / SPEAKER, shared / "audio" / BACKINGS[0])


def high_band(sound: Tensor, rate: int) -> Tensor:
    """What lies over 7.5 kHz."""
    return sound - cut_highs(sound, rate, 7500.0)


def row(name: str) -> Row:
    return next(one for one in ROWS if one.name == name)


def test_seven_kilohertz_are_mended_on_a_real_speaker(
    speechsr: SpeechSr, speaker: Material
) -> None:
    cut = cut_highs(speaker.voice, speaker.rate, 7000.0)
    found = mended(speechsr, cut, speaker.mix, speaker.rate)
    before, after = (lsd_above(v, speaker.voice, speaker.rate, 7000.0) for v in (cut, found))
    assert after < 0.75 * before
    assert si_sdr(found, speaker.voice) > si_sdr(cut, speaker.voice) + 1
    low = cut_highs(found - cut, speaker.rate, 6500.0)
    assert float(low.norm() / cut.norm()) < 1e-5


def test_twelve_kilohertz_come_back_up_to_the_top(speechsr: SpeechSr, speaker: Material) -> None:
    cut = cut_highs(speaker.voice, speaker.rate, 12_000.0)
    found = mended(speechsr, cut, speaker.mix, speaker.rate)
    for low, high, short_db in ((12_000.0, 24_000.0, 6.0), (23_000.0, 23_500.0, 15.0)):
        truth, now = (band_level_db(v, speaker.rate, low, high) for v in (speaker.voice, found))
        assert truth - short_db < now < truth + 1, (low, high)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        *zip(VOICES, ("dry", "reverb 2.2 s", "harmony", "choir pad"), strict=True),
        *(pytest.param(name, form, marks=pytest.mark.slow) for name in VOICES for form in FORMS),
    ],
)
def test_a_clean_voice_comes_back_bit_for_bit(shared: Path, name: str, form: str) -> None:
    clean = FORMS[form](load(shared / "audio" / name, shared / "audio" / BACKINGS[0]))
    assert torch.equal(mended(Unasked(), clean.voice, clean.mix, clean.rate), clean.voice)


@pytest.mark.parametrize("name", VOICES[:3])
def test_strong_hats_are_not_taken_for_highs(shared: Path, name: str) -> None:
    made = case(
        row("highs, 7 kHz, hats -16 dB"),
        load(shared / "audio" / name, shared / "audio" / BACKINGS[1]),
        separator(RealWeights(shared / "weights")),
    )
    found = mended(Unasked(), made.damaged, made.clean.mix, made.clean.rate)
    assert torch.equal(found, made.damaged)


def test_the_network_says_how_loud_and_the_mixture_what(speaker: Material) -> None:
    cut = cut_highs(speaker.voice, speaker.rate, 7000.0)
    found = mended(Hiss(), cut, speaker.mix, speaker.rate)
    own = mended(Hiss(), cut, speaker.mix, speaker.rate, "own")
    held = high_band(speaker.mix - cut, speaker.rate)
    alike = []
    for one in (found, own):
        high = high_band(one - cut, speaker.rate)
        alike.append(float((high * held).sum() / (high.norm() * held.norm())))
    assert alike[0] > 0.5
    assert abs(alike[1]) < 0.1
    assert float(high_band(found - cut, speaker.rate).norm()) < float(held.norm())


def test_alone_it_is_no_louder_than_the_envelope_and_plain_it_is_as_it_is(
    speaker: Material,
) -> None:
    cut = cut_highs(speaker.voice, speaker.rate, 7000.0)
    levels = [
        band_level_db(mended(Hiss(), cut, None, speaker.rate, carrier), speaker.rate, 9e3, 2e4)
        for carrier in ("mixture", "own")
    ]
    truth = band_level_db(speaker.voice, speaker.rate, 9e3, 2e4)
    assert levels[0] < truth + 6
    assert levels[1] > levels[0] + 6
    own = mended(Hiss(), cut, speaker.mix, speaker.rate, "own")
    assert torch.equal(own, mended(Hiss(), cut, None, speaker.rate, "own"))


def test_each_channel_gets_its_share(speaker: Material) -> None:
    pan = torch.tensor([[1.0], [-0.25]])
    voice = pan * speaker.voice
    cut = cut_highs(voice, speaker.rate, 7000.0)
    found = mended(Hiss(), cut, None, speaker.rate) - cut
    assert float((found[1] + 0.25 * found[0]).norm() / found[1].norm()) < 0.05


@pytest.mark.parametrize("gain_db", [-40.0, 12.0])
def test_gain_in_is_gain_out(speaker: Material, gain_db: float) -> None:
    gain = 10 ** (gain_db / 20)
    cut = cut_highs(speaker.voice, speaker.rate, 7000.0)
    one = mended(Hiss(), cut, speaker.mix, speaker.rate)
    other = mended(Hiss(), gain * cut, gain * speaker.mix, speaker.rate) / gain
    assert float((other - one).norm() / (one - cut).norm()) < 1e-2


@pytest.mark.parametrize("rate", [8_000, 44_101, 192_000])
@pytest.mark.parametrize(("samples", "channels"), [(1, 2), (3_000, 3)])
def test_odd_input_gives_finite_sound_of_the_same_shape(
    rate: int, samples: int, channels: int
) -> None:
    square = torch.ones(channels, samples)
    square[:, ::50] = -1
    for clip in (square, 0 * square, 1e-30 * square):
        for mix in (None, square, 0 * square):
            out = mended(Hiss(), clip, mix, rate)
            assert out.shape == clip.shape
            assert bool(out.isfinite().all())


@pytest.mark.parametrize("wrong", [{"strength": 1.5}, {"strength": math.nan}, {"carrier": "both"}])
def test_wrong_parameters_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="give"):
        SpeechSrParams(**wrong)  # type: ignore[arg-type]


def test_another_network_is_refused(shared: Path) -> None:
    with pytest.raises(ModelCorrupt, match="no SpeechSR"):
        SpeechSr(shared / "weights/deepfilternet3/enc.onnx", CPU)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("name", "backing", "offset_s"),
    [(name, BACKINGS[n % 2], 20.0 * (n // 2)) for n, name in enumerate(VOICES)],
)
def test_every_row_is_mended_or_left(
    shared: Path, speechsr: SpeechSr, name: str, backing: str, offset_s: float
) -> None:
    material = load(shared / "audio" / name, shared / "audio" / backing, offset_s)
    separate = separator(RealWeights(shared / "weights"))
    for one in ROWS:
        if one.cutoff_hz and material.top_hz < 1.5 * one.cutoff_hz:
            continue
        made = case(one, material, separate)
        truth, rate = made.clean.voice, made.clean.rate
        found = mended(speechsr, made.damaged, made.clean.mix, rate)
        if one.damage == "none" or one.name == "highs, 7 kHz, hats -16 dB":
            assert torch.equal(found, made.damaged), one.name
            continue
        assert si_sdr(found, truth) > si_sdr(made.damaged, truth) - 0.1, one.name
        if one.name == "highs, 7 kHz, dry":
            before, after = (lsd_above(v, truth, rate, 7000.0) for v in (made.damaged, found))
            voice, band = (
                band_level_db(v, rate, 7000.0, material.top_hz) for v in (truth, material.backing)
            )
            print(f"\n{name}, {backing}: highs {voice - band:+.1f} dB, LSD x {after / before:.4f}")
            assert after < (1.0 if voice - band < DROWNED_DB else 0.75) * before
        if one.name == "highs, 12 kHz, dry" and name == SPEAKER:
            levels = [band_level_db(v, rate, 12_000.0, 24_000.0) for v in (truth, found)]
            assert levels[1] == pytest.approx(levels[0], abs=6)
