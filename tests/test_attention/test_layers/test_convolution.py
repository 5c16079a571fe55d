"""The dilated depthwise convolution, and the weights that cost multiply-accumulates."""

import torch
from torch import nn

from attention.layers.convolution import conv2d_weights, dilated_depthwise_conv, linear_weights
from attention.macs import count_macs


def test_the_dilated_convolution_keeps_size_and_channels_apart() -> None:
    conv = dilated_depthwise_conv(2, 3, 4)
    nn.init.ones_(conv.weight)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    x = torch.zeros(1, 2, 11, 13)
    x[0, 1, 5, 6] = 1
    y = conv(x)
    assert y.shape == x.shape
    assert not y[0, 0].any()
    assert y[0, 1].nonzero().tolist() == [[i, j] for i in (1, 5, 9) for j in (2, 6, 10)]


def test_weights_of_convolutions_and_linear_layers_are_counted_apart() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(5, 6))
    assert conv2d_weights(module) == 3 * 4 * 9
    assert linear_weights(module) == 5 * 6
    assert conv2d_weights(module) * 7 * 8 == count_macs(module[:2].eval(), (torch.rand(1, 3, 7, 8),))
