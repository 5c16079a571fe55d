"""Batches are split into blocks of about a megabyte; buffers have the input's strides."""

import pytest
import torch
from torch import Tensor

from attention.autograd.cache_blocks import batch_blocks, empty_block, empty_like_strided, is_tracing


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((5, 1, 512, 512), [1] * 5),
        ((5, 1, 256, 256), [4, 1]),
        ((3, 1, 8, 8), [3]),
        ((2, 4, 512, 512), [1, 1]),
    ],
)
def test_blocks_cover_the_batch_and_hold_a_megabyte(shape: tuple[int, ...], sizes: list[int]) -> None:
    x = torch.empty(shape)
    assert [len(x[block]) for block in batch_blocks(x)] == sizes
    assert torch.equal(
        torch.cat([torch.arange(shape[0])[b] for b in batch_blocks(x)]), torch.arange(shape[0])
    )
    assert empty_block(x).shape == (sizes[0], *shape[1:])


def test_other_devices_take_the_batch_at_once() -> None:
    assert batch_blocks(torch.empty(5, 1, 512, 512, device="meta")) == [slice(None)]


@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_a_buffer_has_the_very_strides_of_the_input(form: torch.memory_format) -> None:
    x = torch.empty(1, 8, 4, 1).contiguous(memory_format=form)
    assert empty_like_strided(x).stride() == x.stride()
    sliced = torch.empty(2, 8, 4, 6)[:, ::2]
    assert empty_like_strided(sliced).shape == sliced.shape


def test_tracing_is_noticed() -> None:
    def choose(x: Tensor) -> Tensor:
        return x + 1 if is_tracing() else x

    torch.compiler.reset()
    assert choose(torch.zeros(1)).item() == 0
    compiled = torch.compile(choose, fullgraph=True, backend="eager")
    assert compiled(torch.zeros(1)).item() == 1
