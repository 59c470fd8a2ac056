from __future__ import annotations

import pytest
import torch
from torch import Tensor

from voxmend.dsp.above_edge import above_edge, heard_above

RATE = 44_100


def sounds() -> tuple[Tensor, Tensor]:
    """A voice that ends at 7 kHz, and its song. Shape of each: (1, 2, samples)."""
    seed = torch.Generator().manual_seed(5)
    whole, band = (torch.randn(1, 2, 6 * RATE, generator=seed) for _ in range(2))
    whole = whole * torch.tensor([0.3, 0.2])[:, None]
    spectrum = torch.fft.rfft(whole)
    spectrum[..., 7000 * 6 :] = 0
    return torch.fft.irfft(spectrum, 6 * RATE), whole + 0.05 * band


@pytest.mark.parametrize("beside", [True, False])
def test_channel_by_channel_the_same_is_heard(beside: bool) -> None:
    voice, mix = sounds()
    whole = above_edge(voice, mix if beside else None, RATE)
    heard = heard_above(voice, mix if beside else None, RATE)
    assert bool((heard.edges > 6500).all())
    torch.testing.assert_close(heard.edges, whole.edges)
    assert (heard.cues is not None) == beside
    if heard.cues is not None:
        for name in ("likeness", "pumping", "score"):
            own, other = getattr(heard.cues, name), getattr(whole.cues, name)
            torch.testing.assert_close(own, other, atol=1e-3, rtol=0)


def test_where_there_is_no_edge_nobody_asks_the_mixture() -> None:
    _, mix = sounds()
    heard = heard_above(mix, mix, RATE)
    assert heard.cues is None
    assert not bool(heard.edges.any())
