"""The cost of a network: parameters and multiply-adds."""

from typing import NamedTuple

from torch import Tensor, nn

from attention.macs import count_macs_of_copy
from user_error import describe_error


class Cost(NamedTuple):
    """Trainable parameters, and multiply-adds (MACs) of one image's forward pass; None if they cannot be counted."""

    parameters: int
    macs: int | None
    reason: str = ""
    """Why the multiply-adds cannot be counted."""


def count_parameters(network: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def measure_cost(network: nn.Module, example: Tensor) -> Cost:
    """Count the trainable parameters, and the MACs of a forward pass on `example` (1,C,H,W).

    Counting ends no run: where it fails, for example because the network cannot be copied, the MACs stay undefined.
    """
    parameters = count_parameters(network)
    try:
        return Cost(parameters, count_macs_of_copy(network, example))
    except Exception as error:
        return Cost(parameters, None, describe_error(error))
