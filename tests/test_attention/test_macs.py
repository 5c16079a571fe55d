"""Multiply-accumulates, against counting by hand, on the meta device and where a module runs."""

import pytest
import torch
from torch import Tensor, nn

from attention.macs import count_macs, count_macs_of_copy


class MakesItsOwnTensor(nn.Module):
    """Adds a column of coordinates, made without naming a device, and mixes it in by a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(4, 1, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        batch, _, height, width = x_BCHW.shape
        rows = torch.linspace(-1, 1, height).view(1, 1, height, 1).expand(batch, 1, height, width)
        gate_B1HW: Tensor = self.mix(torch.cat([x_BCHW, rows], 1))
        return x_BCHW * gate_B1HW


class ReadsAValue(MakesItsOwnTensor):
    def forward(self, x_BCHW: Tensor) -> Tensor:
        return super().forward(x_BCHW) * float(x_BCHW.mean() + 1)


class Attends(nn.Module):
    """Attention over 7 tokens of 8 channels, on tensors of its own device."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(x, x, x)


class AttendsToItsOwnTensor(Attends):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + torch.linspace(0, 1, 8))


def test_macs_are_those_of_convolutions_and_products_by_hand() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(6, 7)).eval()
    by_hand = 5 * 6 * 3 * 4 * 9 + 4 * 5 * 6 * 7
    assert count_macs(module, (torch.rand(1, 3, 5, 6),)) == by_hand


@pytest.mark.parametrize("kind", [MakesItsOwnTensor, ReadsAValue])
def test_a_module_that_does_not_run_on_the_meta_device_is_counted_where_it_runs(
    kind: type[nn.Module],
) -> None:
    with pytest.raises(RuntimeError):
        count_macs(kind().to("meta"), (torch.rand(1, 3, 5, 6, device="meta"),))
    assert count_macs_of_copy(kind(), torch.rand(1, 3, 5, 6)) == 4 * 5 * 6


@pytest.mark.parametrize("kind", [Attends, AttendsToItsOwnTensor])
def test_attention_counts_the_same_on_the_cpu_as_on_the_meta_device(kind: type[nn.Module]) -> None:
    assert count_macs_of_copy(kind(), torch.rand(1, 2, 7, 8)) == 2 * 2 * 7 * 7 * 8


def test_counting_draws_no_random_number_and_leaves_the_module_as_it_was() -> None:
    class Draws(ReadsAValue):
        def forward(self, x_BCHW: Tensor) -> Tensor:
            self.mix.weight.data.mul_(2)
            return super().forward(x_BCHW + torch.rand(1))

    module = Draws()
    before, weight = torch.get_rng_state(), module.mix.weight.detach().clone()
    assert count_macs_of_copy(module, torch.rand(0, 3, 5, 6).new_zeros(1, 3, 5, 6)) == 4 * 5 * 6
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(module.mix.weight, weight)
    assert module.training
