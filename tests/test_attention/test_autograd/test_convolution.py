"""The convolution to one channel and its gradients against torch's own."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from attention.autograd.convolution import input_gradient, to_one_channel, weight_gradient

from ..oracles import agree, example


@pytest.mark.parametrize("kernel_size", [1, 3, 7])
@pytest.mark.parametrize("bias", [False, True])
def test_the_convolution_is_torchs(kernel_size: int, bias: bool) -> None:
    conv = nn.Conv2d(4, 1, kernel_size, padding=kernel_size // 2, bias=bias).double()
    agree(lambda x: to_one_channel(conv, x), conv, example(2, 4))


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_the_gradients_are_autograds(kernel_size: int) -> None:
    x, g = example(2, 4).requires_grad_(), example(2, 1).flip(0)
    weight = example(1, 4, kernel_size, kernel_size).requires_grad_()
    y = functional.conv2d(x, weight, padding=kernel_size // 2)
    expected_x, expected_weight = torch.autograd.grad(y, (x, weight), g)
    torch.testing.assert_close(input_gradient(g, weight), expected_x)
    torch.testing.assert_close(weight_gradient(g, x, weight), expected_weight)


def test_a_frozen_weight_gets_no_gradient() -> None:
    conv = nn.Conv2d(4, 1, 3, padding=1).double().requires_grad_(False)
    x = example(2, 4).requires_grad_()
    torch.autograd.backward(to_one_channel(conv, x).sum())
    assert conv.weight.grad is None
    assert x.grad is not None
    assert bool(x.grad.any())
