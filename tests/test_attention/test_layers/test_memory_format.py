"""The memory format of the input is restored, and no value changes."""

import torch

from attention.layers.memory_format import match_memory_format


def test_the_result_is_channels_last_only_if_the_input_is() -> None:
    y = torch.rand(2, 3, 4, 5)
    last = y.contiguous(memory_format=torch.channels_last)
    for given, like, is_last in ((y, last, True), (last, y, False), (y, y, False), (last, last, True)):
        result = match_memory_format(given, like)
        assert torch.equal(result, y)
        assert result.is_contiguous(memory_format=torch.channels_last) == is_last
        assert result.is_contiguous() != is_last


def test_a_map_of_one_position_counts_as_contiguous() -> None:
    x = torch.rand(2, 3, 1, 1)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert match_memory_format(torch.rand(2, 3, 4, 4), x).is_contiguous()
