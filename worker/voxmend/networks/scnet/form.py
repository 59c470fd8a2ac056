"""What an SCNet looks like, as data: the two that its author published, and any that a description
speaks of.

A spectrum is cut into three bands, low to high. Each level of the network squeezes each band by a
stride of its own, so the numbers of bins follow from the form: ``levels`` has them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

STEREO = 4
"""Numbers in a bin of a stereo spectrum: the real and the imaginary part of each channel."""

LARGEST = {"channels": 4096, "layers": 64, "fft": 65_536, "kernel": 64}
"""No SCNet has more; a description that asks for it would only fill the memory."""


@dataclass(frozen=True, slots=True)
class Band:
    """How a level treats one band.

    Attributes:
        share: of all bins, from the lowest band up.
        depth: residual blocks after the squeezing.
    """

    share: float
    stride: int
    kernel: int
    depth: int


@dataclass(frozen=True, slots=True)
class Cut:
    """One band at one level.

    Attributes:
        start, stop: its bins among those that the level hears.
        before, after: empty bins put at either side.
        made: bins that are left of it.
        trim: bins that stretching them again makes too many in front.
    """

    start: int
    stop: int
    before: int
    after: int
    made: int
    trim: int


@dataclass(frozen=True, slots=True)
class Form:
    """A network's shape, named as the publishers' descriptions name it where they do.

    Attributes:
        sources: the stems it gives, in the order of its last layer's rows.
        dims: numbers in a bin, level by level; the first is that of a stereo spectrum.
        bands: low, middle, high.
        compress: residual blocks are narrower by so much.
        conv_kernel: frames that they hear; odd.
        layers: recurrent layers; every other one hears the spectrum along time.
        expand: they are wider by so much.
        fft, hop: of its transform, which has no window function.
        window: samples of the stretches it was trained on.
    """

    sources: tuple[str, ...] = ("drums", "bass", "other", "vocals")
    dims: tuple[int, ...] = (STEREO, 32, 64, 128)
    bands: tuple[Band, ...] = (
        Band(0.175, 1, 3, depth=3),
        Band(0.392, 4, 4, depth=2),
        Band(0.433, 16, 16, depth=1),
    )
    compress: int = 4
    conv_kernel: int = 3
    layers: int = 6
    expand: int = 1
    fft: int = 4096
    hop: int = 1024
    normalized: bool = True
    window: int = 485_100

    def levels(self) -> tuple[tuple[Cut, ...], ...]:
        """The cuts of each level, the widest first.

        Raises:
            ValueError: a band would have no bin.
        """
        bins, found = self.fft // 2 + 1, []
        for _ in pairwise(self.dims):
            found.append(cuts(bins, self.bands))
            bins = sum(cut.made for cut in found[-1])
        return tuple(found)


SMALL = Form()
LARGE = replace(
    SMALL,
    dims=(STEREO, 64, 128, 256),
    bands=tuple(
        replace(band, share=share)
        for band, share in zip(SMALL.bands, (0.225, 0.372, 0.403), strict=True)
    ),
)

PUBLISHED = (SMALL, LARGE)
"""Those whose weights come without a description."""


def cuts(bins: int, bands: tuple[Band, ...]) -> tuple[Cut, ...]:
    """Where a level cuts, and what is left.

    Raises:
        ValueError: a band would have no bin.
    """
    low, middle = bands[0].share, bands[0].share + bands[1].share
    edges = (0, math.ceil(bins * low), math.ceil(bins * middle), bins)
    return tuple(
        _cut(start, stop, band) for (start, stop), band in zip(pairwise(edges), bands, strict=True)
    )


def _cut(start: int, stop: int, band: Band) -> Cut:
    count, stride, kernel = stop - start, band.stride, band.kernel
    empty = kernel - 1 if stride == 1 else -count % stride
    made = (count + empty - kernel) // stride + 1
    again = (made - 1) * stride + kernel
    if count < 1 or made < 1 or again < count:
        raise ValueError(f"a band of {count} bins cannot be squeezed by {stride}")
    before = empty // 2
    return Cut(start, stop, before, empty - before, made, (again - count) // 2)


def described(model: Mapping[str, Any], window: int) -> Form:
    """The form that a description's section "model" speaks of.

    Args:
        window: samples that the network is given at once.

    Raises:
        ValueError: it speaks of none, or of one that cannot be.
    """
    known = {
        *("sources", "audio_channels", "dims", "nfft", "hop_size", "win_size", "normalized"),
        *("band_SR", "band_stride", "band_kernel", "conv_depths", "compress", "conv_kernel"),
        *("num_dplayer", "expand"),
    }
    if unknown := sorted(map(str, model.keys() - known)):
        raise ValueError(f"“model: {unknown[0][:40]}” belongs to another kind of network")
    if lacking := sorted(known - model.keys()):
        raise ValueError(f"“model: {lacking[0]}” is not said")
    sources, shares = model["sources"], model["band_SR"]
    named = isinstance(sources, list) and all(isinstance(name, str) for name in sources)
    if not named or not 1 <= len(sources) <= LARGEST["layers"]:
        raise ValueError("“model: sources” must be a list of names")
    real = isinstance(shares, list) and all(isinstance(share, float) for share in shares)
    if not real or len(shares) != 3 or not all(0 < share < 1 for share in shares):
        raise ValueError("“model: band_SR” must be three shares of the bins")
    if model["audio_channels"] != 2 or model["win_size"] != model["nfft"]:
        raise ValueError("it must be for stereo, its transform's window as long as its FFT")
    if not isinstance(model["normalized"], bool):
        raise ValueError("“model: normalized” must be true or false")
    strides, kernels, depths = (
        _several(model, name, most)
        for name, most in (
            ("band_stride", LARGEST["kernel"]),
            ("band_kernel", LARGEST["kernel"]),
            ("conv_depths", LARGEST["layers"]),
        )
    )
    if not len(strides) == len(kernels) == len(depths) == 3:
        raise ValueError("it must have three bands")
    form = Form(
        sources=tuple(name.lower() for name in sources),
        dims=_several(model, "dims", LARGEST["channels"]),
        bands=tuple(map(Band, shares, strides, kernels, depths)),
        compress=_one(model, "compress", LARGEST["channels"]),
        conv_kernel=_one(model, "conv_kernel", LARGEST["kernel"]),
        layers=_one(model, "num_dplayer", LARGEST["layers"]),
        expand=_one(model, "expand", LARGEST["layers"]),
        fft=_one(model, "nfft", LARGEST["fft"]),
        hop=_one(model, "hop_size", LARGEST["fft"]),
        normalized=model["normalized"],
        window=window,
    )
    _possible(form)
    return form


def _possible(form: Form) -> None:
    """Raise ValueError where no network of this form can be."""
    if form.dims[0] != STEREO or not 2 <= len(form.dims) <= LARGEST["layers"]:
        raise ValueError(f"“model: dims” must begin with {STEREO} and go on")
    if form.compress > min(form.dims[1:]):
        raise ValueError("“model: compress” leaves nothing")
    if form.conv_kernel % 2 == 0 or form.layers % 2:
        raise ValueError("“model: conv_kernel” must be odd, and “num_dplayer” even")
    if form.hop * 2 > form.fft or form.fft % 2:
        raise ValueError("“model: hop_size” must be half of “nfft” or less")
    if not 2 * form.fft <= form.window <= 3600 * 44_100:
        raise ValueError("a window must be at least two FFT frames long")
    form.levels()


def _one(model: Mapping[str, Any], name: str, most: int) -> int:
    """A whole number from 1 to ``most``."""
    found = model[name]
    if type(found) is not int or not 1 <= found <= most:
        raise ValueError(f"“model: {name}” must be a number from 1 to {most}")
    return found


def _several(model: Mapping[str, Any], name: str, most: int) -> tuple[int, ...]:
    """Whole numbers from 1 to ``most``."""
    found = model[name]
    whole = isinstance(found, list) and all(type(one) is int for one in found)
    if not whole or not found or not all(1 <= one <= most for one in found):
        raise ValueError(f"“model: {name}” must be numbers from 1 to {most}")
    return tuple(found)
