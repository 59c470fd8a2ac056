"""VoiceFixer through the runner: in place, without seams, whatever its weights.

The vocoder is upstream's with few channels; where the truth must be known, stand-ins take its
place. Random weights show that the path is sound, never that the voice is better.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from rack import CPU, heard, snr, song
from torch import Tensor, nn
from torch.nn.utils import parametrize

from voxmend.audio import Signal
from voxmend.bench.networks import voicefixer
from voxmend.blocks.contract import Params, Repair
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.runner import run
from voxmend.networks.network import lowered
from voxmend.networks.voicefixer import vocoder as vocoders
from voxmend.networks.voicefixer.analysis import FFT, HOP, Analysis, build
from voxmend.networks.voicefixer.network import GRID, VoiceFixer, load
from voxmend.networks.voicefixer.upstream import Room
from voxmend.networks.voicefixer.vocoder import LAG
from voxmend_protocol.errors import ModelCorrupt

RATE = 44_100


class Literal(Repair):
    """A block that gives what the network gives."""

    name: ClassVar[str] = "phase.literal"
    rate: ClassVar[int | None] = RATE
    window_s: ClassVar[float | None] = None
    context_s: ClassVar[float] = 0
    channels: ClassVar[int | None] = 1
    models: ClassVar[tuple[str, ...]] = ("voicefixer",)
    params: ClassVar[type[Params]] = Params
    mends: ClassVar[tuple[str, ...]] = ("phase",)

    def run(self, model: Any, mix: Tensor | None, voice: Tensor | None, params: Any) -> Tensor:
        assert voice is not None
        found: Tensor = model(voice)
        return found

    def repair(self, model: Any, mix: Tensor | None, voice: Tensor, params: Any) -> Tensor:
        raise NotImplementedError


class Lent:
    """Lends one network."""

    def __init__(self, network: VoiceFixer) -> None:
        self._network = network

    @contextmanager
    def use(self, block: Any, device: torch.device) -> Iterator[Any]:
        yield self._network

    def hashes(self, block: Any) -> tuple[str, ...]:
        return ()

    def evict(self, but: Any) -> bool:
        return False


def vocoded(network: VoiceFixer, sound: Tensor, scratch: Path, batch: int = 1) -> Tensor:
    """A clip through the runner. Shape: (channels, samples), kept."""
    plan = Plan("test", (BlockRun("phase", Literal(), Params()),), from_voice=True, guarded=False)
    context = Context(CPU, scratch, batch=batch, precision="fp32", networks=Lent(network))
    return heard(run(plan, Signal.of(sound.numpy(), RATE), context))


class Heard(nn.Module):
    """The first half without its network: the mel spectrum as it is heard."""

    def __init__(self, analysis: Analysis) -> None:
        super().__init__()
        self.analysis = analysis

    def forward(self, sound: Tensor) -> Tensor:
        return self.analysis.mel(sound)


class Envelope(nn.Module):
    """A second half whose truth is known: the frames' level, LAG late."""

    def forward(self, mel: Tensor) -> Tensor:
        level = mel.sum(-1)[:, None]
        line = nn.functional.interpolate(
            level, scale_factor=HOP, mode="linear", align_corners=False
        )[:, 0]
        # Interpolation puts frame n at HOP · (n + 1/2) - 1/2, the STFT at HOP · n.
        return nn.functional.pad(line, (LAG - HOP // 2, 3 * HOP))


@pytest.fixture(scope="module")
def hearing() -> Heard:
    return Heard(build(Room()))


@pytest.fixture(scope="module")
def small(hearing: Heard) -> VoiceFixer:
    return VoiceFixer(hearing, vocoders.lean(voicefixer.vocoder(3, full=False)))


def test_what_sounds_at_a_moment_comes_out_at_that_moment(hearing: Heard, tmp_path: Path) -> None:
    """Bursts of noise through a vocoder as late as upstream's: over windows, seams and the end."""
    network = VoiceFixer(hearing, Envelope())
    at = [round(second * RATE) for second in (0.9, 12.0, 25.5, 25.7, 31.0, 51.2, 55.5)]
    sound = torch.zeros(1, 57 * RATE)
    burst = torch.randn(600, generator=torch.Generator().manual_seed(1))
    for start in at:
        sound[0, start - 300 : start + 300] = burst
    found = vocoded(network, sound, tmp_path)[0]
    for start in at:
        near = found[start - 2500 : start + 2500].double()
        near = near - near.min()
        centre = (near * torch.arange(-2500, 2500)).sum() / near.sum()
        assert abs(float(centre)) < 40, start  # under a millisecond; a hop is 441


def test_what_a_window_throws_away_is_not_missed(hearing: Heard, tmp_path: Path) -> None:
    network = VoiceFixer(hearing, Envelope())
    sound = song(63.3)[:1]
    whole, cut = network(sound[None])[0], vocoded(network, sound, tmp_path)
    assert snr(whole[:, :-FFT], cut[:, :-FFT]) > 90  # at the end one hears a mirror, one silence


def levels(sound: Tensor) -> Tensor:
    """RMS of each 46 ms in dB."""
    return 10 * torch.log10(sound[0].unfold(0, 2048, 1024).square().mean(-1))


def test_over_a_minute_there_is_no_step_no_click_and_no_shift(
    small: VoiceFixer, tmp_path: Path
) -> None:
    """Against the whole minute in one piece: upstream's own network, few channels."""
    sound = song(63.3)[:1]
    whole, cut = small(sound[None])[0], vocoded(small, sound, tmp_path)
    assert cut.shape == sound.shape
    assert float((levels(whole) - levels(cut)).abs().max()) < 1.0
    assert float(cut.diff().abs().max()) < 1.05 * float(whole.diff().abs().max())
    for seam in (1, 2):
        place = seam * 40 * GRID
        pieces = [s[:, place - RATE : place + RATE] for s in (whole, cut)]
        assert snr(*pieces) > 15  # what a shift by one sample would not leave
        assert snr(pieces[0], torch.roll(pieces[1], 1)) < 10


def test_a_window_s_silent_ends_are_not_heard(small: VoiceFixer) -> None:
    sound = song(1.5)[:1]
    alone = small(nn.functional.pad(sound, (0, FFT))[None])[0]
    padded = nn.functional.pad(sound, (2 * GRID, 30_000))
    found = small(padded[None])[0]
    end = 2 * GRID + alone.shape[1]
    assert torch.equal(found[:, 2 * GRID : end], alone)
    assert not found[:, : 2 * GRID].any()
    assert not found[:, end:].any()


@pytest.mark.parametrize("samples", [1, 300, 1024, 1025, 4000])
def test_the_shortest_sounds_keep_their_length(small: VoiceFixer, samples: int) -> None:
    found = small(song(0.1)[None, :1, :samples])
    assert found.shape == (1, 1, samples)
    assert bool(found.isfinite().all())


def test_silence_gives_silence(small: VoiceFixer) -> None:
    assert not small(torch.zeros(2, 1, 50_000)).any()


def test_windows_together_are_windows_one_by_one(small: VoiceFixer, tmp_path: Path) -> None:
    sound = song(60.0)[:1]
    one, many = (vocoded(small, sound, tmp_path, batch) for batch in (1, 3))
    assert torch.equal(one, many)


def test_the_weights_norm_is_gone_and_nothing_else() -> None:
    network = voicefixer.vocoder(5, full=False)
    mel = torch.rand(1, 40, 128, generator=torch.Generator().manual_seed(2)) * 10
    with torch.no_grad():
        before = network(mel)
        names = {name for name, m in network.named_modules() if parametrize.is_parametrized(m)}
        lean = vocoders.lean(network)
        after = lean(mel)
    assert len(names) == 75
    assert not any(parametrize.is_parametrized(module) for module in lean.modules())
    assert not any("skip_conv" in name for name, _ in lean.named_modules())
    assert before.std() > 0.01
    assert snr(before, after) > 110


@pytest.mark.parametrize("places", [4400, 2200, 2300, 7001])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_in_pieces_a_stack_gives_what_it_gives_in_one(
    monkeypatch: pytest.MonkeyPatch, places: int, precision: str
) -> None:
    network: Any = vocoders.lean(voicefixer.vocoder(5, full=False)).network
    stack: Any = network.generator[10]
    assert isinstance(stack, vocoders.Stack)
    channels = network.generator[10].pairs[0][0].weight.shape[1]
    sound = torch.randn(1, channels, places, generator=torch.Generator().manual_seed(3))

    def made(piece: int) -> Tensor:
        monkeypatch.setattr(vocoders, "PIECE", piece)
        with torch.inference_mode(), lowered(precision, CPU):
            found: Tensor = stack(sound.clone())
        return found

    whole = made(places)
    assert snr(sound, whole) < 40
    assert snr(whole, made(2200)) > 110


def test_it_never_learns(small: VoiceFixer) -> None:
    """Upstream's mode 2 does, and is another network ever after."""
    halves = small._held
    assert not any(module.training for module in halves.modules())
    before = {name: value.clone() for name, value in halves.state_dict().items()}
    sound = song(0.6)[None, :1]
    assert torch.equal(small(sound), small(sound))
    assert all(torch.equal(before[name], now) for name, now in halves.state_dict().items())


def test_both_halves_come_from_the_store_s_files(voicefixer_files: list[Path]) -> None:
    network = load(voicefixer_files, CPU)
    assert network.runs_on == "cpu"
    assert 400e6 < network.bytes < 420e6
    assert not any(parametrize.is_parametrized(m) for m in network._held.modules())
    assert not any(module.training for module in network._held.modules())
    own = torch.load(voicefixer_files[0], weights_only=True)
    name = "generator.unet.after_conv2.weight"
    assert torch.equal(
        network._held.state_dict()["0.network.unet.after_conv2.weight"], own[name].float()
    )


@pytest.mark.parametrize(
    ("which", "content", "said"),
    [
        (0, {"generator.unet.other": torch.zeros(1)}, "has no weights “denoiser.0.weight”"),
        (0, {"generator.denoiser.0.weight": torch.zeros(3)}, "does not fit VoiceFixer"),
        (0, [1, 2], "holds no weights"),
        (1, {"generator": {"condnet.0.bias": torch.zeros(2)}}, "does not fit VoiceFixer"),
        (1, {"generator": {"x": "y"}}, "something else than weights"),
        (1, {"generator": Path("x")}, "holds more than weights and is not opened"),
    ],
)
def test_what_is_not_voicefixer_is_refused(
    voicefixer_files: list[Path], tmp_path: Path, which: int, content: Any, said: str
) -> None:
    files = list(voicefixer_files)
    files[which] = tmp_path / files[which].name
    torch.save(content, files[which])
    half = (voicefixer.NAMES[which],)
    with pytest.raises(ModelCorrupt, match=said) as refused:
        load(files, CPU)
    assert refused.value.message.startswith(half)
    assert refused.value.message.endswith("voxmend models pull voicefixer")


def test_a_missing_file_is_named_by_its_kind(voicefixer_files: list[Path]) -> None:
    with pytest.raises(ModelCorrupt, match=r"needs one \.pt file and has 0"):
        load(voicefixer_files[:1], CPU)


def test_bf16_stays_near(small: VoiceFixer) -> None:
    sound = song(1.0)[None, :1]
    full, lower = small(sound), small(sound, "bf16")
    assert 30 < snr(full, lower) < 80  # the upper bound: it really is another precision
    assert lower.dtype == torch.float32
