"""Separation with Spleeter, two stems (Hennequin, Khlif, Voituret, Moussallam: "Spleeter: a fast
and efficient music source separation tool with pre-trained models", JOSS 2020): trained weights
that come inside a package, so that a fresh machine separates real songs at once, in mono too.

Two networks say how loud voice and band are in each bin up to 11 kHz; the mixture, masked by the
voice's share of the power, is the voice. Above, ``spleeter_highs`` carries the mask on.

The networks' answer depends on level, so the whole clip is brought to one (``loudness_db``). Always
holds: same shape, zero lag, and nothing but rounding depends on what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmend_protocol.errors import BadRequest, ModelCorrupt

from ...networks.memory import out_of_memory
from ...networks.network import Weights
from ..contract import Separator, SpeedsParams
from ..registry import register
from .spleeter_highs import carried
from .spleeter_network import BINS, FFT, STEPS, UNet

RATE = 44_100
HOP = 1024

FRAMES = 512
"""Of a block of the published form, 11.9 s."""

WINDOW = (FRAMES - 1) * HOP
"""So many samples have just these centred frames; with a full 512 hops there would be one more, and
a second block for it."""

MARGIN = FFT // 2
"""Samples at each side whose frames reach outside the window."""

CONTEXT = 16 * HOP
"""Samples at each side that are cross-faded: with the neighbour's 0.74 s."""

LOUDNESS_DB = -12.0
"""Level of the clip that the networks hear (``audio.level_gain``). Of ten excerpts of five real
songs, three speeds: −15, −12 and −9 give 5.1, 5.2 and 5.2 dB SI-SDR on the mean, −2.4, −1.7 and
−1.4 at worst; docs/separation.md has the table, also of what was tried in its place."""

EPSILON = 1e-10
"""Keeps silence from dividing by itself; half of it is the voice's, as published."""

SPEEDS = (1.0, 0.94, 1.06)
"""At which a network is asked: the mixture played so much faster. The first alone is one speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpleeterParams(SpeedsParams):
    """How often the networks are asked.

    Attributes:
        speeds: 1, or 3: also 6 % slower and 6 % faster, and the three answers are averaged. Twice
            the time.
    """

    def __post_init__(self) -> None:
        if self.speeds not in (1, len(SPEEDS)):
            raise BadRequest(f"speeds is {self.speeds}; give 1 or 3.")


class Spleeter(Weights):
    """Both networks, loaded.

    Attributes:
        window: samples of a full block; a shorter clip gets a shorter one.
    """

    window = WINDOW
    margin = MARGIN
    context = CONTEXT
    step = 1

    def __init__(self, voice: UNet, band: UNet, device: torch.device) -> None:
        placed = (
            network.to(device).to(memory_format=torch.channels_last) for network in (voice, band)
        )
        self._networks = tuple(placed)
        super().__init__(*self._networks)

    def __call__(self, mix: Tensor, rate: int = RATE) -> Tensor:
        """The voice in windows of stereo. Shape: (batch, 2, samples), kept.

        A window shorter than a full block has just the frames that the networks' coarsest level
        needs: a block filled up with silence gives 0.0 to 0.2 dB less on clips of 9 s, and takes
        longer.

        Args:
            rate: samples per second of the song, where it is not the networks' own.
        """
        batch, channels, samples = mix.shape
        frames = -(-(samples // HOP + 1) // STEPS) * STEPS
        whole = (frames - 1) * HOP
        if whole < samples:
            frames, whole = frames + STEPS, whole + STEPS * HOP
        window = torch.hann_window(FFT, device=mix.device)
        sound = F.pad(mix, (0, whole - samples)).flatten(0, 1)
        spectrum = torch.stft(
            sound, FFT, HOP, window=window, pad_mode="constant", return_complex=True
        ).view(batch, channels, -1, frames)
        mask = self.mask(spectrum.abs(), rate)
        torch.view_as_real(spectrum).mul_(mask[..., None])  # a real factor: half the work
        found = torch.istft(spectrum.flatten(0, 1), FFT, HOP, window=window, length=whole)
        return found[:, :samples].reshape(batch, channels, samples)

    def mask(self, heard: Tensor, rate: int) -> Tensor:
        """The voice's share of the mixture, 0..1. Shape: (batch, 2, bins, frames), kept."""
        low = heard[:, :, :BINS].mT.contiguous(memory_format=torch.channels_last)
        voice, band = (network(low).mT.square() for network in self._networks)
        return carried((voice + EPSILON / 2) / (voice + band + EPSILON), heard, rate)


@register
class SpleeterTwoStems(Separator):
    """``separate.spleeter``: Spleeter, two stems."""

    name = "separate.spleeter"
    rate = RATE
    window_s = WINDOW / RATE
    context_s = CONTEXT / RATE
    channels = 2
    models = ("spleeter",)
    params = SpleeterParams
    loudness_db = LOUDNESS_DB
    speeds = SPEEDS

    def load(self, files: Sequence[Path], device: torch.device) -> Spleeter:
        """Load the voice's network and the band's, in this order.

        Raises:
            ModelCorrupt: one is no Spleeter for stereo.
        """
        voice, band = (_network(file) for file in files)
        return Spleeter(voice, band, device)

    def separate(self, model: Spleeter, mix: Tensor, params: SpleeterParams) -> Tensor:
        """The voice of a mixture at the level ``loudness_db``. Shape: (batch, 1 or 2, samples),
        kept."""
        found = model(mix.expand(-1, 2, -1), params.rate)
        return found.mean(1, keepdim=True) if mix.shape[1] == 1 else found


def _network(file: Path) -> UNet:
    from safetensors.torch import load_file

    try:
        network = UNet()
        # The count of batches that torch's batch norm keeps is no weight, and not published.
        absent = network.load_state_dict(UNet.in_plain_form(load_file(file)), strict=False)
        lacking = [name for name in absent.missing_keys if not name.endswith("_tracked")]
        if lacking or absent.unexpected_keys:
            raise ValueError(f"its weights are not those of the form: {(lacking or absent)!s:.100}")
    except Exception as error:  # safetensors, torch, the system: whatever is wrong is the file's
        if out_of_memory(error):
            raise
        why = str(error).strip().partition("\n")[0][:200]
        raise ModelCorrupt(
            f"{file.name} is no Spleeter network ({why}). Check what is there: voxmend models "
            "verify"
        ) from None
    return network
