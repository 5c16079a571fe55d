"""Layouts are inferred from shapes, and every conversion to a map is undone by the one back."""

from typing import Any

import pytest
import torch
from torch import Tensor

from attention.plugging.layouts import Grid, Layout, from_map, infer_layout, to_map

SQUARE = (224, 224)


@pytest.mark.parametrize(
    ("shape", "image", "expected"),
    [
        ((2, 64, 56, 56), SQUARE, Layout("NCHW", 64, (56, 56))),
        ((2, 56, 56, 64), SQUARE, Layout("NHWC", 64, (56, 56))),
        ((2, 197, 192), SQUARE, Layout("BNC", 192, (14, 14), 1)),
        ((2, 196, 192), SQUARE, Layout("BNC", 192, (14, 14))),
        ((2, 192, 98), (224, 448), Layout("BCN", 192, (7, 14))),
        ((2, 64, 7, 14), (224, 448), Layout("NCHW", 64, (7, 14))),
    ],
)
def test_the_layout_is_the_one_with_the_images_proportions(
    shape: tuple[int, ...], image: Grid, expected: Layout
) -> None:
    assert infer_layout(shape, image) == expected


@pytest.mark.parametrize("shape", [(2, 10), (2, 3, 4, 5, 6), (2, 0, 7, 7), (2, 1, 1)])
def test_other_shapes_are_no_maps(shape: tuple[int, ...]) -> None:
    assert infer_layout(shape, SQUARE) is None


def test_ties_are_broken_by_channels_and_then_by_the_hint() -> None:
    assert infer_layout((2, 8, 8, 8), SQUARE) == Layout("NCHW", 8, (8, 8))
    assert infer_layout((2, 8, 8, 8), SQUARE, hint="NHWC") == Layout("NHWC", 8, (8, 8))
    assert infer_layout((2, 7, 7, 64), SQUARE, channels=7) == Layout("NCHW", 7, (7, 64))
    assert infer_layout((2, 7, 7, 64), SQUARE, channels=5) is None


def test_a_known_number_of_prefix_tokens_comes_first() -> None:
    assert infer_layout((1, 20, 8), (16, 16), prefix=4) == Layout("BNC", 8, (4, 4), 4)


def by_hand(tensor: Tensor, layout: Layout) -> Tensor:
    """Read the map position by position; for layouts without windows."""
    rows, columns = layout.grid
    map_BCHW = torch.empty(len(tensor), layout.channels, rows, columns)
    for i in range(rows):
        for j in range(columns):
            token = layout.prefix + i * columns + j
            index: dict[str, Any] = {
                "NCHW": (slice(None), slice(None), i, j),
                "NHWC": (slice(None), i, j),
                "BNC": (slice(None), token),
                "BCN": (slice(None), slice(None), token),
            }
            map_BCHW[:, :, i, j] = tensor[index[layout.name]]
    return map_BCHW


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((2, 5, 3, 4), Layout("NCHW", 5, (3, 4))),
        ((2, 3, 4, 5), Layout("NHWC", 5, (3, 4))),
        ((2, 14, 5), Layout("BNC", 5, (3, 4), 2)),
        ((2, 5, 14), Layout("BCN", 5, (3, 4), 2)),
    ],
)
def test_the_map_is_read_and_written_where_it_is(shape: tuple[int, ...], layout: Layout) -> None:
    tensor = torch.rand(shape)
    map_BCHW = to_map(tensor, layout)
    assert torch.equal(map_BCHW, by_hand(tensor, layout))
    written = from_map(-map_BCHW, tensor, layout)
    assert written.shape == tensor.shape
    assert torch.equal(to_map(written, layout), -map_BCHW)
    if layout.prefix:
        axis = 1 if layout.name == "BNC" else 2
        assert torch.equal(written.narrow(axis, 0, 2), tensor.narrow(axis, 0, 2))


@pytest.mark.parametrize("name", ["nested", "unrolled"])
def test_windows_are_joined_into_a_map_and_split_again(name: str) -> None:
    layout = Layout(name, 1, (4, 6), 0, ((2, 3), (2, 2)))
    rows, columns = torch.meshgrid(torch.arange(4), torch.arange(6), indexing="ij")
    grid = rows * 10 + columns
    tokens = []
    for outer in range(6):
        for inner in range(4):
            (a, b), (c, d) = divmod(outer, 3), divmod(inner, 2)
            at = (2 * a + c, 2 * b + d)
            if name == "unrolled":  # the first factor is the position in a window
                at = (2 * c + a, 3 * d + b)
            tokens.append(int(grid[at]))
    tensor = torch.tensor(tokens, dtype=torch.float32).reshape(1, 24, 1)
    map_BCHW = to_map(tensor, layout)
    assert torch.equal(map_BCHW[0, 0], grid.float())
    assert torch.equal(from_map(map_BCHW, tensor, layout), tensor)


def test_tokens_of_another_image_size_keep_the_proportions() -> None:
    layout = Layout("BNC", 5, (3, 4), 1)
    assert to_map(torch.rand(2, 49, 5), layout).shape == (2, 5, 6, 8)
