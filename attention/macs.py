"""Counting the multiply-accumulates (MACs) of a forward pass: of convolutions, matrix products and attention."""

import copy
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_macs(module: nn.Module, arguments: tuple[Tensor, ...]) -> int:
    """Count the MACs of one forward pass, half of what torch's FlopCounterMode counts."""
    # torch counts fused attention on the meta device only; elsewhere it is split into products, which are counted
    is_meta = any(each.is_meta for each in arguments)
    unfused = nullcontext() if is_meta else sdpa_kernel(SDPBackend.MATH)
    with FlopCounterMode(display=False) as counter, torch.no_grad(), unfused:
        module(*arguments)
    return int(counter.get_total_flops()) // 2


def count_macs_of_copy(module: nn.Module, argument: Tensor) -> int:
    """Count the MACs of one forward pass of a copy in evaluation mode; the module itself is left unchanged.

    The pass runs on the meta device; a module that makes tensors of its own or reads values is run where it is.
    Raises what its forward raises there.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            return count_macs(copy.deepcopy(module).to("meta").eval(), (argument.to("meta"),))
        except Exception:
            return count_macs(copy.deepcopy(module).eval(), (argument,))
