"""VoiceFixer as a donor of magnitudes: only where the phase is broken, never its waveform.

Where a truth is needed, a stand-in for the network says it: no random weights mend a voice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
import torch
from rack import CPU, Rack, heard, snr, song
from torch import Tensor

from voxmend.audio import Signal
from voxmend.bench.networks import voicefixer
from voxmend.blocks.contract import RepairParams
from voxmend.blocks.phase.donor import at_voices_level
from voxmend.blocks.phase.voicefixer import VoiceFixerBlock, VoiceFixerParams
from voxmend.blocks.registry import load
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import run
from voxmend.dsp.stft import stft
from voxmend.networks.voicefixer import vocoder as vocoders
from voxmend.networks.voicefixer.analysis import build
from voxmend.networks.voicefixer.network import VoiceFixer
from voxmend.networks.voicefixer.upstream import Room
from voxmend_protocol.errors import BadRequest

RATE = 44_100


def sung(seconds: float) -> Tensor:
    """Many partials with vibrato over a slow melody, as a voice has them. Shape: (1, samples)."""
    time = torch.arange(round(seconds * RATE)) / RATE
    pitch = 220 * 2 ** (torch.sin(2 * torch.pi * 0.4 * time) / 6 + torch.sin(35 * time) / 40)
    phase = 2 * torch.pi * pitch.cumsum(0) / RATE
    swell = 0.5 + 0.5 * torch.sin(2 * torch.pi * 0.9 * time).square()
    return (swell * sum(torch.sin(n * phase) / n for n in range(1, 30)) * 0.2)[None]


def jittered(voice: Tensor, sigma: float) -> Tensor:
    """The voice with a random phase in each cell of its spectrum."""
    hann = torch.hann_window(2048)
    spectrum = torch.stft(voice, 2048, 512, window=hann, return_complex=True)
    noise = torch.randn(spectrum.shape, generator=torch.Generator().manual_seed(4)) * sigma
    spectrum = spectrum * torch.polar(torch.ones_like(noise), noise)
    return torch.istft(spectrum, 2048, 512, window=hann, length=voice.shape[-1])


def proposed(
    network: Callable[[Tensor, str], Tensor], mix: Tensor | None, voice: Tensor, **params: object
) -> Tensor:
    """The block on one window."""
    asked = VoiceFixerParams(rate=RATE, **params)  # type: ignore[arg-type]
    around = None if mix is None else mix[None]
    return VoiceFixerBlock().run(network, around, voice[None], asked)[0]


def never(sound: Tensor, precision: str) -> Tensor:
    raise AssertionError("the network was asked")


@pytest.fixture(scope="module")
def network() -> VoiceFixer:
    return VoiceFixer(Hearing(), vocoders.lean(voicefixer.vocoder(3, full=False)))


class Hearing(torch.nn.Module):
    """The first half without its network."""

    def __init__(self) -> None:
        super().__init__()
        self.analysis = build(Room())

    def forward(self, sound: Tensor) -> Tensor:
        return self.analysis.mel(sound)


def real(file: Path, start: float, seconds: float) -> Tensor:
    """A stretch of a real recording, mono, 44.1 kHz. Shape: (1, samples)."""
    sound, rate = soundfile.read(file, dtype="float32", always_2d=True)
    assert rate == RATE
    return torch.from_numpy(sound[int(start * rate) : int((start + seconds) * rate)]).mean(1)[None]


def in_a_band(shared: Path) -> tuple[Tensor, Tensor]:
    """A singer, and her with a band as loud."""
    voice = real(shared / "audio" / "vocadito_10.wav", 1, 8)
    band = real(shared / "audio" / "vibe_ace.ogg", 20, 8)
    return voice, voice + band * (voice.norm() / band.norm())


def test_a_whole_voice_in_its_mixture_stays_bit_for_bit(shared: Path) -> None:
    voice, mix = in_a_band(shared)
    assert torch.equal(proposed(never, mix, voice), voice)


def test_a_voice_that_the_mixture_has_mended_is_left_alone(shared: Path) -> None:
    voice, mix = in_a_band(shared)
    broken = jittered(voice, 1.0)
    params = RepairParams(rate=RATE)
    mended = load("phase.mixture").run(None, mix[None], broken[None], params)[0]
    assert not torch.equal(mended, broken)
    assert torch.equal(proposed(never, mix, mended), mended)
    assert not torch.equal(proposed(lambda *_: voice[None], mix, broken), broken)


def test_with_the_true_magnitudes_a_broken_voice_comes_nearer() -> None:
    """A network that knew the truth, at another level: what the path makes of it."""
    truth = sung(4.0)
    broken = jittered(truth, 1.0)
    mix = truth + 0.1 * song(4.0, seed=2)[:1]
    found = proposed(lambda *_: 0.6 * truth[None], mix, broken)
    assert snr(truth, broken) < 5
    assert snr(truth, found) > snr(truth, broken) + 5
    alone = proposed(lambda *_: 0.6 * truth[None], None, broken)
    spectra = [stft(x[None], RATE, 0.047)[0].abs() for x in (truth, broken, alone)]
    assert snr(spectra[0], spectra[2]) > snr(spectra[0], spectra[1]) + 1


def test_without_a_mixture_it_keeps_the_voice_s_own_phase() -> None:
    voice = sung(3.0)
    assert snr(voice, proposed(lambda *_: 0.6 * voice[None], None, voice)) > 20


def test_a_waveform_on_its_head_or_late_by_a_millisecond_lends_the_same() -> None:
    """A vocoder's phase is its own: only magnitudes pass."""
    truth = sung(4.0)
    broken, mix = jittered(truth, 1.0), truth + 0.1 * song(4.0, seed=2)[:1]
    plain = proposed(lambda *_: truth[None], mix, broken)
    turned = proposed(lambda *_: -truth[None], mix, broken)
    late = proposed(lambda *_: truth.roll(44, 1)[None], mix, broken)
    assert snr(plain, turned) > 90
    assert snr(plain, late) > 15


