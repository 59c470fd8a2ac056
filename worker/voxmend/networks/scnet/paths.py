"""The recurrent layers of SCNet: along frequency, then along time; every other layer hears the
Fourier transform of the frames in their place.

Sounds are spectra. Shape: (batch, channels, bins, frames).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..network import lowered
from .bands import norm


class DualPath(nn.Module):
    """Two recurrent passes, each added to what it heard: bins in a row, then frames in a row."""

    def __init__(self, channels: int, expand: int) -> None:
        super().__init__()
        hidden = channels * expand
        self.lstm_layers = nn.ModuleList(
            nn.LSTM(channels, hidden, batch_first=True, bidirectional=True) for _ in range(2)
        )
        self.linear_layers = nn.ModuleList(nn.Linear(2 * hidden, channels) for _ in range(2))
        self.norm_layers = nn.ModuleList(norm(channels) for _ in range(2))

    def forward(self, x: Tensor, precision: str) -> Tensor:
        """Shape: (batch, channels, bins, frames), kept; float32.

        Args:
            precision: "bf16" for the recurrent layers alone. They take half the time, and what
                they find is only added: of all that could be narrower they cost least.
        """
        x = x + self._along(0, x.movedim(1, 3).transpose(1, 2), precision).movedim(3, 1).mT
        return x + self._along(1, x.movedim(1, 3), precision).movedim(3, 1)

    def _along(self, path: int, x: Tensor, precision: str) -> Tensor:
        """One pass along the places. Shape: (batch, rows, places, channels), kept."""
        heard = self.norm_layers[path](x.movedim(3, 1)).movedim(1, 3)
        with lowered(precision, x.device):
            found, _ = self.lstm_layers[path](heard.flatten(0, 1))
        made: Tensor = self.linear_layers[path](found.float())
        return made.view(x.shape)


class Paths(nn.Module):
    """All of them, in pairs: the first of a pair hears frames, the second their transform."""

    def __init__(self, channels: int, expand: int, layers: int) -> None:
        super().__init__()
        self.dp_modules = nn.ModuleList(
            DualPath(channels * (1 + number % 2), expand) for number in range(layers)
        )

    def forward(self, x: Tensor, precision: str) -> Tensor:
        """Shape: (batch, channels, bins, an even number of frames), kept."""
        frames = x.shape[3]
        for number, layer in enumerate(self.dp_modules):
            heard = layer(x, precision)
            if number % 2:
                real, imaginary = heard.chunk(2, 1)
                x = torch.fft.irfft(torch.complex(real, imaginary), frames, norm="ortho")
            else:
                spectrum = torch.fft.rfft(heard, norm="ortho")
                x = torch.cat((spectrum.real, spectrum.imag), 1)
        return x
