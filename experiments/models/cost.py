"""The cost of a network: parameters and multiply-adds."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


class Cost(NamedTuple):
    """Trainable parameters, and multiply-adds (MACs) of one image's forward pass."""

    parameters: int
    macs: int


def measure_cost(network: nn.Module, example: Tensor) -> Cost:
    """Count the trainable parameters, and the MACs of a forward pass on `example` (1,C,H,W).

    MACs are those of convolutions, matrix products and attention, half of what torch's FlopCounterMode counts. The
    pass runs on the meta device, where fused attention is counted as well (on the CPU it is not).
    """
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    shadow = copy.deepcopy(network).to("meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        shadow(example.to("meta"))
    return Cost(parameters, counter.get_total_flops() // 2)
