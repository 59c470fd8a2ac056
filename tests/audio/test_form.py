from __future__ import annotations

import pytest

from voxmend.audio import STAMP_LOST, STEM_AS_FLOAT, STEM_AS_WAV, Form, choose
from voxmend.audio.form import Container, Encoding


def chosen(
    form: Form, peak: float = 0.5, channels: int = 2, frames: int = 1_000, stamp: int | None = None
) -> tuple[Form, list[str]]:
    found, warnings = choose(
        form, "vocals", peak, channels=channels, frames=frames, time_reference=stamp
    )
    for warned in warnings:
        assert warned.message.endswith(".")
        assert "vocals" in warned.message
    return found, [warned.code for warned in warnings]


def test_a_float_wav_takes_everything() -> None:
    assert Form() == Form("wav", "float")
    assert chosen(Form(), peak=40.0, channels=64, frames=10**10, stamp=5) == (Form(), [])


@pytest.mark.parametrize("container", ["wav", "flac", "aiff"])
@pytest.mark.parametrize("encoding", ["pcm24", "pcm16", "auto-int"])
def test_integers_have_24_bits_up_to_full_scale(container: Container, encoding: Encoding) -> None:
    form = Form(container, encoding)
    assert (form.subtype, form.sample_bytes) == ("PCM_24", 3)
    assert chosen(form, peak=1.0) == (form, [])


@pytest.mark.parametrize(
    ("container", "instead"), [("wav", "wav"), ("flac", "wav"), ("aiff", "aiff")]
)
def test_a_stem_over_full_scale_is_float_and_said_so(
    container: Container, instead: Container
) -> None:
    form, codes = chosen(Form(container, "pcm24"), peak=1.000_001)
    assert form == Form(instead, "float")
    assert codes == [STEM_AS_FLOAT]


def test_what_a_container_cannot_hold_is_a_wav() -> None:
    assert chosen(Form("flac", "pcm24"), channels=8) == (Form("flac", "pcm24"), [])
    assert chosen(Form("flac", "pcm24"), channels=9) == (Form("wav", "pcm24"), [STEM_AS_WAV])
    long = 1 << 29
    assert chosen(Form("aiff"), frames=long) == (Form(), [STEM_AS_WAV])
    assert chosen(Form("aiff", "pcm24"), frames=long) == (Form("aiff", "pcm24"), [])
    assert chosen(Form("aiff", "pcm24"), peak=2.0, frames=long) == (
        Form(),
        [STEM_AS_FLOAT, STEM_AS_WAV],
    )


def test_a_time_stamp_that_finds_no_place_is_said_so() -> None:
    assert chosen(Form("flac", "pcm24"), stamp=5)[1] == [STAMP_LOST]
    assert chosen(Form("aiff"), stamp=0)[1] == [STAMP_LOST]
    assert chosen(Form("wav", "pcm24"), stamp=5)[1] == []
    assert chosen(Form("flac", "pcm24"), peak=2.0, stamp=5)[1] == [STEM_AS_FLOAT]


def test_there_is_no_flac_of_floats() -> None:
    with pytest.raises(ValueError, match="no floats"):
        Form("flac")


def test_an_mp3_takes_two_channels_at_its_own_rates_and_else_it_is_a_float_wav() -> None:
    mp3 = Form("mp3", "layer3")
    assert (mp3.subtype, mp3.suffix, mp3.bounded, mp3.integer) == (
        "MPEG_LAYER_III", ".mp3", True, False,
    )  # fmt: skip
    assert chosen(mp3, stamp=5) == (mp3, [STAMP_LOST])
    assert chosen(mp3, channels=3) == (Form(), [STEM_AS_WAV])
    assert chosen(mp3, peak=1.1) == (Form(), [STEM_AS_FLOAT])
    for rate, form in ((8_000, mp3), (48_000, mp3), (88_200, Form()), (44_000, Form())):
        assert choose(mp3, "vocals", 0.5, channels=1, frames=9, rate=rate)[0] == form
    for wrong in (("mp3", "float"), ("wav", "layer3")):
        with pytest.raises(ValueError, match="MP3"):
            Form(*wrong)
