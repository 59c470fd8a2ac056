from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from voxmend.audio import Signal
from voxmend.bench.damage.forms import FORMS
from voxmend.bench.damage.kinds import cut_highs, leak, musical, phase
from voxmend.bench.damage.material import Material, load
from voxmend.diagnosis.bandwidth import BANDWIDTH, missing
from voxmend.diagnosis.findings import Finding
from voxmend.diagnosis.look import Look
from voxmend.diagnosis.survey import survey
from voxmend.dsp.voicing import voiced

VOICES = ("vocadito_10.wav", "vocadito_14.wav", "vctk_speech_48k.wav", "librispeech_198.ogg")
BACKINGS = ("vibe_ace.ogg", "sugar_plum_fairy.ogg")
OTHERS: dict[str, Callable[[Material], Tensor]] = {
    "phase": lambda clean: phase(clean, 0.5),
    "musical": lambda clean: musical(clean, -25.0),
    "leak": lambda clean: leak(clean, -20.0),
}


def look(voice: Tensor, mix: Tensor | None, rate: int) -> Look:
    return Look(voice, mix, voiced(voice[None], rate)[0], rate)


def octaves(voice: Tensor, clean: Material) -> float:
    """What the detector reads with the mixture."""
    return BANDWIDTH.damage(look(voice, clean.mix, clean.rate))


@pytest.fixture(scope="module")
def speaker(shared: Path) -> Material:
    return load(shared / "audio" / VOICES[2], shared / "audio" / BACKINGS[0])


def test_the_lower_the_cut_the_more_is_missing(speaker: Material) -> None:
    cuts = [cut_highs(speaker.voice, speaker.rate, hertz) for hertz in (12e3, 7e3, 3.5e3)]
    read = [octaves(voice, speaker) for voice in (speaker.voice, *cuts)]
    assert read == sorted(read)
    assert read[0] == 0
    assert read[1:] == pytest.approx([0.4, 1.15, 2.15], abs=0.15)


def test_a_naturally_dark_voice_is_not_muffled(speaker: Material) -> None:
    dark = FORMS["dark"](speaker)
    assert octaves(dark.voice, dark) == 0


@pytest.mark.parametrize("name", ["vocadito_10.wav", "librispeech_198.ogg"])
def test_a_recordings_own_edge_is_no_damage(shared: Path, name: str) -> None:
    clean = load(shared / "audio" / name, shared / "audio" / BACKINGS[0])
    assert octaves(clean.voice, clean) < 0.05


def test_the_curve_rises_where_a_part_is_cut(speaker: Material) -> None:
    voice = torch.cat([speaker.voice] * 3, dim=1)
    mix = torch.cat([speaker.mix] * 3, dim=1)
    part = slice(speaker.voice.shape[1], 2 * speaker.voice.shape[1])
    broken = voice.clone()
    broken[:, part] = cut_highs(speaker.voice, speaker.rate, 7000.0)
    curve, _, _ = missing(look(broken, mix, speaker.rate))
    first, middle, last = curve.tensor_split(3)
    assert float(middle.mean()) > 0.3
    assert float(first.mean()) < 0.1 * float(middle.mean())
    assert float(last.mean()) < 0.1 * float(middle.mean())


def test_alone_only_the_edge_counts(speaker: Material) -> None:
    rate = speaker.rate
    assert BANDWIDTH.damage(look(speaker.voice, None, rate)) == 0
    cut = cut_highs(speaker.voice, rate, 7000.0)
    assert BANDWIDTH.damage(look(cut, None, rate)) == pytest.approx(1.15, abs=0.1)


@pytest.mark.parametrize("gain", [1e-3, 30.0])
def test_a_gain_changes_nothing(speaker: Material, gain: float) -> None:
    cut = cut_highs(speaker.voice, speaker.rate, 7000.0)
    one, other = (
        BANDWIDTH.damage(look(g * cut, g * speaker.mix, speaker.rate)) for g in (1.0, gain)
    )
    assert other == pytest.approx(one, abs=0.01)


def test_silence_reads_nothing() -> None:
    silence = torch.zeros(2, 48_000)
    assert BANDWIDTH.damage(look(silence, silence, 48_000)) == 0


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_over_all_voices_a_cut_stands_apart_from_all_that_is_clean(shared: Path) -> None:
    clean, cut = [], []
    for name in VOICES:
        for backing, offset_s in ((BACKINGS[0], 0.0), (BACKINGS[1], 20.0)):
            material = load(shared / "audio" / name, shared / "audio" / backing, offset_s)
            for make in FORMS.values():
                form = make(material)
                clean.append(octaves(form.voice, form))
            if material.top_hz < 10_000:
                continue
            damaged = octaves(cut_highs(material.voice, material.rate, 7000.0), material)
            cut.append(damaged)
            assert damaged < octaves(cut_highs(material.voice, material.rate, 3500.0), material)
            for kind, breaks in OTHERS.items():
                assert octaves(breaks(material), material) < damaged / 2, (name, backing, kind)
    higher = sum((c > n) + 0.5 * (c == n) for c in cut for n in clean)
    assert higher / len(cut) / len(clean) >= 0.95


def test_a_voice_that_is_surely_cut_off_says_from_where(speaker: Material) -> None:
    """A separator's wall at 11 kHz takes half an octave: little by size, and still muffled."""
    walled = cut_highs(speaker.voice, speaker.rate, 11_000.0)

    def found(voice: Tensor) -> Finding:
        one, mix = (Signal.of(sound.numpy(), speaker.rate) for sound in (voice, speaker.mix))
        findings = survey(one, mix).findings
        return next(each for each in findings.found if each.damage == "bandwidth")

    wall, whole = found(walled), found(speaker.voice)
    assert wall.size == "some"
    assert wall.edge_hz == pytest.approx(11_000, rel=0.03)
    assert (wall.regions[0].start_s, len(wall.regions)) == (0, 1)
    assert (whole.size, whole.edge_hz) == ("none", None)
