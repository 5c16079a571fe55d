"""Gated channel transformation against its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel.gct import Gct

from ..oracles import agree, example, ours


@pytest.mark.parametrize("norm", ["l2", "l1"])
def test_gct_is_its_formula(norm: str) -> None:
    module = ours(lambda: Gct(32, norm=norm))
    alpha, gamma, beta = (module.get_parameter(name).flatten() for name in ("alpha", "gamma", "beta"))

    def plain(x: Tensor) -> Tensor:
        flat = x.flatten(2)
        s = alpha * ((flat.square().sum(2) + 1e-5).sqrt() if norm == "l2" else flat.abs().sum(2))
        spread = (s.square().mean(1) + 1e-5).sqrt() if norm == "l2" else s.abs().mean(1) + 1e-5
        return x * (1 + torch.tanh(gamma * s / spread[:, None] + beta))[..., None, None]

    agree(module, plain, example())


def test_gct_does_not_overflow_half_precision() -> None:
    y = Gct(4).half()(torch.full((1, 4, 128, 128), 10.0, dtype=torch.float16))
    assert y.isfinite().all()
