"""All of SCNet: a stereo sound in, its stems out.

Its transform has no window function and its answer is a spectrum, not a mask. The transforms are
always made in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .bands import Fusion, Squeeze, Stretch
from .form import STEREO, Form
from .paths import Paths


class SCNet(nn.Module):
    """The network, with all its stems or some."""

    decoder: Any

    def __init__(self, form: Form) -> None:
        """Build it.

        Raises:
            ValueError: no network has this form.
        """
        super().__init__()
        self._form = form
        levels, stems = form.levels(), len(form.sources)
        widths = tuple(pairwise(form.dims))
        self.encoder = nn.ModuleList(
            Squeeze(heard, made, made // form.compress, form.conv_kernel, form.bands, cuts)
            for (heard, made), cuts in zip(widths, levels, strict=True)
        )
        self.separation_net = Paths(form.dims[-1], form.expand, form.layers)
        self.decoder = nn.ModuleList()
        for n in reversed(range(len(levels))):
            outer, inner = widths[n]
            made = outer if n else outer * stems
            self.decoder.append(
                nn.Sequential(Fusion(inner), Stretch(inner, made, form.bands, levels[n]))
            )

    def only(self, stems: Sequence[int]) -> SCNet:
        """The same network, cut down to these of its stems, in this order, and made ready to run;
        once, after its weights are loaded."""
        for fusion, _ in self.decoder:
            fusion.fold()
        self.decoder[-1][1].only([stem * STEREO + n for stem in stems for n in range(STEREO)])
        return self

    def forward(self, mix: Tensor, precision: str = "fp32") -> Tensor:
        """The stems in a stereo sound of any length, at least half an FFT frame. Shape: (batch, 2,
        samples) to (batch, stems · 2, samples); float32.

        Args:
            precision: "fp32", or "bf16" for its recurrent layers.
        """
        form, samples = self._form, mix.shape[-1]
        hops = samples // form.hop + 1
        hops += 1 - hops % 2  # so many make an even number of frames, which their transform wants
        rectangle = torch.ones(form.fft, device=mix.device)
        sound = F.pad(mix, (0, hops * form.hop - samples)).flatten(0, 1)
        spectrum = torch.stft(
            sound, form.fft, form.hop, window=rectangle, normalized=form.normalized,
            return_complex=True,
        )  # fmt: skip
        parts = torch.view_as_real(spectrum).movedim(3, 1)
        found = self._between(parts.reshape(len(mix), STEREO, *parts.shape[2:]), precision)
        pairs = found.reshape(-1, 2, *found.shape[2:]).movedim(1, 3).contiguous()
        made = torch.istft(
            torch.view_as_complex(pairs), form.fft, form.hop, window=rectangle,
            normalized=form.normalized, length=samples,
        )  # fmt: skip
        return made.view(len(mix), -1, samples)

    def _between(self, x: Tensor, precision: str) -> Tensor:
        """A mixture's spectrum to a stem's. Shape: (batch, 4, bins, frames), kept."""
        passed = []
        for squeeze in self.encoder:
            x, aside = squeeze(x)
            passed.append(aside)
        x = self.separation_net(x, precision)
        for fusion, stretch in self.decoder:
            x = stretch(fusion(x, passed.pop()))
        return x
