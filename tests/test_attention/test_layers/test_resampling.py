"""Pooling and resizing by matrices against torch's functions and values by hand."""

import pytest
import torch
from torch.nn import functional

from attention.layers.resampling import (
    linear_matrix,
    region_matrix,
    region_means,
    repeat_windows,
    resize,
)

from ..oracles import agree, example

LIKE = torch.zeros((), dtype=torch.float64)


def test_regions_overlap_where_the_size_is_no_multiple() -> None:
    third = 1 / 3
    expected = torch.tensor([[third, third, third, 0, 0], [0, 0, third, third, third]], dtype=torch.float64)
    torch.testing.assert_close(region_matrix(5, 2, LIKE), expected)


def test_linear_weights_lie_between_the_centers_and_stop_at_the_borders() -> None:
    expected = [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    assert linear_matrix(2, 4, LIKE).tolist() == expected


def test_positions_beyond_256_are_exact_in_bfloat16() -> None:
    matrix = linear_matrix(300, 300, torch.zeros((), dtype=torch.bfloat16))
    assert torch.equal(matrix, torch.eye(300, dtype=torch.bfloat16))


@pytest.mark.parametrize("grid", [(1, 1), (3, 4), (7, 9), (10, 20)])
def test_region_means_are_torchs_adaptive_pooling(grid: tuple[int, int]) -> None:
    agree(lambda x: region_means(x, *grid), lambda x: functional.adaptive_avg_pool2d(x, grid), example(2, 3))


@pytest.mark.parametrize("grid", [(1, 1), (3, 4), (7, 9), (14, 20)])
def test_resizing_is_torchs_bilinear_interpolation(grid: tuple[int, int]) -> None:
    agree(
        lambda x: resize(x, *grid), lambda x: functional.interpolate(x, grid, mode="bilinear"), example(2, 3)
    )


def test_windows_are_repeated_and_cropped() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    assert repeat_windows(x, 3, 4, 2)[0, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4]]