def test_the_image_stays() -> None:
    truth = sung(3.0)
    sides = torch.tensor([[1.0], [0.4]])
    mix = sides * truth + 0.05 * song(3.0, seed=2)
    left, right = proposed(lambda *_: truth[None], mix, sides * jittered(truth, 1.0))
    assert abs(20 * torch.log10(right.norm() / left.norm() / 0.4)) < 0.3


@pytest.mark.parametrize("full", [False, True])
def test_channels_that_stand_on_their_heads_do_not_cancel(network: VoiceFixer, full: bool) -> None:
    voice = torch.tensor([[1.0], [-1.0]]) * sung(2.0)
    left, right = proposed(network, None, voice, full=full)
    assert left.std() > 0.3 * voice.std()
    assert snr(left, -right) > 60


def test_no_cell_gets_louder_than_the_mixture() -> None:
    truth = sung(4.0)
    mix = truth + 0.1 * song(4.0, seed=2)[:1]
    found = proposed(lambda *_: 8 * truth[None], mix, jittered(0.7 * truth, 1.0))
    assert found.norm() < mix.norm()


def test_full_is_the_network_s_voice_at_the_voice_s_level(network: VoiceFixer) -> None:
    voice = torch.tensor([[1.0], [0.5]]) * sung(5.0)
    found = proposed(network, voice, voice, full=True)
    assert snr(voice, found) < 3  # another waveform
    made = network(voice.mean(0)[None, None])[0]
    near = stft(made[None], RATE, 0.047)[0].abs() / stft(found[None, :1], RATE, 0.047)[0].abs()
    spread = near[..., 100:-100].quantile(0.9) / near[..., 100:-100].quantile(0.1)
    assert spread < 3  # the network's spectrum, but for a slow gain
    seconds = [x.unfold(1, RATE, RATE).square().mean(-1) for x in (voice, found)]
    assert (10 * torch.log10(seconds[1] / seconds[0])).abs().max() < 1.5


@pytest.mark.parametrize("gain_db", [-40, 6])
def test_gain_in_is_gain_out(network: VoiceFixer, tmp_path: Path, gain_db: int) -> None:
    class Held(Rack):
        def __init__(self) -> None:
            super().__init__(())
            self._loaded["phase.voicefixer",] = network

    def vocoded(voice: Tensor) -> Tensor:
        step = BlockRun("phase", VoiceFixerBlock(), VoiceFixerParams(full=True))
        plan = Plan("test", (step,), from_voice=True, guarded=False)
        context = Context(CPU, tmp_path, precision="fp32", networks=Held())
        return heard(run(plan, Signal.of(voice.numpy(), RATE), context))

    gain = 10 ** (gain_db / 20)
    loud, quiet = vocoded(sung(2.0)), vocoded(gain * sung(2.0))
    assert loud.std() > 0.01
    assert snr(gain * loud, quiet) > 60


def test_silence_and_no_strength_change_nothing() -> None:
    voice = sung(1.0)
    assert torch.equal(proposed(never, None, voice, strength=0.0), voice)
    assert not proposed(lambda s, _: s, None, torch.zeros(2, 30_000)).any()


def test_half_the_strength_is_half_the_change() -> None:
    truth = sung(3.0)
    broken, mix = jittered(truth, 1.0), truth + 0.1 * song(3.0, seed=2)[:1]
    whole, half = (proposed(lambda *_: truth[None], mix, broken, strength=s) for s in (1.0, 0.5))
    assert snr((whole + broken) / 2, half) > 90


def test_the_donor_gets_the_voice_s_level_within_6_db() -> None:
    frequency = torch.linspace(0, RATE / 2, 1025)
    random = torch.Generator().manual_seed(1)
    voice = torch.rand(1, 1025, 60, generator=random)
    for gain, wanted in ((0.7, 1.0), (1.9, 1.0), (8.0, 4.0), (0.05, 0.1)):
        found = at_voices_level(gain * voice, voice, frequency, 10)
        assert abs(float(found.norm() / voice.norm()) - wanted) < 0.01 * wanted


@pytest.mark.parametrize("params", [{"strength": 1.5}, {"strength": 0.5, "full": True}])
def test_parameters_that_make_no_sense_are_refused(params: dict[str, float]) -> None:
    with pytest.raises(BadRequest, match="strength"):
        VoiceFixerParams(**params)  # type: ignore[arg-type]


def test_it_is_found_by_its_name() -> None:
    assert isinstance(load("phase.voicefixer"), VoiceFixerBlock)


def test_what_else_is_in_the_batch_decides_nothing(shared: Path) -> None:
    """A whole voice beside a broken one stays bit for bit, and the broken one is mended alike."""
    voice, mix = in_a_band(shared)
    broken = jittered(voice, 1.0)
    params = VoiceFixerParams(rate=RATE)

    def truth(sound: Tensor, precision: str) -> Tensor:
        return voice[None].expand(len(sound), 1, -1)

    mixes, voices = torch.stack([mix, mix]), torch.stack([voice, broken])
    both = VoiceFixerBlock().run(truth, mixes, voices, params)
    assert torch.equal(both[0], voice)
    assert snr(proposed(truth, mix, broken), both[1]) > 100
