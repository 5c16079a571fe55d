"""Gaussian context transformer against its formula."""

import math

import torch
from torch import Tensor

from attention.channel.gct_gauss import GctGauss

from ..oracles import agree, example


def gaussian(x: Tensor, width: float) -> Tensor:
    """Scale x by exp(-z^2 / (2 c^2)) of the normalized means."""
    z = x.flatten(2).mean(2)
    z = (z - z.mean(1, keepdim=True)) / (z.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    return x * torch.exp(-z.square() / (2 * width**2))[..., None, None]


def test_the_gaussian_context_transformer_is_its_formula() -> None:
    agree(GctGauss(32, width=3), lambda x: gaussian(x, 3), example())
    learned = GctGauss(32, learned=True).double()
    agree(learned, lambda x: gaussian(x, 2), example())
    with torch.no_grad():
        learned.get_parameter("theta").fill_(-1.0)
    agree(learned, lambda x: gaussian(x, 1 + 2 / (1 + math.e)), example())
