"""Pooled statistics and the adaptive kernel size."""

import pytest

from attention.layers.pooling import adaptive_kernel_size

from ..oracles import reference

layers = reference("timm.layers")


@pytest.mark.parametrize(("channels", "size"), [(4, 3), (64, 3), (128, 5), (256, 5), (512, 5), (2048, 7)])
def test_the_adaptive_kernel_follows_the_papers_formula(channels: int, size: int) -> None:
    assert adaptive_kernel_size(channels, 2, 1) == size
    assert layers.EcaModule(channels).conv.kernel_size == (size,)
