"""How a contract reports that a module violates it."""

import torch
from torch import Tensor


class ContractError(Exception):
    """A contract does not hold; the message says how."""


def require(holds: bool, message: str) -> None:
    """Raise ContractError with this message unless `holds`."""
    if not holds:
        raise ContractError(message)


def is_close(left: Tensor, right: Tensor) -> bool:
    """Tell whether two float64 tensors have one shape and agree up to rounding."""
    return left.shape == right.shape and torch.allclose(left, right, rtol=1e-9, atol=1e-11)
