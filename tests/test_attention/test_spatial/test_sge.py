"""Spatial group-wise enhance against its formula."""

import pytest
import torch
from torch import Tensor

from attention.spatial.sge import Sge

from ..oracles import agree, example, ours


def test_sge_is_its_formula() -> None:
    module = ours(lambda: Sge(12, groups=4))

    def plain(x: Tensor) -> Tensor:
        parts = []
        for g in range(4):
            part = x[:, 3 * g : 3 * g + 3].flatten(2)
            c = (part * part.mean(2, keepdim=True)).sum(1)
            c = (c - c.mean(1, keepdim=True)) / (c.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
            gamma, beta = (module.get_parameter(name)[g].flatten() for name in ("gamma", "beta"))
            parts.append(part * 2 * torch.sigmoid(gamma * c + beta)[:, None])
        return torch.cat(parts, 1).reshape(x.shape)

    agree(module, plain, example(2, 12))


def test_sge_refuses_groups_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="sge: 8 groups do not divide 12 channels"):
        Sge(12)
