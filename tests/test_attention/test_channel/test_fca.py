"""Frequency channel attention against SE and its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel.fca import FREQUENCIES, Fca

from ..oracles import agree, example, ours


def test_fca_with_one_frequency_is_se_of_seven_times_the_mean() -> None:
    module = ours(lambda: Fca(32, frequencies=1))
    mlp = module.get_submodule("mlp")
    agree(
        module,
        lambda x: x * 2 * torch.sigmoid(mlp(7 * x.mean((2, 3))))[..., None, None],
        example(2, 32, 7, 14),
        tolerance=1e-6,
    )


@pytest.mark.parametrize("choose", ["top", "low"])
@pytest.mark.parametrize("grid", [(7, 7), (10, 9), (3, 1)])
def test_fca_describes_each_group_by_its_cosine(choose: str, grid: tuple[int, int]) -> None:
    module = ours(lambda: Fca(16, frequencies=8, choose=choose))
    mlp = module.get_submodule("mlp")

    def plain(x: Tensor) -> Tensor:
        pooled, z = nn.functional.adaptive_avg_pool2d(x, (7, 7)), []
        for channel in range(16):
            u, v = (FREQUENCIES[choose][axis][channel // 2] for axis in (0, 1))
            place = torch.arange(7, dtype=torch.float64) + 0.5
            row, column = (
                torch.cos(torch.pi * f * place / 7) * (2 if f else 1) ** 0.5 / 7**0.5 for f in (u, v)
            )
            z.append((pooled[:, channel] * row[:, None] * column).sum((1, 2)))
        return x * 2 * torch.sigmoid(mlp(torch.stack(z, 1)))[..., None, None]

    agree(module, plain, example(2, 16, *grid), tolerance=1e-6)


def test_frequencies_that_do_not_divide_the_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="fca: 16 frequencies do not divide 24 channels"):
        Fca(24)
