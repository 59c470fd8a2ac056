"""Separation with MDX-Net (Kim, Choi, Chung, Lee, Jung: "KUIELab-MDX-Net: A Two-Stream Neural
Network for Music Demixing", MDX Workshop 2021), Voc FT, up to 17.64 kHz.

The network makes the voice's complex spectrum out of the mixture's; the transforms are torch's, on
its device and in float32. torch runs the network too where it is the quicker, on a processor with
AVX-512 and in bf16, and the file holds only layers that ``networks.convolutional`` knows; else
onnxruntime does, in float32.

Always holds: same shape, zero lag; nothing but rounding depends on what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmend_protocol.errors import ModelCorrupt

from ...networks.convolutional import Convolutional, OtherLayersError
from ...networks.onnx import Session
from ...networks.standard import in_standard_form
from ..contract import Params, Separator
from ..registry import register

RATE = 44_100
FFT, HOP = 7680, 1024
BINS = FFT // 2 + 1

UNHEARD = 3
"""Lowest bins, up to 14 Hz, that the network was trained without."""

WINDOW, MARGIN = 255 * HOP, FFT // 2
"""Samples of the published networks' 256 frames; those at each side whose frames reach outside."""

CONTEXT = 16 * HOP
"""Samples at each side that are cross-faded: with the neighbour's that makes 32 frames, one step
of the network's coarsest level, 0.74 s. Each window costs the same, and this steps on by 5.0 s
where audio-separator does by 4.4: a ninth fewer windows. Joints without a fade, UVR's default,
would save another eighth and step wherever two windows disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MdxParams(Params):
    """How the network is asked.

    Attributes:
        polarity: ask twice, once with the polarity inverted, and take the mean: what the network
            makes up whatever the sign cancels. Twice the time and memory.
    """

    polarity: bool = False


class Mdx:
    """A loaded MDX-Net.

    Attributes:
        window: samples that give the network's number of frames.
        bytes: what its weights take in float32.
    """

    margin = MARGIN
    step = 1

    def __init__(self, file: Path, device: torch.device) -> None:
        """Open the network and see what it takes.

        Raises:
            ModelCorrupt: it takes or gives something else than stereo spectra.
        """
        session = Session(file, device, keeps=True)
        self._input, self._bins, frames = _spectra(session, file)
        self._single = session.inputs[self._input][0] is not None
        self.bytes = session.bytes
        self.window = HOP * (frames - 1)
        self.context = min(CONTEXT, (self.window - 2 * MARGIN) // 8)
        self._layers = _layers(file, device)
        self._lower: Convolutional | None = None
        quicker = self._layers is not None and device.type == "cpu" and _is_wide()
        self._session = None if quicker else session
        self.runs_on = str(device) if quicker else session.runs_on

    def __call__(self, mix: Tensor, *, polarity: bool = False, precision: str = "fp32") -> Tensor:
        """The voice in full windows, as loud as the network makes it. Shape: (batch, 2, window).

        Raises:
            RuntimeError: bf16 is asked for, and the device has none, or the file other layers.
        """
        spectrum = self._spectrum(mix)
        run = self._run_lower if precision == "bf16" else self._run
        if not polarity:
            return self._sound(run(spectrum))
        found, mirrored = run(torch.cat([spectrum, -spectrum])).chunk(2)
        return self._sound((found - mirrored) / 2)

    def _spectrum(self, mix: Tensor) -> Tensor:
        """What the network hears: left real, left imaginary, right real, right imaginary.
        Shape: (batch, 4, bins, frames)."""
        window = torch.hann_window(FFT, device=mix.device)
        spectrum = torch.stft(
            mix.flatten(0, 1), FFT, HOP, window=window, center=True, return_complex=True
        )[:, : self._bins]
        spectrum[:, :UNHEARD] = 0
        parts = torch.view_as_real(spectrum).movedim(-1, 1)
        return parts.reshape(len(mix), 4, self._bins, -1)

    def _run(self, spectrum: Tensor) -> Tensor:
        """The voice's spectrum, same shape; some files take only one window at a time."""
        if self._session is None:
            return self._by_torch(spectrum, self._layers)
        passes = torch.split(spectrum, 1) if self._single else (spectrum,)
        found = [next(iter(self._session(**{self._input: part}).values())) for part in passes]
        return found[0] if len(found) == 1 else torch.cat(found)

    def _run_lower(self, spectrum: Tensor) -> Tensor:
        """The same in bf16."""
        if self._lower is None and self._layers is not None:
            self._lower = self._layers.lower()
        return self._by_torch(spectrum, self._lower)

    def _by_torch(self, spectrum: Tensor, network: Convolutional | None) -> Tensor:
        """Window by window: more at once fit into no cache."""
        if network is None:
            raise OtherLayersError("This file holds layers that torch is not told of.")
        return torch.cat([network(part) for part in torch.split(spectrum, 1)])

    def _sound(self, spectrum: Tensor) -> Tensor:
        """Back to samples; nothing above the network's band. Shape: (batch, 2, window)."""
        parts = spectrum.reshape(-1, 2, *spectrum.shape[2:])
        whole = F.pad(torch.complex(parts[:, 0], parts[:, 1]), (0, 0, 0, BINS - self._bins))
        window = torch.hann_window(FFT, device=spectrum.device)
        sound = torch.istft(whole, FFT, HOP, window=window, center=True, length=self.window)
        return sound.reshape(-1, 2, self.window)


@register
class MdxVocFt(Separator):
    """``separate.mdx``: MDX-Net Voc FT."""

    name = "separate.mdx"
    rate = RATE
    window_s = WINDOW / RATE
    context_s = CONTEXT / RATE
    channels = 2
    models = ("mdx_voc_ft",)
    params = MdxParams
    precisions = ("bf16",)
    band_hz = 3072 * RATE / FFT
    compensate = 1.021

    def load(self, files: Sequence[Path], device: torch.device) -> Mdx:
        """Load the one .onnx file there is.

        Raises:
            ModelCorrupt: it is none of this form.
        """
        return Mdx(next(file for file in files if file.suffix == ".onnx"), device)

    def separate(self, model: Mdx, mix: Tensor, params: MdxParams) -> Tensor:
        """The voice. Shape: (batch, 1 or 2, samples), kept."""
        ask = partial(model, polarity=params.polarity, precision=params.precision)
        return in_standard_form(ask, mix, model.window)


def _layers(file: Path, device: torch.device) -> Convolutional | None:
    """The network as torch runs it; None where it consists of other layers."""
    try:
        return Convolutional.read(file).to(device)
    except OtherLayersError:
        return None


def _is_wide() -> bool:
    """Whether the processor has AVX-512: with it torch takes three quarters of onnxruntime's time
    (docs/speed.md); without it, nobody has measured."""
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def _spectra(session: Session, file: Path) -> tuple[str, int, int]:
    """Name of the input, bins, and frames."""
    ends = [*session.inputs.items(), *session.outputs.items()]
    if len(session.inputs) == len(session.outputs) == 1 and ends[0][1] == ends[1][1]:
        name, shape = ends[0]
        match shape:
            case (None | 1, 4, int(bins), int(frames)) if (
                UNHEARD < bins <= BINS and HOP * (frames - 1) > 2 * MARGIN
            ):
                return name, bins, frames
    raise ModelCorrupt(
        f"{file.name} takes no stereo spectra, so it is no MDX-Net for voices. Check what is "
        "there: voxmend models verify"
    )
