"""What is easily lost in SCNet: the width of its sums, and what its form says of its bins."""

from __future__ import annotations

import pytest
import torch
from rack import snr, song
from torch import Tensor, nn

from voxmend.networks.scnet.bands import Fusion, norm
from voxmend.networks.scnet.form import LARGE, SMALL, Band, Form, cuts, described
from voxmend.networks.scnet.network import SCNet
from voxmend_bench.networks import scnet


def tiny() -> SCNet:
    said = scnet.describe("tiny")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        network = SCNet(described(said["model"], said["audio"]["chunk_size"]))
    return network.requires_grad_(False).only([3]).eval()


@pytest.mark.parametrize("offset", [0.0, 30.0])
def test_a_norm_over_ten_million_numbers_is_exact(offset: float) -> None:
    """Summed in one row of float32 it is off by 52 to 55 dB (as one runtime's kernel was)."""
    values = torch.randn(1, 256, 82, 476, generator=torch.Generator().manual_seed(1)) + offset
    layer = norm(256)
    with torch.no_grad():
        exact = values.double() - values.double().mean()
        truth = exact / (exact.square().mean() + layer.eps).sqrt()
        assert snr(truth, layer(values)) > 110 - 20 * (offset > 0)  # what float32 holds beside 30


def test_in_bf16_only_the_recurrent_layers_are_narrow() -> None:
    """A spectrum's first layer in bf16 alone costs 60 dB, a norm over a song as much again."""
    network, seen = tiny(), dict[str, set[torch.dtype]]()

    def listen(module: nn.Module, given: tuple[Tensor, ...], answer: object) -> None:
        found = answer[0] if isinstance(answer, tuple) else answer
        for value in (*given, found):
            if isinstance(value, Tensor):
                seen.setdefault(type(module).__name__, set()).add(value.dtype)

    for module in network.modules():
        module.register_forward_hook(listen)
    full = network(song(1.0)[None])
    assert {dtype for kind in seen.values() for dtype in kind} == {torch.float32}
    seen.clear()
    lower = network(song(1.0)[None], "bf16")
    narrow = {kind for kind, dtypes in seen.items() if torch.bfloat16 in dtypes}
    assert narrow == {"LSTM"}
    assert 60 < snr(full, lower) < 120


def test_what_is_joined_is_heard_once_and_not_twice() -> None:
    layer = Fusion(6).requires_grad_(False)
    x, passed = torch.randn(2, 1, 6, 20, 30, generator=torch.Generator().manual_seed(1))
    both = (x + passed).repeat(1, 2, 1, 1)
    truth = nn.functional.glu(layer.conv(both), 1)
    layer.fold()
    assert layer.conv.weight.shape[1] == 6
    assert snr(truth, layer(x, passed)) > 120


@pytest.mark.parametrize("frames", [8, 9, 86, 87, 475, 476])
def test_its_transform_along_time_gets_an_even_number_of_frames(frames: int) -> None:
    """Else the inverse transform is a frame short."""
    network, seen = tiny(), list[int]()
    paths = network.separation_net
    paths.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[3]))
    samples = (frames - 1) * 1024
    assert network(torch.randn(1, 2, samples)).shape[2] == samples
    assert seen[0] % 2 == 0
    assert 0 <= seen[0] - frames <= 2


@pytest.mark.parametrize("form", [SMALL, LARGE])
def test_a_form_cuts_all_bins_and_stretches_them_again(form: Form) -> None:
    bins = 2049
    for level in form.levels():
        assert [cut.start for cut in level] == [0, level[0].stop, level[1].stop]
        assert level[-1].stop == bins
        for cut, band in zip(level, form.bands, strict=True):
            again = (cut.made - 1) * band.stride + band.kernel
            assert cut.trim + cut.stop - cut.start <= again
        bins = sum(cut.made for cut in level)
    assert bins == {SMALL: 57, LARGE: 85}[form]


def test_a_band_without_a_bin_is_refused() -> None:
    bands = (Band(0.001, 1, 3, 1), Band(0.998, 4, 4, 1), Band(0.001, 16, 16, 1))
    with pytest.raises(ValueError, match="cannot be squeezed"):
        cuts(200, bands)


def test_the_rows_of_a_stem_are_where_its_name_stands() -> None:
    """The order is data: another stem is another number."""
    said = scnet.describe("tiny")
    form = described(said["model"], said["audio"]["chunk_size"])
    mix = song(0.5)[None]
    found = []
    for stem in range(len(form.sources)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(2)
            network = SCNet(form)
        found.append(network.requires_grad_(False).only([stem]).eval()(mix))
    assert snr(found[3], tiny()(mix)) > 120
    assert all(snr(found[3], other) < 20 for other in found[:3])
