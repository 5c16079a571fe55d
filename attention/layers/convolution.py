"""Convolutions that several modules share, and the cost of a module's convolutions."""

from torch import nn


def dilated_depthwise_conv(channels: int, kernel_size: int, dilation: int) -> nn.Conv2d:
    """Build a depthwise convolution with dilation and bias that keeps the map's size; kernel_size is odd."""
    padding = kernel_size // 2 * dilation
    return nn.Conv2d(channels, channels, kernel_size, padding=padding, dilation=dilation, groups=channels)


def conv2d_weights(module: nn.Module) -> int:
    """Count the weights of all 2-D convolutions: their multiply-accumulates for one position at stride 1."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.dim() == 4)


def linear_weights(module: nn.Module) -> int:
    """Count the weights of all linear layers: their multiply-accumulates for one vector."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.dim() == 2)
