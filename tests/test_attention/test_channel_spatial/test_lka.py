"""Large kernel attention against its formula."""

import torch
from torch import Tensor
from torch.nn import functional

from attention.channel_spatial.lka import Lka

from ..oracles import agree, example, ours


def test_large_kernel_attention_reaches_as_far_as_its_kernels_do() -> None:
    module = ours(lambda: Lka(2))
    assert isinstance(module, Lka)
    x = example(1, 2, 41, 41).requires_grad_()
    torch.autograd.backward(module.gate(x)[0, 0, 20, 20])
    assert x.grad is not None
    rows = x.grad[0].abs().sum((0, 2)).nonzero().flatten()
    assert (int(rows.min()), int(rows.max())) == (20 - 11, 20 + 11)


def test_large_kernel_attention_is_its_formula() -> None:
    module = ours(lambda: Lka(6))
    p = dict(module.state_dict())

    def plain(x: Tensor) -> Tensor:
        near = functional.conv2d(x, p["near.weight"], p["near.bias"], padding=2, groups=6)
        far = functional.conv2d(near, p["far.weight"], p["far.bias"], padding=9, dilation=3, groups=6)
        return x * functional.conv2d(far, p["mix.weight"], p["mix.bias"])

    agree(module, plain, example(2, 6, 9, 11))
