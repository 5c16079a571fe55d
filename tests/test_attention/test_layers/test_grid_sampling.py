"""Bilinear sampling by advanced indexing, held against torch's grid_sample."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from attention.layers.grid_sampling import grid_sample

PADDINGS = ("zeros", "border", "reflection")
SIZES = ((5, 7), (1, 1), (1, 4), (8, 2))


def random_map(height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(height)
    return torch.randn(2, 3, height, width, generator=generator, dtype=torch.float64)


def random_grid(spread: float) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return spread * torch.randn(2, 6, 9, 2, generator=generator, dtype=torch.float64)


def torch_sample(x: Tensor, grid: Tensor, padding: str) -> Tensor:
    return functional.grid_sample(x, grid, padding_mode=padding, align_corners=False)


def value_and_gradients(y: Tensor, x: Tensor, grid: Tensor) -> tuple[Tensor, ...]:
    weights = torch.linspace(-1, 2, y.numel(), dtype=y.dtype).view(y.shape)
    return y, *torch.autograd.grad((y * weights).sum(), (x, grid))


def assert_agrees(x: Tensor, grid: Tensor, padding: str) -> None:
    x, grid = x.requires_grad_(), grid.requires_grad_()
    ours = value_and_gradients(grid_sample(x, grid, padding), x, grid)
    reference = value_and_gradients(torch_sample(x, grid, padding), x, grid)
    for found, expected in zip(ours, reference, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("padding", PADDINGS)
def test_values_and_gradients_are_those_of_torch(padding: str, size: tuple[int, int]) -> None:
    assert_agrees(random_map(*size), random_grid(0.7), padding)


@pytest.mark.parametrize("padding", PADDINGS)
def test_points_far_outside_are_padded_as_by_torch(padding: str) -> None:
    assert_agrees(random_map(5, 7), random_grid(40.0), padding)


@pytest.mark.parametrize("padding", PADDINGS)
def test_points_exactly_on_pixels_and_edges_are_sampled_as_by_torch(padding: str) -> None:
    steps = torch.arange(-4, 21, dtype=torch.float64) / 8 - 1  # of a map of 8 pixels: centers and edges
    grid = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1)[None].repeat(2, 1, 1, 1)
    assert_agrees(random_map(8, 8), grid, padding)


def test_a_point_between_four_pixels_is_their_weighted_mean() -> None:
    x = torch.tensor([[[[1.0, 2.0], [3.0, 5.0]]]])
    grid = torch.tensor([[[[-0.25, 0.25]]]])  # column 0.25, row 0.75
    expected = 0.25 * (0.75 * 1 + 0.25 * 2) + 0.75 * (0.75 * 3 + 0.25 * 5)
    assert grid_sample(x, grid, "zeros").item() == pytest.approx(expected)


def test_a_coordinate_that_is_no_number_gives_no_number_and_no_other_point_is_touched() -> None:
    grid = random_grid(0.5)
    grid[0, 0, 0, 0], grid[1, 2, 3, 1] = math.nan, math.inf
    for padding in ("zeros", "reflection"):
        found, clean = (grid_sample(random_map(5, 7), points, padding) for points in (grid, random_grid(0.5)))
        assert bool(found[0, :, 0, 0].isnan().all())
        found[0, :, 0, 0] = clean[0, :, 0, 0]
        found[1, :, 2, 3] = clean[1, :, 2, 3]
        torch.testing.assert_close(found, clean)


def test_the_backward_runs_under_deterministic_algorithms() -> None:
    x = random_map(5, 7).requires_grad_()
    was = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        torch.autograd.backward(grid_sample(x, random_grid(0.7), "border").sum())
    finally:
        torch.use_deterministic_algorithms(was)
    assert x.grad is not None
    assert x.grad.sum().item() == pytest.approx(2 * 3 * 6 * 9)  # the weights of each point sum to 1


def test_a_channels_last_map_gives_the_same_values() -> None:
    x, grid = random_map(5, 7), random_grid(0.7)
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(grid_sample(last, grid, "border"), grid_sample(x, grid, "border"))
