from __future__ import annotations

import pytest
import torch

from voxmend.dsp.nearby import around


@pytest.mark.parametrize("reach", [(1, 1), (0, 3), (4, 0), (5, 7), (40, 60)])
def test_a_mean_is_over_the_cells_within_reach_that_are_there(reach: tuple[int, int]) -> None:
    values = torch.rand(2, 3, 17, 23, generator=torch.Generator().manual_seed(1))
    found = around(values, reach)
    for at in ((0, 0), (8, 11), (16, 22), (3, 20)):
        rows = slice(max(0, at[0] - reach[0]), at[0] + reach[0] + 1)
        columns = slice(max(0, at[1] - reach[1]), at[1] + reach[1] + 1)
        wanted = values[..., rows, columns].mean((-2, -1))
        assert torch.allclose(found[..., at[0], at[1]], wanted, atol=1e-6)


def test_a_quiet_cell_beside_a_loud_one_keeps_its_value() -> None:
    values = torch.full((1, 8, 400), 1e-12)
    values[..., :100] = 1e6
    assert torch.allclose(around(values, (3, 20))[..., 200:], torch.tensor(1e-12), rtol=0.05)
